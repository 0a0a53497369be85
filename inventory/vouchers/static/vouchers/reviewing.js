// The last look at a voucher before it is sent: what stands in the way, what is to be read, and the sending.

import { clearSummary, showSummary } from "../logistics/problems.js";
import { say } from "../logistics/say.js";
import { faultsOf } from "./cells.js";
import { remember } from "./drafts.js";
import { withFuel } from "./fuel.js";
import { send } from "./outbox.js";
import { drawReview } from "./review.js";
import { differs } from "./under.js";

const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));

export class Reviewing {
  isOpen = false;
  isSending = false;
  #isOpening = false; // Ctrl+Enter twice is once
  #anchors = 0;

  /** @param {import("./entry.js").Page} page */
  constructor(page) {
    this.page = page;
  }

  /** Return what stands in the way of sending, as far as this page knows. */
  #obstacles() {
    const found = this.page.header.faults(this.page.draft).map((fault) => ({ ...fault, line: null }));
    if (this.page.form.needsReason && !this.page.draft.reason) found.push({ line: null, member: "reason", code: "required", detail: gettext("Say why: this kind of voucher needs a reason.") });
    if (this.page.draft.kind === "transfer_out" && !this.page.draft.to_depot) found.push({ line: null, member: "to_depot", code: "required", detail: gettext("Choose the depot the goods go to.") });
    if (this.page.draft.kind === "transfer_in" && !this.page.draft.consignment) found.push({ line: null, member: "consignment", code: "required", detail: gettext("Name the consignment, such as K01/15, or scan its slip.") });
    const lines = this.page.toSend().lines;
    if (lines.length === 0) found.push({ line: null, member: "", code: "required", detail: gettext("The voucher has no lines yet: scan or type the first one.") });
    for (const line of lines) {
      const own = faultsOf(line, withFuel(this.page.form.columns), this.page.desk, { required: this.page.form.required });
      if (this.page.draft.kind === "transfer_in" && differs(line) && !line.reason) own.push({ member: "reason", code: "difference-needs-reason", detail: gettext("Received differs from sent: say why.") });
      const tracking = this.page.desk.catalogue.item(line.item)?.tracking ?? "none";
      const needsLot = tracking !== "none" && !this.page.form.fillsFirstExpired && !line.lot && this.page.form.columns.some((/** @type {any} */ column) => column.member === "lot" && !column.isFixed);
      if (needsLot) own.push({ member: "lot", code: "required", detail: tracking === "serial" ? gettext("The serial number is missing.") : gettext("The lot is missing.") });
      found.push(...own.map((fault) => ({ ...fault, line: line.id })));
    }
    return found;
  }

  /** Show the voucher as it would be sent, once nothing this page or the server knows of stands in the way. */
  async open() {
    if (!this.page.isEditable() || this.isOpen || this.#isOpening) return;
    const active = document.activeElement;
    if (active instanceof HTMLElement && at("entry").contains(active)) active.blur(); // reads the cell somebody is in
    this.page.wasReviewed = true;
    clearSummary();
    if (this.page.conflicts.length > 0) {
      document.getElementById("conflict-title")?.focus();
      say(gettext("First choose what is right where two of you changed the same."), { tone: "bad" });
      return;
    }
    const own = this.#obstacles();
    if (own.length > 0) {
      this.tellFaults(own);
      return;
    }
    this.#isOpening = true;
    at("review-open").disabled = true;
    const answer = await this.page.weigh();
    at("review-open").disabled = false;
    this.#isOpening = false;
    if (answer?.faults.length) {
      this.tellFaults(answer.faults);
      return;
    }
    this.#showReview(answer);
  }

  /** Show the faults in the summary, which links to the cells, and beside each cell. */
  tellFaults(/** @type {any[]} */ faults, { title = undefined, type = "" } = {}) {
    say(""); // what went well before stands no longer
    if (!this.page.weighed?.faults?.length) {
      const marks = new Map();
      for (const fault of faults) if (fault.line) marks.set(fault.line, { faults: [...(marks.get(fault.line)?.faults ?? []), fault], warnings: [], weighed: null });
      this.page.grid.mark(marks);
    } else this.page.showMarks();
    const named = faults.map((fault) => {
      const number = fault.line ? this.page.grid.numberOf(fault.line) : 0;
      const where = number > 0 ? `${interpolate(gettext("Line %(number)s"), { number }, true)}: ` : "";
      const box = fault.line ? this.page.grid.box(fault.line, fault.member) : this.page.header.box(fault.member);
      return { detail: `${where}${fault.detail}`, href: box ? this.#anchor(box) : undefined, code: fault.code };
    });
    showSummary(named, { title, type });
    this.page.header.mark(faults.filter((fault) => !fault.line && fault.member));
  }

  /** Cells are told by their line, so the summary links to them instead of writing its words beside them once more. */
  #anchor(/** @type {HTMLElement} */ box) {
    this.#anchors += 1;
    box.id ||= `cell-${this.#anchors}`;
    return `#${box.id}`;
  }

  #showReview(/** @type {any} */ answer) {
    const voucher = this.page.toSend();
    const warnings = [...(answer?.warnings ?? []), ...this.#left(voucher)];
    const acknowledged = new Set(this.page.draft.acknowledged ?? []);
    this.isOpen = true;
    say(""); // what the last scan came to is no news of the review
    drawReview(at("review"), {
      voucher, lines: voucher.lines, form: this.page.form, desk: this.page.desk, weighed: answer, warnings, acknowledged,
      numberOf: (id) => this.page.grid.numberOf(id),
      onSend: () => this.send(),
      onBack: () => this.close(),
      onRead: (key, isRead) => {
        if (isRead) acknowledged.add(key);
        else acknowledged.delete(key);
        this.page.draft = { ...this.page.draft, acknowledged: [...acknowledged] };
        this.page.saver.touch();
      },
    });
    at("entry").hidden = true;
    at("review").hidden = false;
    at("review").focus();
    scrollTo(0, 0);
  }

  /** Goods of the consignment that were not counted stay on the road: said once more before it is so. */
  #left(/** @type {any} */ voucher) {
    const count = this.page.draft.lines.length - voucher.lines.length;
    if (count === 0) return [];
    const detail = interpolate(ngettext("%(count)s line was not received: it stays on the road.", "%(count)s lines were not received: they stay on the road.", count), { count }, true);
    return [{ line: null, member: "", code: "left-on-the-road", detail, link: null }];
  }

  /** Go back to the entry. */
  close() {
    if (!this.isOpen) return;
    this.isOpen = false;
    say("");
    at("review").hidden = true;
    at("entry").hidden = false;
    at("scan").focus();
  }

  /** Put the voucher into the outbox, every note read. */
  async send() {
    if (!this.isOpen || this.isSending) return;
    const unread = [...at("review").querySelectorAll("[data-warning]")].find((box) => !box.checked);
    if (unread) {
      unread.focus();
      say(gettext("Tick every note to say that you have read it."), { tone: "bad" });
      return;
    }
    this.isSending = true;
    this.page.saver.pause();
    await this.page.saver.now();
    await this.page.saver.settled();
    if (this.page.conflicts.length > 0 || !this.page.isEditable()) {
      this.isSending = false;
      this.close();
      return;
    }
    remember(this.page.shell, this.page.draft);
    const voucher = this.page.toSend();
    const leftOut = this.page.draft.lines.filter((/** @type {any} */ line) => !voucher.lines.includes(line));
    this.page.draft = { ...voucher, left_out: leftOut };
    this.isOpen = false;
    at("review").hidden = true;
    at("entry").hidden = false;
    try {
      await this.page.store.drafts.put(this.page.draft);
      const after = await send(this.page.draft.id);
      this.page.take(after);
    } catch (error) {
      this.page.notice("bad", interpolate(gettext("It could not be put into the outbox: %(why)s"), { why: String(/** @type {any} */ (error)?.message ?? error) }, true));
    }
    this.isSending = false;
    if (this.page.isEditable()) this.page.saver.resume();
  }
}
