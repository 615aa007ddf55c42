// node datapackage.mjs FOLDER: the tables that datapackage.json describes, cast to its types; where the reader refuses
// a value, the cells of that table as they stand, and what it said.
import { createRequire } from "node:module";
import { print, rowsAsText } from "./said.mjs";

const { Package } = createRequire(import.meta.url)("datapackage");
const opened = await Package.load(`${process.argv[2]}/datapackage.json`);
const tables = {};
const refused = {};
for (const resource of opened.resources) {
  try {
    tables[resource.name] = rowsAsText(await resource.read({ keyed: true }));
  } catch (error) {
    refused[resource.name] = [error, ...(error.errors ?? [])].map((one) => one.message).join(" ");
    const [names, ...rows] = await uncast(resource);
    tables[resource.name] = rows.map((row) => Object.fromEntries(row.map((cell, at) => [names[at], cell || null])));
  }
}
print({ tables, refused, errors: opened.errors.map((error) => error.message) });

async function uncast(resource) {
  const bare = await Package.load({
    resources: [{ name: resource.name, path: resource.descriptor.path, dialect: { header: false } }],
  }, { basePath: process.argv[2] });
  return bare.resources[0].read({ cast: false });
}
