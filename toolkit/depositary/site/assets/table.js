/* A table of data: sort, filter, pages, columns, and the origin of each cell. */
(() => {
  "use strict";
  const { load, fill } = window.depositary;
  const data = document.querySelector(".data");
  if (!data) return;
  const words = data.dataset;
  const root = document.body.dataset.root;

  /* Characters that cannot be seen are written out, as legible.py does; texts from scripts have none left */

  const unseen = new RegExp(`(?!\n)[${words.unseen}]`, "gu");
  const isJoined = (text, at) => /[^\x00-\x7f]/.test(text[at - 1] || "") && /[^\x00-\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/.test(text[at + 1] || "");
  const writtenOut = (one, at, text) => {
    if (/[\u200c\u200d]/.test(one) && isJoined(text, at)) return one;
    const code = one.codePointAt(0);
    const [letter, size] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
    return `\\${letter}${code.toString(16).padStart(size, "0")}`;
  };
  const legible = (text) => text.replace(/\t/g, " ").replace(/\r\n/g, "\n").replace(/\ufe0f/g, "").replace(unseen, writtenOut);
  const element = (name, text, attributes) => window.depositary.element(name, text == null ? text : legible(text), attributes);
  const controls = data.querySelector(".controls");
  const table = data.querySelector("table");
  const head = table.tHead.rows[0];
  const count = data.querySelector(".count");
  const grid = data.querySelector(".grid");
  const SIZE = 50;
  const APART = 10; // rows of a page that are read from as many places of a file
  const SAVED = 10000; // rows of a long table that are saved at once
  const NEAR = 5000; // rows that are read together, and how many such parts of a file are read to save some of its rows
  const PARTS = 60;

  const pager = element("div", null, { class: "pager" });
  const previous = element("button", words.previous, { type: "button" });
  const next = element("button", words.next, { type: "button" });
  const place = element("span", "", { "aria-live": "polite" });
  pager.append(previous, next, place);

  /* The id of a row: its key in the order of the schema, or without a key the number of the row */

  const keys = [...head.cells]
    .map((cell, at) => ({ at, name: cell.dataset.name, order: cell.dataset.key }))
    .filter((one) => one.order !== undefined)
    .sort((one, other) => one.order - other.order);
  const joined = (values) => values.map((value) => value.replace(/[\\|]/g, "\\$&")).join("|");
  const parted = (id) => (id.match(/(?:[^\\|]|\\.)+|(?<=^|\|)(?=\||$)/gs) || [""]).map((part) => part.replace(/\\(.)/gs, "$1"));
  const addressed = (id) => `#row=${encodeURIComponent(id)}`;

  /* Where cells came from: for rows at hand in scripts, each for some rows, which are read when one is asked for */

  const parts = new Map();
  window.depositary.origins = (at, rows) => parts.set(at, rows);
  const originsAt = async (origins, row) => {
    const part = Math.floor(row.at / origins.size);
    if (!parts.has(part)) await load(root + origins.parts[part]);
    return parts.get(part)[row.at % origins.size];
  };

  /* Rows at hand, from a script; or rows in pieces, from a Parquet file */

  const whole = (document_) => {
    const { columns, rows, shown, pages, origins, unseen } = document_;
    const texts = rows.map((row) => row.map((value, at) => (value == null ? "" : shown[at][value] ? shown[at][value].join(" ") : value)));
    const lower = texts.map((row) => row.map((text) => text.toLowerCase()));
    let order = rows.map((_, at) => at);
    const ids = rows.map((row, at) => (keys.length ? joined(keys.map((key) => row[key.at] ?? "")) : String(at + 1)));
    return {
      columns,
      anyColumn: true,
      pause: 120,
      size: () => SIZE,
      find: async (id) => order.indexOf(ids.indexOf(id)),
      length: () => order.length,
      page: async (first, size) =>
        order.slice(first, first + size).map((at) => ({
          at,
          id: ids[at],
          page: pages ? pages[at] : "",
          cells: rows[at].map((value, n) => {
            const [text, href, sub] = (value != null && shown[n][value]) || [value == null ? "" : value, "", ""];
            return { text, href, sub };
          }),
        })),
      saved: () => order.length,
      texts: async (n) => order.slice(0, n).map((at) => rows[at].map((value) => value ?? "")),
      hasUnseen: unseen > 0,
      origins: origins && ((row) => originsAt(origins, row)),
      arrange: async (wanted, column, sort) => {
        const fits = fitting(wanted);
        const has = (at, n) => fits(lower[at][n], rows[at][n]);
        order = rows
          .map((_, at) => at)
          .filter((at) => !wanted || (column < 0 ? lower[at].some((_, n) => has(at, n)) : has(at, column)));
        if (sort) {
          const compare = columns[sort.column].number
            ? (a, b) => Number(a) - Number(b)
            : new Intl.Collator(undefined, { numeric: true }).compare;
          const sign = sort.down ? -1 : 1;
          order.sort((one, other) => {
            const a = rows[one][sort.column];
            const b = rows[other][sort.column];
            if (a == null || b == null) return (a == null) - (b == null) || one - other;
            return sign * compare(columns[sort.column].number ? a : texts[one][sort.column], columns[sort.column].number ? b : texts[other][sort.column]) || one - other;
          });
        }
      },
    };
  };

  const written = (value) => {
    if (value == null) return "";
    if (value instanceof Date) return value.toISOString().replace(/T00:00:00\.000Z$/, "").replace(/\.000Z$/, "");
    return typeof value === "object" ? JSON.stringify(value, (_, one) => (typeof one === "bigint" ? String(one) : one)) : String(value);
  };

  /* Numbers and times as they are written: the library would make fractions of a computer of them, and leave out zones */

  const decimal = (bytes, scale) => {
    let units = 0n;
    for (const byte of bytes) units = (units << 8n) | BigInt(byte);
    units = BigInt.asIntN(8 * bytes.length, units);
    const digits = String(units < 0n ? -units : units).padStart(scale + 1, "0");
    const point = digits.length - scale;
    const text = scale ? `${digits.slice(0, point)}.${digits.slice(point)}`.replace(/\.?0+$/, "") : digits;
    return units < 0n ? `-${text}` : text;
  };
  const moment = (microseconds, from, to) => {
    const below = ((microseconds % 1000000n) + 1000000n) % 1000000n;
    const second = new Date(Number((microseconds - below) / 1000n)).toISOString().slice(from, to);
    return below ? `${second}.${String(below).padStart(6, "0").replace(/000$/, "")}` : second;
  };
  const formsOf = (metadata, kept) => {
    const forms = new Map();
    for (const one of metadata.schema) {
      const kind = one.converted_type || one.logical_type?.type || "";
      const form =
        (kind === "DECIMAL" && ((bytes) => decimal(bytes, one.scale || 0))) ||
        (kind === "TIMESTAMP_MICROS" && ((value) => `${moment(value, 0, 19)}Z`)) ||
        (/^TIME(_MICROS)?$/.test(kind) && ((value) => moment(value, 11, 19)));
      if (!form || kept.includes(one.name)) continue; // the key is compared as the library reads it
      delete one.converted_type;
      delete one.logical_type;
      forms.set(one.name, form);
    }
    return forms;
  };

  /* Whether a cell has a text in it; after "=" whether it is that text */

  const fitting = (wanted) => {
    const term = wanted.toLowerCase();
    if (term[0] !== "=") return (shown) => shown.includes(term);
    return (shown, value) => [shown, (value ?? "").toLowerCase()].includes(term.slice(1).trim());
  };

  /* The rows whose value fits; each different value is looked at once */

  const matching = (values, wanted) => {
    const seen = new Map();
    const fits = fitting(wanted);
    const has = (value) => {
      if (!seen.has(value)) seen.set(value, fits(written(value).toLowerCase(), written(value)));
      return seen.get(value);
    };
    const found = [];
    for (let at = 0; at < values.length; at++) if (has(values[at])) found.push(at);
    return Uint32Array.from(found);
  };

  /* Rows in the order of their values, those without one at the end */

  const sorted = (values, rows, down, isNumber) => {
    const key = (value) => (isNumber && typeof value === "string" ? Number(value) : value instanceof Date ? value.getTime() : value && typeof value === "object" ? written(value) : value);
    const filled = rows.filter((at) => values[at] != null);
    const different = [...new Set(Array.from(filled, (at) => key(values[at])))].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    const rank = new Map(different.map((value, at) => [value, down ? -at : at]));
    const ranks = new Int32Array(values.length);
    for (const at of filled) ranks[at] = rank.get(key(values[at]));
    filled.sort((a, b) => ranks[a] - ranks[b] || a - b);
    const blank = rows.filter((at) => values[at] == null);
    const joined = new Uint32Array(rows.length);
    joined.set(filled);
    joined.set(blank, filled.length);
    return joined;
  };

  const ranged = (address, length) => ({
    byteLength: length,
    slice: async (start, end) => {
      const last = (end == null ? length : end) - 1;
      const answer = await fetch(address, { headers: { Range: `bytes=${start}-${last}` } });
      if (answer.status !== 206) throw new Error("no ranges");
      return answer.arrayBuffer();
    },
  });

  const opened = async (address) => {
    const answer = await fetch(address, { headers: { Range: "bytes=0-3" } });
    const length = Number((answer.headers.get("Content-Range") || "").split("/")[1]);
    if (answer.status !== 206 || !length) {
      answer.body?.cancel(); // a host that gives no parts sends the whole file
      throw new Error("no ranges");
    }
    const file = hyparquet.cachedAsyncBuffer(ranged(address, length));
    const metadata = await hyparquet.parquetMetadataAsync(file);
    const forms = formsOf(metadata, keys.map((key) => key.name));
    const read = async (asked) => {
      const rows = await hyparquet.parquetReadObjects({ file, metadata, useOffsetIndex: true, ...asked });
      for (const [name, form] of forms) for (const row of rows) if (row[name] != null) row[name] = form(row[name]);
      return rows;
    };
    return { file, metadata, forms, read };
  };

  const described = () => [...head.cells].map((cell) => ({ name: cell.dataset.name, title: cell.querySelector("a").textContent, number: cell.classList.contains("n"), quiet: cell.classList.contains("quiet-column") }));

  /* The origin of a row that was read in pieces, from the provenance among the downloads, which is in the order of rows */

  const provenance = (known) => {
    if (!known.table) return null;
    const texts = known.words;
    const files = {};
    const from = async (name, id) => {
      files[name] = files[name] || opened(root + known.files[name]);
      const { read } = await files[name];
      const found = await read({ columns: ["table", "row_id"], filter: { table: { $eq: known.table }, row_id: { $eq: id } }, includeRowIndex: true });
      if (!found.length) return [];
      const [rowStart, rowEnd] = [found[0][hyparquet.rowIndex], found[found.length - 1][hyparquet.rowIndex] + 1];
      return (await read({ rowStart, rowEnd })).filter((one) => one.table === known.table && one.row_id === id);
    };
    const line = (status, word, value, text, source, rest) => {
      const [name, href] = known.sources[source] || [source || "", ""];
      return [status, word, value, text, name, href, rest.filter(Boolean).join("; ")];
    };
    const called = (contributor) => known.contributors[contributor] || contributor || texts.nobody;
    const by = (one) => fill(texts.by, { who: called(one.contributor), batch: one.batch });
    const claimed = (one, published) => {
      const hidden = one.status === "accepted" && (one.value || "") === published;
      return line(one.status, texts.status[one.status] || one.status, hidden ? "" : one.value || texts.blank, by(one), one.source_id, [
        one.original_value && fill(texts.written, { text: one.original_value }),
        one.decision && fill(texts.decided, { by: called(known.deciders[one.decision]), id: one.decision }),
        one.reason && fill(texts.because, { reason: one.reason }),
      ]);
    };
    const isOfRow = (one, origin) =>
      origin && one.status === "accepted" && !one.decision && !one.reason && !one.original_value && ["contributor", "batch", "source_id"].every((name) => (one[name] || "") === (origin[name] || ""));
    return async ({ id, values }) => {
      const [[origin], claims] = known.files.rows ? await Promise.all([from("rows", id), from("claims", id)]) : [[], []];
      const found = {};
      for (const [name, lines] of Object.entries(known.known[id] || {})) found[name] = [...lines];
      const put = (name, lines) => (found[name] = [...lines, ...(found[name] || [])]);
      const published = (one) => !/^published@/.test(one.batch);
      claims.sort((a, b) => published(a) - published(b));
      for (const name of new Set(claims.map((one) => one.field || ""))) {
        const of = claims.filter((one) => (one.field || "") === name);
        if (of.length > 1 || !isOfRow(of[0], origin)) put(name, of.map((one) => claimed(one, written(values[name]))));
      }
      const coder = written(values[known.coder]);
      const source = written(values[known.source]);
      if (origin) put("", [line("recorded", texts.recorded, "", by(origin), origin.source_id, [origin.original_row_id && fill(texts.named, { name: origin.original_row_id })])]);
      else if ((coder || source) && !found[""]) put("", [line("recorded", texts.recorded, "", fill(texts.coder, { who: called(coder) }), source, [])]);
      return found;
    };
  };

  const pieces = async (address, known) => {
    const { file, metadata, forms, read } = await opened(address);
    const columns = described();
    const typed = (text, like) => {
      if (typeof like === "bigint") return /^-?\d+$/.test(text) ? BigInt(text) : null;
      if (typeof like === "number") return Number(text);
      return like instanceof Date ? new Date(text) : text;
    };
    const idOf = (row, at) => (keys.length ? joined(keys.map((key) => written(row[key.name]))) : String(at + 1));
    const all = Number(metadata.num_rows);
    let order = null; // the rows that are shown, if some are left out or they are in another order
    let kept = { name: null, values: null }; // the column that was read last
    const valuesOf = async (column) => {
      const { name } = columns[column];
      if (kept.name !== name) {
        const values = new Array(all);
        const form = forms.get(name) || ((value) => value);
        const take = ({ columnData, rowStart }) => {
          for (let at = 0; at < columnData.length; at++) values[rowStart + at] = columnData[at] == null ? null : form(columnData[at]);
        };
        await hyparquet.parquetRead({ file, metadata, columns: [name], onChunk: take });
        kept = { name, values };
      }
      return kept.values;
    };
    const lines = (rows, first) =>
      rows.map((row, n) => ({ at: first + n, id: idOf(row, first + n), page: "", values: row, cells: columns.map((one) => ({ text: written(row[one.name]), href: "", sub: "" })) }));
    return {
      columns,
      anyColumn: false,
      pause: 500,
      size: () => (order ? APART : SIZE),
      length: () => (order ? order.length : all),
      /* The file has the least and greatest key of each part, so few parts are read. */
      find: async (id) => {
        const placed = (at) => (order && at >= 0 ? order.indexOf(at) : at);
        if (!keys.length) return placed(/^\d+$/.test(id) && id > 0 && id <= all ? id - 1 : -1);
        const columns = keys.map((key) => key.name);
        const [like] = await read({ rowEnd: 1, columns });
        const values = parted(id);
        if (values.length !== keys.length) return -1;
        const filter = Object.fromEntries(columns.map((name, at) => [name, { $eq: typed(values[at], like[name]) }]));
        const [found] = await read({ columns, filter, includeRowIndex: true });
        return placed(found ? found[hyparquet.rowIndex] : -1);
      },
      page: async (first, size) => {
        if (!order) return lines(await read({ rowStart: first, rowEnd: Math.min(first + size, all) }), first);
        const found = [];
        for (const at of order.subarray(first, first + size)) found.push(...lines(await read({ rowStart: at, rowEnd: at + 1 }), at));
        return found;
      },
      /* Few parts of the file are read, so fewer rows are saved if they are far from each other. */
      saved: () => {
        if (!order) return Math.min(all, SAVED);
        const parts = new Set();
        const most = Math.min(order.length, SAVED);
        let n = 0;
        while (n < most && parts.add(Math.floor(order[n] / NEAR)).size <= PARTS) n++;
        return n;
      },
      texts: async (n, tell) => {
        const wanted = order ? order.subarray(0, n) : Uint32Array.from({ length: n }, (_, at) => at);
        const parts = new Map();
        for (const at of wanted) {
          const part = Math.floor(at / NEAR);
          if (!parts.has(part)) parts.set(part, []);
          parts.get(part).push(at);
        }
        const found = new Map();
        for (const rows of parts.values()) {
          const rowStart = rows.reduce((one, other) => Math.min(one, other));
          const rowEnd = rows.reduce((one, other) => Math.max(one, other)) + 1;
          const near = await read({ rowStart, rowEnd });
          for (const at of rows) found.set(at, columns.map((one) => written(near[at - rowStart][one.name])));
          tell(found.size);
        }
        return Array.from(wanted, (at) => found.get(at));
      },
      origins: provenance(known),
      arrange: async (wanted, column, sort) => {
        let rows = wanted ? matching(await valuesOf(column), wanted) : null;
        if (sort) {
          rows = rows || Uint32Array.from({ length: all }, (_, at) => at);
          rows = sorted(await valuesOf(sort.column), rows, sort.down, columns[sort.column].number);
        }
        order = rows;
      },
    };
  };

  /* What is shown */

  let source = null;
  let first = 0;
  let sort = null;
  let asked = 0;
  let wanted = null; // the place of the row that the address names

  const linked = (cell) => {
    const isElsewhere = /^https?:\/\//.test(cell.href);
    const link = cell.href
      ? element("a", cell.text, { href: isElsewhere || cell.href[0] === "#" ? cell.href : root + cell.href, dir: "auto", rel: isElsewhere ? "external noopener noreferrer" : null })
      : element("span", cell.text, { dir: "auto" });
    return cell.sub ? [link, element("small", cell.sub, { dir: "auto" })] : [link];
  };

  const drawn = new Map(); // the rows that are shown, by their place

  const asking = (cell, row, at) => {
    drawn.set(row.at, row);
    cell.tabIndex = -1;
    cell.dataset.at = row.at;
    cell.dataset.column = at;
  };

  const enterable = () => {
    const start = table.querySelector("tbody td[data-at]");
    if (start) start.tabIndex = 0;
  };

  const draw = async () => {
    const mine = ++asked;
    place.textContent = words.loading;
    const size = source.size();
    const rows = await source.page(first, size);
    if (mine !== asked) return;
    drawn.clear();
    const lines = rows.map((row) => {
      const line = element("tr", null, { class: row.at === wanted ? "wanted" : null });
      row.cells.forEach((cell, at) => {
        const column = source.columns[at];
        const made = element("td", null, { class: [column.number ? "n" : "", column.quiet ? "quiet-column" : "", cell.text.length > 60 ? "long" : cell.text.length > 24 ? "wide" : ""].join(" ").trim() || null });
        const shown = at === (keys.length ? keys[0].at : 0) && cell.text ? { ...cell, href: row.page || addressed(row.id) } : cell;
        made.append(...linked(shown));
        if (source.origins) asking(made, row, at);
        line.append(made);
      });
      return line;
    });
    table.tBodies[0].replaceChildren(...lines);
    enterable();
    const n = source.length();
    place.textContent = n
      ? fill(words.pageOf, { first: (first + 1).toLocaleString("en"), last: Math.min(n, first + size).toLocaleString("en"), n: n.toLocaleString("en") })
      : words.none;
    previous.disabled = first === 0;
    next.disabled = first + size >= n;
    count.hidden = true;
    showSave();
  };

  /* The row that the address names: its page of the table is shown, with all its cells beside it */

  const goToRow = async () => {
    const named = /^#row=(.*)$/s.exec(location.hash);
    if (!named) return false;
    let id = named[1];
    try {
      id = decodeURIComponent(named[1]);
    } catch {
      /* an address that somebody spoilt is taken as it is */
    }
    const at = await source.find(id);
    missing.hidden = at >= 0;
    missing.textContent = at >= 0 ? "" : fill(words.noRow, { id });
    if (at < 0) return false;
    first = Math.floor(at / source.size()) * source.size();
    wanted = (await source.page(at, 1))[0].at;
    await draw();
    const line = table.querySelector("tr.wanted");
    line.scrollIntoView({ block: "center" });
    showRow(line, id);
    return true;
  };

  const showRow = (line, id) => {
    const list = element("dl", null, { class: "row" });
    source.columns.forEach((column, at) => {
      const cell = line.cells[at];
      if (!cell.textContent) return;
      const value = element("dd");
      value.append(...[...cell.childNodes].map((one) => one.cloneNode(true)));
      list.append(element("dt", column.title, { dir: "auto" }), value);
    });
    dialog.replaceChildren(element("h2", id, { id: "origin-title", dir: "auto" }), list, closing());
    dialog.addEventListener("close", () => line.querySelector("a")?.focus(), { once: true });
    if (!dialog.open) dialog.showModal();
  };

  const missing = element("p", "", { class: "note", role: "status" });
  missing.hidden = true;
  data.append(missing);

  const turn = (by) => {
    first = Math.max(0, first + by * source.size());
    grid.scrollTop = 0;
    draw();
  };
  previous.addEventListener("click", () => turn(-1));
  next.addEventListener("click", () => turn(1));

  /* The origin of a cell */

  const dialog = element("dialog", null, { "aria-labelledby": "origin-title" });
  document.body.append(dialog);

  const lines = (list) => {
    const made = element("ul", null, { class: "origin" });
    for (const [kind, word, value, text, source, href, rest] of list) {
      const line = element("li", null, { class: kind });
      const parts = [
        word && element("span", word, { class: "status" }),
        value && element("span", value, { class: "value", dir: "auto" }),
        text && element("span", text, { dir: "auto" }),
        source && (href ? element("a", source, { href: root + href, dir: "auto" }) : element("span", source, { dir: "auto" })),
        rest && element("span", rest, { dir: "auto" }),
      ];
      for (const part of parts) if (part) line.append(part, " ");
      made.append(line);
    }
    return made;
  };

  const closing = () => {
    const buttons = element("div", null, { class: "buttons" });
    const close = element("button", words.close, { type: "button" });
    close.addEventListener("click", () => dialog.close());
    buttons.append(close);
    return buttons;
  };

  const explain = async (cell) => {
    const column = source.columns[Number(cell.dataset.column)];
    const row = drawn.get(Number(cell.dataset.at));
    const title = element("h2", column.title, { id: "origin-title", dir: "auto" });
    const value = element("p", cell.firstChild.textContent, { class: "value", dir: "auto" });
    const origin = element("div", null, { "aria-live": "polite" });
    const buttons = closing();
    if (row.page) buttons.append(element("a", words.openRow, { href: root + row.page }));
    origin.append(element("p", words.loading, { class: "quiet" }));
    dialog.replaceChildren(title, value, element("h3", words.origin), origin, buttons);
    dialog.addEventListener("close", () => cell.focus(), { once: true });
    dialog.showModal();
    origin.replaceChildren(...(await explained(column, row)));
  };

  const explained = async (column, row) => {
    try {
      const origins = await source.origins(row);
      const own = origins[column.name] || [];
      const whole = origins[""] || [];
      const first = own.length ? lines(own) : element("p", whole.length ? words.noOrigin : words.unknown, { class: "quiet" });
      return whole.length ? [first, element("h3", words.wholeRow), lines(whole)] : [first];
    } catch {
      return [element("p", words.ask), element("pre", `depositary blame ${words.table} ${quoted(row.id)} ${column.name}`)];
    }
  };

  const quoted = (text) => (/^[\w.:-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`);

  table.addEventListener("click", (event) => {
    const cell = event.target.closest("td[data-at]");
    if (cell && !event.target.closest("a")) explain(cell);
  });

  const moved = (cell, key) => {
    const row = cell.parentElement;
    const seen = (one) => one && one.offsetParent !== null;
    const beside = (from, way) => {
      let one = from[way];
      while (one && !seen(one)) one = one[way];
      return one;
    };
    if (key === "ArrowRight") return beside(cell, "nextElementSibling");
    if (key === "ArrowLeft") return beside(cell, "previousElementSibling");
    const other = key === "ArrowDown" ? row.nextElementSibling : key === "ArrowUp" ? row.previousElementSibling : null;
    return other && other.cells[cell.cellIndex];
  };

  table.addEventListener("keydown", (event) => {
    const cell = event.target;
    if (!cell.matches("td[data-at]")) return;
    if (event.key === "Enter" || event.key === " ") {
      explain(cell);
      event.preventDefault();
      return;
    }
    const other = moved(cell, event.key);
    if (other) {
      cell.tabIndex = -1;
      other.tabIndex = 0;
      other.focus();
      event.preventDefault();
    }
  });

  /* The rows that are shown, saved as CSV as `depositary export --safe-cells` writes it */

  const save = element("button", "", { type: "button" });
  const savedNote = element("p", "", { class: "count", role: "status" });
  const showSave = () => {
    const [n, all] = [source.saved(), source.length()];
    save.textContent = n < all ? fill(words.saveFirst, { n: n.toLocaleString("en"), all: all.toLocaleString("en") }) : words.save;
    save.disabled = !n;
    savedNote.textContent = "";
  };
  const asCsv = (rows) => {
    const quoted = (text) => (/[",\r\n]/.test(text) || (!text && source.columns.length === 1) ? `"${text.replace(/"/g, '""')}"` : text);
    let apostrophes = 0;
    const safe = (text, at) => (!source.columns[at].number && /^[=+\-@\t\r]/.test(text) ? (apostrophes++, `'${text}`) : text);
    const lines = rows.map((row) => row.map((text, at) => quoted(safe(text, at))).join(","));
    return { text: [source.columns.map((one) => quoted(one.name)).join(","), ...lines, ""].join("\n"), apostrophes };
  };
  const offer = (text, file) => {
    const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    element("a", null, { href: address, download: file }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  };
  save.addEventListener("click", async () => {
    save.disabled = true;
    try {
      const n = source.saved();
      const rows = await source.texts(n, (read) => (savedNote.textContent = `${words.loading} ${read.toLocaleString("en")} / ${n.toLocaleString("en")}`));
      const { text, apostrophes } = asCsv(rows);
      const file = `${words.table.replace(/[^\p{L}\p{N}_-]+/gu, "-")}.csv`;
      offer(text, file);
      const notes = [fill(words.saved, { n: n.toLocaleString("en"), columns: source.columns.length, file })];
      if (apostrophes) notes.push(fill(words.savedSafe, { n: apostrophes.toLocaleString("en") }));
      if (source.hasUnseen) notes.push(words.savedUnseen);
      savedNote.textContent = notes.join(" ");
    } catch {
      savedNote.textContent = words.lost;
    }
    save.disabled = false;
  });

  /* Controls */

  const arrange = async (filter, column) => {
    const mine = ++asked;
    place.textContent = words.loading;
    try {
      await source.arrange(filter.value.trim(), Number(column.value), sort);
      if (mine !== asked) return;
      first = 0;
      wanted = null;
      remember(filter, column);
      await draw();
    } catch {
      missing.hidden = false;
      missing.textContent = words.lost;
    }
  };

  /* What is shown is in the address, so that it can be sent to others: #in=COLUMN&has=TEXT&sort=COLUMN or &down=COLUMN */

  const remember = (filter, column) => {
    const kept = new URLSearchParams();
    const text = filter.value.trim();
    if (text && column.value >= 0) kept.set("in", source.columns[column.value].name);
    if (text) kept.set("has", text);
    if (sort) kept.set(sort.down ? "down" : "sort", source.columns[sort.column].name);
    history.replaceState(null, "", `${location.pathname}${location.search}${String(kept) && `#${kept}`}`);
  };

  const recall = async (filter, column) => {
    if (await goToRow()) return;
    const kept = new URLSearchParams(location.hash.slice(1));
    const placed = (name) => source.columns.findIndex((one) => one.name === kept.get(name));
    const by = Math.max(placed("sort"), placed("down"));
    if (!kept.has("has") && by < 0) return draw();
    filter.value = kept.get("has") || "";
    if (placed("in") >= 0) column.value = placed("in");
    if (by >= 0) sortBy(by, kept.has("down"));
    return arrange(filter, column);
  };

  const sortBy = (at, down) => {
    sort = { column: at, down };
    for (const other of head.cells) other.removeAttribute("aria-sort");
    head.cells[at].setAttribute("aria-sort", down ? "descending" : "ascending");
  };

  const sortable = (filter, column) => {
    [...head.cells].forEach((cell, at) => {
      const link = cell.querySelector("a");
      const { about } = link.dataset;
      const button = element("button", link.textContent, { type: "button", class: "sort", "data-about": about, "aria-describedby": about, "aria-label": fill(words.sort, { column: link.textContent }), dir: "auto" });
      button.addEventListener("click", () => {
        sortBy(at, Boolean(sort && sort.column === at && !sort.down));
        arrange(filter, column);
      });
      link.replaceWith(button);
      if (about) cell.querySelector(".ask").tabIndex = -1; // the button for the order answers as soon as it has the focus
    });
  };

  const columnChooser = () => {
    const details = element("details");
    const field = element("fieldset");
    details.append(element("summary", words.columns), field);
    const label = element("label");
    const box = element("input", null, { type: "checkbox" });
    label.append(box, element("span", words.work));
    box.addEventListener("change", () => table.classList.toggle("with-work", box.checked));
    label.lastChild.textContent = words.work;
    field.append(label);
    return details;
  };

  const begin = async (made) => {
    source = made;
    controls.replaceChildren();
    const filter = element("input", null, { type: "search", id: "filter" });
    const column = element("select", null, { id: "filter-column" });
    if (source.anyColumn) column.append(element("option", words.any, { value: "-1" }));
    column.append(...source.columns.map((one, at) => element("option", one.title, { value: at })));
    const one = element("label", `${words.filter} (${words.exact})`);
    one.append(filter);
    const other = element("label", words.in);
    other.append(column);
    controls.append(one, other);
    let timer = 0;
    filter.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => arrange(filter, column), source.pause);
    });
    column.addEventListener("change", () => filter.value.trim() && arrange(filter, column));
    sortable(filter, column);
    if (source.columns.some((one) => one.quiet)) controls.append(columnChooser());
    if (source.origins) controls.append(element("p", words.hint, { class: "quiet hint" }));
    controls.hidden = !controls.children.length;
    pager.append(save);
    grid.after(pager, savedNote);
    window.addEventListener("hashchange", () => recall(filter, column));
    await recall(filter, column);
  };

  /* Where the file cannot be read, the first rows stay, and a click names the command that gives the origin */

  const still = (text, known) => {
    data.append(element("p", text, { class: "note" }));
    if (!known.table) return;
    const refused = () => Promise.reject(new Error("not at hand"));
    source = { columns: described(), origins: known.files.rows ? refused : provenance(known) };
    [...table.tBodies[0].rows].forEach((line, at) => {
      const id = decodeURIComponent(/#row=(.*)$/s.exec(line.querySelector('a[href*="#row="]')?.href || "")?.[1] || "");
      const values = Object.fromEntries(source.columns.map((column, n) => [column.name, line.cells[n].firstElementChild.textContent]));
      [...line.cells].forEach((cell, n) => asking(cell, { at, id, page: "", values }, n));
    });
    enterable();
  };

  window.depositary.table = (document_) => begin(whole(document_));
  window.depositary.long = (known) => {
    if (location.protocol === "file:") still(words.noFetch, known);
    else pieces(words.parquet, known).then(begin).catch(() => still(words.noRange, known));
  };
  load(words.src).catch(() => {});
})();
