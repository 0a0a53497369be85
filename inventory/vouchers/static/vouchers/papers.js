// Where a voucher stands, in words, and what a consignment still on the road puts into its lines. Pure.

/**
 * Return where a draft stands and the tone to say it in.
 * @param {any} draft
 * @param {any} [outbox] what the outbox is doing, when known
 * @returns {{words: string, tone: "good" | "warn" | "bad" | "soft"}}
 */
export function standing(draft, outbox = null) {
  switch (draft.state) {
    case "queued":
      return { words: outbox?.isSignedOut ? gettext("Waiting: sign in again to send it") : outbox?.isOffline ? gettext("Waiting for a network") : gettext("Being sent"), tone: "warn" };
    case "sending":
      return { words: gettext("Being sent"), tone: "warn" };
    case "attention":
      return { words: gettext("Needs attention"), tone: "bad" };
    case "submitted":
      return { words: draft.status === "approved" ? gettext("Approved, not yet posted") : gettext("Waiting for approval"), tone: "warn" };
    case "posted":
      return { words: interpolate(gettext("Posted: %(number)s"), { number: draft.movement?.number ?? "" }, true), tone: "good" };
    case "cancelled":
      return { words: gettext("Cancelled"), tone: "soft" };
    default:
      if (draft.status === "rejected") return { words: interpolate(gettext("Rejected: %(reason)s"), { reason: draft.decision_reason ?? "" }, true), tone: "bad" };
      return { words: draft.version > 0 ? gettext("Draft, also on the server") : gettext("Draft in this browser"), tone: "soft" };
  }
}

/**
 * Return the lines to receive a consignment with: what is still on the road as sent, received blank.
 * @param {any} arrival as `GET /depots/{depot}/arrivals/{sender}/{position}` answers
 * @param {(members: any) => import("./cells.js").Line} newLine
 */
export function arrivalLines(arrival, newLine) {
  return arrival.lines
    .filter((/** @type {any} */ line) => Number(line.in_transit) > 0) // a sign, not a quantity: no rounding can matter
    .map((/** @type {any} */ line) =>
      newLine({
        item: line.item, unit: line.unit, grade: line.grade, purpose: line.purpose, scheduled_quantity: plain(line.in_transit),
        ...(line.lot ? { lot: line.lot } : {}), ...(line.expires_on ? { expires_on: line.expires_on } : {}),
      }),
    );
}

/** "300.000" as people write it: "300". */
function plain(/** @type {string} */ quantity) {
  return quantity.includes(".") ? quantity.replace(/\.?0+$/, "") : quantity;
}
