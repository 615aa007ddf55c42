// What the readers print: every table as a list of rows, every value as text or null.

export function text(value) {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
}

export function rowsAsText(rows) {
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, text(value)])));
}

export function print(answer) {
  process.stdout.write(JSON.stringify(answer));
}
