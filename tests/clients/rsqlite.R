# Rscript rsqlite.R FILE: the tables and views of an SQLite file, as RSQLite reads them.
source("said.R")
suppressPackageStartupMessages(library(DBI))
opened <- dbConnect(RSQLite::SQLite(), commandArgs(TRUE)[1], flags = RSQLite::SQLITE_RO, bigint = "integer64")
names <- dbListTables(opened)
tables <- lapply(names, function(name) dbReadTable(opened, name, check.names = FALSE))
names(tables) <- names
print_tables(tables)
invisible(dbDisconnect(opened))
