// What is said under a line: what is wrong, what to heed, where goods are taken from and why, what a scan did not find.

import { element } from "../logistics/dialog.js";
import { showDay } from "../logistics/days.js";
import { showQuantity } from "../logistics/numbers.js";
import { compare } from "./decimal.js";
import { looksScanned, unitName } from "./cells.js";
import { FUEL, atFifteen } from "./fuel.js";

/**
 * @typedef {object} Marks what the server, or this page, says of one line
 * @property {{member: string, code: string, detail: string}[]} faults
 * @property {{member: string, code: string, detail: string, link?: string | null}[]} warnings
 * @property {any} weighed the line's part of `vouchers:weigh`, or null
 */

/**
 * Return the rows that stand under a line's own row: none, the piles it takes from, and one of messages.
 * @param {import("./cells.js").Line} line
 * @param {Marks} marks
 * @param {{columns: import("./cells.js").Column[], desk: import("./cells.js").Desk, form: any, isReadOnly: boolean}} page
 * @returns {HTMLTableRowElement[]}
 */
export function rowsUnder(line, marks, page) {
  const rows = [];
  const weighed = page.form.fillsFirstExpired ? marks.weighed : null;
  if (weighed && !line.lot) for (const part of weighed.parts ?? []) rows.push(partRow(part, page));
  if (weighed?.short) rows.push(shortRow(weighed, line, page));
  const said = [
    ...marks.faults.map((fault) => message(line, fault, "bad", page)),
    ...marks.warnings.map((warning) => message(line, warning, "warn", page)),
  ];
  if (marks.weighed?.fuel) said.unshift(atFifteen(marks.weighed.fuel, line, page.desk));
  if (weighed?.sentence && !line.lot) said.unshift(element("p", { class: "why" }, weighed.sentence));
  const why = reasonBox(line, marks, page);
  if (why) said.push(why);
  if (looksScanned(line)) said.push(unknown(line, page.isReadOnly));
  if (said.length > 0) rows.push(row(line, "under", element("td", { role: "cell", class: "all" }, ...said)));
  return rows;
}

/** The id of the words about one cell, for aria-describedby. */
export const messageId = (/** @type {string} */ line, /** @type {string} */ member) => `says-${line}-${member}`;

/** Tell whether a received line differs from what was sent, so that it must say why. */
export function differs(/** @type {import("./cells.js").Line} */ line) {
  // A liquid fuel was sent in litres at 15 °C and is read anew as observed: only the server can tell.
  if ([...FUEL].some((member) => line[member] !== undefined)) return false;
  return Boolean(line.quantity && line.scheduled_quantity && compare(line.quantity, line.scheduled_quantity) !== 0);
}

/** What may have become of goods between two depots; the word goes into the line's reason. */
export const DIFFERENCES = () => [gettext("short"), gettext("damaged"), gettext("wrong lot"), gettext("surplus")];

function row(/** @type {any} */ line, /** @type {string} */ kind, /** @type {...HTMLElement} */ ...cells) {
  return /** @type {HTMLTableRowElement} */ (element("tr", { role: "row", class: kind, "data-under": line.id }, ...cells));
}

function message(/** @type {any} */ line, /** @type {any} */ said, /** @type {string} */ tone, /** @type {any} */ { columns }) {
  const words = element("p", { class: `says ${tone}`, id: messageId(line.id, said.member || "line"), "data-about": said.member ?? "" });
  const column = columns.find((/** @type {any} */ one) => one.member === said.member)?.label;
  const names = { column };
  const lead = column
    ? interpolate(tone === "bad" ? gettext("Fault, %(column)s:") : gettext("Note, %(column)s:"), names, true)
    : tone === "bad" ? gettext("Fault:") : gettext("Note:");
  words.append(element("strong", {}, lead), " ", said.detail);
  if (said.link) words.append(" ", element("a", { href: said.link }, gettext("Open it")));
  return words;
}

/** One pile that a line without a lot takes from: its values under the columns they belong to. */
function partRow(/** @type {any} */ part, /** @type {any} */ { columns, desk }) {
  const taken = showQuantity(part.change.replace("-", ""), desk.language);
  const texts = {
    item: `↳ ${gettext("taken from")}`,
    lot: [part.lot || "—", part.expires_on ? interpolate(gettext("until %(day)s"), { day: showDay(part.expires_on) }, true) : ""].filter(Boolean).join(" · "),
    bin: part.bin,
    grade: String(part.grade ?? ""),
    purpose: part.purpose,
    scheduled_quantity: interpolate(gettext("on hand %(there)s"), { there: showQuantity(part.there, desk.language) }, true),
    quantity: taken,
    unit: unitName(part.unit, desk),
  };
  const cells = columns.map((/** @type {any} */ column) =>
    element("td", { role: "cell", class: `c-${column.type}`, "data-label": column.label }, texts[column.member] ?? ""),
  );
  return row({ id: "" }, "part", element("td", { role: "cell" }), ...cells, element("td", { role: "cell" }));
}

function shortRow(/** @type {any} */ weighed, /** @type {any} */ line, /** @type {any} */ { desk }) {
  const unit = weighed.parts?.[0]?.unit ?? desk.catalogue.item(line.item)?.unit;
  const words = interpolate(gettext("%(short)s %(unit)s missing: no such stock here to issue"), { short: showQuantity(weighed.short, desk.language), unit: unit ? unitName(unit, desk) : "" }, true);
  return row({ id: "" }, "part short", element("td", { role: "cell" }), element("td", { role: "cell", class: "rest" }, `↳ ${words}`));
}

/** Why a line is as it is: asked where something differs, and shown wherever it was said. */
function reasonBox(/** @type {any} */ line, /** @type {Marks} */ marks, /** @type {any} */ { columns, form, isReadOnly }) {
  if (columns.some((/** @type {any} */ column) => column.member === "reason")) return null;
  const isReceived = columns.some((/** @type {any} */ column) => column.member === "scheduled_quantity" && column.isFixed);
  const isAsked = marks.faults.some((fault) => fault.member === "reason") || marks.warnings.some((warning) => warning.code === "out-of-order") || marks.weighed?.is_first_expired === false;
  if (!line.reason && !isAsked && !(isReceived && differs(line))) return null;
  const box = element("div", { class: "reason" });
  const [choice, ...rest] = (line.reason ?? "").split(": ");
  const known = isReceived && DIFFERENCES().includes(choice);
  const isBad = marks.faults.some((fault) => fault.member === "reason");
  const isTold = isBad || marks.warnings.some((warning) => warning.member === "reason");
  const told = { "aria-invalid": isBad && "true", "aria-describedby": isTold && messageId(line.id, "reason") };
  if (isReceived) {
    const group = element("fieldset", isTold ? { role: "radiogroup", ...told } : {}, element("legend", {}, gettext("Why does it differ?")));
    for (const word of DIFFERENCES()) {
      const radio = element("input", { type: "radio", name: `why-${line.id}`, value: word, "data-why": line.id, checked: known && choice === word, disabled: isReadOnly });
      group.append(element("label", {}, radio, ` ${word}`));
    }
    box.append(group);
  }
  const label = isReceived ? gettext("Note") : form.fillsFirstExpired ? gettext("Why this lot?") : gettext("Reason");
  const input = element("input", { "data-note": line.id, maxlength: "280", readonly: isReadOnly, autocomplete: "off", ...told });
  /** @type {HTMLInputElement} */ (input).value = isReceived ? (known ? rest.join(": ") : line.reason ?? "") : line.reason ?? "";
  box.append(element("label", {}, `${label} `, input));
  return box;
}

function unknown(/** @type {any} */ line, /** @type {boolean} */ isReadOnly) {
  const words = element("p", { class: "says warn", id: messageId(line.id, "item"), "data-about": "item" });
  words.append(element("strong", {}, interpolate(gettext("Code %(code)s is not known here."), { code: line.typed.item }, true)));
  if (isReadOnly) return words;
  words.append(
    " ", element("button", { type: "button", class: "plain", "data-do": "attach" }, gettext("attach it to an item")),
    " · ", element("button", { type: "button", class: "plain", "data-do": "remove" }, gettext("leave it out")),
  );
  return words;
}
