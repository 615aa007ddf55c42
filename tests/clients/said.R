# What the readers print: every table as its columns, every value as text or null; and the levels of factors.

suppressPackageStartupMessages({
  library(jsonlite)
})

as_text <- function(values) {
  if (inherits(values, "haven_labelled")) values <- as.vector(unclass(values))
  if (is.list(values)) return(vapply(values, function(one) if (is.null(one)) NA_character_ else as.character(as_text(one)), ""))
  if (inherits(values, "Date")) return(day(as.POSIXlt(values)))
  if (inherits(values, "POSIXct")) return(moment(values))
  if (inherits(values, "difftime")) return(clock(as.numeric(values, units = "secs")))
  if (is.logical(values)) return(ifelse(values, "true", "false"))
  if (inherits(values, "integer64") || !is.double(values)) return(as.character(values))
  ifelse(is.na(values), NA, sprintf("%.17g", values))
}

day <- function(parts) {
  ifelse(is.na(parts$year), NA, sprintf("%04d-%02d-%02d", parts$year + 1900L, parts$mon + 1L, parts$mday))
}

moment <- function(values) {
  millionths <- round(as.numeric(values) * 1e6)
  seconds <- floor(millionths / 1e6)
  parts <- as.POSIXlt(as.POSIXct(seconds, origin = "1970-01-01", tz = "UTC"))
  within <- sprintf("%02d:%02d:%02d.%06.0f+00:00", parts$hour, parts$min, as.integer(parts$sec), millionths - seconds * 1e6)
  ifelse(is.na(values), NA, paste0(day(parts), "T", within))
}

clock <- function(seconds) {
  millionths <- round(seconds * 1e6)
  whole <- floor(millionths / 1e6)
  said <- sprintf("%02.0f:%02.0f:%02.0f.%06.0f", whole %/% 3600, whole %/% 60 %% 60, whole %% 60, millionths %% 1e6)
  ifelse(is.na(seconds), NA, said)
}

levels_of <- function(table) {
  lapply(Filter(is.factor, as.list(table)), function(one) list(values = I(levels(one)), ordered = unbox(is.ordered(one))))
}

print_tables <- function(tables, ...) {
  columns <- lapply(tables, function(table) lapply(as.list(table), function(values) I(as_text(values))))
  answer <- toJSON(list(tables = columns, ...), na = "null", digits = NA)
  writeLines(enc2utf8(as.character(answer)), useBytes = TRUE)
}
