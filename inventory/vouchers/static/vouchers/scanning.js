// The scan box of the entry page: what was scanned or typed into it, and what that does to the lines.

import { element } from "../logistics/dialog.js";
import { beep, say } from "../logistics/say.js";
import { booked } from "./booking.js";
import { edited, fold, nameOf } from "./cells.js";
import { call } from "./net.js";
import { parseScan } from "./scan.js";
import { addBeyond, items } from "./suggest.js";

const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));

export class Scanning {
  #place = ""; // the bin scanned last
  #lastBooked = ""; // the line of the last scan

  /** @param {import("./entry.js").Page} page */
  constructor(page) {
    this.page = page;
  }

  /** Put the scan box to work; call once. */
  listen() {
    const box = at("scan");
    box.addEventListener("focus", () => box.select());
    box.addEventListener("blur", () => this.page.choices.close());
    box.addEventListener("input", () => {
      const found = /\p{L}/u.test(box.value) && box.value.trim().length > 1 ? items(box.value, this.page.desk) : [];
      // A scanner types letters too, but capitals: only what somebody typed by hand has its first find picked out.
      this.page.choices.open(box, found, (code) => this.#choose(code), { picksFirst: /\p{Ll}/u.test(box.value) });
      if (/\p{Ll}/u.test(box.value)) addBeyond(box, this.page.desk, this.page.choices, (code) => this.#choose(code));
    });
    box.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.isComposing || event.keyCode === 229) return;
      if (this.page.choices.isOpen(box) && this.page.choices.handles(event)) return;
      if (event.ctrlKey && event.key === "]") {
        // How keyboards send the separator of GS1 fields, which a text box would not take in.
        event.preventDefault();
        box.setRangeText("\x1d", box.selectionStart, box.selectionEnd, "end");
      } else if (event.key === "Enter" && !event.ctrlKey && !event.altKey) {
        event.preventDefault();
        if (this.page.choices.isOpen(box) && this.page.choices.hasCurrent) this.page.choices.accept();
        else this.#scanned(box.value);
      } else if (event.key === "Escape") box.value = "";
      else if (event.key === "ArrowDown" && !this.page.choices.isOpen(box)) {
        event.preventDefault();
        this.page.grid.focus(this.page.grid.lines.at(-1)?.id);
      }
    });
  }

  /** A text was finished in the scan box: the box is cleared first, so that the next scan finds it empty. */
  #scanned(/** @type {string} */ text) {
    this.page.choices.close();
    at("scan").value = "";
    const scan = parseScan(text, this.page.desk.catalogue, this.page.desk);
    if (scan.kind === "unknown" && this.page.draft.aliases?.[scan.text]) {
      this.act({ ...scan, kind: "item", item: this.page.draft.aliases[scan.text] }, text);
      return;
    }
    const isName = (scan.kind === "unknown" || scan.problem === "unikey") && /\p{L}/u.test(text);
    const named = isName ? items(text, this.page.desk) : [];
    const exact = named.filter((/** @type {any} */ one) => fold(one.label) === fold(text));
    if (named.length === 1 || exact.length === 1) this.#choose((exact[0] ?? named[0]).value);
    else if (named.length > 1) {
      at("scan").value = text;
      this.page.choices.open(at("scan"), named, (code) => this.#choose(code), { picksFirst: true });
      say(interpolate(ngettext("%(count)s item matches: choose with ↑ ↓ and Enter.", "%(count)s items match: choose with ↑ ↓ and Enter.", named.length), { count: named.length }, true));
    } else this.act(scan, text);
  }

  #choose(/** @type {string} */ code) {
    this.page.desk.catalogue.keep(code);
    at("scan").value = "";
    const scan = { kind: "item", text: code, item: code, lot: null, expiresOn: null, serial: null, quantity: null, unit: null, problem: null, isMended: false };
    this.act(scan, "", { isTyped: true });
  }

  /** Do what a scan asks for. */
  act(/** @type {any} */ scan, /** @type {string} */ text, { isTyped = false } = {}) {
    if (scan.kind === "empty") return;
    if (!this.page.isEditable()) {
      this.#refuse(gettext("This voucher can no longer be changed. Nothing was added."), "");
      return;
    }
    if (scan.kind === "command") {
      if (scan.text === "undo") this.undo();
      else this.page.onward();
    } else if (scan.kind === "refused") {
      const words = {
        unikey: gettext("A Vietnamese input method is on: turn Unikey off (Ctrl+Shift), then scan again. Nothing was added."),
        "check-digit": gettext("The check digit of “%(text)s” is wrong: turn Unikey off (Ctrl+Shift) if it is on, then scan again. Nothing was added."),
        label: gettext("The GS1 label “%(text)s” cannot be read whole: scan it again. Nothing was added."),
      };
      this.#refuse(interpolate(words[scan.problem], { text: scan.text }, true), text);
    } else if (scan.kind === "bin") this.#setPlace(scan.text);
    else if (scan.kind === "movement") {
      if (this.page.draft.kind === "transfer_in" && this.page.draft.lines.length === 0) this.page.receive(scan.text);
      else this.#refuse(interpolate(gettext("%(name)s is the slip of a transfer: open “Transfer in” to receive it."), { name: scan.text }, true), "");
    } else this.#bookScan(scan, text, isTyped);
  }

  #bookScan(/** @type {any} */ scan, /** @type {string} */ text, /** @type {boolean} */ isTyped) {
    const isGiven = !at("receive-all").hidden;
    const takesLots = this.page.form.columns.some((/** @type {any} */ column) => column.member === "lot");
    const done = booked(this.page.grid.lines, scan, { desk: this.page.desk, place: this.#place, isGiven, takesLots, newLine: (members) => this.page.grid.newLine(members) });
    if ("refusal" in done) {
      this.#refuse(done.refusal, "");
      return;
    }
    this.#lastBooked = done.id;
    let { lines } = done;
    // Somebody who chose an item by its name has counted nothing yet.
    if (isTyped && done.isNew) lines = lines.map((line) => (line.id === done.id ? without(line, "quantity") : line));
    const isRescued = document.activeElement !== at("scan") && text === "";
    const number = lines.findIndex((line) => line.id === done.id) + 1;
    const added = interpolate(gettext("line %(number)s added"), { number }, true);
    this.page.grid.set(lines, { what: isTyped && done.isNew ? added : done.words });
    const box = this.page.grid.flash(done.id, { isTyped: isTyped || false });
    if (!box && (isTyped || !isRescued)) at("scan").focus();
    if (scan.kind === "unknown" && done.isNew) this.#lookUp(scan, text);
    beep(scan.kind === "item" ? "good" : "bad");
    say(isTyped && done.isNew ? interpolate(gettext("Line %(number)s added."), { number }, true) : done.words, { tone: scan.kind === "item" ? "good" : "warn" });
  }

  /** Ask the server about a code that is not on this device: goods come in that the depot never held. */
  async #lookUp(/** @type {any} */ scan, /** @type {string} */ text) {
    const asked = `/codes?depot=${encodeURIComponent(this.page.shell.depot)}&text=${encodeURIComponent(text || scan.text)}`;
    const { status, body } = await call("GET", asked, undefined, { quiet: true });
    if (status !== 200 || !body?.item) return;
    await this.page.desk.catalogue.learn(body.item);
    const column = this.page.form.columns.find((/** @type {any} */ one) => one.member === "item");
    const waits = (/** @type {any} */ line) => !line.item && line.typed?.item === scan.text;
    const known = (/** @type {any} */ line) => ({ ...edited(line, column, body.item.code, this.page.desk), ...(body.unit ? { unit: body.unit } : {}) });
    const found = this.page.grid.lines.filter(waits);
    if (found.length === 0 || !this.page.isEditable()) return;
    this.page.grid.set(this.page.grid.lines.map((line) => (waits(line) ? known(line) : line)));
    const names = { number: this.page.grid.numberOf(found[0].id), item: nameOf(body.item, this.page.desk), code: scan.text };
    say(interpolate(gettext("Line %(number)s: %(code)s is %(item)s, new in this depot."), names, true), { tone: "good" });
  }

  /** Refuse aloud; what was scanned stays in the box, selected, so that nothing is lost and the next scan replaces it. */
  #refuse(/** @type {string} */ words, /** @type {string} */ text) {
    beep("bad");
    say(words, { tone: "bad" });
    if (!text) return;
    at("scan").value = text;
    at("scan").focus();
    at("scan").select();
  }

  #setPlace(/** @type {string} */ bin) {
    const last = this.page.grid.line(this.#lastBooked);
    if (last && this.page.form.columns.some((/** @type {any} */ column) => column.member === "to_bin") && !last.to_bin) {
      this.page.grid.put({ ...last, to_bin: bin }, { what: interpolate(gettext("line %(number)s to %(bin)s"), { number: this.page.grid.numberOf(last.id), bin }, true) });
      say(interpolate(gettext("Line %(number)s goes to %(bin)s."), { number: this.page.grid.numberOf(last.id), bin }, true), { tone: "good" });
      beep("good");
      return;
    }
    this.#place = bin;
    const end = element("button", { type: "button", class: "plain" }, gettext("no longer"));
    end.addEventListener("click", () => {
      this.#place = "";
      at("place").replaceChildren();
      at("scan").focus();
    });
    at("place").replaceChildren(interpolate(gettext("New lines go to bin %(bin)s"), { bin }, true), " ", end);
    say(interpolate(gettext("New lines go to bin %(bin)s."), { bin }, true), { tone: "good" });
    beep("good");
  }

  /** Take the last deed back, in words. */
  undo() {
    const what = this.page.grid.takeBack();
    say(what ? interpolate(gettext("Taken back: %(deed)s"), { deed: what }, true) : gettext("There is nothing to take back."));
    this.page.changedLooks();
    if (this.page.isEditable()) at("scan").focus();
  }
}

function without(/** @type {any} */ line, /** @type {string} */ member) {
  const { [member]: _gone, ...rest } = line;
  return rest;
}
