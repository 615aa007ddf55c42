"use strict";

const form = document.querySelector("#filters");
const items = [...document.querySelectorAll(".item")];
const texts = new Map();
const folds = [...document.querySelectorAll("details")].filter((fold) => fold.querySelector(".item"));

// Of a row that is narrowed down by its values, the name may be a word of the search too.
function textOf(item) {
  if (!texts.has(item)) texts.set(item, `${item.dataset.table} ${item.textContent}`.toLocaleLowerCase());
  return texts.get(item);
}

function fits(item, chosen, words) {
  const own = chosen.every(([name, value]) => item.dataset[name] === value);
  return own && words.every((word) => textOf(item).includes(word));
}

const seen = (box) => [...box.querySelectorAll(".item")].some((item) => !item.hidden);

function narrow() {
  const { search, ...lists } = Object.fromEntries(new FormData(form));
  const chosen = Object.entries(lists).filter(([, value]) => value);
  const words = search.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const narrowed = Boolean(chosen.length || words.length);
  for (const item of items) item.hidden = narrowed && !fits(item, chosen, words);
  for (const section of document.querySelectorAll(".found")) section.hidden = narrowed && !seen(section);
  for (const fold of folds) {
    fold.hidden = narrowed && !seen(fold);
    if (narrowed && seen(fold)) fold.open = true;
  }
  const count = items.filter((item) => !item.hidden).length;
  const all = items.length.toLocaleString("en");
  form.querySelector("output").value = `${count.toLocaleString("en")} of ${all} ${form.dataset.things}`;
}

// What a link leads to may be folded or filtered out.
function reveal() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (form && target.closest("[hidden]")) {
    form.reset();
    narrow();
  }
  for (let box = target.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  target.scrollIntoView();
}

// Paper has no arrows to click on.
let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")];
  for (const box of closed) box.open = true;
});
addEventListener("afterprint", () => {
  for (const box of closed) box.open = false;
});

addEventListener("hashchange", reveal);
if (form) {
  form.hidden = false;
  form.addEventListener("input", narrow);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(narrow));
  narrow();
}
reveal();
