/* A table of data: sort, filter, pages, columns, and the origin of each cell. */
(() => {
  "use strict";
  const { load, element, fill } = window.depositary;
  const data = document.querySelector(".data");
  if (!data) return;
  const words = data.dataset;
  const root = document.body.dataset.root;
  const controls = data.querySelector(".controls");
  const table = data.querySelector("table");
  const head = table.tHead.rows[0];
  const count = data.querySelector(".count");
  const grid = data.querySelector(".grid");
  const SIZE = 50;

  const pager = element("div", null, { class: "pager" });
  const previous = element("button", words.previous, { type: "button" });
  const next = element("button", words.next, { type: "button" });
  const place = element("span", "", { "aria-live": "polite" });
  pager.append(previous, next, place);

  /* Rows at hand, from a script; or rows in pieces, from a Parquet file */

  const whole = (document_) => {
    const { columns, rows, shown, pages, origins } = document_;
    const texts = rows.map((row) => row.map((value, at) => (value == null ? "" : shown[at][value] ? shown[at][value].join(" ") : value)));
    const lower = texts.map((row) => row.map((text) => text.toLowerCase()));
    let order = rows.map((_, at) => at);
    return {
      columns,
      canSort: true,
      length: () => order.length,
      page: async (first, size) =>
        order.slice(first, first + size).map((at) => ({
          at,
          page: pages ? pages[at] : "",
          cells: rows[at].map((value, n) => {
            const [text, href, sub] = (value != null && shown[n][value]) || [value == null ? "" : value, "", ""];
            return { text, href, sub };
          }),
        })),
      origin: (at, name) => (origins ? [origins[at][name] || [], origins[at][""] || []] : null),
      arrange: (wanted, column, sort) => {
        const term = wanted.toLowerCase();
        order = rows
          .map((_, at) => at)
          .filter((at) => !term || (column < 0 ? lower[at].some((text) => text.includes(term)) : lower[at][column].includes(term)));
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

  const ranged = (address, length) => ({
    byteLength: length,
    slice: async (start, end) => {
      const last = (end == null ? length : end) - 1;
      const answer = await fetch(address, { headers: { Range: `bytes=${start}-${last}` } });
      if (answer.status !== 206) throw new Error("no ranges");
      return answer.arrayBuffer();
    },
  });

  const pieces = async (address) => {
    const answer = await fetch(address, { headers: { Range: "bytes=0-3" } });
    const length = Number((answer.headers.get("Content-Range") || "").split("/")[1]);
    if (answer.status !== 206 || !length) throw new Error("no ranges");
    const file = hyparquet.cachedAsyncBuffer(ranged(address, length));
    const metadata = await hyparquet.parquetMetadataAsync(file);
    const columns = [...head.cells].map((cell) => ({ name: cell.dataset.name, title: cell.textContent, number: cell.classList.contains("n"), quiet: cell.classList.contains("quiet-column") }));
    return {
      columns,
      canSort: false,
      length: () => Number(metadata.num_rows),
      page: async (first, size) => {
        const rows = await hyparquet.parquetReadObjects({ file, metadata, rowStart: first, rowEnd: first + size, useOffsetIndex: true });
        return rows.map((row, n) => ({ at: first + n, page: "", cells: columns.map((one) => ({ text: written(row[one.name]), href: "", sub: "" })) }));
      },
      origin: () => null,
      arrange: () => {},
    };
  };

  /* What is shown */

  let source = null;
  let first = 0;
  let sort = null;
  let asked = 0;

  const linked = (cell) => {
    const link = cell.href
      ? element("a", cell.text, { href: /^https?:\/\//.test(cell.href) ? cell.href : root + cell.href, dir: "auto", rel: /^https?:\/\//.test(cell.href) ? "external noopener noreferrer" : null })
      : element("span", cell.text, { dir: "auto" });
    return cell.sub ? [link, element("small", cell.sub, { dir: "auto" })] : [link];
  };

  const draw = async () => {
    const mine = ++asked;
    place.textContent = words.loading;
    const rows = await source.page(first, SIZE);
    if (mine !== asked) return;
    const lines = rows.map((row) => {
      const line = element("tr");
      row.cells.forEach((cell, at) => {
        const column = source.columns[at];
        const made = element("td", null, { class: [column.number ? "n" : "", column.quiet ? "quiet-column" : "", cell.text.length > 60 ? "long" : ""].join(" ").trim() || null });
        const shown = at === 0 && row.page ? { ...cell, href: row.page } : cell;
        made.append(...linked(shown));
        if (source.origin(row.at, column.name)) {
          made.tabIndex = -1;
          made.dataset.at = row.at;
          made.dataset.column = at;
          made.dataset.page = row.page;
        }
        line.append(made);
      });
      return line;
    });
    table.tBodies[0].replaceChildren(...lines);
    const start = table.querySelector("tbody td[data-at]");
    if (start) start.tabIndex = 0;
    const n = source.length();
    place.textContent = n
      ? fill(words.pageOf, { first: (first + 1).toLocaleString("en"), last: Math.min(n, first + SIZE).toLocaleString("en"), n: n.toLocaleString("en") })
      : words.none;
    previous.disabled = first === 0;
    next.disabled = first + SIZE >= n;
    count.hidden = true;
  };

  const turn = (by) => {
    first = Math.max(0, first + by * SIZE);
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

  const explain = (cell) => {
    const column = source.columns[Number(cell.dataset.column)];
    const [own, row] = source.origin(Number(cell.dataset.at), column.name);
    const title = element("h2", column.title, { id: "origin-title", dir: "auto" });
    const value = element("p", cell.firstChild.textContent, { class: "value", dir: "auto" });
    const buttons = element("div", null, { class: "buttons" });
    const close = element("button", words.close, { type: "button" });
    close.addEventListener("click", () => dialog.close());
    buttons.append(close);
    if (cell.dataset.page) buttons.append(element("a", words.openRow, { href: root + cell.dataset.page }));
    dialog.replaceChildren(title, value, element("h3", words.origin));
    dialog.append(own.length ? lines(own) : element("p", words.noOrigin, { class: "quiet" }));
    if (row.length) dialog.append(element("h3", words.wholeRow), lines(row));
    dialog.append(buttons);
    dialog.addEventListener("close", () => cell.focus(), { once: true });
    dialog.showModal();
  };

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

  /* Controls */

  const arrange = (filter, column) => {
    source.arrange(filter.value.trim(), Number(column.value), sort);
    first = 0;
    draw();
  };

  const sortable = (filter, column) => {
    [...head.cells].forEach((cell, at) => {
      const link = cell.querySelector("a");
      const button = element("button", link.textContent, { type: "button", title: link.title, "aria-label": fill(words.sort, { column: link.textContent }), dir: "auto" });
      button.addEventListener("click", () => {
        const down = sort && sort.column === at ? !sort.down : false;
        sort = { column: at, down };
        for (const other of head.cells) other.removeAttribute("aria-sort");
        cell.setAttribute("aria-sort", down ? "descending" : "ascending");
        arrange(filter, column);
      });
      link.replaceWith(button);
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

  const begin = (made) => {
    source = made;
    controls.replaceChildren();
    const filter = element("input", null, { type: "search", id: "filter" });
    const column = element("select", null, { id: "filter-column" });
    column.append(element("option", words.any, { value: "-1" }), ...source.columns.map((one, at) => element("option", one.title, { value: at })));
    if (source.canSort) {
      const one = element("label", words.filter);
      one.append(filter);
      const other = element("label", words.in);
      other.append(column);
      controls.append(one, other);
      let timer = 0;
      filter.addEventListener("input", () => {
        clearTimeout(timer);
        timer = setTimeout(() => arrange(filter, column), 120);
      });
      column.addEventListener("change", () => arrange(filter, column));
      sortable(filter, column);
    }
    if (source.columns.some((one) => one.quiet)) controls.append(columnChooser());
    if (source.origin(0, source.columns[0].name)) controls.append(element("p", words.hint, { class: "quiet hint" }));
    controls.hidden = !controls.children.length;
    grid.after(pager);
    draw();
  };

  const refuse = (text) => {
    data.append(element("p", text, { class: "note" }));
  };

  window.depositary.table = (document_) => begin(whole(document_));
  if (words.src) {
    load(words.src).catch(() => {});
  } else if (location.protocol === "file:") {
    refuse(words.noFetch);
  } else {
    pieces(words.parquet).then(begin, () => refuse(words.noRange));
  }
})();
