import assert from "node:assert/strict";
import { test } from "node:test";

import { catalogue, clock } from "./store.mjs";

const { isOwnLabel, parseScan, scanAtEnd } = await import("./vouchers/scan.js");
const { dayOf, readElements } = await import("./vouchers/gs1.js");
const { undone } = await import("./vouchers/unikey.js");

const scan = (text) => parseScan(text, catalogue, clock);
const RICE = "QN-01-0000014";

test("every form of scan names what it is", () => {
  // scanned text, then the members it must have
  const table = [
    ["]d2011893123456789417261231" + "10LO-A1", { kind: "item", item: RICE, lot: "LO-A1", expiresOn: "2026-12-31", unit: null, quantity: null }],
    ["]C101189312345678941726120037120\x1d10LO-A1", { kind: "item", lot: "LO-A1", expiresOn: "2026-12-31", quantity: "120" }],
    ["\x1d01189312345678943012\x1d10X", { kind: "item", lot: "X", quantity: "12" }],
    ["(01)18931234567894(17)261231(10)LO-A1", { kind: "item", lot: "LO-A1", expiresOn: "2026-12-31" }],
    ["01189312345678941726123110LO-A1", { kind: "item", lot: "LO-A1" }],
    ["0108931234567897" + "10B", { kind: "item", item: RICE, unit: "BG", lot: "B" }],
    ["0104006381333931" + "21SN-9", { kind: "item", item: "QY-01-0000026", serial: "SN-9", lot: "SN-9" }],
    ["00000001747", { kind: "item", item: RICE, lot: "L24", expiresOn: "2026-11-30" }],
    ["8931234567897", { kind: "item", item: RICE, unit: "BG", lot: null }],
    ["4006381333931", { kind: "item", item: "QY-01-0000026" }],
    ["qn-02-0001230", { kind: "item", item: "QN-02-0001230" }],
    ["A-02", { kind: "bin", text: "A-02" }],
    ["k01/15", { kind: "movement", text: "K01/15" }],
    ["*POST*", { kind: "command", text: "post" }],
    ["*undo*", { kind: "command", text: "undo" }],
    ["8938505974194", { kind: "unknown", text: "8938505974194" }],
    ["8931234567898", { kind: "refused", problem: "check-digit" }],
    ["00000001748", { kind: "refused", problem: "check-digit" }],
    ["]d20118931234567895" + "10X", { kind: "refused", problem: "label" }],
    ["]d2011893123456789417261331", { kind: "refused", problem: "label" }],
    ["  ", { kind: "empty" }],
  ];
  for (const [text, expected] of table) {
    const found = scan(text);
    for (const [member, value] of Object.entries(expected)) assert.equal(found[member], value, `${JSON.stringify(text)}: ${member} of ${JSON.stringify(found)}`);
  }
});

test("an unknown GTIN keeps the lot and day its label told", () => {
  const found = scan("01089385059741941726123110Z9");
  assert.deepEqual([found.kind, found.text, found.lot, found.expiresOn], ["unknown", "08938505974194", "Z9", "2026-12-31"]);
});

test("what the input method made of a label is undone when only one reading makes sense", () => {
  // Telex: ]d2 begins with the key of ư; QN has no vowel, but a lot may
  assert.equal(scan("ưd20118931234567894" + "10B7").lot, "B7");
  assert.equal(scan("ưd20118931234567894" + "10BÂ").lot, "BAA", "the ư shows that it was Telex");
  assert.equal(scan("(01)18931234567894(10)BÂ").problem, "unikey", "BAA in Telex or BA6 in VNI: not to be guessed");
  assert.equal(scan("đạn").problem, "unikey");
  assert.ok(undone("LO-Á").includes("LO-AS"));
  assert.ok(undone("LO-Á").includes("LO-A1"));
  assert.ok(undone("Đ").includes("DD"));
  assert.ok(undone("TÁN").includes("TANS"), "the tone key may come at the word's end");
  assert.ok(undone("ấ").includes("aas"));
  assert.ok(undone("ĂƠƯÊ".repeat(6)).length <= 256);
});

test("a scan at the end of a cell's text is told from the text", () => {
  assert.equal(scanAtEnd("128931234567897", catalogue, clock).before, "12");
  assert.equal(scanAtEnd("12" + "01189312345678941726123110LO-A1", catalogue, clock).scan.lot, "LO-A1");
  assert.equal(scanAtEnd("8931234567897", catalogue, clock).before, "");
  assert.equal(scanAtEnd("1200000001747", catalogue, clock).scan.lot, "L24");
  for (const text of ["12", "31122027", "L25-01", "1.234,5", "", "8931234567898", "gạo"]) assert.equal(scanAtEnd(text, catalogue, clock), null, text);
});

test("labels are read whole or not at all", () => {
  assert.deepEqual(readElements("(01)18931234567894(10)A\\(1)"), { "01": "18931234567894", 10: "A(1)" });
  assert.equal(readElements("(01)18931234567894x"), null);
  assert.equal(readElements("01189312345678941"), null);
  assert.equal(readElements("10A\x1d10B"), null, "one field with two values");
  assert.equal(dayOf("280200", "2026-11-22"), "2028-02-29");
  assert.equal(dayOf("770101", "2026-11-22"), "1977-01-01");
  assert.equal(dayOf("760101", "2026-11-22"), "2076-01-01");
  assert.equal(dayOf("260230", "2026-11-22"), null);
  assert.ok(isOwnLabel("00000001747"));
});
