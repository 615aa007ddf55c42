/* The search and the copy buttons. Everything else works without scripts. */
(() => {
  "use strict";
  const depositary = (window.depositary = {});
  const body = document.body;
  const root = body.dataset.root;

  depositary.load = (address) =>
    new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = resolve;
      script.onerror = () => reject(new Error(address));
      document.head.append(script);
    });

  depositary.element = (name, text, attributes) => {
    const made = document.createElement(name);
    if (text != null) made.textContent = text;
    for (const [key, value] of Object.entries(attributes || {})) if (value != null && value !== false) made.setAttribute(key, value);
    return made;
  };

  depositary.fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));

  /* What a column means: shown while its name has the mouse or the keyboard; pressing "?" keeps it, also without a script */
  const named = (target) => target instanceof Element && target.closest("[data-about]");
  const answerTo = (name) => document.getElementById(name.dataset.about);
  let passing = null; // the answer that goes away with the mouse or the keyboard
  let waited = 0;
  const answer = (name) => {
    const text = answerTo(name);
    if (!text.showPopover || text.matches(":popover-open")) return;
    text.showPopover({ source: name });
    passing = text;
  };
  const pass = () => {
    if (passing?.matches(":popover-open")) passing.hidePopover();
    passing = null;
  };
  const later = (act, milliseconds) => {
    clearTimeout(waited);
    waited = setTimeout(act, milliseconds);
  };
  document.addEventListener("focusin", ({ target }) => {
    if (named(target) && target.matches(":focus-visible")) answer(target);
  });
  document.addEventListener("focusout", ({ target }) => named(target) && pass());
  document.addEventListener("pointerover", ({ target, pointerType }) => {
    const name = named(target);
    if (pointerType === "mouse" && name) later(() => name.isConnected && answer(name), 150);
    else if (passing?.contains(target)) clearTimeout(waited);
  });
  document.addEventListener("pointerout", ({ target }) => (named(target) || passing?.contains(target)) && later(pass, 250));
  document.addEventListener("click", (event) => {
    const ask = event.target instanceof Element && event.target.closest(".ask");
    if (ask && passing && passing === ask.popoverTargetElement && passing.matches(":popover-open")) {
      event.preventDefault(); // it would hide what the mouse has just shown
      passing = null;
    } else if (named(event.target)) {
      clearTimeout(waited);
      pass();
    }
  });

  /* Copy buttons */
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    const words = button.textContent;
    button.addEventListener("click", async () => {
      const from = document.getElementById(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(from.textContent);
      } catch {
        const range = document.createRange();
        range.selectNodeContents(from);
        getSelection().removeAllRanges();
        getSelection().addRange(range);
        document.execCommand("copy");
      }
      button.textContent = button.dataset.done;
      setTimeout(() => (button.textContent = words), 2000);
    });
  }

  /* Search: the index is read when somebody begins to search */
  const form = document.querySelector("form.search");
  const input = form.querySelector("input");
  const found = form.querySelector("ul");
  const output = form.querySelector("output");
  let index = null;
  let waiting = null;
  let documents = [];
  let chosen = -1;
  form.hidden = false;
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", "found");
  input.setAttribute("aria-autocomplete", "list");

  const plain = (term) => term.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

  depositary.search = (rows) => {
    documents = rows;
    const words = /[\s\p{P}\p{S}]+/u;
    index = new minisearch.MiniSearch({
      idField: "at",
      fields: ["title", "find", "kind"],
      tokenize: (text) =>
        text
          .replace(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu, " $& ")
          .split(words)
          .filter(Boolean),
      processTerm: plain,
      searchOptions: { prefix: true, fuzzy: 0.15, boost: { title: 3 }, combineWith: "AND" },
    });
    index.addAll(rows.map(([title, kind, , find], at) => ({ at, title, kind, find: find + " " + title.replace(/[_.]/g, " ") })));
  };

  const ready = () => {
    waiting =
      waiting ||
      depositary.load(body.dataset.minisearch).then(() => depositary.load(body.dataset.search));
    return waiting;
  };

  const close = () => {
    found.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    chosen = -1;
  };

  const choose = (at) => {
    const options = found.querySelectorAll("[role=option]");
    if (!options.length) return;
    chosen = (at + options.length) % options.length;
    options.forEach((one, n) => one.setAttribute("aria-selected", n === chosen ? "true" : "false"));
    options[chosen].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", options[chosen].id);
  };

  const show = async () => {
    const text = input.value.trim();
    if (!text) return close();
    await ready();
    if (text !== input.value.trim()) return;
    const hits = index.search(text).slice(0, 30);
    found.replaceChildren(
      ...hits.map((hit, at) => {
        const [title, kind, path] = documents[hit.id];
        const option = depositary.element("li", null, { role: "option", id: `found-${at}`, "aria-selected": "false" });
        const link = depositary.element("a", null, { href: root + path, tabindex: "-1" });
        link.append(depositary.element("span", title, { dir: "auto" }), depositary.element("small", kind));
        option.append(link);
        return option;
      }),
    );
    const said = hits.length ? depositary.fill(form.dataset.found, { n: hits.length }) : depositary.fill(form.dataset.none, { text });
    output.textContent = said;
    if (!hits.length) {
      const line = depositary.element("li", null, { role: "option", "aria-disabled": "true", "aria-selected": "false" });
      line.append(depositary.element("span", said, { class: "note-line", dir: "auto" }));
      found.append(line);
    }
    found.hidden = false;
    chosen = -1;
    input.setAttribute("aria-expanded", "true");
  };

  input.addEventListener("focus", () => ready().catch(() => {}), { once: true });
  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      choose(chosen + (event.key === "ArrowDown" ? 1 : chosen < 0 ? 0 : -1));
      event.preventDefault();
    } else if (event.key === "Escape") {
      close();
    } else if (event.key === "Enter") {
      const link = found.querySelectorAll("a")[Math.max(chosen, 0)];
      if (link && !found.hidden) location.href = link.href;
      event.preventDefault();
    }
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) {
      input.focus();
      event.preventDefault();
    }
  });
  document.addEventListener("click", (event) => {
    if (!form.contains(event.target)) close();
  });
})();
