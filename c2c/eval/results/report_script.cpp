#include "c2c/eval/results/report_sections.h"

namespace c2c::results {

// Every text reaches the page through textContent: nothing that a model wrote is ever read as HTML.
const char* const kReportScript = R"js(
const data = JSON.parse(document.getElementById("data").textContent);
const byId = id => document.getElementById(id);
const names = data.systems.map(system => system.name);
const isLoss = column => data.columns[column].method === "cross_entropy";
const columnName = column => column.task + ", " + column.method;

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === "text") element.textContent = value;
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  for (const child of children) if (child != null) element.append(child);
  return element;
}

function fillSelect(select, entries, chosen) {
  select.replaceChildren(...entries.map(([value, text]) => make("option", {value, text})));
  if (chosen != null) select.value = chosen;
}

const percent = value => (100 * value).toFixed(1);
const scoreText = (value, loss) => typeof value !== "number" ? String(value) : loss ? value.toFixed(3) : percent(value);

// ---- by subject
const groupKinds = [["categories", "categories"], ["subcategories", "subcategories"], ["subjects", "subjects"]];

function cellsOf(column) {
  const {task, method} = data.columns[column];
  return names.map(name => data.summary.cells.find(c => c.system === name && c.task === task && c.method === method));
}

function kindsOf(column) {
  return groupKinds.filter(([kind]) => cellsOf(column).some(cell => cell && Object.keys(cell[kind]).length > 1));
}

function drawSubjects() {
  const column = Number(byId("subject-column").value), kind = byId("subject-groups").value;
  const cells = cellsOf(column), loss = isLoss(column);
  const groups = [...new Set(cells.flatMap(cell => cell ? Object.keys(cell[kind]) : []))].sort();
  const present = cells.map((cell, i) => cell ? i : -1).filter(i => i >= 0);
  const head = make("tr", {}, make("th"), make("th", {text: "n"}), ...present.map(i => make("th", {scope: "col", text: names[i]})));
  const rows = groups.map(group => {
    const any = cells.find(cell => cell && cell[kind][group])[kind][group];
    return make("tr", {}, make("th", {scope: "row", text: group}), make("td", {text: any.count}), ...present.map(i => {
      const entry = cells[i][kind][group];
      if (!entry) return make("td", {class: "none", text: "–"});
      const [low, high] = entry.interval;
      return make("td", {}, make("b", {text: scoreText(entry.value, loss)}),
        make("span", {class: "interval", text: "[" + scoreText(low, loss) + ", " + scoreText(high, loss) + "]"}));
    }));
  });
  byId("subject-table").replaceChildren(make("thead", {}, head), make("tbody", {}, ...rows));
}

function startSubjects() {
  const columns = data.columns.map((column, i) => [i, columnName(column)]).filter(([i]) => kindsOf(i).length);
  if (!columns.length) return;
  byId("subjects").hidden = false;
  fillSelect(byId("subject-column"), columns);
  const kinds = () => { fillSelect(byId("subject-groups"), kindsOf(Number(byId("subject-column").value))); drawSubjects(); };
  byId("subject-column").addEventListener("change", kinds);
  byId("subject-groups").addEventListener("change", drawSubjects);
  kinds();
}

// ---- who answers what
const venn = {column: null, systems: [], regions: []};

// Of the three systems: which of them are right (bit by bit); null where one of them has no answer to this sample.
function vennMask(sample) {
  let mask = 0;
  for (let i = 0; i < 3; ++i) {
    const answer = sample.answers[venn.systems[i]];
    if (!answer) return null;
    if (isRight(answer)) mask |= 1 << i;
  }
  return mask;
}
const isRight = answer => answer.error === undefined && answer.score >= 1;

function regionName(mask) {
  const chosen = venn.systems.map(i => names[i]).filter((_, i) => mask >> i & 1);
  if (!chosen.length) return "none of them";
  if (chosen.length === 3) return "all three";
  return chosen.length === 1 ? "only " + chosen[0] : chosen.join(" and ");
}

function drawVenn() {
  venn.column = Number(byId("venn-column").value);
  venn.systems = [0, 1, 2].map(i => Number(byId("venn-" + i).value));
  const counts = new Array(8).fill(0);
  for (const sample of data.samples) {
    if (sample.column !== venn.column) continue;
    const mask = vennMask(sample);
    if (mask !== null) ++counts[mask];
  }
  const short = name => name.length > 22 ? name.slice(0, 21) + "…" : name;
  for (let i = 0; i < 3; ++i)
    document.querySelector(`#venn [data-label="${i}"]`).textContent = short(names[venn.systems[i]]);
  for (let mask = 0; mask < 8; ++mask) {
    document.querySelector(`#venn [data-count="${mask}"]`).textContent = counts[mask];
    const area = document.querySelector(`#venn [data-region="${mask}"]`);
    area.setAttribute("aria-label", regionName(mask) + ": " + counts[mask]);
    area.classList.toggle("chosen", browser.region === mask);
  }
  byId("venn-list").replaceChildren(...[1, 2, 4, 3, 5, 6, 7, 0].map(mask => make("button", {
    type: "button", "aria-pressed": String(browser.region === mask), onclick: () => chooseRegion(mask)
  }, make("span", {text: regionName(mask)}), make("b", {text: counts[mask]}))));
}

function chooseRegion(mask) {
  browser.region = browser.region === mask ? null : mask;
  if (browser.region !== null) byId("sample-column").value = venn.column;
  drawVenn();
  showSamples();
}

// The reference compares C2C, the receiver and the sharer.
function threeSystems() {
  const order = names.map((_, i) => i), taken = [];
  const take = test => { const i = order.find(j => !taken.includes(j) && test(data.systems[j])); if (i !== undefined) taken.push(i); };
  take(system => system.kind.includes("c2c") && !system.control_of);
  take(system => system.name === data.baseline);
  take(system => system.kind === "single");
  while (taken.length < 3) take(() => true);
  return taken;
}

function startVenn() {
  const columns = data.columns.map((column, i) => [i, columnName(column)]).filter(([i]) => !isLoss(i));
  if (!columns.length || names.length < 3) return;
  byId("venn").hidden = false;
  fillSelect(byId("venn-column"), columns);
  threeSystems().forEach((system, i) => fillSelect(byId("venn-" + i), names.map((name, j) => [j, name]), system));
  for (const id of ["venn-column", "venn-0", "venn-1", "venn-2"])
    byId(id).addEventListener("change", () => {
      const filtered = browser.region !== null;
      browser.region = null;
      drawVenn();
      if (filtered) showSamples();
    });
  for (const area of document.querySelectorAll("#venn [data-region]")) {
    const mask = Number(area.dataset.region);
    area.setAttribute("role", "button");
    area.setAttribute("tabindex", "0");
    area.addEventListener("click", () => chooseRegion(mask));
    area.addEventListener("keydown", event => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      chooseRegion(mask);
    });
  }
  drawVenn();
}
)js";

// Samples one page at a time: only what is seen is ever made.
const char* const kReportBrowser = R"js(
// ---- samples
const browser = {region: null, page: 0, found: []};
const kPageSize = 20, kShortReply = 400;

const answersOf = sample => sample.answers.filter(answer => answer);
function disagree(sample) {
  const right = answersOf(sample).map(isRight);
  return right.some(x => x) && right.some(x => !x);
}
function otherReplies(sample) {
  return new Set(answersOf(sample).map(answer => answer.predicted ?? "")).size > 1;
}

function filters() {
  const list = [["all", "all samples", () => true],
    ["disagree", "some right, some wrong", disagree],
    ["differ", "different answers", otherReplies],
    ["wrong", "all wrong", sample => !answersOf(sample).some(isRight)],
    ["right", "all right", sample => answersOf(sample).every(isRight)],
    ["error", "could not be evaluated", sample => answersOf(sample).some(answer => answer.error !== undefined)]];
  const base = names.indexOf(data.baseline);
  names.forEach((name, i) => {
    if (i === base || base < 0) return;
    const both = test => sample => sample.answers[i] && sample.answers[base] && test(sample.answers[i], sample.answers[base]);
    list.push(["gain" + i, name + " right, " + data.baseline + " wrong", both((mine, other) => isRight(mine) && !isRight(other))]);
    list.push(["loss" + i, name + " wrong, " + data.baseline + " right", both((mine, other) => !isRight(mine) && isRight(other))]);
  });
  return list;
}
const allFilters = filters();

const haystacks = new Map();
function haystack(sample) {
  let text = haystacks.get(sample);
  if (text === undefined) {
    text = [sample.id, data.texts[sample.question], ...(sample.options || []),
      ...answersOf(sample).flatMap(a => [a.reply, a.context, a.error].map(i => i === undefined ? "" : data.texts[i]))]
      .join("\n").toLowerCase();
    haystacks.set(sample, text);
  }
  return text;
}

function showSamples() {
  const column = Number(byId("sample-column").value);
  const keep = allFilters.find(([id]) => id === byId("sample-show").value)[2];
  const search = byId("sample-search").value.trim().toLowerCase();
  const inRegion = browser.region !== null && column === venn.column;
  if (!inRegion && browser.region !== null) { browser.region = null; drawVenn(); }
  browser.found = data.samples.filter(sample => sample.column === column && keep(sample) &&
    (!inRegion || vennMask(sample) === browser.region) && (!search || haystack(sample).includes(search)));
  browser.page = 0;
  const chip = byId("sample-region");
  chip.hidden = !inRegion;
  if (inRegion) chip.textContent = "right: " + regionName(browser.region) + "  ✕";
  drawPage();
}

function drawPage() {
  const pages = Math.max(1, Math.ceil(browser.found.length / kPageSize));
  browser.page = Math.min(Math.max(0, browser.page), pages - 1);
  const from = browser.page * kPageSize;
  byId("sample-count").textContent = browser.found.length + (browser.found.length === 1 ? " sample" : " samples");
  byId("page-number").textContent = "page " + (browser.page + 1) + " of " + pages;
  byId("page-back").disabled = browser.page === 0;
  byId("page-next").disabled = browser.page + 1 >= pages;
  byId("sample-list").replaceChildren(...browser.found.slice(from, from + kPageSize).map(card));
}

function replyBlock(text) {
  const block = make("div", {class: "reply"});
  if (text.length <= kShortReply) {
    block.textContent = text;
    return block;
  }
  block.textContent = text.slice(0, kShortReply) + "… ";
  block.append(make("button", {type: "button", class: "more", text: "more", onclick: () => { block.textContent = text; }}));
  return block;
}

// Long texts become part of the page when they are opened.
function lazyText(title, text) {
  const details = make("details", {}, make("summary", {text: title}));
  details.addEventListener("toggle", () => { if (details.childElementCount === 1) details.append(make("pre", {text})); });
  return details;
}

const letter = i => String.fromCharCode(65 + i);
const optionScore = value => typeof value === "number" ? value.toFixed(3) : value;

function verdict(answer, loss) {
  if (answer.error !== undefined) return make("div", {class: "verdict no", text: "failed"});
  if (loss) return make("div", {class: "verdict", text: scoreText(answer.score, true) + " nats"});
  const whole = answer.score === 0 || answer.score === 1, right = isRight(answer);
  const said = answer.predicted === undefined ? (whole ? "none" : "") : answer.predicted;
  const text = (right ? "✓ " : whole ? "✗ " : "") + (whole ? said : percent(answer.score) + " % ");
  return make("div", {class: "verdict " + (right ? "yes" : whole ? "no" : ""), text});
}

function answerRow(answer, i, loss) {
  const said = make("div", {class: "said"});
  const text = index => data.texts[index];
  if (answer.error !== undefined) said.append(make("div", {class: "error", text: text(answer.error)}));
  if (answer.reply !== undefined) said.append(replyBlock(text(answer.reply)));
  if (answer.options) said.append(make("div", {class: "scores",
    text: answer.options.map((value, k) => letter(k) + " " + optionScore(value)).join("   ")}));
  const [prompt, sharer, context, fresh] = answer.tokens;
  const counts = [[prompt, "prompt"], [sharer, "sharer"], [context, "context"], [fresh, "new"]].filter(([n]) => n > 0)
    .map(([n, what]) => n + " " + what).join(", ");
  said.append(make("div", {class: "scores", text: (counts ? counts + " tokens, " : "") + answer.ms + " ms"}));
  if (answer.context !== undefined) said.append(lazyText("context of the first stage", text(answer.context)));
  if (answer.prompt !== undefined) said.append(lazyText("prompt", text(answer.prompt)));
  return make("div", {class: "answer"}, make("div", {class: "system", text: names[i]}), verdict(answer, loss), said);
}

function card(sample) {
  const loss = isLoss(sample.column);
  const options = sample.options && make("ul", {class: "options"}, ...sample.options.map((text, k) =>
    make("li", {class: letter(k) === sample.truth ? "right" : null, text: letter(k) + ". " + text})));
  const lettered = sample.options && sample.options.some((_, k) => letter(k) === sample.truth);
  return make("article", {class: "card"},
    make("div", {class: "id", text: sample.id + (sample.subject && !sample.id.includes(sample.subject) ? ", " + sample.subject : "")}),
    make("div", {class: "question", text: data.texts[sample.question]}), options || null,
    sample.truth && !lettered ? make("div", {class: "scores", text: (loss ? "Continuation: " : "Truth: ") + sample.truth}) : null,
    ...sample.answers.map((answer, i) => answer && answerRow(answer, i, loss)).filter(row => row));
}

function startSamples() {
  if (!data.samples.length) return;
  byId("samples").hidden = false;
  fillSelect(byId("sample-column"), data.columns.map((column, i) => [i, columnName(column)]));
  fillSelect(byId("sample-show"), allFilters.map(([id, text]) => [id, text]));
  byId("sample-column").addEventListener("change", showSamples);
  byId("sample-show").addEventListener("change", showSamples);
  let timer = 0;
  byId("sample-search").addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(showSamples, 150); });
  byId("sample-region").addEventListener("click", () => { browser.region = null; drawVenn(); showSamples(); });
  const turn = by => { browser.page += by; drawPage(); byId("samples").scrollIntoView(); };
  byId("page-back").addEventListener("click", () => turn(-1));
  byId("page-next").addEventListener("click", () => turn(1));
  showSamples();
}

startSubjects();
startVenn();
startSamples();
)js";

}  // namespace c2c::results
