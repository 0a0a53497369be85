// What a cell may be filled with, by its type, as far as its text goes.

import { showDay } from "../logistics/days.js";
import { fold, nameOf, unitsOf } from "./cells.js";

/** Types whose list opens while typing with its first suggestion picked out; a lot may always be a new one. */
export const PICKS_FIRST = new Set(["item", "bin", "grade", "purpose", "unit"]);
/** Types with a short list, which opens at a click as well. */
export const SHORT = new Set(["bin", "grade", "purpose", "unit"]);

/**
 * Return the suggestions for a cell; with a blank text, all there are (of items none: they are thousands).
 * @param {import("./cells.js").Column} column
 * @param {import("./cells.js").Line} line
 * @param {string} text
 * @param {import("./cells.js").Desk} desk
 * @returns {import("./choices.js").Choice[]}
 */
export function suggestions(column, line, text, desk) {
  const { catalogue } = desk;
  switch (column.type) {
    case "item":
      return text.trim() ? items(text, desk) : [];
    case "lot":
      return (line.item ? catalogue.lots(line.item) : [])
        .filter((/** @type {any} */ lot) => lot.code && fold(lot.code).includes(fold(text)))
        .map((/** @type {any} */ lot) => ({
          value: lot.code,
          label: lot.code,
          sub: [lot.expires_on ? interpolate(gettext("until %(day)s"), { day: showDay(lot.expires_on) }, true) : "", lot.is_held ? gettext("held") : ""].filter(Boolean).join(" · "),
          tone: lot.is_held || (lot.expires_on && lot.expires_on < desk.today) ? "bad" : undefined,
        }));
    case "bin":
      return named(catalogue.bins.filter((/** @type {any} */ bin) => bin.is_active !== false), text, desk, (bin) => ({ value: bin.code, label: bin.code, sub: bin.name }));
    case "grade":
      return named(catalogue.grades, text, desk, (grade) => ({ value: String(grade.grade), label: `${grade.grade} ${nameOf(grade, desk)}` }));
    case "purpose":
      return named(catalogue.purposes, text, desk, (purpose) => ({ value: purpose.code, label: nameOf(purpose, desk), sub: purpose.code }));
    case "unit":
      return named(unitsOf(line, desk), text, desk, (unit) => ({ value: unit.code, label: nameOf(unit, desk), sub: packed(unit, line) }));
    default:
      return [];
  }
}

const WAIT_MS = 250; // between the last letter and the question to the server
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;

/** Return the items of this depot that a text finds, as choices. */
export function items(/** @type {string} */ text, /** @type {import("./cells.js").Desk} */ desk) {
  return desk.catalogue.search(text).map((/** @type {any} */ item) => offered(item, desk));
}

/**
 * Add to an open list, or open it with, what the server finds among the goods this depot never held, once the box has
 * not changed for a moment.
 * @param {HTMLInputElement} box
 * @param {import("./cells.js").Desk} desk
 * @param {import("./choices.js").Choices} choices
 * @param {(value: string) => void} take
 */
export function addBeyond(box, desk, choices, take) {
  clearTimeout(waiting);
  const text = box.value;
  if (text.trim().length < 2) return;
  waiting = setTimeout(async () => {
    const found = await desk.catalogue.searchBeyond(text);
    if (box.value !== text || document.activeElement !== box) return;
    choices.extend(box, found.map((/** @type {any} */ item) => offered(item, desk, gettext("new in this depot"))), take);
  }, WAIT_MS);
}

function offered(/** @type {any} */ item, /** @type {import("./cells.js").Desk} */ desk, note = "") {
  return { value: item.code, label: nameOf(item, desk), sub: [item.code, item.specification, note].filter(Boolean).join(" · ") };
}

function packed(/** @type {any} */ unit, /** @type {any} */ line) {
  return unit.code === line.unit ? gettext("chosen") : unit.code;
}

function named(/** @type {any[]} */ records, /** @type {string} */ text, /** @type {any} */ desk, /** @type {(record: any) => any} */ told) {
  const wanted = fold(text);
  return records.map(told).filter((choice) => fold(`${choice.value} ${choice.label} ${choice.sub ?? ""}`).includes(wanted));
}
