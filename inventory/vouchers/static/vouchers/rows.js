// The rows of the entry grid: how lines are drawn, what is said under each, and where the cursor goes. What lines are
// and how they change is the grid's.

import { element } from "../logistics/dialog.js";
import { faultsOf, hint, isEmpty, looksScanned, shown } from "./cells.js";
import { FUEL, isFuel, withFuel } from "./fuel.js";
import { messageId, rowsUnder } from "./under.js";

/**
 * @typedef {import("./cells.js").Line} Line
 * @typedef {import("./cells.js").Column} Column
 * @typedef {{row: HTMLTableRowElement, line: Line | null, number: number, under: HTMLTableRowElement[], marks: import("./under.js").Marks}} Shown
 * @typedef {{id: string, member: string, text: string, origin: string, isTyping: boolean}} Entered the cell somebody is in; `origin`: its text when they came
 */

const WIDTHS = { item: 14, lot: 10, day: 7.5, bin: 7, grade: 5, purpose: 10, quantity: 7, signed: 7, unit: 5.5, temperature: 5, density: 6.5, money: 8, text: 14 }; // rem
const LONG = 100; // lines from which rows out of sight are not laid out

const NO_MARKS = Object.freeze({ faults: [], warnings: [], weighed: null });

export class Rows {
  /** @type {Map<string, Shown>} */
  #rows = new Map();
  /** @type {Line[]} */
  #lines = [];

  /**
   * @param {HTMLTableElement} table
   * @param {{form: any, desk: import("./cells.js").Desk}} page
   * @param {() => Entered | null} entered
   */
  constructor(table, page, entered) {
    this.table = table;
    this.page = page;
    this.entered = entered;
    this.body = table.tBodies[0];
    /** @type {Column[]} */
    this.columns = [];
    /** @type {HTMLElement | null} the row that every line's is copied from; null before the table is drawn */
    this.proto = null;
    this.isReadOnly = false;
    this.showsMore = false;
  }

  /** Return how a line is shown, undefined when it is not. */
  get(/** @type {string} */ id) {
    return this.#rows.get(id);
  }

  /** Begin the table anew for the form of the page and some lines; `show` writes them. */
  begin(/** @type {Line[]} */ lines) {
    this.#lines = lines;
    const { form } = this.page;
    const used = (/** @type {Column} */ column) => this.#lines.some((line) => line[column.member] !== undefined || line.typed?.[column.member] !== undefined);
    this.columns = withFuel(form.columns).filter((/** @type {Column} */ column) => !column.isMore || this.showsMore || used(column));
    const heads = this.columns.map((column) => element("th", { role: "columnheader", scope: "col", id: `col-${column.member}`, class: `c-${column.type}` }, column.label));
    this.table.tHead?.replaceChildren(
      element("tr", { role: "row" }, element("th", { role: "columnheader", scope: "col", class: "no" }, gettext("No.")), ...heads, element("th", { role: "columnheader", scope: "col", class: "tool" }, element("span", { class: "unseen" }, gettext("Remove")))),
    );
    this.layOut(lines);
    this.proto = this.#prototype();
    this.#rows.clear();
    this.body.replaceChildren();
  }

  /** Give every column its width; those of liquid fuel have none while no line is about one. */
  layOut(/** @type {Line[]} */ lines) {
    this.#lines = lines;
    this.table.classList.toggle("has-fuel", this.#lines.some((line) => isFuel(line, this.page.desk)));
    const seen = this.seen();
    const widths = seen.map((column) => WIDTHS[/** @type {keyof typeof WIDTHS} */ (column.type)] ?? 8);
    this.table.style.setProperty("--columns", `2.6rem ${seen.map((column, index) => (column.type === "item" ? `minmax(${widths[index]}rem, 1fr)` : `${widths[index]}rem`)).join(" ")} 2.4rem`);
    this.table.style.setProperty("--least", `${5 + widths.reduce((sum, width) => sum + width, 0)}rem`);
  }

  /** Return the columns that are there to be seen. */
  seen() {
    const hasFuel = this.table.classList.contains("has-fuel");
    return this.columns.filter(({ member }) => hasFuel || !FUEL.has(member));
  }

  /** Write every line anew: what its codes name may be known now. */
  refresh() {
    for (const found of this.#rows.values()) if (found.line) this.fill(found, found.line);
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

  /** Show a line for a moment as just changed; tell whether it is there. */
  flash(/** @type {string} */ id) {
    const found = this.#rows.get(id);
    if (!found) return false;
    found.row.classList.remove("flash");
    void found.row.offsetWidth; // starts the animation again
    found.row.classList.add("flash");
    return true;
  }

  /** Say of every line what is in `marks` (by id), and of the others nothing. */
  mark(/** @type {Map<string, any>} */ marks) {
    for (const [id, row] of this.#rows) {
      const next = marks.get(id) ?? NO_MARKS;
      if (next === row.marks || JSON.stringify(next) === JSON.stringify(row.marks)) continue;
      row.marks = next;
      this.decorate(row);
    }
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

  /** Bring the rows in line with the lines: only what changed is touched. */
  show(/** @type {Line[]} */ lines) {
    this.table.classList.toggle("long", this.#lines.length > LONG);
    this.layOut(lines);
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
      if (found.line !== line) this.fill(found, line);
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
  fill(/** @type {Shown} */ found, /** @type {Line} */ line) {
    found.line = line;
    const entered = this.entered();
    const isMeasured = isFuel(line, this.page.desk);
    const untracked = line.item && this.page.desk.catalogue.item(line.item)?.tracking === "none";
    this.columns.forEach((column, index) => {
      const cell = found.row.cells[index + 1];
      const box = /** @type {HTMLInputElement} */ (cell.firstElementChild);
      const text = shown(line, column, this.page.desk);
      const isHere = entered?.id === line.id && entered.member === column.member && box === document.activeElement;
      if (box.value !== text && !(isHere && entered?.isTyping)) {
        box.value = text;
        if (isHere && entered) entered.text = text;
      }
      // Goods without lots have neither a lot nor a day: Enter passes these cells, and they say so.
      const isIdle = (untracked && (column.member === "lot" || column.member === "expires_on")) || (FUEL.has(column.member) && !isMeasured);
      if (box.tagName === "INPUT" && box.placeholder !== (isIdle ? "—" : "")) box.placeholder = isIdle ? "—" : "";
      const words = hint(line, column, this.page.desk);
      const sub = /** @type {HTMLElement} */ (cell.lastElementChild);
      if (sub.textContent !== words) sub.textContent = words;
    });
    found.row.classList.toggle("blank", isEmpty(line));
    this.decorate(found);
  }

  /** Say under a line what there is to say, and tie it to the cells it is about. */
  decorate(/** @type {Shown} */ found) {
    const line = /** @type {Line} */ (found.line);
    if (!line) return;
    const entered = this.entered();
    const own = faultsOf(line, this.columns, this.page.desk).filter((fault) => !(entered?.isTyping && entered.id === line.id && entered.member === fault.member));
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
}
