"use strict";
// The list of a report: searched, filtered and sorted here. Whatever comes from outside becomes text, never markup.

const data = JSON.parse(document.getElementById("data").textContent);
const { texts } = data;
const total = data.place.length;
const number = new Intl.NumberFormat("en");
const title = new Map(data.classes.map(([name, title]) => [name, title]));
// A line is about one of them.
const one = { needs_user: "needs the user", skipped: "row skipped", unpublished: "not yet published" };
const element = (id) => document.getElementById(id);

function make(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function drawing(height, parts) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", `0 0 100 ${height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  for (const { from, width, className, color } of parts) {
    const rect = document.createElementNS(space, "rect");
    for (const [name, value] of Object.entries({ x: from, y: 0, width, height })) rect.setAttribute(name, value);
    if (className) rect.setAttribute("class", className);
    if (color) rect.style.fill = color;
    svg.append(rect);
  }
  return svg;
}

const classColor = (name) => `var(--${name})`;
const counted = (count, noun) => `${number.format(count)} ${noun}${count === 1 ? "" : "s"}`;

// What became of all.

function drawOutcome() {
  const shown = data.classes.filter(([name, , , count]) => count > 0 || name === "migrated");
  const all = shown.reduce((sum, [, , , count]) => sum + count, 0);
  let from = 0;
  const parts = shown.map(([name, , , count]) => {
    const width = all ? (count / all) * 100 : 0;
    from += width;
    return { from: from - width, width, color: classColor(name) };
  });
  element("bar").append(drawing(18, parts));
  for (const [name, title, meaning, count] of shown) {
    const item = make("li");
    const dot = make("span", undefined, "dot");
    dot.style.background = classColor(name);
    const words = make("span");
    words.append(make("strong", number.format(count)), ` ${title}`);
    item.append(dot, words, make("small", meaning));
    element("classes").append(item);
  }
  const skipped = data.classes.find(([name]) => name === "skipped")[3];
  const about = [`${counted(data.total, "token")} and ${counted(skipped, "skipped row")} in ${data.journal}`];
  if (data.by === "user") about.push("one line for each user, application and thing to do");
  if (!data.all) about.push("migrated tokens are counted and not listed");
  if (data.hidden > 0) about.push("names of users are not shown");
  element("about").textContent = about.join(" · ");
}

// Filters.

const filters = { who: null, class: null, what: null, tenant: null, client: null, code: null };
const named = { what: "What to do", tenant: "Tenant", client: "Application", code: "Code or reason" };
let words = [];
let sorted = { by: null, down: false };
let found = Array.from({ length: total }, (_, row) => row);

// What many lines have in common is looked at once for each word, and not once for each line.
const low = (values) => values.map((value) => value.toLowerCase());
const users = low(data.user);
const names = data.name.some(Boolean) ? low(data.name) : null;
const common = low(texts);
const titles = new Map([...title].map(([name, title]) => [name, `${name} ${title}`.toLowerCase()]));

function matcher(word) {
  const has = common.map((text) => text.includes(word) || (titles.get(text)?.includes(word) ?? false));
  // A place begins with one of these, and stands behind the name of its file.
  const isPlace = /[:#[]/.test(word);
  return (row) =>
    users[row].includes(word) || data.place[row].includes(word) || has[data.what[row]] || has[data.code[row]] ||
    has[data.tenant[row]] || has[data.client[row]] || has[data.class[row]] || has[data.file[row]] ||
    (names !== null && names[row].includes(word)) || (isPlace && (common[data.file[row]] + data.place[row]).includes(word));
}

function matches(row, but) {
  for (const name in filters) {
    if (name !== but && filters[name] !== null && data[name][row] !== filters[name]) return false;
  }
  return words.every((matches) => matches(row));
}

// Ranks, so that sorting compares numbers.
const ranks = {};
function rank(by) {
  if (ranks[by]) return ranks[by];
  const collator = new Intl.Collator("en", { numeric: true });
  if (by === "place") {
    const files = order([...new Set(data.file)], (file) => texts[file], collator);
    const digits = data.place.map((place) => {
      const [first = 0, second = 0] = (place.split(" ")[0].match(/\d+/g) ?? []).map(Number);
      return first * 2 ** 24 + second;
    });
    ranks.place = Float64Array.from(digits, (digit, row) => files.get(data.file[row]) * 2 ** 51 + digit);
  } else if (by === "user") {
    const keys = users;
    const rows = keys.map((_, row) => row).sort((one, other) => (keys[one] < keys[other] ? -1 : keys[one] > keys[other] ? 1 : 0));
    ranks.user = new Float64Array(total);
    let last = 0;
    rows.forEach((row, at) => {
      if (at > 0 && keys[row] !== keys[rows[at - 1]]) last += 1;
      ranks.user[row] = last;
    });
  } else if (by === "when") {
    ranks.when = Float64Array.from(data.when, (when) => Date.parse(when));
  } else {
    const known = order([...new Set(data[by])], (value) => texts[value], collator);
    ranks[by] = Float64Array.from(data[by], (value) => known.get(value));
  }
  return ranks[by];
}

function order(values, text, collator) {
  values.sort((one, other) => collator.compare(text(one), text(other)));
  return new Map(values.map((value, at) => [value, at]));
}

// The list.

const columns = [
  ["what", "What to do", (row) => [texts[data.what[row]], data.whos[data.who[row]]]],
  ["user", "User", (row) => [data.user[row], data.name[row]]],
  ["tenant", "Tenant", (row) => [texts[data.tenant[row]]]],
  ["client", "Application", (row) => [texts[data.client[row]]]],
  ["place", "Place", (row) => [texts[data.file[row]] + data.place[row]]],
  ["class", "Became", (row) => [one[texts[data.class[row]]] ?? title.get(texts[data.class[row]])]],
  ["code", "Code or reason", (row) => [texts[data.code[row]]]],
  ["when", "When (UTC)", (row) => [data.when[row].slice(0, 16).replace("T", " ")]],
];

const PIECE = 120;
const body = document.querySelector("tbody");
let drawn = 0;

function drawRows(until) {
  const piece = document.createDocumentFragment();
  for (; drawn < Math.min(until, found.length); drawn += 1) {
    const row = found[drawn];
    const line = make("tr");
    for (const [name, label, value] of columns) {
      const cell = make("td", undefined, name);
      const [first, second] = value(row);
      if (first || second) {
        const content = make("div");
        if (name === "class") {
          const dot = make("span", undefined, "dot");
          dot.style.background = classColor(texts[data.class[row]]);
          content.append(dot, first);
        } else {
          content.append(first);
        }
        if (second) content.append(make("small", second));
        cell.append(content);
        cell.dataset.label = label;
      }
      line.append(cell);
    }
    piece.append(line);
  }
  body.append(piece);
  element("end").textContent = drawn < found.length ? `${number.format(drawn)} of ${number.format(found.length)} shown; more as you scroll` : "";
}

let pending;
function list() {
  const isAll = words.length === 0 && Object.values(filters).every((value) => value === null);
  found = [];
  for (let row = 0; row < total; row += 1) if (isAll || matches(row)) found.push(row);
  if (sorted.by) {
    const ranked = rank(sorted.by);
    const sign = sorted.down ? -1 : 1;
    found.sort((one, other) => sign * (ranked[one] - ranked[other]) || one - other);
  }
  body.replaceChildren();
  drawn = 0;
  drawRows(PIECE);
  if (found.length === 0) element("end").replaceChildren(make("span", total ? "Nothing matches." : "Nothing is to be done.", "empty"));
  element("count").textContent = isAll ? counted(total, "line") : `${number.format(found.length)} of ${counted(total, "line")}`;
  drawChips();
  // Whoever types sees the lines first.
  clearTimeout(pending);
  pending = setTimeout(drawCharts, 60);
}

function drawChips() {
  const chips = Object.keys(named).filter((name) => filters[name] !== null).map((name) => {
    const chip = make("button", `${named[name]}: ${texts[filters[name]] || "none"}  ✕`);
    chip.type = "button";
    chip.addEventListener("click", () => filter(name, null));
    return chip;
  });
  element("chips").replaceChildren(...chips);
}

const MOST = 6;
const unfolded = new Set();
function drawCharts() {
  for (const name of Object.keys(named)) {
    const counts = new Map();
    const column = data[name];
    const rows = filters[name] === null ? found : null;
    if (rows) for (const row of rows) counts.set(column[row], (counts.get(column[row]) ?? 0) + 1);
    else for (let row = 0; row < total; row += 1) if (matches(row, name)) counts.set(column[row], (counts.get(column[row]) ?? 0) + 1);
    const all = [...counts].filter(([value]) => texts[value] !== "").sort((one, other) => other[1] - one[1]);
    const largest = all.length ? all[0][1] : 1;
    const most = unfolded.has(name) ? all.length : MOST;
    const items = all.slice(0, most).map(([value, count]) => {
      const item = make("li");
      const button = make("button");
      button.type = "button";
      button.setAttribute("aria-pressed", String(filters[name] === value));
      button.addEventListener("click", () => filter(name, filters[name] === value ? null : value));
      const label = make("span", undefined, "label");
      label.append(make("span", texts[value]), make("span", number.format(count), "number"));
      const bar = [{ from: 0, width: 100, className: "track" }, { from: 0, width: (count / largest) * 100, className: "part" }];
      button.append(label, drawing(5, bar));
      item.append(button);
      return item;
    });
    if (all.length > most) items.push(unfold(name, all.length - most));
    if (all.length === 0) items.push(make("li", "none", "rest"));
    element(`by-${name}`).replaceChildren(...items);
  }
}

function unfold(name, count) {
  const item = make("li");
  const button = make("button", `and ${number.format(count)} more`, "rest");
  button.type = "button";
  button.addEventListener("click", () => {
    unfolded.add(name);
    drawCharts();
  });
  item.append(button);
  return item;
}

function filter(name, value) {
  filters[name] = value;
  if (name === "who" || name === "class") element(name).value = value ?? "";
  list();
}

function sort(by, down) {
  sorted = { by, down };
  for (const head of document.querySelectorAll("th")) {
    const isIt = head.dataset.by === by;
    head.setAttribute("aria-sort", isIt ? (down ? "descending" : "ascending") : "none");
  }
  element("sort").value = by ?? "";
  list();
}

function prepareTools() {
  for (const [name, label] of columns) {
    const head = make("th");
    head.dataset.by = name;
    head.scope = "col";
    head.setAttribute("aria-sort", "none");
    const button = make("button", label);
    button.type = "button";
    button.addEventListener("click", () => {
      const isIt = sorted.by === name;
      if (isIt && sorted.down) sort(null, false);
      else sort(name, isIt);
    });
    head.append(button);
    document.querySelector("thead tr").append(head);
  }
  const sorts = [["", "what to do, then tenant"], ...columns.map(([name, label]) => [name, label])];
  for (const [value, label] of sorts) element("sort").append(option(value, label));
  element("sort").addEventListener("change", (event) => sort(event.target.value || null, false));
  for (const [value, label] of data.whos.entries()) if (data.who.includes(value)) element("who").append(option(value, label));
  const classes = new Set(data.class);
  for (const value of classes) element("class").append(option(value, title.get(texts[value])));
  for (const name of ["who", "class"]) {
    element(name).addEventListener("change", (event) => filter(name, event.target.value === "" ? null : Number(event.target.value)));
  }
  element("search").addEventListener("input", (event) => {
    element("searched").textContent = event.target.value.trim() && `Search: ${event.target.value}`;
    words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean).map(matcher);
    list();
  });
  element("print").addEventListener("click", () => window.print());
  // What is printed is all that matches, and not only what was scrolled to.
  window.addEventListener("beforeprint", () => drawRows(Infinity));
  new IntersectionObserver(([end]) => {
    if (end.isIntersecting && drawn < found.length) drawRows(drawn + PIECE);
  }, { rootMargin: "1200px" }).observe(element("end"));
}

function option(value, label) {
  const made = make("option", label);
  made.value = value;
  return made;
}

// On a phone the list comes before what counts it.
const isWide = matchMedia("(min-width: 761px)").matches;
for (const chart of document.querySelectorAll(".chart")) chart.open = isWide;
drawOutcome();
prepareTools();
list();
