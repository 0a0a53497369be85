// The sheet to count by: what is on it, what a scan or a word finds there, and what stands counted. Pure: no page here.

import { fold } from "../vouchers/catalogue.js";
import { compare, plus } from "../vouchers/decimal.js";

/**
 * A pile to count, as the API's sheet has it. `counts` are those the server knows, of the line's present round.
 * @typedef {object} Line
 * @property {string} id
 * @property {string} bin
 * @property {string} item
 * @property {string} lot
 * @property {string|null} expires_on
 * @property {number} grade
 * @property {string} purpose
 * @property {string} label the digits of our own label; "" where the lot has none
 * @property {number} round the one it is to be counted in
 * @property {string} recount_reason
 * @property {string|null} book what the books say; null when counting blind
 * @property {boolean} is_found counted, but not expected there
 * @property {any[]} counts
 */

/**
 * What stands counted of a line.
 * @typedef {object} Standing
 * @property {string|null} quantity null: not counted in this round, which is not the same as zero
 * @property {any[]} counts of this round, the earliest first
 * @property {any[]} conflict counts of somebody whose number another replaced by a different one, and what holds now
 */

const gtin14 = (/** @type {string} */ text) => (/^(\d{8}|\d{12,14})$/.test(text) ? text.padStart(14, "0") : null);

// As the server holds it (standing.py): the last number for all of a pile and what was added to it since.
const startOf = (/** @type {any[]} */ counts) => Math.max(0, counts.findLastIndex(({ adds }) => !adds));
const sum = (/** @type {any[]} */ counts) => counts.reduce((total, { quantity }) => plus(total, quantity), "0");
const ownSum = (/** @type {any[]} */ counts, /** @type {string} */ who) => {
  const own = counts.filter(({ by }) => by === who);
  return sum(own.slice(startOf(own)));
};

/** A sheet with the lines that changed put in; lines are never taken from a sheet. */
export function merged(/** @type {any} */ kept, /** @type {any} */ change) {
  if (!change.is_delta) return change;
  const put = (/** @type {any[]} */ old, /** @type {any[]} */ fresh, /** @type {string} */ key) => [
    ...new Map([...old, ...fresh].map((row) => [row[key], row])).values(),
  ];
  return { ...kept, ...change, is_delta: false, lines: put(kept.lines, change.lines, "id"), items: put(kept.items, change.items, "code") };
}

/** One stocktake's sheet, with the counts this device made laid over what the server knows. */
export class Sheet {
  #lines = new Map();
  #items = new Map();
  #bins = new Map();
  #codes = new Map();
  #own = new Map(); // line -> counts made here
  #standing = new Map();
  #hay = new Map();

  /**
   * @param {any} document the API's sheet
   * @param {import("./kept.js").Count[]} counts those made on this device
   * @param {{login: string, name: string}} me
   */
  constructor(document, counts, me) {
    this.document = document;
    this.#items = new Map(document.items.map((/** @type {any} */ item) => [item.code, item]));
    this.#bins = new Map(document.bins.map((/** @type {any} */ bin) => [bin.code, bin]));
    for (const item of document.items) {
      const known = { item, unit: null, packaging: null, lot: null };
      for (const key of [item.code.replaceAll("-", ""), item.nsn, gtin14(item.gtin)]) if (key) this.#codes.set(key, known);
      for (const packaging of item.packagings) {
        const key = gtin14(packaging.gtin);
        if (key) this.#codes.set(key, { item, unit: packaging.unit, packaging, lot: null });
      }
    }
    for (const line of document.lines) {
      this.#lines.set(line.id, line);
      if (!line.label) continue;
      const lot = line.lot ? { item: line.item, code: line.lot, expires_on: line.expires_on } : null;
      this.#codes.set(line.label, { item: this.#items.get(line.item), unit: null, packaging: null, lot });
    }
    const known = new Set(document.lines.flatMap((/** @type {Line} */ line) => line.counts.map(({ key }) => key)));
    for (const count of counts) {
      if (known.has(count.key) || count.state === "refused") continue;
      const id = count.line !== null && this.#lines.has(count.line) ? count.line : count.pile && this.#found(count);
      if (!id) continue;
      if (!this.#own.has(id)) this.#own.set(id, []);
      this.#own.get(id).push({ ...count, by: me.login, name: me.name, is_mine: true });
    }
    for (const line of this.#lines.values()) this.#standing.set(line.id, this.#weigh(line));
  }

  /** Every line, in the order of the walk: bin by bin. @returns {Line[]} */
  get lines() {
    return [...this.#lines.values()];
  }

  /** @param {string} id @returns {Line|undefined} */
  line(id) {
    return this.#lines.get(id);
  }

  /** The item of a code, or undefined. */
  item(/** @type {string} */ code) {
    return this.#items.get(code);
  }

  /** The bin of a code, or undefined. */
  bin(/** @type {string} */ code) {
    return this.#bins.get(code);
  }

  /** What a barcode, stock number, item code or label of ours names on this sheet, as `Catalogue.byBarcode` says it. */
  byBarcode(/** @type {string} */ text) {
    const key = text.replace(/[\s-]/g, "").toUpperCase();
    return this.#codes.get(gtin14(key) ?? key) ?? this.#codes.get(key) ?? null;
  }

  /**
   * Lines that a scan can mean: of its item, and of its lot where it names one.
   * @param {{item: string, lot: string|null}} scan
   */
  matching({ item, lot }) {
    return this.lines.filter((line) => line.item === item && (lot === null || line.lot === lot));
  }

  /** Lines whose item, lot or bin has every word of `text`, whatever its marks. */
  search(/** @type {string} */ text) {
    const words = fold(text.trim()).split(/\s+/).filter(Boolean);
    if (words.length === 0) return [];
    return this.lines.filter((line) => words.every((word) => this.#haystack(line).includes(word)));
  }

  /** @param {string} id @returns {Standing} */
  standing(id) {
    return this.#standing.get(id) ?? { quantity: null, counts: [], conflict: [] };
  }

  /** Whether a line has a number in the round it is to be counted in. */
  isDone(/** @type {Line} */ line) {
    return this.standing(line.id).quantity !== null;
  }

  /** How far the counting is: lines expected here and counted, lines two people disagree on, lines to count again. */
  get progress() {
    const lines = this.lines;
    return {
      total: lines.length,
      done: lines.filter((line) => this.isDone(line)).length,
      conflicts: lines.filter((line) => this.standing(line.id).conflict.length > 0).length,
      again: lines.filter((line) => line.round > 1 && !this.isDone(line)).length,
    };
  }

  /** The line after `id` that has no number yet, walking round the sheet; undefined when all have one. */
  next(/** @type {string|undefined} */ id) {
    const lines = this.lines;
    const at = lines.findIndex((line) => line.id === id);
    return [...lines.slice(at + 1), ...lines.slice(0, at + 1)].find((line) => line.id !== id && !this.isDone(line));
  }

  /** The line of a count of goods that were not on the sheet: one that has it by now, or one made up here. */
  #found(/** @type {import("./kept.js").Count} */ count) {
    const pile = /** @type {NonNullable<typeof count.pile>} */ (count.pile);
    const same = this.lines.find(
      (line) => line.item === pile.item && line.lot === pile.lot && line.bin === pile.bin && line.grade === pile.grade && line.purpose === pile.purpose,
    );
    if (same) return same.id;
    const line = { ...pile, id: `found:${count.key}`, label: "", round: 1, recount_reason: "", book: null, is_found: true, counts: [] };
    this.#lines.set(line.id, line);
    return line.id;
  }

  /** @param {Line} line @returns {Standing} */
  #weigh(line) {
    const counts = [...line.counts, ...(this.#own.get(line.id) ?? [])]
      .filter((count) => (count.round ?? line.round) === line.round)
      .sort((one, other) => Date.parse(one.counted_at) - Date.parse(other.counted_at) || one.key.localeCompare(other.key));
    if (counts.length === 0) return { quantity: null, counts, conflict: [] };
    const holding = counts.slice(startOf(counts));
    const quantity = sum(holding);
    const replaced = counts.slice(0, startOf(counts));
    const torn = new Set(
      replaced.filter(({ by }) => !holding.some((count) => count.by === by) && compare(ownSum(replaced, by), quantity) !== 0).map(({ by }) => by),
    );
    return { quantity, counts, conflict: torn.size > 0 ? [...replaced.filter(({ by }) => torn.has(by)), ...holding] : [] };
  }

  #haystack(/** @type {Line} */ line) {
    let hay = this.#hay.get(line.id);
    if (hay === undefined) {
      const item = this.item(line.item) ?? {};
      hay = fold([item.name, item.code, item.name_en, item.specification, item.old_names, item.external_code, item.nsn, item.gtin, line.lot, line.bin].join("\n"));
      this.#hay.set(line.id, hay);
    }
    return hay;
  }
}
