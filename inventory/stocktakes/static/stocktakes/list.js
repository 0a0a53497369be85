// The lines of the sheet that a filter, a word or a scan leaves: never so many that a phone crawls.

import { element } from "../logistics/dialog.js";
import { showQuantity } from "../logistics/numbers.js";
import { nameOf } from "./card.js";

export const MOST_ROWS = 60;

/** Filter -> which lines it leaves. @type {Record<string, (sheet: any, line: any) => boolean>} */
const FILTERS = {
  left: (sheet, line) => !sheet.isDone(line),
  again: (sheet, line) => line.round > 1 && !sheet.isDone(line),
  conflict: (sheet, line) => sheet.standing(line.id).conflict.length > 0,
  done: (sheet, line) => sheet.isDone(line),
  all: () => true,
};

export class List {
  #filter = "left";
  /** @type {{words: string, lines: () => any[]}|null} */
  #found = null;

  /**
   * @param {{filters: HTMLElement, rows: HTMLElement, more: HTMLElement, title: HTMLElement}} parts
   * @param {{sheet: () => import("./sheet.js").Sheet, language: string, place: () => string, onChoose: (id: string) => void}} page
   */
  constructor(parts, page) {
    this.parts = parts;
    this.page = page;
    parts.filters.addEventListener("change", (event) => {
      this.#filter = /** @type {HTMLSelectElement} */ (event.target).value;
      this.#found = null;
      this.draw();
    });
    parts.rows.addEventListener("click", (event) => {
      const row = event.target instanceof Element ? event.target.closest("button[data-line]") : null;
      if (row instanceof HTMLElement) page.onChoose(row.dataset.line ?? "");
    });
  }

  /** Show what was found instead of what the filter leaves; null: the filter again. */
  show(/** @type {{words: string, lines: () => any[]}|null} */ found) {
    this.#found = found;
    this.draw();
  }

  /** Put what changed on the page. */
  draw() {
    const sheet = this.page.sheet();
    const place = this.page.place();
    const chosen = this.#found ? this.#found.lines() : sheet.lines.filter((line) => FILTERS[this.#filter](sheet, line));
    // Where somebody stands comes first; otherwise the order of the sheet.
    const lines = place ? [...chosen.filter(({ bin }) => bin === place), ...chosen.filter(({ bin }) => bin !== place)] : chosen;
    this.parts.title.textContent = this.#found ? this.#found.words : gettext("On the sheet");
    this.parts.rows.replaceChildren(...lines.slice(0, MOST_ROWS).map((line) => this.#row(sheet, line)));
    const hidden = lines.length - MOST_ROWS;
    const words = ngettext("%(count)s more line: scan or type to find it.", "%(count)s more lines: scan or type to find them.", Math.max(hidden, 0));
    this.parts.more.textContent = hidden > 0 ? interpolate(words, { count: hidden }, true) : lines.length === 0 ? gettext("No line here.") : "";
  }

  #row(/** @type {import("./sheet.js").Sheet} */ sheet, /** @type {any} */ line) {
    const { language } = this.page;
    const standing = sheet.standing(line.id);
    const item = sheet.item(line.item);
    let state = "";
    let tone = "soft";
    if (standing.conflict.length > 0) [state, tone] = [gettext("not agreed"), "bad"];
    else if (standing.quantity !== null) [state, tone] = [showQuantity(standing.quantity, language), "good"];
    else if (line.round > 1) [state, tone] = [gettext("again"), "warn"];
    const under = [line.bin, line.lot, item?.code].filter(Boolean).join(" · ");
    const button = element(
      "button",
      { type: "button", class: "row-button", "data-line": line.id },
      element("span", { class: "what" }, nameOf(item, language) || line.item, element("span", { class: "sub" }, under)),
      element("span", { class: `state ${tone}` }, state || gettext("not counted")),
    );
    return element("li", {}, button);
  }
}
