# Rscript readxl.R FILE: the sheets of a workbook, each cell as what it is there.
source("said.R")

file <- commandArgs(TRUE)[1]
sheets <- readxl::excel_sheets(file)
tables <- lapply(sheets, function(sheet) {
  readxl::read_excel(file, sheet, col_types = "list", na = character(), trim_ws = FALSE, .name_repair = "minimal")
})
names(tables) <- sheets
print_tables(tables)
