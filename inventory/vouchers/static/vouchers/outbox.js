// The outbox: vouchers that wait to be sent, sent one after another, each exactly once whatever the network does. The
// voucher's id is its idempotency key, so sending again after a lost answer finds what was posted. Runs on every page.

import { call, pageLogin, signIn } from "./net.js";
import { openStore } from "./store.js";

/** @typedef {import("./store.js").Draft} Draft */

/**
 * What the outbox is doing.
 * @typedef {object} Outbox
 * @property {Draft[]} drafts all drafts of this person in this browser, in the order they were queued
 * @property {number} waiting how many wait to be sent, or are being sent
 * @property {number} attention how many were refused
 * @property {boolean} isSending
 * @property {boolean} isOffline the last try got no answer
 * @property {boolean} isSignedOut nothing can be sent before the person signs in again
 * @property {number|null} nextTryAt milliseconds since 1970
 * @property {boolean} isBroken this browser keeps nothing: what is typed does not survive the page
 */

/** Members of a voucher that the API reads; the rest of a draft is the browser's own. */
const TOLD = [
  "id", "depot", "kind", "version", "occurred_at", "counterparty", "order_number", "order_date", "reason", "to_depot",
  "consignment", "vehicle", "source_documents", "reverses", "reverse_lines", "lines", "typed", "acknowledged",
];
const SEND_TIME_OUT_MS = 60_000;
const SHORTEST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 300_000;
const MOST_TRIES = 5; // of a voucher that the server breaks over, before a person has to look at it
const KEPT_SENT_MS = 7 * 86_400_000;
const LEASE_MS = 2 * SEND_TIME_OUT_MS;
const FILE_FORMAT = "kho-outbox";

const login = pageLogin();
const listeners = new Set();
const me = Math.random().toString(36).slice(2); // names this tab to the others, where there are no Web Locks
const now = { isSending: false, isOffline: false, isSignedOut: false, nextTryAt: null, isBroken: false };
let timer = 0;
let failures = 0;
let notBefore = 0; // the server asked to be left alone until then
let flushing = null;
let isAskedAgain = false;

const store = () => openStore(login);

// --- State --------------------------------------------------------------------------------------------------------

/** Resolve with what the outbox holds and does now. */
export async function outbox() {
  let drafts = [];
  try {
    drafts = await (await store()).drafts.list();
    now.isBroken = false;
  } catch {
    now.isBroken = true;
  }
  drafts.sort((one, other) => (one.queued_at_ms ?? Infinity) - (other.queued_at_ms ?? Infinity) || one.changed_at_ms - other.changed_at_ms);
  return {
    ...now,
    drafts,
    waiting: drafts.filter(({ state }) => state === "queued" || state === "sending").length,
    attention: drafts.filter(({ state }) => state === "attention").length,
  };
}

let isTelling = false;

async function tell() {
  if (isTelling) return; // the changes of one moment are told once
  isTelling = true;
  await Promise.resolve();
  isTelling = false;
  const state = await outbox();
  for (const listener of listeners) listener(state);
}

/**
 * Call `listener(outbox)` now and after every change, in this tab or another; returns a function that ends it.
 * @param {(outbox: Outbox) => void} listener
 */
export function subscribe(listener) {
  listeners.add(listener);
  outbox().then((state) => listeners.has(listener) && listener(state));
  return () => listeners.delete(listener);
}

// --- What a person does -------------------------------------------------------------------------------------------

/**
 * Put a draft into the outbox and try to send it now. Resolves with the draft when this try is over: posted, submitted,
 * in need of attention, or still queued. Rejects with NotFoundError when there is no such draft.
 */
export async function send(id) {
  const drafts = (await store()).drafts;
  const queued = await drafts.change(id, (kept) => {
    if (!kept) throw new DOMException(`There is no draft ${id}.`, "NotFoundError");
    if (kept.state !== "local" && kept.state !== "attention") return undefined;
    return { ...kept, state: "queued", problem: null, tries: 0, queued_at_ms: Date.now() };
  });
  if (queued.state !== "queued") return queued;
  // Asked once a voucher waits: the browser may then not throw it away when the disk gets full.
  navigator.storage?.persist?.().catch(() => {});
  await flush({ isAsked: true });
  return drafts.get(id);
}

/** Send what waits, one refused voucher more (`id`), now. */
export async function retry(id) {
  if (id !== undefined) return send(id);
  await flush({ isAsked: true });
  return undefined;
}

/**
 * Take a voucher out of the outbox, to be edited: it is local again. One that was sent without an answer is looked up
 * first, because it may have arrived. Resolves with the draft; its state is not `local` where it is too late.
 */
export async function takeBack(id) {
  const drafts = (await store()).drafts;
  const kept = await drafts.get(id);
  if (!kept) return undefined;
  if (kept.may_have_arrived) {
    const there = await serverVoucher(kept);
    if (there && isTaken(there)) return drafts.change(id, (draft) => draft && settled(draft, there));
  }
  return drafts.change(id, (draft) => {
    if (draft?.state !== "queued" && draft?.state !== "attention") return undefined;
    return { ...draft, state: "local", problem: null, queued_at_ms: null, tries: 0 };
  });
}

/**
 * Give a draft up, for a reason; it can be restored here for 30 days. What the server has of it is cancelled. Resolves
 * with null when done, or with the problem (RFC 9457) that stood against it.
 */
export async function discard(id, reason) {
  const kept = await (await store()).drafts.get(id);
  if (!kept) return null;
  if (kept.state === "sending") return { title: gettext("It is being sent just now. Wait a moment.") };
  if (kept.state !== "submitted" && kept.state !== "posted" && (kept.may_have_arrived || kept.version > 0)) {
    const { status, body } = await call("POST", `${pathOf(kept)}/cancellation`, { reason });
    const isGone = status === 404 || body?.status === "cancelled";
    if (status === 0) return { title: gettext("No network"), detail: gettext("The server may have this voucher: giving it up needs the network.") };
    if (status >= 400 && !isGone) {
      const there = await serverVoucher(kept);
      if (there && isTaken(there)) await (await store()).drafts.change(id, (draft) => draft && settled(draft, there));
      return body ?? { title: gettext("The server refused"), status };
    }
  }
  await (await store()).discarded.add(id, reason);
  return null;
}

/** Bring back a draft that was given up; resolves with it. It is a new voucher, because the old one was cancelled. */
export async function restore(id) {
  const { drafts, discarded } = await store();
  const found = (await discarded.list()).find((one) => one.id === id);
  if (!found) return undefined;
  if (!found.may_have_arrived && !(found.version > 0)) return discarded.restore(id);
  const { reason_discarded: _reason, discarded_at_ms: _at, may_have_arrived: _arrived, ...rest } = found;
  const again = { ...rest, id: newId(), version: 0, base: null, state: "local", problem: null, queued_at_ms: null, tries: 0 };
  await drafts.put(again);
  await discarded.remove(id);
  return again;
}

/** Return a new voucher id (UUID version 4), also over plain http, where `crypto.randomUUID` is missing. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

// --- A file to be safe --------------------------------------------------------------------------------------------

/** Save every draft not yet sent to a file the person keeps; resolves with how many there were. */
export async function saveFile() {
  const drafts = (await outbox()).drafts.filter(({ state }) => state !== "posted" && state !== "submitted");
  const saved = new Date();
  const text = JSON.stringify({ format: FILE_FORMAT, version: 1, login, saved_at: saved.toISOString(), drafts }, null, 1);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = `kho-${login}-${saved.toISOString().slice(0, 16).replace(/[-:]/g, "").replace("T", "-")}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  return drafts.length;
}

/**
 * Take the drafts of such a file in. One that is here already stays as it is when it is newer or in the outbox.
 * Resolves with {taken, kept}; rejects with an Error whose message says what is wrong with the file.
 * @param {Blob} file
 */
export async function loadFile(file) {
  let document;
  try {
    document = JSON.parse(await file.text());
  } catch {
    throw new Error(gettext("This is no file of saved drafts: it cannot be read."));
  }
  const isOurs = document?.format === FILE_FORMAT && document.version === 1 && Array.isArray(document.drafts);
  const isWhole = isOurs && document.drafts.every((one) => isId(one?.id) && typeof one.depot === "string" && Array.isArray(one.lines));
  if (!isWhole) throw new Error(gettext("This is no file of saved drafts."));
  if (document.login !== login) {
    throw new Error(interpolate(gettext("These drafts are %s's: only they can load them."), [document.login]));
  }
  const { drafts } = await store();
  let taken = 0;
  for (const one of document.drafts) {
    const state = one.state === "sending" || one.state === "queued" ? "queued" : one.state === "attention" ? "attention" : "local";
    await drafts.change(one.id, (kept) => {
      if (kept && (kept.state !== "local" || kept.changed_at_ms >= one.changed_at_ms)) return undefined;
      taken += 1;
      // Nobody knows how far it got after the file was saved.
      return { ...one, state, may_have_arrived: true };
    });
  }
  flush({});
  return { taken, kept: document.drafts.length - taken };
}

const isId = (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);

// --- Sending ------------------------------------------------------------------------------------------------------

const pathOf = ({ depot, id }) => `/depots/${encodeURIComponent(depot)}/vouchers/${id}`;
const told = (draft) => Object.fromEntries(TOLD.filter((name) => draft[name] !== undefined).map((name) => [name, draft[name]]));

/** What is sent of a draft: of a transfer that arrives, lines left blank stay on the road. */
function sentOf(draft) {
  const voucher = told(draft);
  if (draft.kind !== "transfer_in") return voucher;
  return { ...voucher, lines: draft.lines.filter(({ quantity, typed }) => quantity || typed?.quantity) };
}
const isTaken = (voucher) => ["submitted", "approved", "posted"].includes(voucher.status);

async function serverVoucher(draft) {
  const { status, body } = await call("GET", pathOf(draft), undefined, { quiet: true });
  return status === 200 ? body : null;
}

/** The draft once the server has the voucher. */
function settled(draft, voucher) {
  const { status, version, movement } = voucher;
  const state = status === "posted" ? "posted" : "submitted";
  return { ...draft, status, version, movement, state, problem: null, base: voucher, sent_at_ms: Date.now() };
}

/**
 * Send everything that waits. With `isAsked` an ended session opens the sign-in dialog; on its own it never interrupts
 * whoever is typing. One tab sends at a time.
 */
export function flush({ isAsked = false } = {}) {
  if (!login) return Promise.resolve();
  if (flushing) {
    if (isAsked) isAskedAgain = true;
    return flushing;
  }
  flushing = round(isAsked)
    .catch(() => retryLater(null)) // storage failed under us
    .finally(() => {
      flushing = null;
      now.isSending = false;
      tell();
      if (isAskedAgain) {
        isAskedAgain = false;
        return flush({ isAsked: true });
      }
      return undefined;
    });
  return flushing;
}

async function round(isAsked) {
  await alone(() => sendAll(isAsked));
  // Outside the lock: a dialog left open in one tab must not hold up the others.
  if (now.isSignedOut && isAsked && (await signIn())) await alone(() => sendAll(true));
}

/** Run `work` in one tab at a time: under a Web Lock, or a lease in the database where the browser has none. */
async function alone(work) {
  if (navigator.locks) return navigator.locks.request(`kho-outbox:${login}`, work);
  const leases = await store();
  const hold = () => leases.lease("outbox", me, LEASE_MS);
  // Two tabs sending at once would still post once, only for twice the traffic.
  if (!(await hold())) return retryLater(null);
  const renewal = setInterval(hold, LEASE_MS / 4);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    await leases.lease("outbox", me, 0);
  }
}

async function sendAll(isAsked) {
  clearTimeout(timer);
  now.nextTryAt = null;
  now.isSignedOut = false;
  const broken = new Set(); // vouchers that met a fault of the server's in this round
  for (;;) {
    const { drafts } = await store();
    const [next] = (await drafts.list())
      .filter(({ id, state }) => (state === "queued" || state === "sending") && !broken.has(id))
      .sort((one, other) => one.queued_at_ms - other.queued_at_ms);
    if (!next) break;
    if (!isAsked && Date.now() < notBefore) return retryLater(notBefore - Date.now());
    const draft = await drafts.change(next.id, (kept) =>
      kept?.state === "queued" || kept?.state === "sending" ? { ...kept, state: "sending" } : undefined,
    );
    if (draft?.state !== "sending") continue;
    now.isSending = true;
    const answer = await call("POST", `${pathOf(draft)}/sending`, sentOf(draft), { timeoutMs: SEND_TIME_OUT_MS, quiet: true });
    const outcome = outcomeOf(draft, answer);
    await drafts.change(draft.id, (kept) => kept && outcome.next(kept));
    now.isOffline = answer.isOffline;
    if (outcome.isSignedOut) {
      now.isSignedOut = true;
      return undefined;
    }
    if (outcome.waitMs !== undefined) return retryLater(outcome.waitMs);
    if (outcome.isBroken) broken.add(draft.id);
    else failures = 0;
  }
  return broken.size ? retryLater(null) : undefined;
}

/** What an answer makes of a draft, and whether to go on: `waitMs` (null: as long as we see fit) ends the round. */
function outcomeOf(draft, { status, body, isOffline, retryAfterMs }) {
  const again = (change = {}) => (kept) => ({ ...kept, state: "queued", ...change });
  if ((status === 200 || status === 201) && body?.id === draft.id) return { next: (kept) => settled(kept, body) };
  // Also a 200 that is none of ours: a hotel's sign-in page, a proxy's greeting.
  if (isOffline || (status >= 200 && status < 400)) return { next: again({ may_have_arrived: true }), waitMs: null };
  if (status === 401 || body?.type === "/problems/cross-site") return { next: again(), isSignedOut: true };
  if ([408, 425, 429, 502, 503, 504].includes(status)) {
    return { next: again(status === 429 ? {} : { may_have_arrived: true }), waitMs: retryAfterMs };
  }
  const problem = body ?? { title: gettext("The server refused"), status };
  if (status >= 500 && draft.tries + 1 < MOST_TRIES) {
    return { next: (kept) => again({ tries: kept.tries + 1, may_have_arrived: true })(kept), isBroken: true };
  }
  return { next: (kept) => ({ ...kept, state: "attention", problem, queued_at_ms: null }) };
}

function retryLater(askedMs) {
  failures += 1;
  const grown = Math.min(LONGEST_WAIT_MS, SHORTEST_WAIT_MS * 2 ** Math.min(failures - 1, 10));
  // Jitter: a depot's machines do not all come back in the same second.
  const waitMs = Math.max(askedMs ?? 0, grown * (0.5 + Math.random() / 2));
  if (askedMs) notBefore = Date.now() + askedMs;
  now.nextTryAt = Date.now() + waitMs;
  clearTimeout(timer);
  timer = setTimeout(() => flush(), waitMs);
}

// --- On every page ------------------------------------------------------------------------------------------------

function showChip({ waiting, attention, isBroken }) {
  const chip = document.getElementById("outbox-chip");
  if (!chip) return;
  const parts = [];
  if (waiting) parts.push(interpolate(ngettext("%s voucher to send", "%s vouchers to send", waiting), [waiting]));
  if (attention) parts.push(interpolate(ngettext("%s needs attention", "%s need attention", attention), [attention]));
  if (isBroken) parts.push(gettext("This browser keeps no drafts"));
  chip.hidden = parts.length === 0;
  chip.dataset.tone = attention || isBroken ? "bad" : "warn";
  const text = parts.join(" · ");
  if (chip.textContent !== text) chip.textContent = text;
}

/** Forget vouchers that were sent a week ago: the server has them. */
async function forgetSent() {
  const { drafts } = await store();
  for (const { id, state, sent_at_ms: at } of await drafts.list()) {
    const isOld = (state === "posted" || state === "submitted") && Date.now() - (at ?? 0) > KEPT_SENT_MS;
    if (isOld) await drafts.remove(id);
  }
}

// When this page was last asked to make room for another one.
let leftAt = -Infinity;
const LEAVING_MS = 60_000; // what asks for a file to save looks like leaving, and stays

/**
 * Let a newer worker take over once it is there, this page has loaded and is not being left. If it did so by itself, a
 * page just being asked for through the older worker would be left without any answer.
 */
function relieve(newer) {
  const takeOver = () => {
    if (newer.state !== "installed") return;
    if (document.readyState !== "complete") return addEventListener("load", takeOver, { once: true });
    const leaving = leftAt + LEAVING_MS - performance.now();
    if (leaving > 0) setTimeout(takeOver, leaving);
    else newer.postMessage({ type: "take over" });
  };
  newer?.addEventListener("statechange", takeOver);
  if (newer) takeOver();
}

async function watchOver() {
  const worker = await navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" });
  addEventListener("beforeunload", () => (leftAt = performance.now()));
  relieve(worker.waiting ?? worker.installing);
  worker.addEventListener("updatefound", () => relieve(worker.installing));
  await navigator.serviceWorker.ready;
  worker.active?.postMessage({ type: "keep" });
}

/** Where a page leads to entering vouchers, have the depot's catalogue here before the network goes. */
async function fetchAhead() {
  const link = document.querySelector('main a[href^="/depots/"][href*="/entry/"]');
  const depot = link && decodeURIComponent(new URL(link.href).pathname.split("/")[2]);
  if (depot) await (await import("./catalogue.js")).openCatalogue(depot);
}

if (login) {
  subscribe(showChip);
  store().then(
    (opened) => {
      opened.onChange(tell);
      forgetSent().then(() => flush(), () => {});
    },
    () => tell(),
  );
  addEventListener("online", () => {
    failures = 0;
    flush();
  });
  addEventListener("offline", () => {
    now.isOffline = true;
    tell();
  });
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && flush());
  // Plain http has no service worker: then entry pages need the network, and the outbox works all the same.
  if ("serviceWorker" in navigator) watchOver().catch(() => {});
  fetchAhead().catch(() => {});
}
