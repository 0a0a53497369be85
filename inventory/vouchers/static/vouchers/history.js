// Taking back: what was typed into one cell, step by step, and what was done to whole lines.

const STEPS = 50;

/** The texts one cell had before, per cell; composing a letter is one step, not one per key. */
export class CellHistory {
  /** @type {Map<string, {past: string[], future: string[], now: string}>} */
  #cells = new Map();

  /** Remember what stands in a cell before anybody types. */
  enter(/** @type {string} */ cell, /** @type {string} */ text) {
    const known = this.#cells.get(cell);
    if (!known) this.#cells.set(cell, { past: [], future: [], now: text });
    else if (known.now !== text) this.note(cell, text);
  }

  /** Remember a new text of a cell. */
  note(/** @type {string} */ cell, /** @type {string} */ text) {
    const known = this.#cells.get(cell) ?? { past: [], future: [], now: "" };
    if (known.now === text) return;
    known.past = [...known.past, known.now].slice(-STEPS);
    known.future = [];
    known.now = text;
    this.#cells.set(cell, known);
  }

  /** Return the cell's text one step back (or forward), null when there is none. */
  step(/** @type {string} */ cell, /** @type {"past" | "future"} */ way) {
    const known = this.#cells.get(cell);
    const text = known?.[way].pop();
    if (!known || text === undefined) return null;
    known[way === "past" ? "future" : "past"].push(known.now);
    known.now = text;
    return text;
  }
}

/**
 * @typedef {import("./cells.js").Line} Line
 * @typedef {{what: string, before: Line[], after: Line[]}} Deed
 */

/** What was done to whole lines: scanned, pasted, removed, received. Lines are never changed in place, so a list of them is a picture. */
export class Deeds {
  /** @type {Deed[]} */
  #done = [];

  /** Remember a deed by the lines before and after it. */
  note(/** @type {string} */ what, /** @type {Line[]} */ before, /** @type {Line[]} */ after) {
    this.#done = [...this.#done, { what, before, after }].slice(-STEPS);
  }

  /** What would be taken back next, in words; "" for nothing. */
  get last() {
    return this.#done.at(-1)?.what ?? "";
  }

  /** Forget everything. */
  clear() {
    this.#done = [];
  }

  /**
   * Return the lines with the last deed taken back; null when there is none. Lines it did not touch stay as they are now.
   * @param {Line[]} now
   * @returns {Line[] | null}
   */
  takeBack(now) {
    const deed = this.#done.pop();
    if (!deed) return null;
    const before = new Map(deed.before.map((line) => [line.id, line]));
    const after = new Map(deed.after.map((line) => [line.id, line]));
    const touched = (/** @type {string} */ id) => before.get(id) !== after.get(id);
    const kept = now.flatMap((line) => {
      if (!touched(line.id)) return [line];
      const old = before.get(line.id);
      return old ? [old] : [];
    });
    const standing = new Set(kept.map((line) => line.id));
    deed.before.forEach((line, index) => {
      if (touched(line.id) && !standing.has(line.id)) kept.splice(Math.min(index, kept.length), 0, line);
    });
    return kept;
  }
}
