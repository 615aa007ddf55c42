-- One row for each row that a contributor named, such as local:kita, and each contribution with that name: the id that
-- the merge gave it. Only a merged package has this view. The row of the id may not be published, or no longer.
--
-- table_name: The table.
-- local_name: The name in the contribution; the names in a key of several columns are joined with |.
-- row_id: The id; it is the value of the key, and the values of a key of several columns are joined with |.
-- contributor: The contributor.
-- batch: The contribution.
SELECT "table" AS table_name, original_row_id AS local_name, row_id, contributor, batch
FROM provenance_rows
WHERE original_row_id LIKE '%local:%'
UNION
SELECT "table" AS table_name, original_row_id AS local_name, row_id, contributor, batch
FROM provenance_cells
WHERE original_row_id LIKE '%local:%'
