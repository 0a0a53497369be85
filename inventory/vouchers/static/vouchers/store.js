// What this browser keeps: drafts not yet sent, the depot's catalogue, drafts thrown away. One database per login, so
// that whoever signs in next on the same machine neither sees nor sends them.

import { Database, answered } from "./database.js";

/**
 * A draft: a voucher as the API spells it, and what only this browser knows of it.
 * @typedef {object} Draft
 * @property {string} id the voucher's UUID, made here; sending is idempotent by it
 * @property {string} depot
 * @property {string} kind
 * @property {object[]} lines
 * @property {"local"|"queued"|"sending"|"attention"|"submitted"|"posted"} state
 * @property {object|null} problem the refusal (RFC 9457) that `attention` is about
 * @property {number} changed_at_ms
 * @property {number|null} queued_at_ms
 * @property {number} tries how often sending met a fault of the server's
 * @property {object|null} base the voucher as the server last gave it
 * @property {string[]} acknowledged the warnings that were read, as "code@line"
 */

/** The states in which the outbox alone writes a draft. */
export const IN_OUTBOX = new Set(["queued", "sending", "submitted", "posted"]);

/** Thrown by `drafts.put` for a draft that the outbox holds: take it back first. */
export class InOutbox extends Error {
  constructor(draft) {
    super(`Draft ${draft.id} is ${draft.state}.`);
    this.name = "InOutbox";
    this.draft = draft;
  }
}

const TRASH_DAYS = 30;

const blank = () => ({
  version: 0,
  lines: [],
  state: "local",
  problem: null,
  queued_at_ms: null,
  tries: 0,
  base: null,
  acknowledged: [],
});

export const STEPS = [
  (database) => {
    database.createObjectStore("drafts", { keyPath: "id" }).createIndex("depot", "depot");
    database.createObjectStore("catalogue", { keyPath: "depot" });
  },
  (database, transaction) => {
    database.createObjectStore("discarded", { keyPath: "id" });
    database.createObjectStore("leases", { keyPath: "name" });
    const walk = transaction.objectStore("drafts").openCursor();
    walk.onsuccess = () => {
      const cursor = walk.result;
      if (!cursor) return;
      cursor.update({ ...blank(), changed_at_ms: Date.now(), ...cursor.value });
      cursor.continue();
    };
  },
];

/** The database's name of one person. */
export const nameOf = (login) => `kho:${login}`;

class Store {
  #login;
  #database;
  #listeners = new Set();
  #channel = new BroadcastChannel("kho");

  constructor(login) {
    this.#login = login;
    this.#database = new Database(nameOf(login), STEPS);
    this.#channel.onmessage = ({ data }) => {
      if (data?.login === login) this.#tell(data);
    };
    this.drafts = {
      /** Resolve with one draft, or undefined. */
      get: (id) => this.#read("drafts", (drafts) => drafts.get(id)),
      /** Resolve with the drafts of a depot (of all depots without one), the oldest change first. */
      list: async (depot) => {
        const found = await this.#read("drafts", (drafts) =>
          depot === undefined ? drafts.getAll() : drafts.index("depot").getAll(depot),
        );
        return found.sort((one, other) => one.changed_at_ms - other.changed_at_ms);
      },
      /**
       * Keep what the person typed, and resolve with the draft as it is kept. Rejects with `InOutbox` when the outbox
       * holds it.
       */
      put: (draft) =>
        this.drafts.change(draft.id, (kept) => {
          if (kept && IN_OUTBOX.has(kept.state)) throw new InOutbox(kept);
          return { ...blank(), ...kept, ...draft };
        }),
      /**
       * Replace a draft by what `change(kept)` returns (null: remove it; undefined: leave it), in one transaction.
       * Resolves with what is kept then. An error thrown by `change` leaves everything as it was.
       */
      change: (id, change) => this.#change(id, change),
      /** Forget a draft. */
      remove: (id) => this.drafts.change(id, () => null),
    };
    this.catalogue = {
      /** Resolve with what was put for a depot, or undefined. */
      get: async (depot) => (await this.#read("catalogue", (catalogue) => catalogue.get(depot)))?.document,
      /** Keep a depot's catalogue. */
      put: (depot, document) => this.#write("catalogue", (catalogue) => catalogue.put({ depot, document })),
    };
    this.discarded = {
      /** Resolve with the drafts thrown away in the last 30 days, the latest first; older ones are forgotten. */
      list: async () => {
        const oldest = Date.now() - TRASH_DAYS * 86_400_000;
        const found = await this.#read("discarded", (discarded) => discarded.getAll());
        for (const one of found.filter(({ discarded_at_ms: at }) => at < oldest)) await this.discarded.remove(one.id);
        return found
          .filter(({ discarded_at_ms: at }) => at >= oldest)
          .sort((one, other) => other.discarded_at_ms - one.discarded_at_ms);
      },
      /** Move a draft here, with the reason it was given up for. Resolves with false when there is no such draft. */
      add: (id, reason) => this.#discard(id, reason),
      /** Bring a draft back, as a local one. Resolves with it, or undefined. */
      restore: (id) => this.#restore(id),
      /** Forget one for good. */
      remove: (id) => this.#write("discarded", (discarded) => discarded.delete(id)),
    };
  }

  /** Whose drafts these are. */
  get login() {
    return this.#login;
  }

  /** Call `listener({store, id, depot})` after every change here or in another tab; returns a function that ends it. */
  onChange(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Resolve with whether `owner` holds the lease `name` from now on for `ms`: it was free, run out, or theirs already.
   * For browsers without Web Locks, which plain http has none of.
   */
  async lease(name, owner, ms) {
    return this.#transact(["leases"], "readwrite", async (leases) => {
      const held = await answered(leases.get(name));
      if (held && held.owner !== owner && held.until_ms > Date.now()) return false;
      await answered(leases.put({ name, owner, until_ms: Date.now() + ms }));
      return true;
    });
  }

  // --- Inside --------------------------------------------------------------------------------------------------

  #transact(names, mode, work) {
    return this.#database.transact(names, mode, work);
  }

  #read(name, ask) {
    return this.#database.read(name, ask);
  }

  #write(name, act) {
    return this.#database.write(name, act);
  }

  async #change(id, change) {
    let before;
    let isChanged = true;
    const after = await this.#transact(["drafts"], "readwrite", async (drafts) => {
      before = await answered(drafts.get(id));
      const wanted = change(before);
      isChanged = wanted !== undefined;
      if (!isChanged) return before;
      if (wanted === null) {
        await answered(drafts.delete(id));
        return undefined;
      }
      const kept = { ...wanted, id, changed_at_ms: Date.now() };
      await answered(drafts.put(kept));
      return kept;
    });
    if (isChanged) this.#announce(id, (after ?? before)?.depot);
    return after;
  }

  async #discard(id, reason) {
    const draft = await this.#transact(["drafts", "discarded"], "readwrite", async (drafts, discarded) => {
      const kept = await answered(drafts.get(id));
      if (!kept) return undefined;
      await answered(discarded.put({ ...kept, reason_discarded: reason, discarded_at_ms: Date.now() }));
      await answered(drafts.delete(id));
      return kept;
    });
    if (draft) this.#announce(id, draft.depot);
    return Boolean(draft);
  }

  async #restore(id) {
    const draft = await this.#transact(["discarded", "drafts"], "readwrite", async (discarded, drafts) => {
      const found = await answered(discarded.get(id));
      if (!found) return undefined;
      const { reason_discarded: _reason, discarded_at_ms: _at, ...rest } = found;
      const restored = { ...rest, state: "local", problem: null, queued_at_ms: null, changed_at_ms: Date.now() };
      await answered(drafts.put(restored));
      await answered(discarded.delete(id));
      return restored;
    });
    if (draft) this.#announce(id, draft.depot);
    return draft;
  }

  #announce(id, depot) {
    const what = { login: this.#login, store: "drafts", id, depot };
    this.#tell(what);
    this.#channel.postMessage(what);
  }

  #tell(what) {
    for (const listener of this.#listeners) listener(what);
  }
}

const stores = new Map();

/**
 * Resolve with the store of one person, the same object for the same login within a page. Rejects when the browser
 * keeps nothing (storage forbidden or broken): then nothing typed survives the page, and the page must say so.
 */
export async function openStore(login) {
  if (!login) throw new TypeError("A store belongs to a person who signed in.");
  if (!stores.has(login)) stores.set(login, new Store(login));
  const store = stores.get(login);
  await store.drafts.get("");
  return store;
}
