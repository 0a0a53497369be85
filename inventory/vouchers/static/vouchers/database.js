// One person's database in this browser: opened when first asked, upgraded step by step, let go for newer pages.

/** Resolve with what an IndexedDB request finds; reject with its error. */
export const answered = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function open(name, steps, version) {
  const request = indexedDB.open(name, version);
  request.onupgradeneeded = (event) => {
    for (const step of steps.slice(event.oldVersion)) step(request.result, request.transaction);
  };
  return answered(request);
}

/**
 * A database of `steps`, one per version, in order, never edited once released: a browser that was away for a year
 * takes every step it missed, and none of them may throw away what a person typed. Later steps only add, so that a tab
 * with older code goes on working.
 */
export class Database {
  #name;
  #steps;
  #connection = null;

  /** @param {string} name @param {((database: IDBDatabase, transaction: IDBTransaction) => void)[]} steps */
  constructor(name, steps) {
    this.#name = name;
    this.#steps = steps;
  }

  /** Close it; the next call opens it again. */
  close() {
    this.#connection?.then((database) => database.close());
    this.#connection = null;
  }

  /**
   * Resolve with what `work(...stores)` resolves with, once it is on the disk. An error thrown by `work` leaves
   * everything as it was.
   * @param {string[]} names
   * @param {"readonly"|"readwrite"} mode
   * @param {(...stores: IDBObjectStore[]) => any} work
   */
  async transact(names, mode, work, isSecondTry = false) {
    const database = await this.#connected();
    let transaction;
    try {
      // Strict: what was kept must survive the power cut that follows.
      transaction = database.transaction(names, mode, mode === "readwrite" ? { durability: "strict" } : {});
    } catch (error) {
      if (error?.name !== "InvalidStateError" || isSecondTry) throw error;
      this.#connection = null; // closed for an upgrade in another tab, between two calls
      return this.transact(names, mode, work, true);
    }
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new DOMException("Aborted", "AbortError"));
    });
    done.catch(() => {}); // told below, unless `work` failed first
    let result;
    try {
      result = await work(...names.map((name) => transaction.objectStore(name)));
    } catch (error) {
      try {
        transaction.abort();
      } catch {
        // it has ended already
      }
      throw error;
    }
    await done;
    return result;
  }

  /** Resolve with what `ask(store)` finds. */
  read(name, ask) {
    return this.transact([name], "readonly", (store) => answered(ask(store)));
  }

  /** Resolve when what `act(store)` writes is on the disk. */
  write(name, act) {
    return this.transact([name], "readwrite", (store) => answered(act(store)));
  }

  #connected() {
    this.#connection ??= this.#open().catch((error) => {
      this.#connection = null;
      throw error;
    });
    return this.#connection;
  }

  async #open() {
    let database;
    try {
      database = await open(this.#name, this.#steps, this.#steps.length);
    } catch (error) {
      // A newer page of ours has been here; steps only add, so what this page needs is still there.
      if (error?.name !== "VersionError") throw error;
      database = await open(this.#name, this.#steps);
    }
    // A tab with newer code waits for this; the next call here opens the upgraded database.
    database.onversionchange = () => this.close();
    database.onclose = () => (this.#connection = null);
    return database;
  }
}
