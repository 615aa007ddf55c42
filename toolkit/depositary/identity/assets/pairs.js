{
  const pairs = [...document.querySelectorAll(".pair")];
  const columns = ["table", "left_id", "right_id", "score", "left_label", "right_label", "left_from", "right_from", "fields"];
  const keyOf = (pair) => `${pair.dataset.table} ${pair.dataset.left} ${pair.dataset.right}`;
  const place = `depositary ${document.title}`;

  // What was answered is kept in the browser, so that nothing is lost if the page is closed before it is saved.
  function remembered() {
    try {
      return JSON.parse(localStorage.getItem(place) ?? "{}");
    } catch {
      return {};
    }
  }

  function remember(answers) {
    try {
      localStorage.setItem(place, JSON.stringify(answers));
    } catch {
      // The page works without it.
    }
  }

  const chosen = (pair) => pair.querySelector("input[type=radio]:checked")?.value ?? "";
  const reason = (pair) => pair.querySelector("input[type=text]").value.trim();

  function show() {
    for (const pair of pairs) pair.className = `item pair ${chosen(pair)}`;
    const count = pairs.filter(chosen).length;
    document.querySelector("#saved").textContent = `${count} of ${pairs.length} judged`;
  }

  // A spreadsheet would run a text that begins so as a formula; the program takes the apostrophe off again.
  const safe = (text) => (/^'*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text);
  const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

  function save() {
    const dataset = (pair, name) => pair.dataset[name.replace("_id", "").replace(/_(.)/g, (_, c) => c.toUpperCase())];
    const lines = pairs
      .filter(chosen)
      .map((pair) => [...columns.map((name) => dataset(pair, name)), chosen(pair), reason(pair)]);
    const rows = [[...columns, "choice", "reason"], ...lines];
    const text = `\ufeff${rows.map((row) => row.map(safe).map(quoted).join(",")).join("\n")}\n`;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = "pairs.csv";
    link.click();
  }

  const before = remembered();
  for (const pair of pairs) {
    const [choice, why] = before[keyOf(pair)] ?? [];
    for (const input of pair.querySelectorAll("input[type=radio]")) input.checked = input.value === choice;
    if (why) pair.querySelector("input[type=text]").value = why;
    pair.querySelector(".answer").hidden = false;
    pair.addEventListener("input", () => {
      remember(Object.fromEntries(pairs.filter(chosen).map((one) => [keyOf(one), [chosen(one), reason(one)]])));
      show();
    });
  }
  const answers = document.querySelector("#answers");
  if (answers) {
    answers.hidden = false;
    answers.querySelector("#save").addEventListener("click", save);
    show();
  }
}
