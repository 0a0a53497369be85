// What a cell's text means and how a value is shown: one reader and one writer per type of column. Pure: no page here.

import { explainDay, readDay, showDay } from "../logistics/days.js";
import { explainQuantity, readQuantity, showQuantity } from "../logistics/numbers.js";
import { compare, minus, times } from "./decimal.js";

/** What a liquid fuel may be told in beside its litres: its density brings it there (UN/CEFACT Rec 20). */
export const KILOGRAM = "KGM";

/**
 * @typedef {{id: string, typed?: Record<string, string>, [member: string]: any}} Line
 * @typedef {{member: string, type: string, label: string, isMore?: boolean, isFixed?: boolean}} Column
 * @typedef {{catalogue: any, language: string, today: string}} Desk what is known here: the depot's catalogue, the page's language, the day
 */

/**
 * Return the line with one cell's text taken in: read if it can be, kept as typed if not, removed if blank.
 *
 * Choosing an item gives its base unit where the line has none that fits; choosing a known lot gives its last day of
 * use. A unit is otherwise never changed. While somebody is still typing (`isLive`) an item is not looked up: half a
 * name is no name.
 * @param {Line} line
 * @param {Column} column
 * @param {string} text
 * @param {Desk} desk
 * @param {{isLive?: boolean}} [how]
 * @returns {Line} a new line; the given one stays as it is
 */
export function edited(line, column, text, desk, { isLive = false } = {}) {
  const { member, type } = column;
  const clean = text.normalize("NFC").trim();
  const { [member]: _old, ...rest } = line;
  const typed = { ...line.typed };
  delete typed[member];
  /** @type {Line} */
  let next = rest;
  if (clean) {
    const { value, problem } = isLive && type === "item" ? { value: null, problem: "typing" } : READERS[type](clean, line, desk, column);
    if (problem) typed[member] = clean;
    else next = { ...rest, [member]: value };
  }
  if (type === "item" && next.item) next = withItem(next, line.item, desk);
  if (member === "lot" && next.lot && !isLive) next = withLot(next, desk);
  delete next.typed;
  if (Object.keys(typed).length > 0) next.typed = typed;
  if (member === "unit" || (type === "item" && next.item)) next = reread(next, desk);
  return next;
}

/**
 * Return what stands in a cell: what was typed and could not be read, else the value as people write it.
 * @param {Line} line
 * @param {Column} column
 * @param {Desk} desk
 * @returns {string}
 */
export function shown(line, column, desk) {
  const typed = line.typed?.[column.member];
  if (typed !== undefined) return typed;
  const value = line[column.member];
  return value === undefined || value === null || value === "" ? "" : WRITERS[column.type](value, desk);
}

/**
 * Return the small words under a cell: the item's code, a package in base units, what is still missing.
 * @param {Line} line
 * @param {Column} column
 * @param {Desk} desk
 * @returns {string}
 */
export function hint(line, column, desk) {
  if (column.type === "item") return line.item ? line.item : "";
  if (column.member === "expires_on" && line.expires_on && line.expires_on < desk.today) return gettext("already expired");
  if (column.type === "grade" && line[column.member]) return nameOf(find(desk.catalogue.grades, "grade", line[column.member]), desk);
  if (column.member !== "quantity" || !line.quantity) return "";
  const words = [];
  const base = inBase(line, desk);
  if (base) words.push(`= ${base}`);
  // Litres asked for are at 15 °C, those typed are not; kg are kg.
  const isAtFifteen = Boolean(desk.catalogue.item(line.item ?? "")?.fuel_group) && line.unit !== KILOGRAM;
  if (!isAtFifteen && line.scheduled_quantity && compare(line.scheduled_quantity, line.quantity) > 0) {
    const left = showQuantity(minus(line.scheduled_quantity, line.quantity), desk.language);
    words.push(interpolate(gettext("%(left)s left"), { left }, true));
  }
  return words.join(" · ");
}

/**
 * Return the line's quantity in base units with their name, when it was entered in packages; else "".
 * @param {Line} line
 * @param {Desk} desk
 * @returns {string}
 */
export function inBase(line, desk) {
  const item = line.item && desk.catalogue.item(line.item);
  if (!item || !line.quantity || !line.unit || line.unit === item.unit || (item.fuel_group && line.unit === KILOGRAM)) return "";
  const packaging = item.packagings.find((/** @type {any} */ one) => one.unit === line.unit);
  if (!packaging) return "";
  return `${showQuantity(times(line.quantity, packaging.factor), desk.language)} ${unitName(item.unit, desk)}`;
}

/**
 * Return what is wrong with a line as far as it can be told here: cells that could not be read, then, unless
 * somebody is still filling the line, cells that may not stay blank.
 * @param {Line} line
 * @param {Column[]} columns
 * @param {Desk} desk
 * @param {{required?: string[]}} [how]
 * @returns {{member: string, code: string, detail: string}[]}
 */
export function faultsOf(line, columns, desk, { required = [] } = {}) {
  const found = [];
  for (const column of columns) {
    const text = line.typed?.[column.member];
    if (text !== undefined) {
      const { problem } = READERS[column.type](text, line, desk, column);
      if (problem) found.push({ member: column.member, code: problem, detail: sentence(problem, text, column, line, desk) });
    } else if (required.includes(column.member) && isBlank(line[column.member])) {
      found.push({ member: column.member, code: "required", detail: interpolate(gettext("%(column)s is missing."), { column: column.label }, true) });
    }
  }
  return found;
}

// What a line may have been given without anybody entering anything.
const ASSUMED = new Set(["id", "unit", "bin", "purpose", "grade"]);

/** Tell whether nothing was entered into a line. */
export function isEmpty(/** @type {Line} */ line) {
  for (const member in line) if (!ASSUMED.has(member) && !isBlank(line[member])) return false;
  return true;
}

/** Tell whether a line's item is a code that was scanned and is not known: half a name has small letters in it. */
export function looksScanned(/** @type {Line} */ line) {
  return !line.item && /^[0-9A-Z\](][0-9A-Z\]()./+-]{5,}$/.test(line.typed?.item ?? "");
}

function isBlank(/** @type {any} */ value) {
  return value === undefined || value === null || value === "" || (typeof value === "object" && Object.keys(value).length === 0);
}

// ---- readers: text → {value, problem} --------------------------------------------------------------------------------

/** @type {Record<string, (text: string, line: Line, desk: Desk, column: Column) => {value: any, problem: string | null}>} */
const READERS = {
  item(text, _line, { catalogue }) {
    const known = catalogue.item(text) ?? catalogue.item(text.toUpperCase()) ?? catalogue.byBarcode(text)?.item;
    if (known) return good(known.code);
    const named = catalogue.search(text);
    const exact = named.filter((/** @type {any} */ item) => fold(item.name) === fold(text) || fold(item.name_en ?? "") === fold(text));
    if (exact.length === 1) return good(exact[0].code);
    return bad("unknown-item");
  },
  lot(text, line, { catalogue }) {
    if (text.length > 40) return bad("lot-length");
    const known = line.item ? catalogue.lots(line.item) : [];
    return good(known.find((/** @type {any} */ lot) => lot.code.toUpperCase() === text.toUpperCase())?.code ?? text);
  },
  day(text, _line, { today }, { member }) {
    // Only a last day of use may be a month: a paper is dated on a day.
    const { iso, problem } = readDay(text, today, { monthIsLastDay: member === "expires_on" });
    return problem ? bad(problem) : good(iso);
  },
  bin(text, _line, { catalogue }) {
    const known = catalogue.bin(text) ?? catalogue.bin(text.toUpperCase());
    return known ? good(known.code) : bad("unknown-bin");
  },
  grade(text, _line, { catalogue }) {
    const known = catalogue.grades.find((/** @type {any} */ one) => String(one.grade) === text || matches(one, text));
    return known ? good(known.grade) : bad("unknown-grade");
  },
  purpose(text, _line, { catalogue }) {
    const known = catalogue.purposes.find((/** @type {any} */ one) => fold(one.code) === fold(text) || matches(one, text));
    return known ? good(known.code) : bad("unknown-purpose");
  },
  unit(text, line, desk) {
    const known = unitsOf(line, desk).find((unit) => fold(unit.code) === fold(text) || matches(unit, text));
    return known ? good(known.code) : bad("unknown-unit");
  },
  quantity(text, line, desk, { member }) {
    const { value, problem } = readQuantity(text, desk.language, scaleOf(line, desk));
    if (problem || value === null) return bad(problem ?? "number_form");
    const least = member === "scheduled_quantity" ? 0 : 1;
    return compare(value, "0") < least ? bad("number_positive") : good(value);
  },
  signed(text, line, desk) {
    const { value, problem } = readQuantity(text, desk.language, scaleOf(line, desk));
    if (problem || value === null) return bad(problem ?? "number_form");
    return compare(value, "0") === 0 ? bad("number_zero") : good(value);
  },
  temperature: (text, _line, { language }) => plainNumber(text, language, 2),
  density(text, _line, { language }) {
    const read = plainNumber(text, language, 1);
    return read.value !== null && compare(read.value, "0") <= 0 ? bad("number_positive") : read;
  },
  money(text, _line, { language }) {
    const { value, problem } = readQuantity(text, language, 2);
    if (problem || value === null) return bad(problem ?? "number_form");
    return compare(value, "0") < 0 ? bad("number_positive") : good(value);
  },
  text: (text) => (text.length > 300 ? bad("too-long") : good(text)),
};

/** @type {Record<string, (value: any, desk: Desk) => string>} */
const WRITERS = {
  item: (value, desk) => nameOf(desk.catalogue.item(value), desk) || value,
  lot: String,
  day: (value) => showDay(value),
  bin: String,
  grade: String,
  purpose: (value, desk) => nameOf(find(desk.catalogue.purposes, "code", value), desk) || value,
  unit: unitName,
  quantity: (value, desk) => showQuantity(value, desk.language),
  signed: (value, desk) => showQuantity(value, desk.language),
  money: (value, desk) => showQuantity(value, desk.language),
  temperature: (value, desk) => showQuantity(value, desk.language),
  density: (value, desk) => showQuantity(value, desk.language),
  text: String,
};

const DECIMALS = { money: 2, temperature: 2, density: 1 };

function plainNumber(/** @type {string} */ text, /** @type {string} */ language, /** @type {number} */ decimals) {
  const { value, problem } = readQuantity(text, language, decimals);
  return problem || value === null ? bad(problem ?? "number_form") : good(value);
}

function good(/** @type {any} */ value) {
  return { value, problem: null };
}

function bad(/** @type {string} */ problem) {
  return { value: null, problem };
}

/** Return why a text was refused, what to do about it included. */
function sentence(/** @type {string} */ problem, /** @type {string} */ text, /** @type {Column} */ column, /** @type {Line} */ line, /** @type {Desk} */ desk) {
  if (problem.startsWith("date_")) return explainDay(/** @type {any} */ (problem), text);
  if (["number_form", "number_decimals", "number_size"].includes(problem)) {
    return explainQuantity(/** @type {any} */ (problem), text, desk.language, DECIMALS[/** @type {"money"} */ (column.type)] ?? scaleOf(line, desk));
  }
  const item = line.item && desk.catalogue.item(line.item);
  const names = {
    text,
    units: unitsOf(line, desk).map((unit) => nameOf(unit, desk)).join(", "),
    item: item ? nameOf(item, desk) : "",
  };
  return interpolate(SENTENCES()[item && problem === "unknown-unit" ? "other-unit" : problem], names, true);
}

// A function, because the catalogue of messages is there only when the page is.
const SENTENCES = () => ({
  "unknown-item": gettext("“%(text)s” is no item of this depot: choose one from the list, or scan its barcode."),
  "lot-length": gettext("A lot has at most 40 characters."),
  "unknown-bin": gettext("“%(text)s” is no bin of this depot: choose one from the list (Alt+↓)."),
  "unknown-grade": gettext("“%(text)s” is no grade: write 1 to 5."),
  "unknown-purpose": gettext("“%(text)s” is no purpose: choose one from the list (Alt+↓)."),
  "other-unit": gettext("%(item)s is not counted in “%(text)s”: write one of %(units)s."),
  "unknown-unit": gettext("“%(text)s” is no unit yet: choose the item first."),
  number_positive: gettext("“%(text)s”: write a number above zero."),
  number_zero: gettext("“%(text)s”: an adjustment is more or less than zero."),
  "too-long": gettext("At most 300 characters."),
});

// ---- what an item brings with it -------------------------------------------------------------------------------------

function withItem(/** @type {Line} */ line, /** @type {string | undefined} */ before, /** @type {Desk} */ desk) {
  const item = desk.catalogue.item(line.item);
  if (!item || before === line.item) return line;
  const fits = line.unit && unitsOf(line, desk).some((unit) => unit.code === line.unit);
  const next = { ...line, unit: fits ? line.unit : item.unit };
  if (before && before !== line.item) {
    // The lot belonged to the other item.
    delete next.lot;
    delete next.expires_on;
  }
  return next;
}

function withLot(/** @type {Line} */ line, /** @type {Desk} */ desk) {
  const lot = line.item && desk.catalogue.lots(line.item).find((/** @type {any} */ one) => one.code === line.lot);
  return lot && lot.expires_on && !line.expires_on ? { ...line, expires_on: lot.expires_on } : line;
}

/** What could not be read under the old item or unit may be readable now: 12,5 in kg is, in pieces it is not. */
function reread(/** @type {Line} */ line, /** @type {Desk} */ desk) {
  let next = line;
  for (const member of ["unit", "quantity", "scheduled_quantity"]) {
    const text = next.typed?.[member];
    if (text === undefined) continue;
    const column = { member, type: member === "unit" ? "unit" : "quantity", label: "" };
    const { value, problem } = READERS[column.type](text, next, desk, column);
    if (problem) continue;
    const { [member]: _read, ...typed } = next.typed ?? {};
    next = { ...next, [member]: value };
    delete next.typed;
    if (Object.keys(typed).length > 0) next.typed = typed;
  }
  return next;
}

/** Return the units a line's item may be counted in, its base unit first. */
export function unitsOf(/** @type {Line} */ line, /** @type {Desk} */ desk) {
  const item = line.item && desk.catalogue.item(line.item);
  const codes = item ? [item.unit, ...(item.fuel_group ? [KILOGRAM] : []), ...item.packagings.map((/** @type {any} */ one) => one.unit)] : [];
  return [...new Set(codes)].map((code) => find(desk.catalogue.units, "code", code) ?? { code, name: code, name_en: code, scale: 3 });
}

function scaleOf(/** @type {Line} */ line, /** @type {Desk} */ desk) {
  const item = line.item && desk.catalogue.item(line.item);
  const unit = line.unit || item?.unit;
  return unit ? find(desk.catalogue.units, "code", unit)?.scale ?? 3 : 3;
}

/** Return a unit's name in the language of the page. */
export function unitName(/** @type {string} */ code, /** @type {Desk} */ desk) {
  return nameOf(find(desk.catalogue.units, "code", code), desk) || code;
}

/** Return a record's name in the language of the page. */
export function nameOf(/** @type {any} */ record, /** @type {Desk} */ desk) {
  if (!record) return "";
  return (desk.language.startsWith("en") && record.name_en) || record.name || "";
}

function find(/** @type {any[]} */ records, /** @type {string} */ member, /** @type {any} */ value) {
  return records.find((one) => one[member] === value);
}

function matches(/** @type {any} */ record, /** @type {string} */ text) {
  return fold(record.name) === fold(text) || fold(record.name_en ?? "") === fold(text);
}

/** Return a text for comparing: no marks, no capitals, đ as d. */
export function fold(/** @type {string} */ text) {
  return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[đĐ]/g, "d").toLowerCase().trim();
}
