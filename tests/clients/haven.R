# Rscript haven.R FOLDER: the tables of the Stata files in it, as haven reads them: codes as their numbers, and the labels.
source("said.R")

paths <- list.files(commandArgs(TRUE)[1], "[.]dta$", full.names = TRUE)
tables <- lapply(paths, haven::read_dta)
names(tables) <- sub("[.]dta$", "", basename(paths))

label_of <- function(column) {
  labels <- attr(column, "labels")
  setNames(as.list(names(labels)), sprintf("%.17g", as.vector(unclass(labels))))
}
labels_of <- function(table) lapply(Filter(function(one) inherits(one, "haven_labelled"), as.list(table)), label_of)
titles_of <- function(table) lapply(as.list(table), function(one) as.character(attr(one, "label")))

print_tables(tables, labels = lapply(tables, labels_of), titles = lapply(tables, titles_of))
