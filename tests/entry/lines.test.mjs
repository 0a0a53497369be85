import assert from "node:assert/strict";
import { test } from "node:test";

import { COLUMNS, catalogue, clock, columnOf, desk, newLine } from "./store.mjs";

const { edited, faultsOf, hint, isEmpty, looksScanned, shown } = await import("./vouchers/cells.js");
const { isTable, pasted, readTable } = await import("./vouchers/paste.js");
const { booked } = await import("./vouchers/booking.js");
const { CellHistory, Deeds } = await import("./vouchers/history.js");
const { parseScan } = await import("./vouchers/scan.js");
const { readMoment, thisMinute } = await import("./vouchers/header.js");
const { compare, minus, plus, times } = await import("./vouchers/decimal.js");
const { arrivalLines, standing } = await import("./vouchers/papers.js");

const typed = (cells, line = { id: "l1" }) => Object.entries(cells).reduce((now, [member, text]) => edited(now, columnOf(member), text, desk), line);

test("a cell is read, kept as typed, or emptied", () => {
  const line = typed({ item: "gạo tẻ", lot: "l24", quantity: "1.234,5" });
  assert.deepEqual(line, { id: "l1", item: "QN-01-0000014", unit: "KGM", lot: "L24", expires_on: "2026-11-30", quantity: "1234.5" });
  const wrong = typed({ quantity: "1.2.3", expires_on: "31/02/2026" }, line);
  assert.deepEqual(wrong.typed, { quantity: "1.2.3", expires_on: "31/02/2026" });
  assert.equal(wrong.quantity, undefined);
  assert.equal(shown(wrong, columnOf("quantity"), desk), "1.2.3");
  assert.deepEqual(faultsOf(wrong, COLUMNS, desk).map((fault) => fault.code), ["date_unknown", "number_form"]);
  assert.deepEqual(typed({ quantity: "", expires_on: "12/2027" }, wrong), { id: "l1", item: "QN-01-0000014", unit: "KGM", lot: "L24", expires_on: "2027-12-31" });
  assert.equal(line.quantity, "1234.5", "the line given stays as it is");
});

test("the entered unit stays, and says what it is in base units", () => {
  const line = typed({ item: "QN-02-0001230", unit: "hộp", quantity: "3" });
  assert.equal(line.unit, "BX");
  assert.equal(hint(line, columnOf("quantity"), desk), "= 72 cái");
  assert.equal(edited(line, columnOf("quantity"), "4", desk).unit, "BX");
  assert.equal(typed({ unit: "kg" }, line).typed.unit, "kg", "caps are not counted in kilograms");
  assert.equal(typed({ item: "Gạo tẻ" }, line).unit, "KGM", "another item's package means nothing");
});

test("half a name is no item, and no item is no error while it is typed", () => {
  const line = edited({ id: "l1" }, columnOf("item"), "gạo tẻ", desk, { isLive: true });
  assert.deepEqual(line, { id: "l1", typed: { item: "gạo tẻ" } });
  assert.equal(isEmpty(line), false);
  assert.equal(looksScanned(line), false);
  assert.equal(looksScanned({ id: "x", typed: { item: "8938505974194" } }), true);
});

test("a block from Excel fills from the cell down and adds lines", () => {
  assert.equal(isTable("một dòng\n"), false);
  assert.ok(isTable("a\tb"));
  assert.deepEqual(readTable('a\t"x ""y""\nz"\tb\r\n1\t\t3\r\n'), [["a", 'x "y" z', "b"], ["1", "", "3"]]);
  const before = [{ id: "l1", item: "QN-02-0001230", unit: "EA", quantity: "1" }, { id: "l2" }];
  const table = readTable("Gạo tẻ\tL30\t12/2027\t1.250,5\nMũ mềm\t\t\t12,5\nkhông có\tL1\t\t7\n");
  const done = pasted(before, { index: 1, member: "item" }, COLUMNS, table, desk, newLine);
  assert.equal(done.lines.length, 4);
  assert.deepEqual([done.added, done.bad], [3, 2]);
  assert.deepEqual(done.lines[1], { id: "l2", item: "QN-01-0000014", unit: "KGM", lot: "L30", expires_on: "2027-12-31", quantity: "1250.5" });
  assert.deepEqual(done.lines[2].typed, { quantity: "12,5" });
  assert.deepEqual(done.lines[3].typed, { item: "không có" });
  assert.equal(done.lines[0], before[0]);
  const sideways = pasted(before, { index: 0, member: "unit_price" }, COLUMNS, [["15.500", "beyond", "the", "edge"]], desk, newLine);
  assert.equal(sideways.lines[0].unit_price, "15500");
});

const page = { desk, place: "", isGiven: false, takesLots: true, newLine };
const book = (lines, text, more = {}) => booked(lines, parseScan(text, catalogue, clock), { ...page, ...more });

test("the same item and lot count up, another lot makes a line", () => {
  let { lines, words } = book([], "01189312345678941726123110L1");
  assert.equal(lines[0].quantity, "1");
  ({ lines, words } = book(lines, "01189312345678941726123110L1"));
  assert.equal(lines.length, 1);
  assert.match(words, /Line 1 · Gạo tẻ lot L1 · \+1 → 2/);
  ({ lines } = book(lines, "01189312345678941726123110L2"));
  ({ lines } = book(lines, "0118931234567894" + "37" + "40\x1d10L1"));
  assert.deepEqual(lines.map((line) => [line.lot, line.quantity]), [["L1", "42"], ["L2", "1"]]);
  ({ lines } = book(lines, "0108931234567897" + "10L1"));
  assert.deepEqual([lines.length, lines[2].unit], [3, "BG"], "a bag is not a kilogram");
  ({ lines } = book(lines, "01189312345678941726123110L1", { place: "A-02" }));
  assert.equal(lines[0].quantity, "43", "a line that names no bin is in the one scanned");
});

test("a serial number comes once", () => {
  const first = book([], "010400638133393121SN-9");
  assert.equal(first.lines[0].lot, "SN-9");
  assert.match(book(first.lines, "010400638133393121SN-9").refusal, /line 1 already/);
  assert.equal(book(first.lines, "010400638133393121SN-10").lines.length, 2);
});

test("a consignment takes only what was sent", () => {
  const sent = [{ id: "c1", item: "QN-01-0000014", unit: "KGM", lot: "L1", scheduled_quantity: "2" }, { id: "c2", item: "QN-01-0000014", unit: "KGM", lot: "L2", scheduled_quantity: "5" }];
  const given = { isGiven: true };
  const one = book(sent, "(01)18931234567894(10)L2", given);
  assert.equal(one.lines[1].quantity, "1");
  assert.match(book(sent, "(01)18931234567894(10)L3", given).refusal, /was not sent/);
  const lacking = book([{ ...sent[0], quantity: "2" }, sent[1]], "18931234567894", given);
  assert.equal(lacking.id, "c2", "without a lot, the line that still lacks something");
});

test("an unknown code waits in a line of its own", () => {
  const first = book([], "8938505974194");
  assert.deepEqual([first.lines[0].typed.item, first.lines[0].quantity, first.isNew], ["8938505974194", "1", true]);
  assert.equal(book(first.lines, "8938505974194").lines[0].quantity, "2");
});

test("cells and deeds are taken back step by step", () => {
  const cells = new CellHistory();
  cells.enter("l1/quantity", "1");
  for (let number = 2; number < 80; number += 1) cells.note("l1/quantity", String(number));
  assert.equal(cells.step("l1/quantity", "past"), "78");
  assert.equal(cells.step("l1/quantity", "future"), "79");
  let steps = 0;
  while (cells.step("l1/quantity", "past") !== null) steps += 1;
  assert.equal(steps, 50);

  const [a, b, c] = ["a", "b", "c"].map((id) => ({ id, quantity: "1" }));
  const deeds = new Deeds();
  deeds.note("b removed", [a, b, c], [a, c]);
  const later = [{ ...a, quantity: "9" }, c, { id: "d", quantity: "4" }];
  assert.deepEqual(deeds.takeBack(later).map((line) => [line.id, line.quantity]), [["a", "9"], ["b", "1"], ["c", "1"], ["d", "4"]]);
  assert.equal(deeds.takeBack(later), null);
});

test("moments, sums and standing", () => {
  assert.deepEqual(readMoment("20/11/2026 08:05", "2026-11-22"), { value: "2026-11-20T08:05:00+07:00", problem: null });
  assert.deepEqual(readMoment("t 7h30", "2026-11-22"), { value: "2026-11-22T07:30:00+07:00", problem: null });
  assert.equal(readMoment("20/11/2026 25:00", "2026-11-22").problem, "date_form");
  assert.equal(thisMinute(new Date("2026-11-21T17:30:59Z")), "2026-11-22T00:30:00+07:00");
  assert.deepEqual([times("3", "24.5"), plus("0.1", "0.2"), minus("1", "1.001"), compare("10", "9.999")], ["73.5", "0.3", "-0.001", 1]);
  assert.equal(standing({ state: "posted", movement: { number: "PN-1" } }).words, "Posted: PN-1");
  const arrival = { lines: [{ item: "x", unit: "KGM", grade: 1, purpose: "SSCD", in_transit: "300.000", lot: "L1", expires_on: null }, { item: "y", in_transit: "0.000" }] };
  const [line, ...none] = arrivalLines(arrival, newLine);
  assert.deepEqual([line.scheduled_quantity, line.quantity, none.length], ["300", undefined, 0]);
});
