// The playground: lessons, the editor, and what is shown of an answer.
import { Completion } from "./complete.js";
import { Engine } from "./engine.js";
import { make, markdown, painted, picture, prose, table } from "./show.js";

const at = (id) => document.getElementById(id);
const engine = new Engine();
const editor = at("query"), shown = at("shown");
const FREE = "Logons\n| summarize Failures = countif(Result == \"Failure\") by Country\n| sort by Failures desc\n| render columnchart";
/** What the page knows: the lessons, which one is open, the tables, when it is. */
const state = { lessons: [], lesson: 0, tables: [], now: null, findings: [], lit: null, busy: false, kept: recall() };

function recall() {
  try { return JSON.parse(localStorage.getItem("kqlite") ?? "{}"); } catch { return {}; }
}
function keep(change) {
  Object.assign(state.kept, change);
  try { localStorage.setItem("kqlite", JSON.stringify(state.kept)); } catch { /* A page without storage works, it only forgets. */ }
}
const say = (text) => { at("state").textContent = text; };
/** The time that `now()` gives: that of the lessons, or what the field says. */
const now = () => state.now ?? (at("now").value.trim() || new Date().toISOString());

/* The editor: a text field whose letters are painted behind it. */
function paint() {
  const marks = state.findings.flatMap((it) => it.labels.slice(0, 1).map(({ from, to }) => [from, Math.max(to, from + 1), it.severity === "error" ? "wrong" : "warned"]));
  if (state.lit) marks.push([...state.lit, "lit"]);
  // A line feed at the end has a line of its own only if something follows it.
  at("paint").replaceChildren(...painted(editor.value, marks), "\n");
}
let waits = 0;
function changed() {
  state.lit = null;
  state.findings = [];
  paint();
  clearTimeout(waits);
  waits = setTimeout(check, 250);
  keep({ texts: { ...state.kept.texts, [state.lesson]: editor.value } });
}
async function check() {
  const query = editor.value;
  if (state.busy) return;
  const { diagnostics = [] } = query.trim() ? await engine.ask({ do: "check", query }) : {};
  if (query === editor.value) findings(diagnostics);
}
function findings(found) {
  state.findings = found;
  paint();
  at("findings").replaceChildren(...found.map((it) => make("li", {}, make("button", {
    type: "button", class: it.severity, onclick: () => select(it.labels[0]?.from ?? 0, it.labels[0]?.to ?? 0),
  }, `${it.message} `, make("span", { class: "faint" }, it.code), ...it.help.map((help) => make("small", {}, ...prose(help)))))));
}
function select(from, to) {
  editor.focus();
  editor.setSelectionRange(from, Math.max(from, to));
}
function write(text) {
  editor.value = text;
  changed();
}

/* What is shown of an answer. */
function tab(name) {
  for (const it of ["answer", "steps", "data", "docs"]) at(`tab-${it}`).setAttribute("aria-selected", String(it === name));
}
function show(name, ...children) {
  tab(name);
  shown.replaceChildren(...children);
  shown.scrollTop = 0;
}
const wrong = (answer) => answer.error
  ? [make("div", { class: "error", role: "alert" }, make("p", {}, answer.error))]
  : answer.diagnostics.map((it) => make("div", { class: "error", role: "alert" }, make("pre", {}, it.text)));

/** Asks with the buttons at rest; Run becomes Stop. */
async function working(request) {
  state.busy = true;
  at("run").textContent = "Stop";
  const answer = await engine.ask(request);
  state.busy = false;
  at("run").textContent = "Run";
  at("took").textContent = answer.milliseconds === undefined ? "" : `${answer.milliseconds.toFixed(1)} ms`;
  return answer;
}
async function run() {
  if (state.busy) return engine.stop();
  const width = Math.min(Math.max(shown.clientWidth - 26, 300), 1100);
  const answer = await working({ do: "run", query: editor.value, now: now(), width });
  if (answer.error || answer.diagnostics) {
    if (answer.diagnostics) findings(answer.diagnostics);
    return show("answer", ...wrong(answer));
  }
  const one = answer.tables.length === 1;
  // On a phone the answer is below what one has in view.
  if (innerWidth <= 900 && document.body.dataset.ready) at("took").parentElement.scrollIntoView({ block: "start" });
  show("answer", ...answer.warnings.map((it) => make("p", { class: "note" }, it.message)), ...answer.tables.flatMap((it) => [
    it.chart && picture(it.chart),
    it.chartError && make("p", { class: "note" }, `No chart is drawn: ${it.chartError}`),
    table(it, { title: one ? "Rows" : it.name }),
  ].filter(Boolean)));
}

/** The place in the text of a byte of it, as the engine counts. */
function placeOf(byte) {
  const bytes = new TextEncoder().encode(editor.value);
  return new TextDecoder().decode(bytes.slice(0, byte)).length;
}
async function explain() {
  const answer = await working({ do: "explain", query: editor.value, now: now() });
  if (!answer.explanation) return show("steps", ...wrong(answer));
  const steps = answer.explanation.pipelines.flatMap((it) => it.steps.map((step) => ({ ...step, pipeline: it.name }))).sort((a, b) => a.number - b.number);
  show("steps", make("ol", { class: "steps" }, ...steps.map((step) => {
    const light = () => {
      if (!step.span) return;
      state.lit = [placeOf(step.span.start), placeOf(step.span.end)];
      paint();
    };
    const kept = step.rows_in > 0 ? Math.min(100, (100 * step.rows_out) / step.rows_in) : 100;
    const bar = make("i");
    bar.style.width = `${kept}%`;
    const columns = step.columns.map((it) => ({ name: it.name, type: it.type ?? "" }));
    const text = (cell) => (cell === null ? null : typeof cell === "string" ? cell : JSON.stringify(cell));
    return make("li", { class: "step", onmouseenter: light, onfocusin: light },
      make("h3", {}, `${step.number}. ${step.summary}`),
      make("button", { type: "button", title: "Show it in the query", onclick: light }, ...painted(step.text)),
      step.inputs.length ? make("div", { class: "meter", "aria-hidden": "true" }, bar) : null,
      ...step.notes.map((note) => make("p", { class: "note" }, ...prose(note))),
      step.sample.length ? table({ name: step.text, columns, rows: step.sample.map((row) => row.map(text)), count: step.rows_out }, { title: "" }) : null);
  })));
}

/* The data, and what became of a row of it. */
async function data(name = state.tables[0]?.name) {
  if (!name) return show("data", make("p", {}, "There are no tables: add a file, or open a lesson."));
  const query = `['${name.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}']`;
  const answer = await working({ do: "run", query, now: now() });
  if (!answer.tables) return show("data", ...wrong(answer));
  const fate = make("div", { role: "status" }, make("p", { class: "faint" }, "Choose a row: what does the query do to it?"));
  show("data", fate, table(answer.tables[0], { title: name, pick: (row) => why(name, row, fate) }));
}
async function why(name, row, into) {
  const answer = await working({ do: "why", query: editor.value, now: now(), table: name, row });
  if (!answer.why) return into.replaceChildren(...wrong(answer));
  const fates = answer.why.fates.map((it) => {
    // What the summary says already is not said twice.
    const losses = it.paths.flatMap((path) => path.stages.filter((stage) => stage.note || (stage.lost > 0 && !it.summary.includes(stage.losses[0]?.text))));
    return make("div", { class: it.results.length ? "fate good" : "fate" },
      make("p", {}, make("b", {}, `${it.row} `), ...prose(it.summary)),
      ...losses.map((stage) => make("p", { class: "faint" }, `Step ${stage.step.number}: `, ...prose(stage.note ?? stage.losses[0]?.text ?? ""))));
  });
  into.replaceChildren(...(fates.length ? fates : [make("p", { class: "note" }, "The query does not read this row.")]));
  into.scrollIntoView({ block: "nearest" });
}

/* The reference. */
async function docs(word) {
  const field = make("input", { type: "search", placeholder: "summarize, has, bin …", "aria-label": "A name of the language", value: word });
  const form = make("form", { class: "bar", onsubmit: (event) => { event.preventDefault(); docs(field.value.trim()); } }, field, make("button", {}, "Look up"));
  if (!word) return show("docs", form);
  const answer = await engine.ask({ do: "docs", word });
  const entries = (answer.found ?? []).map((it) => make("article", { class: "docs" },
    make("h2", {}, it.name, " ", make("small", { class: "faint" }, it.kind)), make("p", {}, ...prose(it.summary)),
    make("pre", {}, it.syntax.join("\n")),
    it.parameters.length ? make("dl", {}, ...it.parameters.flatMap((p) => [make("dt", {}, p.name), make("dd", {}, ...prose(p.text))])) : null,
    it.remarks.length ? make("div", { class: "prose" }, make("ul", {}, ...it.remarks.map((remark) => make("li", {}, ...prose(remark))))) : null,
    ...it.examples.flatMap((example) => [
      make("pre", {}, ...painted(example.query), "\n", make("span", { class: "c" }, example.result)),
      make("button", { type: "button", onclick: () => { write(/^(print|let|datatable|range)\b/.test(example.query) ? example.query : `print ${example.query}`); run(); } }, "Try it"),
    ])));
  const nothing = make("p", { class: "note" }, `Nothing in the language is called '${word}'.`, answer.similar ? ` Did you mean ${answer.similar}?` : "");
  show("docs", form, ...(entries.length ? entries : [nothing]));
}
function wordAtCursor() {
  const { value, selectionStart: place } = editor;
  const before = /[\w-]*$/.exec(value.slice(0, place))[0], after = /^[\w-]*/.exec(value.slice(place))[0];
  return (before + after).replace(/^-+|-+$/g, "");
}

/* Lessons. */
function tables(answer) {
  if (!answer.tables) return;
  state.tables = answer.tables;
  at("tables").replaceChildren(...answer.tables.map((it) => make("li", {},
    make("button", { type: "button", title: "Show its rows", onclick: () => data(it.name) }, `${it.name} (${it.rows.toLocaleString("en")})`),
    make("small", {}, it.columns.map((column) => `${column.name}: ${column.type}`).join(", ")))));
}
async function open(number, text) {
  state.lesson = number;
  at("lesson").value = String(number);
  const lesson = state.lessons[number];
  const free = lesson === undefined;
  at("judge").hidden = at("solution").hidden = free;
  at("verdict").hidden = true;
  at("lesson-text").replaceChildren(...(free
    ? markdown("Write any query over the tables below, or over your own files. `Explain` shows what each step does; under `Data`, choose a row to see what becomes of it.")
    : [...markdown(lesson.text), make("div", { class: "task prose" }, make("h3", {}, "Task"), ...markdown(lesson.task))]));
  const answer = await engine.ask(free ? { do: "open" } : { do: "open", lesson: number });
  state.now = free ? null : answer.now;
  at("when").hidden = !free;
  at("now").value = answer.now ?? "";
  tables(answer);
  write(text ?? state.kept.texts?.[number] ?? (free ? FREE : `${lesson.data[0]}\n`));
  if (text !== undefined || free) await run(); else await data(lesson.data[0]);
}
function list() {
  const solved = new Set(state.kept.solved ?? []);
  const option = (value, text) => make("option", { value: String(value) }, text);
  at("lesson").replaceChildren(...state.lessons.map((it, number) => option(number, `${solved.has(number) ? "✓" : `${number + 1}.`} ${it.title}`)), option(-1, "Free play"));
  at("lesson").value = String(state.lesson);
}
async function judge() {
  const answer = await working({ do: "judge", lesson: state.lesson, query: editor.value });
  const { solved, said, hint, error } = answer;
  const next = state.lesson + 1;
  if (solved) {
    keep({ solved: [...new Set([...(state.kept.solved ?? []), state.lesson])] });
    list();
  }
  at("verdict").className = solved ? "solved" : "";
  at("verdict").hidden = false;
  at("verdict").replaceChildren(make("p", {}, make("b", {}, solved ? "✓ " : "✗ "), ...prose(error ?? said)),
    hint ? make("p", {}, ...prose(hint)) : "",
    solved && state.lessons[next] ? make("button", { type: "button", onclick: () => open(next) }, `Next: ${state.lessons[next].title}`) : "");
}

/* Files of one's own. */
async function files(list) {
  for (const file of list) {
    const [, stem, ending = ""] = /^(.*?)(?:\.([^.]*))?$/.exec(file.name);
    const format = { csv: "csv", tsv: "tsv", json: "json", ndjson: "ndjson", jsonl: "ndjson" }[ending.toLowerCase()];
    if (!format) { say(`${file.name}: only CSV, TSV, JSON and NDJSON files are read`); continue; }
    const name = stem.replace(/\W+/g, "_") || "Data";
    const answer = await engine.ask({ do: "load", name, format, text: await file.text() });
    say(answer.error ? `${file.name}: ${answer.error}` : `${file.name} is the table ${name}`);
    tables(answer);
    if (!answer.error) await data(name);
  }
}

/* A link holds the lesson and the query, packed, behind the '#': no server sees it. */
const MOST = 200_000;
/** The bytes that come through a stream, no more than `MOST`: a short link may hold very much. */
async function through(bytes, stream) {
  const taken = [];
  let count = 0;
  for (const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader(); count < MOST;) {
    const { done, value } = await reader.read();
    if (done) break;
    taken.push(value);
    count += value.length;
  }
  return new Uint8Array(await new Blob(taken).arrayBuffer()).slice(0, MOST);
}
async function link() {
  const packed = await through(new TextEncoder().encode(editor.value), new CompressionStream("deflate-raw"));
  const text = btoa(Array.from(packed, (byte) => String.fromCharCode(byte)).join("")).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `#l=${state.lesson}&q=${text}`;
}
async function linked() {
  const given = new URLSearchParams(location.hash.slice(1));
  const number = Number.parseInt(given.get("l") ?? "", 10);
  const lesson = Number.isInteger(number) && number < state.lessons.length ? Math.max(number, -1) : null;
  let text;
  try {
    const packed = Uint8Array.from(atob((given.get("q") ?? "").replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    if (packed.length > 0) text = new TextDecoder().decode(await through(packed, new DecompressionStream("deflate-raw")));
  } catch { say("The link is broken: it holds no query"); }
  return { lesson, text };
}
async function share() {
  const hash = await link();
  history.replaceState(null, "", hash);
  try { await navigator.clipboard.writeText(location.href); say("The link is copied"); } catch { say("The link stands in the address"); }
}

const completion = new Completion(editor, at("paint"), (request) => (state.busy ? {} : engine.ask(request)), (from, to, text) => {
  editor.setRangeText(text, from, to, "end");
  changed();
});
editor.addEventListener("input", changed);
editor.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); if (event.shiftKey && state.lesson >= 0) judge(); else run(); }
  if (event.key === "F1") { event.preventDefault(); docs(wordAtCursor()); }
});
editor.addEventListener("scroll", () => completion.close());
at("run").addEventListener("click", run);
at("judge").addEventListener("click", judge);
at("explain").addEventListener("click", explain);
at("share").addEventListener("click", share);
at("format").addEventListener("click", async () => {
  const answer = await engine.ask({ do: "format", query: editor.value });
  if (answer.text !== undefined) write(answer.text); else if (answer.diagnostics) findings(answer.diagnostics);
});
at("solution").addEventListener("click", async () => {
  const { text } = await engine.ask({ do: "solution", lesson: state.lesson });
  if (text) { write(text); run(); }
});
at("today").addEventListener("click", () => { at("now").value = new Date().toISOString(); });
at("lesson").addEventListener("change", () => open(Number(at("lesson").value)));
at("tab-answer").addEventListener("click", run);
at("tab-steps").addEventListener("click", explain);
at("tab-data").addEventListener("click", () => data());
at("tab-docs").addEventListener("click", () => docs(wordAtCursor()));
at("file").addEventListener("change", () => files(at("file").files));
addEventListener("dragover", (event) => { event.preventDefault(); at("drop").hidden = false; });
addEventListener("dragleave", (event) => { if (!event.relatedTarget) at("drop").hidden = true; });
addEventListener("drop", (event) => { event.preventDefault(); at("drop").hidden = true; files(event.dataTransfer.files); });

const begun = performance.now();
const { lessons = [], error } = await engine.ask({ do: "lessons" });
if (error) say(error);
state.lessons = lessons;
if (!error) say(`Ready in ${Math.round(performance.now() - begun)} ms`);
const given = await linked();
const first = lessons.findIndex((_, number) => !(state.kept.solved ?? []).includes(number));
state.lesson = given.lesson ?? (given.text !== undefined ? -1 : first);
list();
await open(state.lesson, given.text);
document.body.dataset.ready = "yes";
