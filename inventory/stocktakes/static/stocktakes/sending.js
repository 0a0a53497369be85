// Counts on their way to the server: each exactly once by its key, whatever the network does, as soon as there is one.

import { call, signIn } from "../vouchers/net.js";

const AT_ONCE = 50;
const SHORTEST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 300_000;

/** Return where the API has a stocktake. */
export const pathOf = (/** @type {string} */ stocktake) => `/stocktakes/${encodeURIComponent(stocktake)}`;

/** Sends what waits on this device, of every stocktake, and keeps trying. */
export class Sender {
  #timer = 0;
  #failures = 0;
  /** @type {Promise<void>|null} */
  #running = null;
  #isAskedAgain = false;
  #size = AT_ONCE;

  isOffline = false;
  isSignedOut = false;

  /**
   * @param {import("./kept.js").Kept} kept
   * @param {{onSent: (stocktake: string) => void, onState: () => void, clock: import("./clock.js").Clock,
   *   onStart: (stocktake: string) => Promise<void>, onOdd?: (stocktake: string, line: string, words: string) => void}} page
   *   onOdd: what to look at again of a line's count that was kept, "" for nothing; onSent: some counts of a stocktake were answered; onStart: they are about to go, so that the clock may be put right
   */
  constructor(kept, page) {
    this.kept = kept;
    this.page = page;
    addEventListener("online", () => {
      this.#failures = 0;
      this.flush();
    });
    addEventListener("offline", () => {
      this.isOffline = true;
      this.page.onState();
    });
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.flush());
  }

  /**
   * Send everything that waits; resolves when this try is over. With `isAsked` an ended session opens the sign-in
   * dialog; on its own it never interrupts whoever is counting.
   */
  flush({ isAsked = false } = {}) {
    if (this.#running) {
      this.#isAskedAgain = true;
      return this.#running;
    }
    this.#running = this.#round(isAsked)
      .catch(() => this.#later()) // storage failed under us
      .finally(() => {
        this.#running = null;
        this.page.onState();
        if (!this.#isAskedAgain) return;
        this.#isAskedAgain = false;
        this.flush();
      });
    return this.#running;
  }

  async #round(/** @type {boolean} */ isAsked) {
    clearTimeout(this.#timer);
    this.isSignedOut = false;
    this.#size = AT_ONCE;
    for (const stocktake of await this.kept.waiting()) {
      await this.page.onStart(stocktake);
      for (;;) {
        const counts = (await this.kept.counts(stocktake)).filter(({ state }) => state === "waiting").slice(0, this.#size);
        if (counts.length === 0) break; // of this stocktake
        const isDone = await this.#send(stocktake, counts, isAsked);
        this.page.onSent(stocktake);
        if (!isDone) return;
      }
    }
  }

  /** Send some counts; resolves with whether to go on. */
  async #send(/** @type {string} */ stocktake, /** @type {import("./kept.js").Count[]} */ counts, /** @type {boolean} */ isAsked) {
    const told = counts.map(({ key, line, pile, quantity, reading, adds, round, counted_at }) => ({ key, line, ...(line ? {} : pile), quantity, ...reading, adds, round, counted_at }));
    const body = { sent_at: this.page.clock.now(), counts: told };
    const answer = await call("POST", `${pathOf(stocktake)}/counts`, body, { quiet: true });
    this.isOffline = answer.isOffline;
    if (answer.status === 200 && Array.isArray(answer.body?.counts)) {
      this.#failures = 0;
      const said = new Map(answer.body.counts.map((/** @type {any} */ one) => [one.key, one]));
      await this.kept.change(stocktake, (count) => {
        const one = said.get(count.key);
        if (!one || count.state !== "waiting") return undefined;
        if (one.state === "kept") this.page.onOdd?.(stocktake, one.line ?? count.line, one.warning?.detail ?? "");
        if (one.state === "refused") return { ...count, state: "refused", problem: one.problem };
        return { ...count, state: "sent", line: one.line ?? count.line };
      });
      return true;
    }
    if (answer.status === 401 || answer.body?.type === "/problems/cross-site") {
      this.isSignedOut = true;
      if (isAsked && (await signIn())) this.#isAskedAgain = true;
      return false;
    }
    // One count that cannot be read must not hold up the others: they go one by one, until it is found.
    if ([400, 413, 422].includes(answer.status) && counts.length > 1) {
      this.#size = 1;
      return true;
    }
    // The stocktake is closed, or the person may count no more: what was counted stays here, with the reason.
    if ([400, 403, 404, 409, 410, 413, 422].includes(answer.status) && answer.body?.detail) {
      const keys = new Set(counts.map(({ key }) => key));
      await this.kept.change(stocktake, (count) => (keys.has(count.key) ? { ...count, state: "refused", problem: { detail: answer.body.detail } } : undefined));
      return true;
    }
    this.#later(answer.retryAfterMs);
    return false;
  }

  #later(/** @type {number|null} */ askedMs = null) {
    this.#failures += 1;
    const grown = Math.min(LONGEST_WAIT_MS, SHORTEST_WAIT_MS * 2 ** Math.min(this.#failures - 1, 10));
    // Jitter: a depot's phones do not all come back in the same second.
    const waitMs = Math.max(askedMs ?? 0, grown * (0.5 + Math.random() / 2));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), waitMs);
  }
}
