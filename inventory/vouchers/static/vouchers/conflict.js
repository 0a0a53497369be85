// What two people changed otherwise, side by side: "keep mine" or "take theirs", one by one.

import { element } from "../logistics/dialog.js";
import { shown } from "./cells.js";
import { same } from "./merge.js";

/**
 * Draw the open conflicts into `home`.
 * @param {HTMLElement} home
 * @param {{conflicts: import("./merge.js").Conflict[], who: string, form: any, desk: any, numberOf: (id: string) => number,
 *   onSettle: (conflict: import("./merge.js").Conflict, choice: "mine" | "theirs") => void}} page
 */
export function drawConflicts(home, { conflicts, who, form, desk, numberOf, onSettle }) {
  if (conflicts.length === 0) {
    home.replaceChildren();
    return;
  }
  const rows = conflicts.map((conflict, index) => {
    const name = conflict.type === "line" ? lineName(conflict, numberOf) : form.header.find((/** @type {any} */ one) => one.member === conflict.name)?.label ?? conflict.name;
    const choose = (/** @type {"mine" | "theirs"} */ choice, /** @type {string} */ label) => {
      const button = element("button", { type: "button", "data-choice": choice, class: choice === "mine" ? "" : "plain", "aria-describedby": `conflict-${index}` }, label);
      button.addEventListener("click", () => onSettle(conflict, choice));
      return button;
    };
    return element(
      "tr",
      { "data-conflict": conflict.name },
      element("th", { scope: "row", id: `conflict-${index}` }, name),
      element("td", {}, told(conflict.mine, conflict, form, desk), choose("mine", gettext("keep mine"))),
      element("td", {}, told(conflict.theirs, conflict, form, desk), choose("theirs", gettext("take theirs"))),
    );
  });
  const head = element("tr", {}, element("td", {}), element("th", { scope: "col" }, gettext("Mine")), element("th", { scope: "col" }, who));
  home.replaceChildren(
    element(
      "section",
      { class: "notice warn conflicts", "aria-labelledby": "conflict-title" },
      element("h2", { id: "conflict-title", tabindex: "-1" }, interpolate(gettext("%(who)s changed the same as you"), { who }, true)),
      element("p", {}, gettext("Nothing is lost. Choose for each one what is right; then the voucher can be sent.")),
      element("div", { class: "table" }, element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows))),
    ),
  );
}

function lineName(/** @type {any} */ conflict, /** @type {(id: string) => number} */ numberOf) {
  const number = numberOf(conflict.name);
  return number > 0 ? interpolate(gettext("Line %(number)s"), { number }, true) : gettext("A line");
}

/** One side in words: of a line its cells, those that differ set off. */
function told(/** @type {any} */ side, /** @type {any} */ conflict, /** @type {any} */ form, /** @type {any} */ desk) {
  if (conflict.type === "header") return element("p", {}, side || gettext("(blank)"));
  if (!side) return element("p", {}, gettext("(line removed)"));
  const other = side === conflict.mine ? conflict.theirs : conflict.mine;
  const cells = form.columns
    .map((/** @type {any} */ column) => ({ column, text: shown(side, column, desk) }))
    .filter((/** @type {any} */ { text }) => text)
    .map((/** @type {any} */ { column, text }) => {
      const differs = !same(side[column.member] ?? side.typed?.[column.member], other?.[column.member] ?? other?.typed?.[column.member]);
      return element("div", {}, element("dt", {}, column.label), element("dd", {}, differs ? element("strong", {}, text) : text));
    });
  return element("dl", { class: "side" }, ...cells);
}
