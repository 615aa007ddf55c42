// node hyparquet.mjs FOLDER: the rows of each table of Parquet files that datapackage.json there lists, and the package's
// version in the metadata of the first file.
import { readFileSync } from "node:fs";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { print, rowsAsText } from "./said.mjs";

const folder = process.argv[2];
const tables = {};
const versions = {};
for (const { name, path } of JSON.parse(readFileSync(`${folder}/datapackage.json`)).resources) {
  const files = await Promise.all([path].flat().map((one) => asyncBufferFromFile(`${folder}/${one}`)));
  const rows = await Promise.all(files.map((file) => parquetReadObjects({ file })));
  tables[name] = rowsAsText(rows.flat());
  const said = (await parquetMetadataAsync(files[0])).key_value_metadata;
  versions[name] = said.find((one) => one.key === "version")?.value ?? null;
}
print({ tables, versions });
