// The lines of a voucher as a plain table with one text box per cell: typing, keys, pasting, and what is said of each.
//
// Lines are values: a change makes a new line, so that a list of lines is a picture of a moment. One listener per kind
// of event on the whole table, one row copied per line: a thousand lines open and scroll like thirty.

import { element } from "../logistics/dialog.js";
import { edited, faultsOf, hint, isEmpty, looksScanned, shown } from "./cells.js";
import { FUEL, isFuel, withFuel } from "./fuel.js";
import { CellHistory, Deeds } from "./history.js";
import { isTable, pasted, readTable } from "./paste.js";
import { scanAtEnd } from "./scan.js";
import { addBeyond, PICKS_FIRST, SHORT, suggestions } from "./suggest.js";
import { messageId, rowsUnder } from "./under.js";

/**
 * @typedef {import("./cells.js").Line} Line
 * @typedef {import("./cells.js").Column} Column
 * @typedef {{row: HTMLTableRowElement, line: Line | null, number: number, under: HTMLTableRowElement[], marks: import("./under.js").Marks}} Shown
 */

const WIDTHS = { item: 14, lot: 10, day: 7.5, bin: 7, grade: 5, purpose: 10, quantity: 7, signed: 7, unit: 5.5, temperature: 5, density: 6.5, money: 8, text: 14 }; // rem
const LONG = 100; // lines from which rows out of sight are not laid out

const NO_MARKS = Object.freeze({ faults: [], warnings: [], weighed: null });

export class Grid {
  /** @type {Line[]} */
  #lines = [];
  /** @type {Map<string, Shown>} */
  #rows = new Map();
  #cells = new CellHistory();
  #deeds = new Deeds();
  /** @type {{id: string, origin: "scan" | "item"} | null} the line that Enter leads through */
  #guide = null;
  /** @type {{id: string, member: string, text: string, origin: string, isTyping: boolean} | null} the cell somebody is in; `origin`: its text when they came */
  #entered = null;

  /**
   * @param {HTMLTableElement} table
   * @param {{form: any, desk: import("./cells.js").Desk, choices: import("./choices.js").Choices,
   *   onChange: (why: string) => void, onScan: (scan: any) => void, onGuideEnd: () => void, onNotice: (text: string, tone: string) => void, onAttach: (code: string, item: string) => void}} page
   */
  constructor(table, page) {
    this.table = table;
    this.page = page;
    this.body = table.tBodies[0];
    /** @type {Column[]} */
    this.columns = [];
    /** @type {HTMLElement | null} the row that every line's is copied from; null before the table is drawn */
    this.proto = null;
    this.isReadOnly = false;
    this.showsMore = false;
    this.body.addEventListener("keydown", (event) => this.#onKey(event));
    this.body.addEventListener("input", (event) => this.#onInput(/** @type {InputEvent} */ (event)));
    this.body.addEventListener("compositionend", (event) => this.#remember(event.target));
    this.body.addEventListener("change", (event) => this.#onReason(event.target));
    this.body.addEventListener("focusin", (event) => this.#onEnter(event.target));
    this.body.addEventListener("focusout", (event) => this.#onLeave(event));
    this.body.addEventListener("paste", (event) => this.#onPaste(event));
    this.body.addEventListener("click", (event) => this.#onClick(event));
    this.body.addEventListener("mousedown", (event) => this.#onPress(event));
  }

  // ---- lines ---------------------------------------------------------------------------------------------------------

  /** The lines somebody entered something into, in their order. */
  get lines() {
    return this.#lines.filter((line) => !isEmpty(line));
  }

  /** What could be taken back next, in words; "" for nothing. */
  get lastDeed() {
    return this.#deeds.last;
  }

  /** The line somebody is filling in just now, or null. */
  get filling() {
    return this.#guide?.id ?? this.#entered?.id ?? null;
  }

  /** Return a line by its id. */
  line(/** @type {string} */ id) {
    return this.#lines.find((line) => line.id === id);
  }

  /** Return the number people know a line by: 1, 2, 3 … */
  numberOf(/** @type {string} */ id) {
    return this.#lines.findIndex((line) => line.id === id) + 1;
  }

  /** Return a new line, not yet part of the voucher. */
  newLine(/** @type {Record<string, any>} */ members = {}) {
    const id = [...crypto.getRandomValues(new Uint8Array(4))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return /** @type {Line} */ ({ id, ...members });
  }

  /**
   * Put other lines in place of those that stand here.
   * @param {Line[]} lines
   * @param {{what?: string, isLoaded?: boolean}} [how] what: the deed in words, to be taken back; isLoaded: nothing was changed by it
   */
  set(lines, { what = "", isLoaded = false } = {}) {
    if (what) this.#deeds.note(what, this.#lines, lines);
    if (isLoaded) this.#deeds.clear();
    this.#lines = lines;
    if (this.proto) {
      this.#addBlank();
      this.#render();
    }
    if (!isLoaded) this.page.onChange(what || "edit");
  }

  /** Put one line in place of its former self, or behind the last one. */
  put(/** @type {Line} */ line, { what = "" } = {}) {
    const filled = this.#lines.filter((one, index) => index < this.#lines.length - 1 || !isEmpty(one));
    const at = filled.findIndex((one) => one.id === line.id);
    this.set(at < 0 ? [...filled, line] : filled.with(at, line), { what });
  }

  /** Take back the last deed; return it in words, "" when there was none. */
  takeBack() {
    const what = this.#deeds.last;
    const lines = this.#deeds.takeBack(this.#lines);
    if (lines) this.set(lines);
    return what;
  }

  /** Remove a line; it can be taken back. */
  remove(/** @type {string} */ id) {
    const at = this.#lines.findIndex((line) => line.id === id);
    if (at < 0 || isEmpty(this.#lines[at]) || this.isReadOnly) return;
    const what = interpolate(gettext("line %(number)s removed"), { number: at + 1 }, true);
    const member = this.#entered?.member ?? "item";
    this.set(this.#lines.toSpliced(at, 1), { what });
    this.focus(this.#lines[Math.min(at, this.#lines.length - 1)]?.id, member);
    this.page.onNotice(`${what[0].toUpperCase()}${what.slice(1)}.`, "plain");
  }

  // ---- looks ---------------------------------------------------------------------------------------------------------

  /** Draw the table anew for a form; with `more`, all its columns. */
  draw(/** @type {any} */ form, /** @type {import("./cells.js").Desk} */ desk) {
    this.page.form = form;
    this.page.desk = desk;
    const used = (/** @type {Column} */ column) => this.#lines.some((line) => line[column.member] !== undefined || line.typed?.[column.member] !== undefined);
    this.columns = withFuel(form.columns).filter((/** @type {Column} */ column) => !column.isMore || this.showsMore || used(column));
    const heads = this.columns.map((column) => element("th", { role: "columnheader", scope: "col", id: `col-${column.member}`, class: `c-${column.type}` }, column.label));
    this.table.tHead?.replaceChildren(
      element("tr", { role: "row" }, element("th", { role: "columnheader", scope: "col", class: "no" }, gettext("No.")), ...heads, element("th", { role: "columnheader", scope: "col", class: "tool" }, element("span", { class: "unseen" }, gettext("Remove")))),
    );
    this.#layOut();
    this.proto = this.#prototype();
    this.#rows.clear();
    this.body.replaceChildren();
    this.#addBlank();
    this.#render();
  }

  /** Give every column its width; those of liquid fuel have none while no line is about one. */
  #layOut() {
    this.table.classList.toggle("has-fuel", this.#lines.some((line) => isFuel(line, this.page.desk)));
    const seen = this.#seen();
    const widths = seen.map((column) => WIDTHS[/** @type {keyof typeof WIDTHS} */ (column.type)] ?? 8);
    this.table.style.setProperty("--columns", `2.6rem ${seen.map((column, index) => (column.type === "item" ? `minmax(${widths[index]}rem, 1fr)` : `${widths[index]}rem`)).join(" ")} 2.4rem`);
    this.table.style.setProperty("--least", `${5 + widths.reduce((sum, width) => sum + width, 0)}rem`);
  }

  /** Return the columns that are there to be seen. */
  #seen() {
    const hasFuel = this.table.classList.contains("has-fuel");
    return this.columns.filter(({ member }) => hasFuel || !FUEL.has(member));
  }

  /** Write every line anew: what its codes name may be known now. */
  refresh() {
    for (const found of this.#rows.values()) if (found.line) this.#fill(found, found.line);
  }

  /** Put the cursor into a cell, its text selected; without a member, into the first box of the line. */
  focus(/** @type {string | undefined} */ id, /** @type {string} */ member = "") {
    const shownRow = id && this.#rows.get(id);
    if (!shownRow) return null;
    const box = /** @type {HTMLInputElement | null} */ (shownRow.row.querySelector(member ? `input[data-member="${member}"]` : "input") ?? shownRow.row.querySelector("input"));
    box?.focus();
    box?.scrollIntoView({ block: "nearest", inline: "nearest" });
    return box;
  }

  /** Return the box of a cell, or the row's first one. */
  box(/** @type {string} */ id, /** @type {string} */ member) {
    const under = this.#rows.get(id)?.under ?? [];
    if (member === "reason") for (const row of under) if (row.querySelector("[data-note]")) return /** @type {HTMLElement} */ (row.querySelector("[data-why], [data-note]"));
    return /** @type {HTMLElement | null} */ (this.#rows.get(id)?.row.querySelector(`input[data-member="${member}"]`) ?? this.#rows.get(id)?.row.querySelector("input"));
  }

  /**
   * Show a line for a moment as just changed, and lead Enter through what it still lacks, when that is more than the
   * quantity or `isTyped`. Returns the box, null when the cursor was left where it is.
   */
  flash(/** @type {string} */ id, { isTyped = false } = {}) {
    const found = this.#rows.get(id);
    if (!found) return null;
    found.row.classList.remove("flash");
    void found.row.offsetWidth; // starts the animation again
    found.row.classList.add("flash");
    const next = this.#lacking(id, "item");
    if (next && (isTyped || next !== "quantity")) {
      this.#guide = { id, origin: "scan" };
      return this.focus(id, next);
    }
    found.row.scrollIntoView({ block: "nearest" });
    return null;
  }

  /** Say of every line what is in `marks` (by id), and of the others nothing. */
  mark(/** @type {Map<string, any>} */ marks) {
    for (const [id, row] of this.#rows) {
      const next = marks.get(id) ?? NO_MARKS;
      if (next === row.marks || JSON.stringify(next) === JSON.stringify(row.marks)) continue;
      row.marks = next;
      this.#decorate(row);
    }
  }

  /** Let nothing be changed any more, or again. */
  freeze(/** @type {boolean} */ isReadOnly) {
    this.isReadOnly = isReadOnly;
    this.table.classList.toggle("frozen", isReadOnly);
    this.draw(this.page.form, this.page.desk);
  }

  #prototype() {
    const cells = this.columns.map((column) => {
      const box = column.isFixed
        ? element("output", { "data-member": column.member })
        : element("input", {
            "data-member": column.member,
            autocomplete: "off",
            autocapitalize: "off",
            spellcheck: "false",
            enterkeyhint: "next",
            inputmode: ["money", "quantity", "density"].includes(column.type) ? "decimal" : false,
            readonly: this.isReadOnly,
          });
      return element("td", { role: "cell", class: `c-${column.type} m-${column.member}`, "data-label": column.label }, box, element("span", { class: "sub" }));
    });
    const tool = this.isReadOnly ? "" : element("button", { type: "button", class: "tool", "data-do": "remove", tabindex: "-1" }, "✕");
    return element("tr", { role: "row" }, element("th", { role: "rowheader", scope: "row", class: "no" }), ...cells, element("td", { role: "cell", class: "tool" }, tool));
  }

  #addBlank() {
    const isPaperGiven = this.columns.some((column) => column.member === "item" && column.isFixed);
    const last = this.#lines.at(-1);
    const isOpen = !this.isReadOnly && !isPaperGiven && this.columns.length > 0;
    if (isOpen && (!last || !isEmpty(last))) this.#lines = [...this.#lines, this.newLine()];
    else if (!isOpen && last && isEmpty(last)) this.#lines = this.#lines.slice(0, -1);
  }

  /** Bring the rows in line with the lines: only what changed is touched. */
  #render() {
    this.table.classList.toggle("long", this.#lines.length > LONG);
    this.#layOut();
    const standing = new Set(this.#lines.map((line) => line.id));
    for (const [id, { row, under }] of this.#rows) {
      if (standing.has(id)) continue;
      for (const one of [row, ...under]) one.remove();
      this.#rows.delete(id);
    }
    const added = document.createDocumentFragment();
    let before = /** @type {Element | null} */ (this.body.firstElementChild);
    this.#lines.forEach((line, index) => {
      let found = this.#rows.get(line.id);
      if (!found) {
        found = this.#make(line);
        if (before === null) added.append(found.row);
        else this.body.insertBefore(found.row, before);
      } else if (found.row === before) {
        before = (found.under.at(-1) ?? found.row).nextElementSibling;
      } else this.body.insertBefore(found.row, before);
      if (found.number !== index + 1) {
        found.number = index + 1;
        found.row.cells[0].textContent = String(index + 1);
      }
      if (found.line !== line) this.#fill(found, line);
    });
    this.body.append(added);
    // Rows under a line made in the fragment follow it there; those moved by hand come behind it now.
    for (const { row, under } of this.#rows.values()) if (under.length > 0 && row.nextElementSibling !== under[0]) row.after(...under);
  }

  #make(/** @type {Line} */ line) {
    const row = /** @type {HTMLTableRowElement} */ (/** @type {HTMLElement} */ (this.proto).cloneNode(true));
    row.dataset.line = line.id;
    row.cells[0].id = `row-${line.id}`;
    for (const box of row.querySelectorAll("[data-member]")) box.setAttribute("aria-labelledby", `col-${/** @type {HTMLElement} */ (box).dataset.member} row-${line.id}`);
    row.querySelector("button")?.setAttribute("aria-label", gettext("Remove the line"));
    /** @type {Shown} */
    const made = { row, line: null, number: 0, under: [], marks: NO_MARKS };
    this.#rows.set(line.id, made);
    return made;
  }

  /** Write a line's values into its row, except into the cell somebody is typing in. */
  #fill(/** @type {Shown} */ found, /** @type {Line} */ line) {
    found.line = line;
    const isMeasured = isFuel(line, this.page.desk);
    const untracked = line.item && this.page.desk.catalogue.item(line.item)?.tracking === "none";
    this.columns.forEach((column, index) => {
      const cell = found.row.cells[index + 1];
      const box = /** @type {HTMLInputElement} */ (cell.firstElementChild);
      const text = shown(line, column, this.page.desk);
      const isHere = this.#entered?.id === line.id && this.#entered.member === column.member && box === document.activeElement;
      if (box.value !== text && !(isHere && this.#entered?.isTyping)) {
        box.value = text;
        if (isHere && this.#entered) this.#entered.text = text;
      }
      // Goods without lots have neither a lot nor a day: Enter passes these cells, and they say so.
      const isIdle = (untracked && (column.member === "lot" || column.member === "expires_on")) || (FUEL.has(column.member) && !isMeasured);
      if (box.tagName === "INPUT" && box.placeholder !== (isIdle ? "—" : "")) box.placeholder = isIdle ? "—" : "";
      const words = hint(line, column, this.page.desk);
      const sub = /** @type {HTMLElement} */ (cell.lastElementChild);
      if (sub.textContent !== words) sub.textContent = words;
    });
    found.row.classList.toggle("blank", isEmpty(line));
    this.#decorate(found);
  }

  /** Say under a line what there is to say, and tie it to the cells it is about. */
  #decorate(/** @type {Shown} */ found) {
    const line = /** @type {Line} */ (found.line);
    if (!line) return;
    const own = faultsOf(line, this.columns, this.page.desk).filter((fault) => !(this.#entered?.isTyping && this.#entered.id === line.id && this.#entered.member === fault.member));
    const others = found.marks.faults.filter((fault) => !own.some((one) => one.member === fault.member));
    const faults = [...(looksScanned(line) ? own.filter((fault) => fault.member !== "item") : own), ...others];
    const warnings = found.marks.warnings;
    const boxes = [...found.row.querySelectorAll("input[data-member]")];
    const members = new Set(boxes.map((box) => /** @type {HTMLElement} */ (box).dataset.member));
    // What the paper gave cannot be typed into: what is wrong with it is told at the line's first box.
    const first = /** @type {HTMLElement | undefined} */ (boxes[0])?.dataset.member;
    const home = (/** @type {{member: string}} */ { member }) => (members.has(member) || member === "reason" ? member : first);
    for (const box of boxes) {
      const { member } = /** @type {HTMLElement} */ (box).dataset;
      const isHere = (/** @type {{member: string}} */ said) => home(said) === member;
      const told = new Set([...faults, ...warnings].filter(isHere).map((said) => messageId(line.id, said.member || "line")));
      if (faults.some(isHere)) box.setAttribute("aria-invalid", "true");
      else if (box.hasAttribute("aria-invalid")) box.removeAttribute("aria-invalid");
      if (told.size > 0) box.setAttribute("aria-describedby", [...told].join(" "));
      else if (box.hasAttribute("aria-describedby")) box.removeAttribute("aria-describedby");
    }
    const page = { columns: this.columns, desk: this.page.desk, form: this.page.form, isReadOnly: this.isReadOnly };
    const under = rowsUnder(line, { faults, warnings, weighed: found.marks.weighed }, page);
    // Somebody typing into the reason must not lose the box they type in.
    const typing = found.under.some((row) => row.contains(document.activeElement));
    if (typing && under.some((row) => row.querySelector("[data-note]"))) return;
    for (const row of found.under) row.remove();
    found.under = under;
    if (found.row.isConnected) found.row.after(...under);
  }

  // ---- typing --------------------------------------------------------------------------------------------------------

  /** @returns {{box: HTMLInputElement, line: Line, column: Column, cell: string} | null} */
  #at(/** @type {any} */ target) {
    const box = target instanceof HTMLInputElement && target.dataset.member ? target : null;
    const row = box?.closest("tr[data-line]");
    if (!box || !row) return null;
    const line = this.line(/** @type {HTMLElement} */ (row).dataset.line ?? "");
    const column = this.columns.find(({ member }) => member === box.dataset.member);
    return line && column ? { box, line, column, cell: `${line.id}/${column.member}` } : null;
  }

  #onEnter(/** @type {any} */ target) {
    const at = this.#at(target);
    if (!at) return;
    this.#entered = { id: at.line.id, member: at.column.member, text: at.box.value, origin: at.box.value, isTyping: false };
    if (this.#guide && this.#guide.id !== at.line.id) this.#guide = null;
    this.#cells.enter(at.cell, at.box.value);
    at.box.select();
  }

  #onLeave(/** @type {FocusEvent} */ event) {
    const at = this.#at(event.target);
    if (!at) return;
    this.page.choices.close();
    this.#commit(at);
    this.#entered = null;
  }

  #onInput(/** @type {InputEvent} */ event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.dataset.note) {
      this.#onReason(target);
      return;
    }
    const at = this.#at(target);
    if (!at || !this.#entered) return;
    this.#entered.isTyping = true;
    if (!event.isComposing) this.#cells.note(at.cell, at.box.value);
    this.#take(at, at.box.value, true);
    if (this.#opens(at.column)) this.#suggest(at, at.box.value);
  }

  /** A composed letter is told by compositionend, after which no input event comes in every browser. */
  #remember(/** @type {any} */ target) {
    const at = this.#at(target);
    if (!at) return;
    this.#cells.note(at.cell, at.box.value);
    this.#take(at, at.box.value, true);
  }

  #opens(/** @type {Column} */ column) {
    return PICKS_FIRST.has(column.type) || column.type === "lot";
  }

  /** Take a cell's text into its line without writing into the cell. */
  #take(/** @type {any} */ at, /** @type {string} */ text, /** @type {boolean} */ isLive) {
    const now = /** @type {Line} */ (this.line(at.line.id));
    const next = edited(now, at.column, text, this.page.desk, { isLive });
    const code = this.#entered?.origin ?? "";
    if (at.column.type === "item" && next.item && looksScanned({ id: next.id, typed: { item: code } })) this.page.onAttach(code, next.item);
    this.#lines = this.#lines.map((line) => (line.id === next.id ? next : line));
    if (next.item !== now.item) this.#layOut();
    const found = this.#rows.get(next.id);
    if (found) {
      // What was said of this cell was said of its old value.
      const isAbout = (/** @type {any} */ said) => said.member !== at.column.member;
      found.marks = { ...found.marks, faults: found.marks.faults.filter(isAbout) };
      this.#fill(found, next);
    }
    const count = this.#lines.length;
    this.#addBlank();
    if (this.#lines.length !== count) this.#render();
    this.page.onChange("edit");
  }

  /** Read a cell for good: as typed when it was typed in, otherwise as it stands. */
  #commit(/** @type {any} */ at, /** @type {string} */ text = at.box.value) {
    const entered = this.#entered;
    if (entered) entered.isTyping = false;
    const isSame = entered && entered.id === at.line.id && entered.member === at.column.member && entered.text === text;
    if (isSame && !at.line.typed?.[at.column.member]) return;
    if (isSame) {
      const found = this.#rows.get(at.line.id);
      if (found) this.#decorate(found);
      return;
    }
    this.#take(at, text, false);
    if (entered) entered.text = at.box.value;
  }

  #suggest(/** @type {any} */ at, /** @type {string} */ text) {
    if (this.isReadOnly) return;
    const take = (/** @type {string} */ value) => {
      const now = this.#at(at.box);
      if (!now) return;
      if (now.column.type === "item") this.page.desk.catalogue.keep(value);
      if (this.#entered) this.#entered.text = "\0"; // chosen, so read even when the words are the same
      this.#commit(now, value);
      this.#cells.note(now.cell, at.box.value);
      this.#goOn(this.#at(at.box) ?? now);
    };
    this.page.choices.open(at.box, suggestions(at.column, at.line, text, this.page.desk), take, { picksFirst: PICKS_FIRST.has(at.column.type) && text !== "" });
    if (at.column.type === "item") addBeyond(at.box, this.page.desk, this.page.choices, take);
  }

  #onReason(/** @type {any} */ target) {
    if (!(target instanceof HTMLInputElement)) return;
    const id = target.dataset.why ?? target.dataset.note;
    if (!id) return;
    const row = target.closest("tr");
    const word = /** @type {HTMLInputElement | null} */ (row?.querySelector("[data-why]:checked"))?.value ?? "";
    const note = /** @type {HTMLInputElement | null} */ (row?.querySelector("[data-note]"))?.value.normalize("NFC").trim() ?? "";
    const now = /** @type {Line} */ (this.line(id));
    const { reason: _old, ...rest } = now;
    const reason = [word, note].filter(Boolean).join(": ");
    const next = reason ? { ...rest, reason } : rest;
    this.#lines = this.#lines.map((line) => (line.id === id ? /** @type {Line} */ (next) : line));
    const found = this.#rows.get(id);
    if (found) found.line = /** @type {Line} */ (next);
    this.page.onChange("edit");
  }

  // ---- keys ----------------------------------------------------------------------------------------------------------

  #onKey(/** @type {KeyboardEvent} */ event) {
    // An input method is composing: the key belongs to it, Enter and arrows included.
    if (event.isComposing || event.keyCode === 229) return;
    const at = this.#at(event.target);
    if (!at) {
      if (event.altKey && event.key === "Delete") this.#removeAt(event);
      return;
    }
    const { choices } = this.page;
    if (choices.isOpen(at.box) && choices.handles(event)) return;
    const isPlain = !event.ctrlKey && !event.altKey && !event.metaKey;
    if (event.key === "Enter" && isPlain && !event.shiftKey) this.#accept(at);
    else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && isPlain) this.#walk(at, event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "ArrowDown" && event.altKey) this.#suggest(at, "");
    else if (event.ctrlKey && !event.altKey && (event.key === "'" || event.code === "Quote")) this.#copyAbove(at);
    else if (event.key === "Escape" && isPlain && this.#entered && at.box.value !== this.#entered.text) this.#write(at, this.#entered.text);
    else if (event.ctrlKey && !event.altKey && event.key.toLowerCase() === "z") this.#step(at, event.shiftKey ? "future" : "past");
    else if (event.ctrlKey && !event.altKey && event.key.toLowerCase() === "y") this.#step(at, "future");
    else if (event.altKey && event.key === "Delete") {
      this.#removeAt(event);
      return;
    } else return;
    event.preventDefault();
  }

  #removeAt(/** @type {Event} */ event) {
    const row = /** @type {HTMLElement} */ (event.target).closest("tr");
    const id = row?.dataset.line ?? row?.dataset.under;
    event.preventDefault();
    if (id) this.remove(id);
  }

  /** Enter: a scan goes its way, a suggestion is taken, a text is read; then on to the next cell. */
  #accept(/** @type {any} */ at) {
    const text = at.box.value;
    if (!this.isReadOnly && this.#entered && text !== this.#entered.text) {
      const found = this.#scanIn(at, text);
      if (found) {
        this.#write(at, this.#entered.text);
        this.#entered.isTyping = false;
        this.page.choices.close();
        this.page.onScan(found);
        return;
      }
    }
    if (this.page.choices.isOpen(at.box) && this.page.choices.hasCurrent && !this.#isExact(at, text)) {
      this.page.choices.accept();
      return;
    }
    this.page.choices.close();
    const sent = at.line.scheduled_quantity;
    const isReceived = this.columns.some((column) => column.member === "scheduled_quantity" && column.isFixed);
    if (isReceived && at.column.member === "quantity" && text.trim() === "" && sent && !this.isReadOnly && !isFuel(at.line, this.page.desk)) this.#write(at, shown({ ...at.line, quantity: sent }, at.column, this.page.desk));
    this.#commit(this.#at(at.box) ?? at);
    this.#goOn(this.#at(at.box) ?? at);
  }

  /** Return the scan that was fired into a cell, null when its text is the cell's own. */
  #scanIn(/** @type {any} */ at, /** @type {string} */ text) {
    const { catalogue, today } = this.page.desk;
    const found = scanAtEnd(text.trim(), catalogue, { today });
    if (!found) return null;
    // Typing an item's code into an empty item cell is choosing it; a label says more than the item.
    const says = found.scan.lot !== null || found.scan.serial !== null || found.scan.quantity !== null || found.scan.unit !== null;
    if (at.column.type === "item" && !says && found.before === "" && !(this.#entered?.text ?? "")) return null;
    return found.scan;
  }

  #isExact(/** @type {any} */ at, /** @type {string} */ text) {
    return !edited({ ...at.line, [at.column.member]: undefined }, at.column, text, this.page.desk).typed?.[at.column.member];
  }

  /** On to what the line still lacks, else to the same column of the next line. */
  #goOn(/** @type {any} */ at) {
    if (at.column.type === "item" && at.line.item && !at.line.quantity) this.#guide ??= { id: at.line.id, origin: "item" };
    if (this.#guide?.id === at.line.id) {
      const next = this.#lacking(at.line.id, at.column.member);
      if (next) {
        this.focus(at.line.id, next);
        return;
      }
      const { origin } = this.#guide;
      this.#guide = null;
      if (origin === "scan") this.page.onGuideEnd();
      else this.focus(this.#lines[this.numberOf(at.line.id)]?.id, "item");
      return;
    }
    this.#walk(at, 1);
  }

  /** Return the next cell of the guide behind `member` that this item has a use for; null when there is none. */
  #lacking(/** @type {string} */ id, /** @type {string} */ member) {
    const line = /** @type {Line} */ (this.line(id));
    const told = isFuel(line, this.page.desk) ? [...this.page.form.guide, ...FUEL] : this.page.form.guide;
    const guide = told.filter((/** @type {string} */ one) => this.columns.some((column) => column.member === one));
    const tracking = this.page.desk.catalogue.item(line.item)?.tracking ?? "none";
    const isOf = (/** @type {string} */ one) => {
      if (tracking === "none" && (one === "lot" || one === "expires_on")) return false;
      return one === "quantity" ? tracking !== "serial" || !line.quantity : line[one] === undefined;
    };
    return guide.slice(guide.indexOf(member) + 1).find(isOf) ?? null;
  }

  #walk(/** @type {any} */ at, /** @type {number} */ step) {
    const next = this.#lines[this.numberOf(at.line.id) - 1 + step];
    if (next) this.focus(next.id, at.column.member);
    else if (step > 0) this.#commit(at);
  }

  #copyAbove(/** @type {any} */ at) {
    const above = this.#lines[this.numberOf(at.line.id) - 2];
    if (!above || this.isReadOnly) return;
    this.#write(at, at.column.type === "item" && above.item ? above.item : shown(above, at.column, this.page.desk), true);
  }

  #step(/** @type {any} */ at, /** @type {"past" | "future"} */ way) {
    const text = this.#cells.step(at.cell, way);
    if (text === null) return;
    at.box.value = text;
    if (this.#entered) this.#entered.isTyping = true;
    this.#take(at, text, true);
  }

  /** Write a text into a cell as if it had been typed. */
  #write(/** @type {any} */ at, /** @type {string} */ text, isRead = false) {
    if (this.isReadOnly) return;
    at.box.value = text;
    this.#take(at, text, !isRead);
    if (isRead && this.#entered) this.#entered.isTyping = false;
    const now = /** @type {Shown} */ (this.#rows.get(at.line.id));
    if (isRead) this.#fill(now, /** @type {Line} */ (this.line(at.line.id)));
    this.#cells.note(at.cell, at.box.value);
  }

  // ---- mouse and clipboard -------------------------------------------------------------------------------------------

  #onPress(/** @type {MouseEvent} */ event) {
    const at = this.#at(event.target);
    if (!at || at.box === document.activeElement || event.button !== 0) return;
    // The first press selects the text like Tab does; the browser would put the caret into it on release.
    event.preventDefault();
    at.box.focus();
  }

  #onClick(/** @type {MouseEvent} */ event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const row = target.closest("tr");
    const id = row?.dataset.line ?? row?.dataset.under;
    const what = target.closest("button")?.dataset.do;
    if (id && what === "remove") this.remove(id);
    else if (id && what === "attach") {
      const box = this.focus(id, "item");
      if (box) box.select();
      this.page.onNotice(gettext("Type the item's name or code, then Enter: the code is remembered for this voucher."), "plain");
    } else {
      const at = this.#at(target);
      if (at && SHORT.has(at.column.type) && !this.page.choices.isOpen(at.box)) this.#suggest(at, "");
    }
  }

  #onPaste(/** @type {ClipboardEvent} */ event) {
    const at = this.#at(event.target);
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!at || !isTable(text) || this.isReadOnly) return;
    event.preventDefault();
    this.page.choices.close();
    const table = readTable(text);
    const place = { index: this.numberOf(at.line.id) - 1, member: at.column.member };
    const done = pasted(this.#lines, place, this.#seen(), table, this.page.desk, () => this.newLine());
    if (this.#entered) this.#entered.isTyping = false;
    this.set(done.lines, { what: interpolate(ngettext("%(rows)s row pasted", "%(rows)s rows pasted", table.length), { rows: table.length }, true) });
    this.#entered = { id: at.line.id, member: at.column.member, text: at.box.value, origin: at.box.value, isTyping: false };
    const words = interpolate(ngettext("%(rows)s row pasted.", "%(rows)s rows pasted.", table.length), { rows: table.length }, true);
    const bad = done.bad ? ` ${interpolate(ngettext("%(bad)s cell could not be read: see the reason under its line.", "%(bad)s cells could not be read: see the reason under each line.", done.bad), { bad: done.bad }, true)}` : "";
    this.page.onNotice(words + bad, done.bad ? "bad" : "good");
  }
}
