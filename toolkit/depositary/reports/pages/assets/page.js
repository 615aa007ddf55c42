"use strict";

const form = document.querySelector("#filters");
const groups = [...document.querySelectorAll("details.group")];
const sections = [...document.querySelectorAll("section.found")];

const count = (chosen) => chosen.reduce((sum, group) => sum + Number(group.dataset.count), 0);

function narrow() {
  const { table, code, level } = Object.fromEntries(new FormData(form));
  for (const group of groups) {
    const { table: its, codes, level: grade } = group.dataset;
    group.hidden = Boolean(
      (table && table !== its) || (code && !codes.split(" ").includes(code)) || (level && level !== grade)
    );
  }
  for (const section of sections) {
    section.hidden = [...section.querySelectorAll("details.group")].every((group) => group.hidden);
  }
  const seen = groups.filter((group) => !group.hidden);
  if (table || code || level) {
    for (const group of seen) group.open = true;
  }
  const all = count(groups).toLocaleString("en");
  form.querySelector("output").value = `${count(seen).toLocaleString("en")} of ${all} findings`;
}

// What a link leads to may be closed or filtered out.
function reveal() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.closest("[hidden]")) form.reset();
  for (let box = target.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  target.scrollIntoView();
}

// In a wide table, the cell in question may lie outside of what is seen.
function bring(box) {
  for (const excerpt of box.querySelectorAll(".excerpt")) {
    const mark = excerpt.querySelector("mark");
    if (!mark) continue;
    const cell = mark.parentElement;
    const over = cell.offsetLeft + cell.offsetWidth + 16 - excerpt.clientWidth;
    if (excerpt.clientWidth && over > 0) excerpt.scrollLeft = Math.min(over + 24, cell.offsetLeft - 64);
  }
}
document.addEventListener("toggle", (event) => event.target.open && bring(event.target), true);
bring(document);

// Paper has no arrows to click on.
let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")];
  for (const box of closed) box.open = true;
});
addEventListener("afterprint", () => {
  for (const box of closed) box.open = false;
});

if (form) {
  form.hidden = false;
  form.addEventListener("change", narrow);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(narrow));
  narrow();
  addEventListener("hashchange", reveal);
  reveal();
}
