// What this browser keeps of stocktakes: the sheets to count by, and the counts made here. One database per login.

import { Database, answered } from "../vouchers/database.js";

/**
 * A count as this device made it.
 * @typedef {object} Count
 * @property {string} key its UUID, made here; sending is idempotent by it
 * @property {string} stocktake
 * @property {string|null} line null: found, and not on the sheet
 * @property {{item: string, lot: string, expires_on: string|null, bin: string, grade: number, purpose: string}|null} pile of what was found
 * @property {string} quantity in the item's base unit
 * @property {{temperature: string, density: string}|null} [reading] of a liquid fuel: `quantity` is the litres observed then
 * @property {boolean} adds there is more of it than was counted before, instead of a number for all of it
 * @property {number} round
 * @property {string} counted_at RFC 3339, by the server's clock as far as this device knows it
 * @property {"waiting"|"sent"|"refused"} state
 * @property {{detail: string}|null} problem why it was refused
 */

const STEPS = [
  (database) => {
    database.createObjectStore("sheets", { keyPath: "stocktake" });
    database.createObjectStore("counts", { keyPath: "key" }).createIndex("stocktake", "stocktake");
  },
];

const inOrder = (/** @type {Count[]} */ counts) =>
  counts.sort((one, other) => one.counted_at.localeCompare(other.counted_at) || one.key.localeCompare(other.key));

/** The database's name of one person. */
export const nameOf = (login) => `kho-counts:${login}`;

/** The sheets and counts of one person on this device. Every call rejects where the browser keeps nothing. */
export class Kept {
  #database;
  #channel = new BroadcastChannel("kho-counts");

  /** @param {string} login */
  constructor(login) {
    this.login = login;
    this.#database = new Database(nameOf(login), STEPS);
  }

  /** Call `listener(stocktake)` after every change of counts in another tab. */
  onElsewhere(listener) {
    this.#channel.onmessage = ({ data }) => data?.login === this.login && listener(data.stocktake);
  }

  /** Resolve with {stocktake, document, offset_ms}, or undefined. */
  sheet(stocktake) {
    return this.#database.read("sheets", (sheets) => sheets.get(stocktake));
  }

  /** Keep a sheet, and how far this device's clock is from the server's. */
  keepSheet(stocktake, document, offsetMs) {
    return this.#database.write("sheets", (sheets) => sheets.put({ stocktake, document, offset_ms: offsetMs }));
  }

  /**
   * Resolve with the counts of a stocktake, in the order they were made.
   * @returns {Promise<Count[]>}
   */
  async counts(stocktake) {
    return inOrder(await this.#database.read("counts", (counts) => counts.index("stocktake").getAll(stocktake)));
  }

  /**
   * Resolve with the counts of every stocktake, in the order they were made.
   * @returns {Promise<Count[]>}
   */
  async all() {
    return inOrder(await this.#database.read("counts", (counts) => counts.getAll()));
  }

  /** Resolve with the stocktakes that counts wait for. */
  async waiting() {
    return [...new Set((await this.all()).filter(({ state }) => state === "waiting").map(({ stocktake }) => stocktake))];
  }

  /** Keep a count; resolves when it is on the disk. */
  async add(count) {
    await this.#database.write("counts", (counts) => counts.put(count));
    this.#channel.postMessage({ login: this.login, stocktake: count.stocktake });
  }

  /**
   * Replace counts by what `change(count)` returns (null: forget it; undefined: leave it), in one transaction.
   * @param {string} stocktake
   * @param {(count: Count) => Count|null|undefined} change
   */
  async change(stocktake, change) {
    let isChanged = false;
    await this.#database.transact(["counts"], "readwrite", async (counts) => {
      for (const count of await answered(counts.index("stocktake").getAll(stocktake))) {
        const wanted = change(count);
        if (wanted === undefined) continue;
        isChanged = true;
        await answered(wanted === null ? counts.delete(count.key) : counts.put(wanted));
      }
    });
    if (isChanged) this.#channel.postMessage({ login: this.login, stocktake });
  }
}
