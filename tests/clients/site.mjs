// node site.mjs visit|use|read|asked|saved CHROMIUM WHERE PATH...: look at pages of a site in Chromium, and print what was found.
import { chromium } from "playwright-core";
import { createRequire } from "node:module";
import { createReadStream, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { pathToFileURL } from "node:url";

const [, , task, program, folder, ...paths] = process.argv;
const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf-8");
const KINDS = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
const browser = await chromium.launch({ executablePath: program, args: process.getuid() === 0 ? ["--no-sandbox"] : [] });
const local = (path) => `${pathToFileURL(folder)}/${path}`;

async function opened(options, logged) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on("console", (one) => ["error", "warning"].includes(one.type()) && logged.push(`console: ${one.text()}`));
  page.on("pageerror", (one) => logged.push(`error: ${one.message}`));
  page.on("dialog", (one) => (logged.push(`dialog: ${one.message()}`), one.dismiss()));
  page.on("request", (one) => {
    const { protocol, hostname } = new URL(one.url());
    if (protocol !== "file:" && hostname !== "127.0.0.1") logged.push(`request: ${one.url()}`);
  });
  return page;
}

async function violations(page, logged) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"], preload: false }));
  for (const one of found.violations)
    logged.push(`${one.id} at ${one.nodes[0].target}: ${one.nodes[0].failureSummary.split("\n")[1]}`);
}

// Every page, narrow and wide, light and dark: nothing is logged, nothing is asked of others, axe finds nothing.
async function visit() {
  const logged = [];
  for (const [width, colorScheme] of [[360, "light"], [1280, "dark"]]) {
    const page = await opened({ viewport: { width, height: 800 }, colorScheme, reducedMotion: "reduce" }, logged);
    for (const path of paths) {
      const before = logged.length;
      await page.goto(local(path));
      await page.waitForFunction(() => !document.querySelector('.data[data-src*="/table-"]') || document.querySelector(".pager span")?.textContent);
      await violations(page, logged);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 0) logged.push(`${wide} pixels too wide`);
      for (let at = before; at < logged.length; at++) logged[at] = `${path} (${width}): ${logged[at]}`;
    }
    await page.context().close();
  }
  return logged;
}

// What a column means: by keyboard, by mouse, by touch at the width of a phone, and by touch without scripts.
async function answers(page, logged) {
  const shown = async () => (await page.locator(".answer:popover-open").allTextContents()).join();
  const seen = {};
  const name = page.locator("thead .sort").nth(2);
  await page.locator("#filter-column").focus();
  while (!(await name.evaluate((one) => one === document.activeElement))) await page.keyboard.press("Tab");
  seen.keyboard = await shown();
  await violations(page, logged);
  seen.described = await name.evaluate((one) => document.getElementById(one.getAttribute("aria-describedby")).textContent);
  await page.keyboard.press("Escape");
  seen.escaped = await shown();
  await page.keyboard.press("Enter");
  seen.order = await page.locator("thead th").nth(2).getAttribute("aria-sort");
  await page.locator("thead .sort").nth(1).hover();
  await page.waitForSelector(".answer:popover-open");
  seen.mouse = await shown();
  await page.locator("thead .ask").nth(1).click();
  await page.mouse.move(0, 0);
  await page.waitForTimeout(400);
  seen.kept = await shown();
  await page.locator("thead .ask").nth(1).click();
  seen.pressed = await shown();
  for (const javaScriptEnabled of [true, false]) {
    const phone = await opened({ viewport: { width: 360, height: 740 }, hasTouch: true, javaScriptEnabled }, logged);
    await phone.goto(page.url());
    await phone.locator("thead .ask").nth(1).tap();
    const box = await phone.locator(".answer:popover-open").boundingBox();
    seen[javaScriptEnabled ? "touch" : "still"] = box.x >= 0 && box.x + box.width <= 360;
    await phone.context().close();
  }
  return seen;
}

// What a reader does on the pages of the published package, with the mouse and with the keyboard alone.
async function use() {
  const logged = [];
  const page = await opened({ viewport: { width: 1280, height: 800 } }, logged);
  const seen = {};
  await page.goto(local("index.html"));
  await page.keyboard.press("/");
  await page.keyboard.type("wentao");
  await page.waitForSelector("#found a");
  seen.found = await page.locator("#found a span").first().textContent();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/actors/*.html");
  seen.actor = await page.locator("h1").textContent();

  await page.goto(local("index.html"));
  await page.keyboard.press("/");
  await page.keyboard.type("usual name in English");
  await page.waitForSelector("#found a");
  seen.column = await page.locator("#found a span").first().textContent();

  await page.goto(local("tables/actors.html"));
  await page.waitForSelector(".controls:not([hidden])");
  const rows = page.locator("tbody tr");
  seen.all = await rows.count();
  await page.fill("#filter", "ministry");
  await page.waitForFunction((n) => document.querySelectorAll("tbody tr").length < n, seen.all);
  seen.filtered = await rows.count();
  await page.fill("#filter", "");
  await page.waitForFunction((n) => document.querySelectorAll("tbody tr").length === n, seen.all);
  const second = page.locator("thead th").nth(2).locator(".sort");
  await second.click();
  await second.click();
  seen.sorted = await page.locator("thead th").nth(2).getAttribute("aria-sort");
  seen.first = await page.locator("tbody tr td:nth-child(3)").first().textContent();
  await page.locator("tbody tr td:nth-child(2)").first().click();
  seen.origin = (await page.locator("dialog[open]").textContent()).replace(/\s+/g, " ");
  await page.keyboard.press("Escape");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  seen.keyboard = await page.locator("dialog[open] h2").textContent();
  await page.locator("dialog[open] button").click();
  seen.focus = await page.evaluate(() => document.activeElement.tagName);

  seen.answers = await answers(page, logged);

  await page.goto(local("dictionary/statements.html#x-topic"));
  await page.waitForTimeout(300);
  seen.anchored = await page.locator("#x-topic").evaluate((one) => one.getBoundingClientRect().top);
  const counted = page.locator("#x-modality tbody td.n a").first();
  seen.counted = await counted.textContent();
  await counted.click();
  await page.waitForFunction(() => document.querySelector("#filter")?.value);
  await page.waitForFunction((n) => document.querySelectorAll("tbody tr").length === n, Number(seen.counted));
  await page.locator("thead button").first().click();
  await page.waitForFunction(() => location.hash.includes("sort="));
  seen.address = await page.evaluate(() => location.hash);
  await page.reload();
  await page.waitForSelector('th[aria-sort="ascending"]');
  await page.emulateMedia({ media: "print" });
  seen.headings = await page.locator("thead th").first().innerText();
  await page.emulateMedia({ media: "screen" });

  await page.goto(local("meetings/mtg-cn-kr-trade-ministers.html"));
  const first = page.locator(".accounts tbody").first();
  seen.positions = await first.locator(".mark .word").allTextContents();
  await first.locator(".mark summary").first().click();
  seen.details = await first.locator(".mark details[open]").first().isVisible();
  return { seen, logged };
}

// A server of the folder, with or without parts of files; `sent` counts the bytes of parts.
const sent = { bytes: 0 };
async function serve(ranges) {
  const server = createServer((asked, answer) => {
    const file = join(folder, normalize(decodeURIComponent(new URL(asked.url, "http://x").pathname)));
    const size = statSync(file, { throwIfNoEntry: false })?.size;
    if (size === undefined) return answer.writeHead(404).end();
    const kind = KINDS[extname(file)] || "application/octet-stream";
    const part = ranges && /^bytes=(\d+)-(\d+)$/.exec(asked.headers.range || "");
    if (!part) {
      answer.writeHead(200, { "Content-Type": kind, "Content-Length": size });
      createReadStream(file).pipe(answer);
      return;
    }
    const [start, end] = [Number(part[1]), Math.min(Number(part[2]), size - 1)];
    sent.bytes += end - start + 1;
    answer.writeHead(206, { "Content-Type": kind, "Content-Length": end - start + 1, "Content-Range": `bytes ${start}-${end}/${size}` });
    createReadStream(file, { start, end }).pipe(answer);
  });
  server.listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  return { address: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

// A long table from a server that gives parts of files, from one that does not, and from a folder.
async function read() {
  const seen = {};
  const logged = [];
  for (const ranges of [true, false]) {
    const server = await serve(ranges);
    const page = await opened({ viewport: { width: 1280, height: 800 } }, logged);
    await page.goto(`${server.address}/${paths[0]}`);
    if (ranges) {
      await page.waitForFunction(() => /of/.test(document.querySelector(".pager span")?.textContent || ""));
      await page.locator(".pager button").nth(1).click();
      await page.waitForFunction(() => /^Rows 51/.test(document.querySelector(".pager span").textContent));
      seen.place = await page.locator(".pager span").textContent();
      seen.row = await page.locator("tbody tr").first().textContent();
      await page.evaluate(() => (location.hash = "#row=20001"));
      await page.waitForSelector("dialog[open]");
      seen.wanted = await page.locator("tr.wanted").textContent();
      seen.shown = await page.locator("dialog[open] dl").textContent();
      await page.keyboard.press("Escape");
      await page.locator("thead button").nth(2).click();
      await page.locator("thead button").nth(2).click();
      await page.locator("#filter-column").selectOption({ label: "value" });
      await page.locator("#filter").fill("77.5");
      await page.waitForFunction(() => /^Rows 1 to 10 of [\d,]{1,4}$/.test(document.querySelector(".pager span").textContent));
      seen.filtered = await page.locator(".pager span").textContent();
      seen.first = await page.locator("tbody tr").first().textContent();
      await page.locator("#filter").fill("nothing");
      await page.waitForFunction(() => /No row/.test(document.querySelector(".pager span").textContent));
      await page.locator("#filter").fill("");
      await page.waitForFunction(() => /of 30,000$/.test(document.querySelector(".pager span").textContent));
      seen.sorted = await page.locator("tbody tr").allTextContents();
      await page.evaluate(() => (location.hash = "#in=value&has=%3D77.5"));
      await page.waitForFunction(() => /^Rows 1 to 1 of 1$/.test(document.querySelector(".pager span").textContent));
      seen.exact = await page.locator("tbody tr").first().textContent();
      await page.evaluate(() => (location.hash = "#row=none"));
      await page.waitForSelector(".note:not([hidden])");
      seen.missing = await page.locator(".note:not([hidden])").textContent();
    } else {
      seen.whole = await page.locator(".note:not([hidden])").textContent();
    }
    await page.context().close();
    server.close();
  }
  const page = await opened({}, logged);
  await page.goto(local(paths[0]));
  seen.local = await page.locator(".note:not([hidden])").textContent();
  seen.rows = await page.locator("tbody tr").count();
  return { seen, logged };
}

// What a click on a cell says: of a long table as above, and of others in a folder; paths are PAGE#COLUMN#ROW.
async function asked() {
  const logged = [];
  const seen = {};
  for (const how of ["ranges", "whole files", "folder"]) {
    const server = how === "folder" ? { address: pathToFileURL(folder), close: () => {} } : await serve(how === "ranges");
    const page = await opened({}, logged);
    for (const one of paths) {
      const [path, column, row] = one.split("#");
      await page.goto(`${server.address}/${path}`);
      await page.waitForSelector("td[data-at]");
      if (how === "ranges" || (await page.locator(".data").getAttribute("data-src")).includes("/table-")) {
        await page.evaluate((id) => (location.hash = `#row=${encodeURIComponent(id)}`), row);
        await page.waitForSelector("tr.wanted");
        await page.keyboard.press("Escape");
      }
      const place = await page.locator(`th[data-name="${column}"]`).evaluate((cell) => cell.cellIndex);
      const line = page.locator("tr.wanted").or(page.locator("tbody tr").first()).last();
      const before = sent.bytes;
      await line.locator("td").nth(place).click({ position: { x: 3, y: 3 } });
      await page.waitForFunction((text) => !document.querySelector("dialog[open]").textContent.includes(text), "Reading");
      seen[`${how} ${path}`] = (await page.locator("dialog[open]").innerText()).replace(/\s+/g, " ");
      if (how === "ranges") seen[`bytes ${path}`] = sent.bytes - before;
    }
    await page.context().close();
    server.close();
  }
  return { seen, logged };
}

// The rows of tables, saved as CSV, from a folder and from a server; paths are PAGE#WHAT IS SHOWN.
async function saved() {
  const logged = [];
  const seen = {};
  const server = await serve(true);
  for (const path of paths) {
    const page = await opened({}, logged);
    await page.goto(`${path.includes("?served") ? server.address : pathToFileURL(folder)}/${path}`);
    const button = page.locator(".pager button").last();
    await page.waitForFunction(() => !document.querySelector(".pager button:last-of-type")?.disabled && /\d/.test(document.querySelector(".pager span")?.textContent));
    const words = await button.textContent();
    const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
    const text = readFileSync(await download.path(), "utf-8");
    await page.waitForFunction(() => /Rows in/.test(document.querySelector(".count[role=status]").textContent));
    seen[path] = { words, file: download.suggestedFilename(), text, note: await page.locator(".count[role=status]").textContent() };
    await page.context().close();
  }
  server.close();
  return { seen, logged };
}

const result = await { visit, use, read, asked, saved }[task]();
await browser.close();
console.log(JSON.stringify(result));
