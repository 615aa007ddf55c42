"""From claims to rows: the rules of cells, rows, tables, schemas and references, and what is held back."""
