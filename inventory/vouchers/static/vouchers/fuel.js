// A line of liquid fuel tells how warm and how dense it was: two cells that other goods have no use for.

import { element } from "../logistics/dialog.js";
import { showQuantity } from "../logistics/numbers.js";
import { KILOGRAM } from "./cells.js";

/** The members of a line that only liquid fuel has. */
export const FUEL = new Set(["temperature", "density"]);

/**
 * Return a form's columns with those of liquid fuel behind the unit.
 * @param {import("./cells.js").Column[]} columns
 * @returns {import("./cells.js").Column[]}
 */
export function withFuel(columns) {
  const at = columns.findIndex((column) => column.member === "unit");
  if (at < 0) return columns;
  return columns.toSpliced(
    at + 1,
    0,
    { member: "temperature", type: "temperature", label: gettext("°C") },
    { member: "density", type: "density", label: gettext("Density, kg/m³") },
  );
}

/** Tell whether a line is about a liquid fuel, or was given a reading. */
export function isFuel(/** @type {import("./cells.js").Line} */ line, /** @type {import("./cells.js").Desk} */ { catalogue }) {
  const isMarked = Boolean(line.item && catalogue.item(line.item)?.fuel_group);
  return isMarked || [...FUEL].some((member) => line[member] !== undefined || line.typed?.[member] !== undefined);
}

/**
 * Return the words that say what a reading comes to at 15 °C. What the order or the document says is at 15 °C too, and
 * counts the line's unit: it stands beside it where that is the litre.
 */
export function atFifteen(/** @type {any} */ fuel, /** @type {import("./cells.js").Line} */ line, /** @type {import("./cells.js").Desk} */ { catalogue, language }) {
  const names = {
    litres: showQuantity(fuel.litres_15, language),
    kg: showQuantity(fuel.kg, language),
    density: showQuantity(fuel.density_15, language),
    factor: showQuantity(fuel.factor, language),
  };
  const words = interpolate(gettext("At 15 °C: %(litres)s litres · %(kg)s kg (density %(density)s kg/m³, factor %(factor)s)"), names, true);
  if (line.unit === KILOGRAM) {
    // What a meter has to show for them.
    const observed = interpolate(gettext("as observed %(litres)s litres"), { litres: showQuantity(fuel.litres, language) }, true);
    return element("p", { class: "why" }, words, " · ", observed);
  }
  const isInLitres = !line.unit || line.unit === catalogue.item(line.item ?? "")?.unit;
  if (!line.scheduled_quantity || !isInLitres) return element("p", { class: "why" }, words);
  const asked = { litres: showQuantity(line.scheduled_quantity, language) };
  return element("p", { class: "why" }, words, " · ", interpolate(gettext("on the document %(litres)s litres at 15 °C"), asked, true));
}
