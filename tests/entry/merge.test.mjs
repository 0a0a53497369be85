import assert from "node:assert/strict";
import { test } from "node:test";

import "./store.mjs";

const { merge, same, settle } = await import("./vouchers/merge.js");

const voucher = (lines, header = {}) => ({ version: 1, counterparty: "X", lines, ...header });
const line = (id, quantity) => ({ id, item: "QN-01-0000014", quantity });

test("what one side changed alone is kept, whatever the other did elsewhere", () => {
  const base = voucher([line("a", "1"), line("b", "1"), line("c", "1")]);
  const mine = voucher([line("a", "2"), line("b", "1"), line("c", "1"), line("m", "5")], { reason: "mine" });
  const theirs = voucher([line("a", "1"), line("t", "7"), line("b", "3")], { version: 2, counterparty: "Y" });
  const { voucher: merged, conflicts, taken } = merge(base, mine, theirs);
  assert.deepEqual(conflicts, []);
  assert.deepEqual(merged.lines.map((one) => [one.id, one.quantity]), [["a", "2"], ["t", "7"], ["b", "3"], ["m", "5"]]);
  assert.deepEqual([merged.version, merged.counterparty, merged.reason, taken], [2, "Y", "mine", 4]);
});

test("what both changed otherwise is asked, and nothing of mine is lost before it is", () => {
  const base = voucher([line("a", "1"), line("b", "1"), line("c", "1")]);
  const mine = voucher([line("a", "2"), line("c", "9")], { counterparty: "mine" });
  const theirs = voucher([line("a", "3"), line("b", "4"), line("c", "9")], { counterparty: "theirs" });
  const { voucher: merged, conflicts } = merge(base, mine, theirs);
  assert.deepEqual(conflicts.map((one) => [one.type, one.name]), [["header", "counterparty"], ["line", "a"], ["line", "b"]]);
  assert.deepEqual(merged.lines.map((one) => [one.id, one.quantity]), [["a", "2"], ["b", "4"], ["c", "9"]]);
  const [header, a, b] = conflicts;
  let settled = settle(merged, a, "theirs");
  settled = settle(settled, b, "mine"); // I removed it
  settled = settle(settled, header, "theirs");
  assert.deepEqual(settled.lines.map((one) => [one.id, one.quantity]), [["a", "3"], ["c", "9"]]);
  assert.equal(settled.counterparty, "theirs");
});

test("any two sets of changes to different lines meet without a question", () => {
  const ids = ["a", "b", "c", "d", "e", "f"];
  const base = voucher(ids.map((id) => line(id, "1")));
  for (let pattern = 0; pattern < 3 ** ids.length; pattern += 1) {
    const whose = ids.map((_id, index) => Math.floor(pattern / 3 ** index) % 3); // 0 nobody, 1 me, 2 they
    const side = (who, quantity) => voucher(ids.map((id, index) => line(id, whose[index] === who ? quantity : "1")));
    const { voucher: merged, conflicts } = merge(base, side(1, "10"), side(2, "20"));
    assert.equal(conflicts.length, 0);
    assert.deepEqual(merged.lines.map((one) => one.quantity), whose.map((who) => ["1", "10", "20"][who]));
  }
});

test("blank and absent are the same, the order of members too", () => {
  assert.ok(same({ id: "a", lot: "", typed: {}, quantity: "1" }, { quantity: "1", id: "a" }));
  assert.ok(!same({ quantity: "1" }, { quantity: "1.0" }));
});
