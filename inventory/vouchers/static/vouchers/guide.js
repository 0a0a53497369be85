// The line that Enter leads through: from what is scanned or chosen to what the line still lacks, and out of it.

import { FUEL, isFuel } from "./fuel.js";

/**
 * @typedef {import("./cells.js").Line} Line
 * @typedef {import("./cells.js").Column} Column
 */

export class Guide {
  /** @type {{id: string, origin: "scan" | "item"} | null} */
  #line = null;

  /**
   * @param {{form: any, desk: import("./cells.js").Desk}} page
   * @param {() => Column[]} columns those that are shown
   */
  constructor(page, columns) {
    this.page = page;
    this.columns = columns;
  }

  /** The line it leads through, null for none. */
  get id() {
    return this.#line?.id ?? null;
  }

  /** Lead through a line that was scanned, or whose item was chosen in its cell. */
  begin(/** @type {string} */ id, /** @type {"scan" | "item"} */ origin) {
    this.#line = { id, origin };
  }

  /** Lead no further; return where it had begun, null when it had not. */
  end() {
    const origin = this.#line?.origin ?? null;
    this.#line = null;
    return origin;
  }

  /** Return the next cell behind `member` that the line's item has a use for and that is blank; null when there is none. */
  lacking(/** @type {Line} */ line, /** @type {string} */ member) {
    const { form, desk } = this.page;
    const told = isFuel(line, desk) ? [...form.guide, ...FUEL] : form.guide;
    const cells = told.filter((/** @type {string} */ one) => this.columns().some((column) => column.member === one));
    const tracking = desk.catalogue.item(line.item)?.tracking ?? "none";
    const isBlank = (/** @type {string} */ one) => {
      if (tracking === "none" && (one === "lot" || one === "expires_on")) return false;
      return one === "quantity" ? tracking !== "serial" || !line.quantity : line[one] === undefined;
    };
    return cells.slice(cells.indexOf(member) + 1).find(isBlank) ?? null;
  }
}
