// node hyparquet.mjs FOLDER: the rows of each Parquet file in it, and the package's version in the file's metadata.
import { readdirSync } from "node:fs";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { print, rowsAsText } from "./said.mjs";

const folder = process.argv[2];
const tables = {};
const versions = {};
for (const name of readdirSync(folder).filter((one) => one.endsWith(".parquet"))) {
  const file = await asyncBufferFromFile(`${folder}/${name}`);
  const table = name.slice(0, -".parquet".length);
  tables[table] = rowsAsText(await parquetReadObjects({ file }));
  const said = (await parquetMetadataAsync(file)).key_value_metadata;
  versions[table] = said.find((one) => one.key === "version")?.value ?? null;
}
print({ tables, versions });
