// The lines of a voucher as a plain table with one text box per cell: typing, keys, pasting.
//
// Lines are values: a change makes a new line, so that a list of lines is a picture of a moment. One listener per kind
// of event on the whole table, one row copied per line (rows.js): a thousand lines open and scroll like thirty.

import { edited, isEmpty, looksScanned, shown } from "./cells.js";
import { isFuel } from "./fuel.js";
import { Guide } from "./guide.js";
import { CellHistory, Deeds } from "./history.js";
import { isTable, pasted, readTable } from "./paste.js";
import { Rows } from "./rows.js";
import { scanAtEnd } from "./scan.js";
import { addBeyond, PICKS_FIRST, SHORT, suggestions } from "./suggest.js";

/**
 * @typedef {import("./cells.js").Line} Line
 * @typedef {import("./cells.js").Column} Column
 */

export class Grid {
  /** @type {Line[]} */
  #lines = [];
  #cells = new CellHistory();
  #deeds = new Deeds();
  /** @type {import("./rows.js").Entered | null} */
  #entered = null;

  /**
   * @param {HTMLTableElement} table
   * @param {{form: any, desk: import("./cells.js").Desk, choices: import("./choices.js").Choices,
   *   onChange: (why: string) => void, onScan: (scan: any) => void, onGuideEnd: () => void, onLeft: () => void, onNotice: (text: string, tone: string) => void, onAttach: (code: string, item: string) => void}} page
   */
  constructor(table, page) {
    this.table = table;
    this.page = page;
    this.body = table.tBodies[0];
    this.rows = new Rows(table, page, () => this.#entered);
    this.guide = new Guide(page, () => this.columns);
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
    return this.guide.id ?? this.#entered?.id ?? null;
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
    if (this.rows.proto) {
      this.#addBlank();
      this.rows.show(this.#lines);
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

  get columns() {
    return this.rows.columns;
  }

  get isReadOnly() {
    return this.rows.isReadOnly;
  }

  /** Whether columns are shown that most vouchers leave blank. */
  set showsMore(/** @type {boolean} */ showsMore) {
    this.rows.showsMore = showsMore;
  }

  /** Draw the table anew for a form. */
  draw(/** @type {any} */ form, /** @type {import("./cells.js").Desk} */ desk) {
    this.page.form = form;
    this.page.desk = desk;
    this.rows.begin(this.#lines);
    this.#addBlank();
    this.rows.show(this.#lines);
  }

  /** Write every line anew: what its codes name may be known now. */
  refresh() {
    this.rows.refresh();
  }

  /** Put the cursor into a cell, its text selected; without a member, into the first box of the line. */
  focus(/** @type {string | undefined} */ id, /** @type {string} */ member = "") {
    return this.rows.focus(id, member);
  }

  /** Return the box of a cell, or the row's first one. */
  box(/** @type {string} */ id, /** @type {string} */ member) {
    return this.rows.box(id, member);
  }

  /**
   * Show a line for a moment as just changed, and lead Enter through what it still lacks, when that is more than the
   * quantity or `isTyped`. Returns the box, null when the cursor was left where it is.
   */
  flash(/** @type {string} */ id, { isTyped = false } = {}) {
    if (!this.rows.flash(id)) return null;
    const next = this.guide.lacking(/** @type {Line} */ (this.line(id)), "item");
    if (next && (isTyped || next !== "quantity")) {
      this.guide.begin(id, "scan");
      return this.focus(id, next);
    }
    this.rows.get(id)?.row.scrollIntoView({ block: "nearest" });
    return null;
  }

  /** Say of every line what is in `marks` (by id), and of the others nothing. */
  mark(/** @type {Map<string, any>} */ marks) {
    this.rows.mark(marks);
  }

  /** Let nothing be changed any more, or again. */
  freeze(/** @type {boolean} */ isReadOnly) {
    this.rows.isReadOnly = isReadOnly;
    this.table.classList.toggle("frozen", isReadOnly);
    this.draw(this.page.form, this.page.desk);
  }

  #addBlank() {
    const isPaperGiven = this.columns.some((column) => column.member === "item" && column.isFixed);
    const last = this.#lines.at(-1);
    const isOpen = !this.isReadOnly && !isPaperGiven && this.columns.length > 0;
    if (isOpen && (!last || !isEmpty(last))) this.#lines = [...this.#lines, this.newLine()];
    else if (!isOpen && last && isEmpty(last)) this.#lines = this.#lines.slice(0, -1);
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
    if (this.guide.id !== at.line.id) this.guide.end();
    this.#cells.enter(at.cell, at.box.value);
    at.box.select();
  }

  #onLeave(/** @type {FocusEvent} */ event) {
    const at = this.#at(event.target);
    if (at) {
      this.page.choices.close();
      this.#commit(at);
      this.#entered = null;
    }
    const left = lineAt(event.target);
    // Another window has the keys for a while: whoever comes back goes on with the line.
    if (!document.hasFocus() || !left || lineAt(event.relatedTarget) === left) return;
    if (this.guide.id === left) this.guide.end();
    this.page.onLeft();
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
    if (next.item !== now.item) this.rows.layOut(this.#lines);
    const found = this.rows.get(next.id);
    if (found) {
      // What was said of this cell was said of its old value.
      const isAbout = (/** @type {any} */ said) => said.member !== at.column.member;
      found.marks = { ...found.marks, faults: found.marks.faults.filter(isAbout) };
      this.rows.fill(found, next);
    }
    const count = this.#lines.length;
    this.#addBlank();
    if (this.#lines.length !== count) this.rows.show(this.#lines);
    this.page.onChange("edit");
  }

  /** Read a cell for good: as typed when it was typed in, otherwise as it stands. */
  #commit(/** @type {any} */ at, /** @type {string} */ text = at.box.value) {
    const entered = this.#entered;
    if (entered) entered.isTyping = false;
    const isSame = entered && entered.id === at.line.id && entered.member === at.column.member && entered.text === text;
    if (isSame && !at.line.typed?.[at.column.member]) return;
    if (isSame) {
      const found = this.rows.get(at.line.id);
      if (found) this.rows.decorate(found);
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
    const found = this.rows.get(id);
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
    if (at.column.type === "item" && at.line.item && !at.line.quantity && !this.guide.id) this.guide.begin(at.line.id, "item");
    if (this.guide.id === at.line.id) {
      const next = this.guide.lacking(/** @type {Line} */ (this.line(at.line.id)), at.column.member);
      if (next) {
        this.focus(at.line.id, next);
        return;
      }
      if (this.guide.end() === "scan") this.page.onGuideEnd();
      else this.focus(this.#lines[this.numberOf(at.line.id)]?.id, "item");
      return;
    }
    this.#walk(at, 1);
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
    const now = /** @type {import("./rows.js").Shown} */ (this.rows.get(at.line.id));
    if (isRead) this.rows.fill(now, /** @type {Line} */ (this.line(at.line.id)));
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
    const done = pasted(this.#lines, place, this.rows.seen(), table, this.page.desk, () => this.newLine());
    if (this.#entered) this.#entered.isTyping = false;
    this.set(done.lines, { what: interpolate(ngettext("%(rows)s row pasted", "%(rows)s rows pasted", table.length), { rows: table.length }, true) });
    this.#entered = { id: at.line.id, member: at.column.member, text: at.box.value, origin: at.box.value, isTyping: false };
    const words = interpolate(ngettext("%(rows)s row pasted.", "%(rows)s rows pasted.", table.length), { rows: table.length }, true);
    const bad = done.bad ? ` ${interpolate(ngettext("%(bad)s cell could not be read: see the reason under its line.", "%(bad)s cells could not be read: see the reason under each line.", done.bad), { bad: done.bad }, true)}` : "";
    this.page.onNotice(words + bad, done.bad ? "bad" : "good");
  }
}

/** Return the line that a part of the table is about, itself or in the rows under it; "" for none. */
function lineAt(/** @type {EventTarget | null} */ target) {
  const row = target instanceof Element ? target.closest("tr") : null;
  return row?.dataset.line ?? row?.dataset.under ?? "";
}
