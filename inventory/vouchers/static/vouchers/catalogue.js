// A depot's catalogue in this browser: its items, lots, bins and codes, looked up without a network, kept up to date by
// what changed. Never more than the one depot's.

import { call, pageLogin } from "./net.js";
import { openStore } from "./store.js";

const WHOLE_AGAIN_MS = 7 * 86_400_000; // what left the road for elsewhere is forgotten then
const SYNC_AGAIN_MS = 60_000;
const FIRST_TIME_OUT_MS = 120_000; // a big depot's first catalogue over a thin line
const MOST_FOUND = 20;

/** Fold a text for searching: lower case, no marks, đ as d; hoà and hòa fold alike. The server's twin: search.fold. */
export const fold = (text) =>
  text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replace(/[đð]/g, "d").normalize("NFC");

/** The 14 digits of a GTIN of any length, or null for what has no GTIN's length. */
const gtin14 = (text) => (/^(\d{8}|\d{12,14})$/.test(text) ? text.padStart(14, "0") : null);

/** A catalogue document with what changed put in and what is gone taken out. */
export function merged(kept, change) {
  const put = (old, fresh, keyOf, gone) => {
    const rows = new Map(old.map((row) => [keyOf(row), row]));
    for (const key of gone) rows.delete(key);
    for (const row of fresh) rows.set(keyOf(row), row);
    return [...rows.values()];
  };
  const byCode = ({ code }) => code;
  const byLot = ({ item, code }) => `${item}\n${code}`;
  const { removed } = change;
  const isGone = new Set(removed.items);
  return {
    ...change,
    items: put(kept.items, change.items, byCode, removed.items),
    lots: put(kept.lots, change.lots, byLot, removed.lots.map(byLot)).filter(({ item }) => !isGone.has(item)),
    bins: put(kept.bins, change.bins, byCode, removed.bins),
    depots: put(kept.depots, change.depots, byCode, removed.depots),
  };
}

const EMPTY = { items: [], lots: [], bins: [], units: [], grades: [], purposes: [], policies: {}, depots: [], is_exercise: false, name: "" };

/** One depot's catalogue. What it answers are the records of the API's `GET /depots/{depot}/catalogue`. */
export class Catalogue {
  #depot;
  #store;
  #record = null; // {document, synced_at_ms, whole_at_ms, etag, etag_since}
  #listeners = new Set();
  #syncing = null;

  constructor(depot, store) {
    this.#depot = depot;
    this.#store = store;
    this.#use(null);
  }

  /** Whether nothing of the depot is known yet. */
  get isEmpty() {
    return this.#record === null;
  }

  /** When what is here was last confirmed by the server, in milliseconds since 1970; null for never. */
  get syncedAt() {
    return this.#record?.synced_at_ms ?? null;
  }

  get name() {
    return this.#document.name;
  }

  get isExercise() {
    return this.#document.is_exercise;
  }

  get bins() {
    return this.#document.bins;
  }

  get units() {
    return this.#document.units;
  }

  get grades() {
    return this.#document.grades;
  }

  get purposes() {
    return this.#document.purposes;
  }

  get policies() {
    return this.#document.policies;
  }

  /** The depots that stock may be sent to. */
  get depots() {
    return this.#document.depots;
  }

  /** The item of a code, or undefined. */
  item(code) {
    return this.#items.get(code) ?? this.#beyond.get(code);
  }

  /** The bin of a code, or undefined. */
  bin(code) {
    return this.#bins.get(code);
  }

  /** The lots of an item in stock or on the road here, first expired first. */
  lots(itemCode) {
    return this.#lots.get(itemCode) ?? [];
  }

  /**
   * What a barcode, stock number, item code or label of ours names: {item, unit, packaging, lot}, or null. `unit` is
   * the package's that the barcode stands on, null for the base unit; `lot` only for a label.
   */
  byBarcode(text) {
    const key = text.replace(/[\s-]/g, "").toUpperCase();
    return this.#barcodes.get(gtin14(key) ?? key) ?? this.#barcodes.get(key) ?? null;
  }

  /**
   * Items in use whose code, names, older names, stock number or barcode have every word of `text`, whatever its marks:
   * those that start with it first; at most 20.
   */
  search(text) {
    const wanted = fold(text.trim());
    if (!wanted) return [];
    const words = wanted.split(/\s+/);
    const found = [];
    for (const [item, hay] of this.#haystack) {
      if (!words.every((word) => hay.includes(word))) continue;
      const starts = hay.startsWith(wanted) ? 0 : hay.includes(`\n${wanted}`) ? 1 : hay.includes(` ${words[0]}`) || hay.includes(`\n${words[0]}`) ? 2 : 3;
      found.push([starts, item]);
    }
    return found.sort(([one], [other]) => one - other).slice(0, MOST_FOUND).map(([, item]) => item);
  }

  /**
   * Ask the server for items in use that this depot never held, by the same words; resolves with those not here, none
   * without a network. `item(code)` knows them from then on, and `keep(code)` keeps one for good.
   */
  async searchBeyond(text) {
    if (text.trim().length < 2) return [];
    const asked = `/depots/${encodeURIComponent(this.#depot)}/catalogue/items?text=${encodeURIComponent(text.trim().slice(0, 120))}`;
    const { status, body } = await call("GET", asked, undefined, { quiet: true });
    const found = status === 200 ? body.items.filter(({ code }) => !this.#items.has(code)) : [];
    for (const item of found) this.#beyond.set(item.code, item);
    return found;
  }

  /** Keep an item that `searchBeyond` found, now that somebody chose it; resolves when it is kept. */
  async keep(code) {
    const item = this.#beyond.get(code);
    if (item) await this.learn(item);
  }

  /** Call `listener()` whenever what is here changed; returns a function that ends it. */
  onChange(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Read what this browser kept; resolves with this. */
  async load() {
    this.#use((await this.#store?.catalogue.get(this.#depot)) ?? null);
    return this;
  }

  /** Take in an item that this depot never held, as `GET /codes` describes it; resolves when it is kept. */
  async learn(item) {
    if (this.#record === null) return;
    const { document } = this.#record;
    const items = [...document.items.filter(({ code }) => code !== item.code), item];
    await this.#keep({ ...this.#record, document: { ...document, items } }, true);
  }

  /** Ask the server for what changed; resolves with whether what is here is up to date now. */
  sync() {
    this.#syncing ??= this.#sync().finally(() => (this.#syncing = null));
    return this.#syncing;
  }

  // --- Inside --------------------------------------------------------------------------------------------------

  #document = EMPTY;
  #items = new Map();
  #beyond = new Map(); // found on the server, chosen by nobody yet
  #bins = new Map();
  #lots = new Map();
  #barcodes = new Map();
  #haystack = [];

  async #sync(isWhole = false) {
    const kept = this.#record;
    const since = kept && !isWhole && Date.now() - kept.whole_at_ms < WHOLE_AGAIN_MS ? kept.document.at : null;
    const path = `/depots/${encodeURIComponent(this.#depot)}/catalogue${since ? `?updated_since=${encodeURIComponent(since)}` : ""}`;
    const etag = kept && kept.etag_since === since ? kept.etag : undefined;
    const answer = await call("GET", path, undefined, { etag, quiet: true, timeoutMs: since ? undefined : FIRST_TIME_OUT_MS });
    if (answer.status === 304) {
      await this.#keep({ ...kept, synced_at_ms: Date.now() }, false);
      return true;
    }
    if (answer.status !== 200 || answer.body?.depot !== this.#depot) return false;
    const change = answer.body;
    const stamp = { synced_at_ms: Date.now(), etag: answer.etag, etag_since: since };
    if (!change.is_delta) {
      await this.#keep({ document: change, ...stamp, whole_at_ms: Date.now() }, true);
      return true;
    }
    if (change.basis !== kept.document.basis) return this.#sync(true);
    const { removed } = change;
    const isQuiet = ![change.items, change.lots, change.bins, change.depots, removed.items, removed.lots, removed.bins, removed.depots].some((rows) => rows.length);
    const document = merged(kept.document, change);
    // While nothing changes the question stays the same, so that its answer can be 304.
    if (isQuiet) document.at = kept.document.at;
    await this.#keep({ document, ...stamp, whole_at_ms: kept.whole_at_ms }, true);
    return true;
  }

  async #keep(record, isNew) {
    if (isNew) this.#use(record);
    else this.#record = record;
    await this.#store?.catalogue.put(this.#depot, record).catch(() => {}); // a full disk: it is here until the page goes
    if (isNew) for (const listener of this.#listeners) listener();
  }

  #use(record) {
    this.#record = record;
    const document = record?.document ?? EMPTY;
    this.#document = document;
    this.#items = new Map(document.items.map((item) => [item.code, item]));
    this.#bins = new Map(document.bins.map((bin) => [bin.code, bin]));
    this.#lots = new Map();
    this.#barcodes = new Map();
    for (const item of document.items) {
      const known = { item, unit: null, packaging: null, lot: null };
      for (const key of [item.code.replaceAll("-", ""), item.nsn]) if (key) this.#barcodes.set(key, known);
      for (const packaging of item.packagings) {
        const key = gtin14(packaging.gtin);
        if (key) this.#barcodes.set(key, { item, unit: packaging.unit, packaging, lot: null });
      }
      const key = gtin14(item.gtin);
      if (key) this.#barcodes.set(key, known);
    }
    for (const lot of document.lots) {
      const item = this.#items.get(lot.item);
      if (!item) continue;
      this.#barcodes.set(lot.label, { item, unit: null, packaging: null, lot: lot.code ? lot : null });
      if (!lot.code) continue;
      if (!this.#lots.has(lot.item)) this.#lots.set(lot.item, []);
      this.#lots.get(lot.item).push(lot);
    }
    for (const lots of this.#lots.values()) {
      lots.sort((one, other) => (one.expires_on ?? "9999").localeCompare(other.expires_on ?? "9999") || one.code.localeCompare(other.code));
    }
    this.#haystack = document.items
      .filter((item) => item.is_active)
      .map((item) => [
        item,
        fold([item.name, item.code, item.name_en, item.specification, item.old_names, item.external_code, item.nsn, item.gtin].join("\n")),
      ]);
  }
}

const opened = new Map();

/**
 * Resolve with a depot's catalogue as this browser keeps it, and bring it up to date behind the scenes. Where nothing
 * is kept yet, it is asked for first; without a network it then `isEmpty`. The same object within a page.
 * @returns {Promise<Catalogue>}
 */
export function openCatalogue(depot) {
  if (!opened.has(depot)) opened.set(depot, open(depot));
  return opened.get(depot);
}

async function open(depot) {
  const store = await openStore(pageLogin()).catch(() => null); // nothing is kept: it works while there is a network
  const catalogue = await new Catalogue(depot, store).load().catch(() => new Catalogue(depot, null));
  if (catalogue.isEmpty) await catalogue.sync();
  else if (Date.now() - catalogue.syncedAt > SYNC_AGAIN_MS) catalogue.sync();
  addEventListener("online", () => catalogue.sync());
  return catalogue;
}
