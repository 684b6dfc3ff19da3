// Proposals at the cursor: asks the engine what may stand there, and shows it in a list below.
import { make } from "./show.js";

/** Proposals are shown up to here; who wants others goes on writing. */
const MOST = 12;

/** Completes what is written in a text field, over whose text `paint` lies with the same letters. */
export class Completion {
  #list = make("ul", { id: "proposals", role: "listbox", "aria-label": "What may stand here", hidden: true });
  #items = [];
  #chosen = 0;
  #span = [0, 0];
  #asked = 0;
  #timer = 0;

  constructor(editor, paint, ask, write) {
    Object.assign(this, { editor, paint, ask, write });
    paint.parentElement.append(this.#list);
    editor.setAttribute("aria-autocomplete", "list");
    editor.setAttribute("aria-controls", "proposals");
    editor.addEventListener("keydown", (event) => this.#key(event));
    editor.addEventListener("blur", () => this.close());
    editor.addEventListener("input", (event) => {
      clearTimeout(this.#timer);
      const { value, selectionStart: at } = editor;
      const writes = event.inputType?.startsWith("insert") && /[\w]$|\|\s$|[(,] ?$/.test(value.slice(Math.max(0, at - 3), at));
      if (writes) this.#timer = setTimeout(() => this.propose(false), 90); else this.close();
    });
  }

  get isOpen() { return !this.#list.hidden; }

  close() {
    this.#list.hidden = true;
    this.editor.removeAttribute("aria-activedescendant");
  }

  /** Asks for proposals; without a word in front of the cursor only where it is wanted. */
  async propose(wanted) {
    const { value: query, selectionStart: at } = this.editor;
    const mine = ++this.#asked;
    const { items = [], from, to, typed } = await this.ask({ do: "complete", query, at });
    // Who goes on writing is not interrupted by what stood there before.
    if (mine !== this.#asked || query !== this.editor.value || at !== this.editor.selectionStart) return;
    const isWhole = items.length === 1 && items[0].insert === query.slice(from, to);
    if (items.length === 0 || isWhole || (!wanted && items.length > 60 && typed === "" && !/[|]\s$/.test(query.slice(0, at)))) return this.close();
    this.#items = items.slice(0, MOST);
    this.#span = [from, to];
    this.#chosen = 0;
    this.#draw();
  }

  #draw() {
    this.#list.replaceChildren(...this.#items.map((it, at) => make("li", {
      role: "option", id: `proposal-${at}`, "aria-selected": String(at === this.#chosen),
      onmousedown: (event) => { event.preventDefault(); this.#take(at); },
    }, make("b", {}, it.label), make("small", {}, it.kind.replaceAll("-", " "), it.detail ? ` · ${it.detail}` : ""),
    at === this.#chosen && it.summary ? make("span", {}, it.summary) : null)));
    const box = this.paint.parentElement.getBoundingClientRect(), caret = this.#caret();
    this.#list.hidden = false;
    this.#list.style.left = `${Math.max(0, Math.min(caret.left - box.left, box.width - this.#list.offsetWidth))}px`;
    this.#list.style.top = `${caret.bottom - box.top + 4}px`;
    this.editor.setAttribute("aria-activedescendant", `proposal-${this.#chosen}`);
  }

  /** Where the word begins on the screen: where the painted text has it. */
  #caret() {
    const walker = document.createTreeWalker(this.paint, NodeFilter.SHOW_TEXT);
    let left = this.#span[0];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (left <= node.length) {
        const range = document.createRange();
        range.setStart(node, left);
        range.collapse(true);
        const found = range.getClientRects()[0];
        if (found) return found;
      }
      left -= node.length;
    }
    return this.paint.getBoundingClientRect();
  }

  #take(at) {
    const [from, to] = this.#span, { insert } = this.#items[at];
    this.close();
    this.write(from, to, insert);
  }

  #key(event) {
    if (event.key === " " && event.ctrlKey) { event.preventDefault(); this.propose(true); return; }
    if (!this.isOpen) return;
    const moves = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (moves) {
      event.preventDefault();
      this.#chosen = (this.#chosen + moves + this.#items.length) % this.#items.length;
      this.#draw();
    } else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") {
      event.preventDefault();
      event.stopImmediatePropagation();
      this.#take(this.#chosen);
    } else if (["Escape", "ArrowLeft", "ArrowRight", "Home", "End", "Enter"].includes(event.key)) {
      if (event.key === "Escape") event.preventDefault();
      this.close();
    }
  }
}
