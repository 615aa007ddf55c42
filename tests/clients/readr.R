# Rscript readr.R FOLDER: the tables as the script in an export of CSV files loads them.
source("said.R")
source(file.path(commandArgs(TRUE)[1], "load.R"), chdir = TRUE)
print_tables(tables, factors = lapply(tables, levels_of))
