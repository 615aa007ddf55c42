"""Turn claims into rows: the rules of cells, rows, tables, schemas and references, and rows that are held back."""
