// Keeping what is typed: in this browser 400 ms after the last key, on the server a few seconds later when it answers.

import { same } from "./merge.js";
import { call } from "./net.js";

const IDLE_MS = 400;
const APART_MS = 3_000;
const CONTENT = ["kind", "occurred_at", "counterparty", "order_number", "order_date", "reason", "to_depot", "consignment", "vehicle", "source_documents", "typed", "lines"];

/** Return the part of a draft that is the voucher, as the API takes it. */
export function content(/** @type {any} */ draft) {
  const given = { id: draft.id, depot: draft.depot, version: draft.version ?? 0, acknowledged: draft.acknowledged ?? [] };
  const said = Object.fromEntries(CONTENT.filter((name) => draft[name] !== undefined).map((name) => [name, draft[name]]));
  return { ...given, ...said };
}

const said = (/** @type {any} */ one) => Object.fromEntries(CONTENT.map((name) => [name, one?.[name]]));

/** Tell whether a draft says what the server was told last. */
export function isOnServer(/** @type {any} */ draft) {
  return Boolean(draft.base) && same(said(draft), said(draft.base));
}

export class Saver {
  #idle = 0;
  #later = 0;
  #lastPut = 0;
  /** @type {Promise<void> | null} */
  #putting = null;
  /** @type {Promise<any>} */
  #kept = Promise.resolve();
  #isPaused = false;

  /**
   * @param {{store: any, draft: () => any, onSaved: (where: "here" | "server" | "nowhere" | "not yet") => void,
   *   onBase: (voucher: any) => void, onConflict: (theirs: any) => void, onTaken: (draft: any) => void}} page
   *   onTaken: the outbox holds the draft, so it may not be written
   */
  constructor(page) {
    this.page = page;
    // The last moment a page is told of before it may vanish.
    addEventListener("pagehide", () => this.now());
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.now());
    addEventListener("online", () => this.#soon());
  }

  /** Something changed: keep it when the typing rests. */
  touch() {
    this.page.onSaved("not yet");
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.now(), IDLE_MS);
  }

  /** Keep it in this browser now; resolves when it is kept. */
  now() {
    if (!this.#idle) return this.#kept;
    clearTimeout(this.#idle);
    this.#idle = 0;
    this.#kept = this.#keep();
    return this.#kept;
  }

  /** Tell the server nothing until `resume`: a conflict is open, or the voucher is being sent. */
  pause() {
    this.#isPaused = true;
    clearTimeout(this.#later);
  }

  /** Resolve when no answer of the server is awaited any more: until then the version a voucher is based on may change. */
  async settled() {
    await this.#kept;
    await this.#putting;
  }

  /** Tell the server again. */
  resume() {
    this.#isPaused = false;
    this.#soon();
  }

  async #keep() {
    try {
      await this.page.store.drafts.put({ ...this.page.draft() });
      if (!this.#idle) this.page.onSaved("here");
      this.#soon();
    } catch (error) {
      if (/** @type {any} */ (error)?.name === "InOutbox") this.page.onTaken(/** @type {any} */ (error).draft);
      else this.page.onSaved("nowhere");
    }
  }

  #soon() {
    clearTimeout(this.#later);
    if (this.#isPaused) return;
    this.#later = setTimeout(() => this.#put(), Math.max(0, this.#lastPut + APART_MS - Date.now()));
  }

  #put() {
    if (this.#putting || this.#isPaused || isOnServer(this.page.draft())) return;
    this.#lastPut = Date.now();
    this.#putting = this.#tell().finally(() => {
      this.#putting = null;
    });
  }

  async #tell() {
    const draft = this.page.draft();
    const { status, body } = await call("PUT", `/depots/${encodeURIComponent(draft.depot)}/vouchers/${draft.id}`, content(draft), { quiet: true });
    if (status === 200 || status === 201) {
      this.page.onBase(body);
      // Compared with what was sent, not with the answer: the server may spell a thing in its own way.
      if (same(said(draft), said(this.page.draft()))) this.page.onSaved("server");
      else setTimeout(() => this.#soon());
    } else if (status === 409 && body?.theirs) this.page.onConflict(body.theirs);
  }
}
