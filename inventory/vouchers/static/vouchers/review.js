// The second of the two steps: everything a voucher will say, what to heed, who signs; then it is sent.

import { showDay, showMoment } from "../logistics/days.js";
import { element } from "../logistics/dialog.js";
import { readQuantity, showQuantity } from "../logistics/numbers.js";
import { inWords } from "../logistics/words.js";
import { inBase, shown, unitName } from "./cells.js";
import { plus, times } from "./decimal.js";

/** Return the name by which a warning is noted as read. */
export const warningKey = (/** @type {any} */ warning) => (warning.line ? `${warning.code}@${warning.line}` : `${warning.code}@`);

/**
 * Draw the review into `home`.
 * @param {HTMLElement} home
 * @param {{voucher: any, lines: any[], form: any, desk: any, weighed: any, warnings: any[], acknowledged: Set<string>,
 *   numberOf: (id: string) => number, onSend: () => void, onBack: () => void, onRead: (key: string, isRead: boolean) => void}} page
 *   `weighed`: what the server said, null when it could not be asked
 */
export function drawReview(home, page) {
  const { voucher, form, desk, weighed } = page;
  const needsApproval = weighed ? weighed.needs_approval : desk.catalogue.policies?.[voucher.kind]?.needs_approval ?? false;
  const what = needsApproval ? gettext("Submit for approval") : gettext("Post");
  const parts = [
    element("h2", { id: "review-title" }, interpolate(gettext("Review: %(title)s"), { title: form.title }, true)),
    weighed ? "" : element("p", { class: "notice warn" }, gettext("Without a network this could not be checked against the logbook. The voucher will be sent as soon as there is a network, and comes back as “needs attention” if it does not fit.")),
    headerFacts(voucher, form, desk),
    page.warnings.length > 0 ? warningList(page) : "",
    lineTable(page),
    totals(page),
    element(
      "p",
      { class: needsApproval ? "notice warn" : "notice" },
      weighed?.needs_second ? gettext("It takes from a ring-fenced reserve: two other people have to approve it before it counts.") : needsApproval ? gettext("Somebody else has to approve this voucher before it counts.") : gettext("It is written into the logbook at once and cannot be changed afterwards; a mistake is undone by a reversal."),
    ),
    weighed?.signers?.length ? element("p", {}, `${gettext("Signatures on the paper:")} ${weighed.signers.join(" · ")}`) : "",
    element(
      "div",
      { class: "act" },
      element("button", { type: "button", id: "send" }, `${what} `, element("kbd", {}, "Ctrl+Enter")),
      element("button", { type: "button", class: "plain", id: "back" }, `${gettext("Back to the lines")} `, element("kbd", {}, "Esc")),
    ),
  ];
  home.replaceChildren(...parts.filter(Boolean));
  home.querySelector("#send")?.addEventListener("click", page.onSend);
  home.querySelector("#back")?.addEventListener("click", page.onBack);
}

function headerFacts(/** @type {any} */ voucher, /** @type {any} */ form, /** @type {any} */ desk) {
  const facts = form.header
    .map((/** @type {any} */ { member, label }) => {
      let value = voucher[member] ?? "";
      if (member === "occurred_at") value = value ? showMoment(value) : gettext("now");
      if (member === "order_date" && value) value = showDay(value);
      if (member === "to_depot") value = [value, desk.catalogue.depots.find((/** @type {any} */ depot) => depot.code === value)?.name].filter(Boolean).join(" ");
      return value ? element("div", {}, element("dt", {}, label), element("dd", {}, value)) : null;
    })
    .filter(Boolean);
  return element("dl", { class: "facts" }, ...facts);
}

function warningList(/** @type {any} */ { warnings, acknowledged, numberOf, onRead }) {
  const boxes = warnings.map((/** @type {any} */ warning) => {
    const key = warningKey(warning);
    const box = /** @type {HTMLInputElement} */ (element("input", { type: "checkbox", "data-warning": key }));
    box.checked = acknowledged.has(key);
    box.addEventListener("change", () => onRead(key, box.checked));
    const where = warning.line ? `${interpolate(gettext("Line %(number)s"), { number: numberOf(warning.line) }, true)}: ` : "";
    const label = element("label", {}, box, ` ${where}${warning.detail}`);
    const item = element("li", {}, label);
    if (warning.link) item.append(" ", element("a", { href: warning.link, target: "_blank" }, gettext("Open it")));
    return item;
  });
  return element("fieldset", { class: "notice warn read" }, element("legend", {}, gettext("Read these and tick each one")), element("ul", {}, ...boxes));
}

function lineTable(/** @type {any} */ { lines, form, desk, weighed }) {
  const isUsed = (/** @type {any} */ column) => lines.some((/** @type {any} */ line) => line[column.member] !== undefined && line[column.member] !== "");
  const columns = form.columns.filter((/** @type {any} */ column) => column.type !== "unit" && isUsed(column));
  const weighedById = new Map((weighed?.lines ?? []).map((/** @type {any} */ one) => [one.line, one]));
  const isNumber = (/** @type {any} */ column) => ["quantity", "signed", "money"].includes(column.type);
  const head = element("tr", {}, element("th", { scope: "col", class: "n" }, gettext("No.")), ...columns.map((/** @type {any} */ column) => element("th", { scope: "col", class: isNumber(column) ? "n" : false }, column.label)));
  const rows = document.createDocumentFragment();
  lines.forEach((/** @type {any} */ line, /** @type {number} */ index) => {
    const cells = columns.map((/** @type {any} */ column) => {
      const text = shown(line, column, desk);
      const name = column.member === "item" ? "th" : "td";
      const cell = element(name, name === "th" ? { scope: "row" } : { class: isNumber(column) ? "n" : false }, text);
      if (column.member === "item") cell.append(element("span", { class: "sub code" }, line.item ?? ""));
      if (column.member === "quantity") cell.replaceChildren(...quantityWords(line, text, desk));
      if (column.member === "lot" && !line.lot) cell.append(takenFrom(weighedById.get(line.id), desk));
      return cell;
    });
    if (!columns.some((/** @type {any} */ column) => column.member === "lot") && weighedById.get(line.id)?.parts?.length && form.fillsFirstExpired) cells[0].append(element("span", { class: "sub" }, takenFrom(weighedById.get(line.id), desk)));
    const row = element("tr", {}, element("td", { class: "n" }, String(index + 1)), ...cells);
    if (line.reason && !columns.some((/** @type {any} */ column) => column.member === "reason")) row.querySelector("th")?.append(element("span", { class: "sub" }, `${gettext("Reason")}: ${line.reason}`));
    rows.append(row);
  });
  const table = element("table", {}, element("thead", {}, head), element("tbody", {}));
  table.lastElementChild?.append(rows);
  return element("div", { class: "table", role: "region", tabindex: "0", "aria-label": gettext("Lines of the voucher") }, table);
}

/** A number that means another one in the other language is said in words as well; packages also in base units. */
function quantityWords(/** @type {any} */ line, /** @type {string} */ text, /** @type {any} */ desk) {
  const words = [element("strong", {}, text), ` ${line.unit ? unitName(line.unit, desk) : ""}`];
  const base = inBase(line, desk);
  if (base) words.push(element("span", { class: "sub" }, `= ${base}`));
  if (line.quantity && readQuantity(text, desk.language, 3).isAmbiguous) words.push(element("span", { class: "sub words" }, inWords(line.quantity, desk.language)));
  return words;
}

function takenFrom(/** @type {any} */ weighed, /** @type {any} */ desk) {
  return (weighed?.parts ?? []).map((/** @type {any} */ part) => `${part.lot || part.bin}: ${showQuantity(part.change.replace("-", ""), desk.language)}`).join(" · ");
}

function totals(/** @type {any} */ { lines, desk, weighed }) {
  /** @type {Map<string, string[]>} */
  const byUnit = new Map();
  for (const line of lines) if (line.quantity) byUnit.set(line.unit ?? "", [...(byUnit.get(line.unit ?? "") ?? []), line.quantity]);
  const sums = [...byUnit].map(([unit, all]) => `${showQuantity(sumOf(all), desk.language)} ${unit ? unitName(unit, desk) : ""}`.trim());
  const count = interpolate(ngettext("%(count)s line", "%(count)s lines", lines.length), { count: lines.length }, true);
  const value = weighed?.totals?.value ?? valueOf(lines);
  const words = [count, ...sums];
  if (value) words.push(interpolate(gettext("worth %(value)s đồng"), { value: showQuantity(value, desk.language) }, true));
  return element("p", { class: "totals" }, element("strong", {}, gettext("Total:")), ` ${words.join(" · ")}`);
}

const sumOf = (/** @type {string[]} */ values) => values.reduce(plus, "0");

function valueOf(/** @type {any[]} */ lines) {
  const priced = lines.filter((line) => line.unit_price && line.quantity);
  return priced.length > 0 ? sumOf(priced.map((line) => times(line.quantity, line.unit_price))) : null;
}
