# Load these tables with readr, each column in the type that datapackage.json gives it.
#
#   source("load.R", chdir = TRUE)     from wherever R runs
#   tables$NAME                        is one table, a tibble
#
# Columns with categories are factors, ordered where the schema says so; `NA` is a text, not a missing value; numbers
# are doubles, which keep 15 digits. Whole numbers beyond 2^53, which R's numbers do not tell apart, stay text.

library(jsonlite)
library(readr)

package <- read_json("datapackage.json")

column_type <- function(field) {
  if (!is.null(field$categories)) {
    codes <- vapply(field$categories, function(one) as.character(if (is.list(one)) one$value else one), "")
    return(col_factor(codes, ordered = isTRUE(field$categoriesOrdered)))
  }
  switch(field$type,
    integer = , year = , number = col_double(),
    boolean = col_logical(),
    date = col_date("%Y-%m-%d"),
    datetime = col_datetime(),
    time = col_time("%H:%M:%OS"),
    col_character()
  )
}

read_table_of <- function(resource, types) {
  table <- read_csv(
    unlist(resource$path),
    col_types = do.call(cols, types), na = "", trim_ws = FALSE, name_repair = "minimal", skip_empty_rows = FALSE,
    progress = FALSE, lazy = FALSE, num_threads = 1, locale = locale(encoding = "UTF-8", tz = "UTC")
  )
  stop_for_problems(table)
  table
}

load_table <- function(resource) {
  fields <- resource$schema$fields
  types <- lapply(fields, column_type)
  names(types) <- vapply(fields, function(field) field$name, "")
  table <- read_table_of(resource, types)
  whole <- names(types)[vapply(fields, function(field) identical(field$type, "integer"), TRUE)]
  beyond <- Filter(function(name) is.double(table[[name]]) && any(abs(table[[name]]) >= 2^53, na.rm = TRUE), whole)
  if (length(beyond) == 0) return(table)
  types[beyond] <- list(col_character())
  read_table_of(resource, types)
}

is_table <- function(resource) {
  !is.null(resource$schema) && identical(resource$mediatype, "text/csv") && !is.null(resource$path)
}
resources <- Filter(is_table, package$resources)

tables <- lapply(resources, load_table)
names(tables) <- vapply(resources, function(resource) resource$name, "")
