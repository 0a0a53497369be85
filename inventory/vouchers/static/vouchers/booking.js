// What a scan does to the lines: the same goods again count up, other goods make a new line. Pure: no page here.

import { showQuantity } from "../logistics/numbers.js";
import { nameOf } from "./cells.js";
import { compare, plus } from "./decimal.js";

/**
 * @typedef {import("./cells.js").Line} Line
 * @typedef {{lines: Line[], id: string, words: string, isNew: boolean}} Booked
 */

/**
 * Return the lines with a scanned thing booked, which line it went to, and that in words; or why it was not booked.
 *
 * The same item, lot and unit in the same place counts up by one, or by the count on the label. A serial number that
 * stands in a line already is refused: one piece cannot come twice. Where the lines are given by a paper (`isGiven`)
 * only they take scans. An unknown code makes a line of its own, to be attached later; nothing waits for it.
 * @param {Line[]} lines
 * @param {import("./scan.js").Scan} scan of kind item or unknown
 * @param {{desk: import("./cells.js").Desk, place: string, isGiven: boolean, takesLots: boolean, newLine: (members: any) => Line}} page
 *   `place`: the bin scanned last; `takesLots`: the form has a column for lots
 * @returns {Booked | {refusal: string}}
 */
export function booked(lines, scan, page) {
  return scan.kind === "item" ? known(lines, scan, page) : unknown(lines, scan, page);
}

function known(/** @type {Line[]} */ lines, /** @type {any} */ scan, /** @type {any} */ { desk, place, isGiven, takesLots, newLine }) {
  const item = desk.catalogue.item(scan.item);
  const name = nameOf(item, desk) || scan.item;
  const unit = scan.unit ?? item.unit;
  const lot = takesLots && item.tracking !== "none" ? scan.lot ?? "" : "";
  const count = scan.quantity ?? "1";
  if (item.tracking === "serial" && lot) {
    const at = lines.findIndex((line) => line.item === item.code && line.lot === lot);
    const isCounted = at >= 0 && (!isGiven || lines[at].quantity);
    if (isCounted) {
      const words = gettext("%(item)s no. %(lot)s stands in line %(number)s already: one piece cannot come twice. Nothing was added.");
      return { refusal: interpolate(words, { item: name, lot, number: at + 1 }, true) };
    }
  }
  const isSame = (/** @type {Line} */ line) =>
    line.item === item.code && !line.typed?.quantity && (line.unit ?? item.unit) === unit && (isGiven ? !lot || line.lot === lot : (line.lot ?? "") === lot) && (!place || isGiven || (line.bin ?? place) === place);
  // Of several lines of one paper, the one that still lacks something; otherwise the one booked last.
  const found = (isGiven && lines.find((line) => isSame(line) && lacks(line))) || lines.findLast(isSame);
  if (!found && isGiven) {
    const words = gettext("%(item)s %(lot)s was not sent with this consignment. Nothing was added: put it aside and tell the sender.");
    return { refusal: interpolate(words, { item: name, lot }, true) };
  }
  if (found) {
    const quantity = plus(found.quantity ?? "0", count);
    return told(lines, { ...found, quantity, ...(place && isGiven && !found.bin ? { bin: place } : {}) }, count, name, desk, false);
  }
  const stored = lot && desk.catalogue.lots(item.code).find((/** @type {any} */ one) => one.code === lot);
  const expires = scan.expiresOn ?? stored?.expires_on ?? null;
  const line = newLine({
    item: item.code, unit, quantity: count,
    ...(lot ? { lot } : {}), ...(expires && lot ? { expires_on: expires } : {}), ...(place ? { bin: place } : {}),
  });
  return told([...lines, line], line, count, name, desk, true);
}

function lacks(/** @type {Line} */ line) {
  return !line.quantity || (line.scheduled_quantity && compare(line.quantity, line.scheduled_quantity) < 0);
}

function unknown(/** @type {Line[]} */ lines, /** @type {any} */ scan, /** @type {any} */ { desk, place, isGiven, newLine }) {
  if (isGiven) return { refusal: interpolate(gettext("Code %(code)s is not known here. Nothing was added."), { code: scan.text }, true) };
  const count = scan.quantity ?? "1";
  const found = lines.find((line) => !line.item && line.typed?.item === scan.text && (line.lot ?? "") === (scan.lot ?? ""));
  if (found) return told(lines, { ...found, quantity: plus(found.quantity ?? "0", count) }, count, scan.text, desk, false);
  const line = newLine({
    typed: { item: scan.text }, quantity: count,
    ...(scan.lot ? { lot: scan.lot } : {}), ...(scan.expiresOn ? { expires_on: scan.expiresOn } : {}), ...(place ? { bin: place } : {}),
  });
  return told([...lines, line], line, count, scan.text, desk, true);
}

function told(/** @type {Line[]} */ lines, /** @type {Line} */ line, /** @type {string} */ count, /** @type {string} */ name, /** @type {any} */ desk, /** @type {boolean} */ isNew) {
  const next = lines.map((one) => (one.id === line.id ? line : one));
  const names = {
    number: next.findIndex((one) => one.id === line.id) + 1,
    goods: line.lot ? interpolate(gettext("%(item)s lot %(lot)s"), { item: name, lot: line.lot }, true) : name,
    count: showQuantity(count, desk.language),
    quantity: showQuantity(line.quantity, desk.language),
  };
  const words = interpolate(gettext("Line %(number)s · %(goods)s · +%(count)s → %(quantity)s"), names, true);
  return { lines: next, id: line.id, words, isNew };
}
