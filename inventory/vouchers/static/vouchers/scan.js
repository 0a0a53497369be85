// What a scanned text names. The order is fixed (GS1, own label, barcode or stock number, place, paper, command) and
// nothing is guessed from timing: a scan is what ended with Enter in the scan box or ends a cell with a known code.

import { claimsGs1, dayOf, hasCheckDigit, readElements } from "./gs1.js";
import { hasMarks, undone } from "./unikey.js";

/**
 * @typedef {object} Scan
 * @property {"item"|"bin"|"movement"|"command"|"unknown"|"refused"|"empty"} kind
 * @property {string} text what was scanned, mended if `isMended`
 * @property {string | null} item its code
 * @property {string | null} lot
 * @property {string | null} expiresOn ISO day
 * @property {string | null} serial
 * @property {string | null} quantity in `unit`, decimal text
 * @property {string | null} unit of the package whose barcode it is; null: the base unit
 * @property {"unikey" | "check-digit" | "label" | null} problem why it was refused
 * @property {boolean} isMended the input method was on and its work could be undone for certain
 */

const COMMANDS = { "*POST*": "post", "*UNDO*": "undo" };
const LABEL = /^[0-9]{11}$/; // own label: nine digits of the lot, two check digits
// What GS1 leaves to each company: our item's code, on labels of goods that have no trade item number.
const OWN_ITEM = "91";
const UNMARKED = /^(?:01[0-9]{14}|(?:17[0-9]{6})?91[A-Z]{2,4}-[0-9]{2}-[0-9]{7})/;
const GTIN = /^(?:[0-9]{8}|[0-9]{12,14})$/;

/**
 * Return what a scanned text names.
 *
 * `refused` is nothing the caller may act on: `problem` says whether the input method was on (`unikey`), a digit was
 * misread (`check-digit`) or a GS1 label is damaged (`label`). `unknown` is a sound text that nothing here answers to.
 * @param {string} text
 * @param {any} catalogue as `openCatalogue` gives it
 * @param {{today: string}} clock ISO day
 * @returns {Scan}
 */
export function parseScan(text, catalogue, { today }) {
  const typed = text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "").normalize("NFC");
  const found = readOnce(typed, catalogue, today);
  if (found.kind !== "unknown" && found.kind !== "refused") return found;
  if (!hasMarks(typed)) return found;
  /** @type {Map<string, Scan>} */
  const sound = new Map();
  for (const candidate of undone(typed)) {
    const scan = readOnce(candidate, catalogue, today);
    if (scan.kind === "unknown" || scan.kind === "refused") continue;
    sound.set(JSON.stringify({ ...scan, text: "" }), { ...scan, isMended: true });
  }
  // Two readings, say lots AS and A1, are no reading: a wrong lot is worse than a second scan.
  if (sound.size === 1) return [...sound.values()][0];
  return { ...nothing(typed), kind: "refused", problem: "unikey" };
}

/**
 * Return the scan a cell's text ends with and what stood before it; null when it ends with no code known here.
 * For a scanner fired into a cell: the cell takes its old value back and the scan is booked.
 * @param {string} text
 * @param {any} catalogue
 * @param {{today: string}} clock
 * @returns {{scan: Scan, before: string} | null}
 */
export function scanAtEnd(text, catalogue, clock) {
  const starts = new Set([0]);
  for (const length of [8, 11, 12, 13, 14]) if (/^[0-9]+$/.test(text.slice(-length))) starts.add(text.length - length);
  for (const match of text.matchAll(/\](?:C1|d2|Q3|e0|J1)|\x1d|\(01\)|01(?=[0-9]{14})|[A-Z]{2,4}-(?=[0-9]{2}-[0-9]{7}$)/gi)) starts.add(match.index);
  for (const start of [...starts].filter((at) => at >= 0).sort((one, other) => one - other)) {
    const scan = parseScan(text.slice(start), catalogue, clock);
    if (scan.kind === "item") return { scan, before: text.slice(0, start) };
  }
  return null;
}

/**
 * Tell whether eleven digits are a label of our own: the whole number leaves 1 when divided by 97 (ISO 7064).
 * @param {string} digits
 * @returns {boolean}
 */
export function isOwnLabel(digits) {
  return LABEL.test(digits) && Number(digits) % 97 === 1;
}

/** @param {string} text @returns {Scan} */
function nothing(text) {
  return {
    kind: "unknown", text, item: null, lot: null, expiresOn: null, serial: null, quantity: null, unit: null, problem: null, isMended: false,
  };
}

/** @param {string} text @param {any} catalogue @param {string} today @returns {Scan} */
function readOnce(text, catalogue, today) {
  if (!text) return { ...nothing(text), kind: "empty" };
  if (claimsGs1(text) || UNMARKED.test(text)) {
    const label = readElements(text);
    if (label) {
      const scan = fromLabel(text, label, catalogue, today);
      if (scan) return scan;
    }
    if (claimsGs1(text)) return { ...nothing(text), kind: "refused", problem: "label" };
  }
  if (isOwnLabel(text)) {
    const known = catalogue.byBarcode(text);
    if (known) return named(text, known, today);
  }
  const known = catalogue.byBarcode(text) ?? knownItem(catalogue, text);
  if (known) return named(text, known, today);
  const bin = catalogue.bin(text) ?? catalogue.bin(text.toUpperCase());
  if (bin) return { ...nothing(bin.code), kind: "bin" };
  if (/^[A-Z][A-Z0-9-]{0,11}\/[1-9][0-9]{0,17}$/i.test(text)) return { ...nothing(text.toUpperCase()), kind: "movement" };
  if (text.toUpperCase() in COMMANDS) return { ...nothing(COMMANDS[text.toUpperCase()]), kind: "command" };
  if ((GTIN.test(text) && !hasCheckDigit(text)) || (LABEL.test(text) && !isOwnLabel(text))) return { ...nothing(text), kind: "refused", problem: "check-digit" };
  return nothing(text);
}

/** @param {any} catalogue @param {string} text */
function knownItem(catalogue, text) {
  const item = catalogue.item(text) ?? catalogue.item(text.toUpperCase());
  return item ? { item } : null;
}

/** @param {string} text @param {any} known @param {string} today @returns {Scan} */
function named(text, known, today) {
  const lot = known.lot ?? null;
  return {
    ...nothing(text),
    kind: "item",
    item: known.item.code,
    lot: lot ? lot.code : null,
    expiresOn: lot ? lot.expires_on ?? null : null,
    serial: lot && known.item.tracking === "serial" ? lot.code : null,
    unit: known.packaging ? known.packaging.unit : null,
  };
}

/** @param {string} text @param {Record<string, string>} label @param {any} catalogue @param {string} today @returns {Scan | null} */
function fromLabel(text, label, catalogue, today) {
  const trade = label["01"] ?? label["02"] ?? label["7001"];
  const key = trade ?? label[OWN_ITEM];
  if (!key) return null;
  const known = trade ? catalogue.byBarcode(trade) : knownItem(catalogue, key);
  const serial = label["21"] ?? null;
  const count = label["37"] ?? label["30"] ?? null;
  const found = {
    ...nothing(known ? text : key),
    lot: label["10"] ?? null,
    expiresOn: label["17"] ? dayOf(label["17"], today) : null,
    serial,
    quantity: count && Number(count) > 0 ? String(Number(count)) : null,
  };
  if (!known) return found;
  const isSerial = known.item.tracking === "serial";
  return {
    ...found,
    kind: "item",
    item: known.item.code,
    // A serial number is the lot of a piece; elsewhere it says nothing about the lot.
    lot: isSerial ? serial ?? found.lot : found.lot,
    serial: isSerial ? serial ?? found.lot : null,
    unit: known.packaging ? known.packaging.unit : null,
  };
}
