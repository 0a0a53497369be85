// A block copied from a spreadsheet, taken into the lines from one cell on.

import { edited, faultsOf, isEmpty } from "./cells.js";

/**
 * Return the cells of a copied block. Excel and LibreOffice part cells by tabs and rows by line ends; a cell with a
 * tab, a line end or a quotation mark in it stands in quotation marks, its own doubled.
 * @param {string} text
 * @returns {string[][]}
 */
export function readTable(text) {
  const rows = [];
  /** @type {string[]} */
  let row = [];
  const cell = /(?:"((?:[^"]|"")*)"(?=[\t\r\n]|$)|([^\t\r\n]*))(\t|\r\n|\n|\r|$)/y;
  while (cell.lastIndex < text.length) {
    const [, quoted, plain, end] = /** @type {RegExpExecArray} */ (cell.exec(text));
    row.push((quoted === undefined ? plain : quoted.replaceAll('""', '"')).replace(/[\r\n\t]+/g, " ").trim());
    if (end !== "\t") {
      rows.push(row);
      row = [];
    }
  }
  if (row.length > 0) rows.push([...row, ""]); // the text ended with a tab: one more cell, a blank one
  return rows;
}

/** Tell whether pasted text is a block and not one cell's text. */
export function isTable(/** @type {string} */ text) {
  return /[\t\n\r]/.test(text.replace(/[\r\n]+$/, "")) || /\t/.test(text);
}

/**
 * Return the lines with a block taken in, its top left cell at a line and a column. Rows beyond the last line make new
 * ones; columns beyond the last are left out; fixed columns are passed over. Within a row the item is read first,
 * because the unit and the quantity mean nothing without it.
 * @param {import("./cells.js").Line[]} lines
 * @param {{index: number, member: string}} at
 * @param {import("./cells.js").Column[]} columns as they stand on the page
 * @param {string[][]} table
 * @param {import("./cells.js").Desk} desk
 * @param {() => import("./cells.js").Line} newLine
 * @returns {{lines: import("./cells.js").Line[], changed: string[], added: number, bad: number}} `changed`: ids; `bad`: cells that could not be read
 */
export function pasted(lines, at, columns, table, desk, newLine) {
  const next = [...lines];
  const first = columns.findIndex((column) => column.member === at.member);
  const places = columns.slice(first);
  const changed = [];
  let added = 0;
  let bad = 0;
  table.forEach((cells, offset) => {
    const index = at.index + offset;
    if (index >= next.length) {
      next.push(newLine());
      added += 1;
    } else if (isEmpty(next[index])) added += 1;
    let line = next[index];
    const pairs = cells.map((text, place) => ({ text, column: places[place] })).filter(({ column }) => column && !column.isFixed);
    const early = (/** @type {{column: any}} */ pair) => ["item", "unit"].indexOf(pair.column.type) >>> 0;
    for (const { text, column } of pairs.sort((one, other) => early(one) - early(other))) line = edited(line, column, text, desk);
    next[index] = line;
    changed.push(line.id);
    bad += faultsOf(line, columns, desk).length;
  });
  return { lines: next, changed, added, bad };
}
