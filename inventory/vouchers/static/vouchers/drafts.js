// A draft to begin with: a new one, or one that stands in this browser or on the server.

import { merge } from "./merge.js";
import { call } from "./net.js";
import { newId } from "./outbox.js";

/** Return a new draft of a kind, with what the last one of its kind said about where it comes from. */
export function fresh(/** @type {any} */ shell, /** @type {string} */ kind, /** @type {string} */ consignment) {
  const before = remembered(shell, kind);
  const members = new Set(shell.forms[kind].header.map((/** @type {any} */ one) => one.member));
  const kept = Object.fromEntries(["counterparty", "to_depot"].filter((name) => members.has(name) && before[name]).map((name) => [name, before[name]]));
  return {
    id: newId(), depot: shell.depot, kind, status: "draft", version: 0, occurred_at: "", counterparty: "", order_number: "", order_date: "", reason: "",
    to_depot: "", consignment, typed: {}, lines: [], state: "local", problem: null, base: null, acknowledged: [], aliases: {}, ...kept,
  };
}

/**
 * Return a voucher from this browser, brought up to date with the server's, or from the server alone; null when it is
 * nowhere; and what both changed otherwise.
 * @returns {Promise<{draft: any, conflicts: import("./merge.js").Conflict[]}>}
 */
export async function existing(/** @type {any} */ shell, /** @type {any} */ store, /** @type {string} */ id) {
  const here = await store.drafts.get(id);
  const answer = await call("GET", `/depots/${encodeURIComponent(shell.depot)}/vouchers/${encodeURIComponent(id)}`, undefined, { quiet: Boolean(here) });
  const there = answer.status === 200 ? answer.body : null;
  const alone = (/** @type {any} */ draft) => ({ draft, conflicts: [] });
  if (!here) return alone(there && { ...there, state: stateOf(there), problem: null, base: there, aliases: {} });
  if (!there || there.version === here.base?.version || ["queued", "sending"].includes(here.state)) return alone(here);
  if (stateOf(there) !== "local") return alone({ ...here, ...there, state: stateOf(there), base: there });
  const merged = merge(here.base, here, there);
  return { draft: { ...here, ...merged.voucher, base: there }, conflicts: merged.conflicts };
}

/** Return where a voucher of the server stands in this browser's words. */
export function stateOf(/** @type {any} */ voucher) {
  return { draft: "local", rejected: "local", posted: "posted", cancelled: "cancelled" }[/** @type {string} */ (voucher.status)] ?? "submitted";
}

function remembered(/** @type {any} */ shell, /** @type {string} */ kind) {
  try {
    return JSON.parse(localStorage.getItem(`kho:last:${shell.login}:${shell.depot}:${kind}`) ?? "{}");
  } catch {
    return {};
  }
}

/** Keep what the next voucher of its kind begins with. */
export function remember(/** @type {any} */ shell, /** @type {any} */ draft) {
  const { counterparty, to_depot } = draft;
  try {
    localStorage.setItem(`kho:last:${shell.login}:${shell.depot}:${draft.kind}`, JSON.stringify({ counterparty, to_depot }));
  } catch {
    // Nothing depends on it: the next voucher starts with a blank header.
  }
}
