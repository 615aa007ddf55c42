// node duckdb.mjs PATH: the tables of a DuckDB file, or of the Parquet files that datapackage.json in a folder lists.
import { readFileSync, statSync } from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";
import { print, rowsAsText } from "./said.mjs";

const path = process.argv[2];
const isFolder = statSync(path).isDirectory();
const instance = await DuckDBInstance.create(isFolder ? ":memory:" : path, isFolder ? {} : { access_mode: "READ_ONLY" });
const connection = await instance.connect();
await connection.run("SET TimeZone = 'UTC'");
const tables = {};
for (const [name, source] of isFolder ? files() : await stored()) {
  const reader = await connection.runAndReadAll(`FROM ${source}`);
  tables[name] = rowsAsText(reader.getRowObjectsJson());
}
print({ tables });

function files() {
  const { resources } = JSON.parse(readFileSync(`${path}/datapackage.json`));
  const quoted = (one) => [one].flat().map((file) => `'${path}/${file}'`).join(", ");
  return resources.map((one) => [one.name, `read_parquet([${quoted(one.path)}])`]);
}

async function stored() {
  const reader = await connection.runAndReadAll("SELECT table_name FROM information_schema.tables ORDER BY 1");
  return reader.getRows().map(([name]) => [name, `"${name.replaceAll('"', '""')}"`]);
}
