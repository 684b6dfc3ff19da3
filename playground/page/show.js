// Makes elements of texts and of data. Whatever comes from a query or a file becomes text, never markup.

export const make = (tag, attributes = {}, ...children) => {
  const it = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) it.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) it.setAttribute(name, value === true ? "" : value);
  }
  it.append(...children.filter((child) => child !== null && child !== undefined));
  return it;
};

const WORDS = new Set(("let and or not in has contains startswith endswith matches regex between by on kind asc desc of with to from step " +
  "has_any has_all in~ has_cs contains_cs true false null materialize toscalar datatable externaldata dynamic datetime").split(" "));
const TOKEN = /\/\/[^\n]*|@?"(?:\\.|[^"\\\n])*"?|@?'(?:\\.|[^'\\\n])*'?|(\|\s*)([a-z][\w-]*)|\b\d[\w.]*|!?\b[A-Za-z_][\w~]*/g;

/** The pieces of a query with their colours: from, to, class. */
export function tokens(query) {
  const found = [];
  for (const match of query.matchAll(TOKEN)) {
    const [text, pipe, operator] = match, start = match.index, end = start + text.length;
    if (operator) found.push([start + pipe.length, end, "w"]);
    else if (text.startsWith("//")) found.push([start, end, "c"]);
    else if (/^@?["']/.test(text)) found.push([start, end, "t"]);
    else if (/^\d/.test(text)) found.push([start, end, "n"]);
    else if (WORDS.has(text.replace(/^!/, ""))) found.push([start, end, "w"]);
  }
  return found;
}

/** A query in colours, with marks such as those of mistakes: from, to, class. */
export function painted(query, marks = []) {
  const layers = [tokens(query), marks.filter(([from, to]) => from <= to)];
  const cuts = [...new Set([0, query.length, ...layers.flat().flatMap(([from, to]) => [from, to])])].sort((a, b) => a - b);
  const pieces = [];
  for (let i = 0; i + 1 < cuts.length; i++) {
    const [from, to] = [cuts[i], cuts[i + 1]];
    const looks = layers.map((layer) => layer.find((it) => it[0] <= from && to <= it[1])?.[2]).filter(Boolean);
    pieces.push(looks.length ? make("span", { class: looks.join(" ") }, query.slice(from, to)) : query.slice(from, to));
  }
  return pieces;
}

/** Text with `code`. */
export const prose = (text) => text.split(/(`[^`]*`)/).filter(Boolean)
  .map((part) => (part.length > 1 && part.startsWith("`") ? make("code", {}, part.slice(1, -1)) : part));

/** Paragraphs, lists and fences of Markdown. */
export function markdown(text) {
  const out = [];
  for (const [at, part] of text.split(/```\w*\n/).entries()) {
    if (at % 2) { out.push(make("pre", {}, make("code", {}, ...painted(part.trimEnd())))); continue; }
    for (const block of part.split(/\n\s*\n/).map((it) => it.trim()).filter(Boolean)) {
      if (block.startsWith("- ")) out.push(make("ul", {}, ...block.split(/\n?^- /m).filter(Boolean).map((it) => make("li", {}, ...prose(it)))));
      else out.push(make("p", {}, ...prose(block)));
    }
  }
  return out;
}

/** The picture that the engine drew: SVG without scripts, whose texts are escaped. */
export function picture(svg) {
  const root = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  return make("figure", {}, document.importNode(root, true));
}

const isNumber = (type) => ["int", "long", "real", "decimal"].includes(type);
const order = (type) => {
  if (type === "long" || type === "int") return (a, b) => { const d = BigInt(a) - BigInt(b); return d < 0n ? -1 : d > 0n ? 1 : 0; };
  if (isNumber(type)) return (a, b) => Number(a) - Number(b) || 0;
  return (a, b) => (a < b ? -1 : a > b ? 1 : 0);
};
const count = (n, what) => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;
/** Rows that are drawn at first; more are drawn on demand. */
const PAGE = 200;

/** A table to sort; `pick` is told of a row that is chosen, by its place in the table. */
export function table({ name, columns, rows, count: all = rows.length }, { pick, title } = {}) {
  let places = [...rows.keys()], sorted = null, drawn = PAGE;
  const body = make("tbody"), more = make("button", { type: "button", onclick: () => { drawn += 2000; draw(); } }, "Show more");
  const buttons = columns.map((column, at) => make("button", {
    type: "button", title: `${column.name}: ${column.type}`, onclick: () => {
      sorted = sorted?.at === at ? (sorted.down ? null : { at, down: true }) : { at, down: false };
      places = [...rows.keys()];
      const by = order(columns[at].type);
      if (sorted) places.sort((a, b) => {
        const [x, y] = [rows[a][at], rows[b][at]];
        if (x === null || y === null) return x === y ? a - b : x === null ? 1 : -1;
        return (sorted.down ? by(y, x) : by(x, y)) || a - b;
      });
      draw();
    },
  }, column.name));
  const heads = buttons.map((button, at) => make("th", { scope: "col", class: isNumber(columns[at].type) ? "num" : "" }, button));
  function draw() {
    heads.forEach((head, at) => {
      const mine = sorted?.at === at;
      head.setAttribute("aria-sort", mine ? (sorted.down ? "descending" : "ascending") : "none");
      buttons[at].textContent = columns[at].name + (mine ? (sorted.down ? " ▼" : " ▲") : "");
    });
    body.replaceChildren(...places.slice(0, drawn).map((place) => {
      const choose = pick && (() => pick(place));
      const cells = rows[place].map((cell, at) => make("td", { class: [isNumber(columns[at].type) && "num", cell === null && "null"].filter(Boolean).join(" "), title: (cell?.length ?? 0) > 40 ? cell : undefined }, cell ?? "null"));
      return make("tr", choose ? { tabindex: "0", onclick: choose, onkeydown: (event) => { if (event.key === "Enter") choose(); } } : {}, ...cells);
    }));
    more.hidden = drawn >= places.length;
  }
  draw();
  const said = all > rows.length ? `${count(all, "row")}; the first ${rows.length.toLocaleString("en")} are here` : count(all, "row");
  return make("div", {},
    make("div", { class: "head" }, (title ?? name) ? make("h3", {}, title ?? name) : null, make("span", { class: "count" }, said)),
    make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Rows of ${title ?? name}` }, make("table", {}, make("thead", {}, make("tr", {}, ...heads)), body)), more);
}
