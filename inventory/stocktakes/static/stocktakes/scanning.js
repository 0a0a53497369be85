// What a scan, a bin's label or a word asks for on the counting page: a card, a choice of lines, or goods not on the sheet.

import { todayHere } from "../logistics/days.js";
import { element } from "../logistics/dialog.js";
import { say } from "../logistics/say.js";
import { parseScan, scanAtEnd } from "../vouchers/scan.js";
import { nameOf } from "./card.js";
import { feel, overWords, refuse } from "./telling.js";

const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));

/**
 * @typedef {object} CountingPage what scans act on
 * @property {string} language
 * @property {string} place the bin scanned last
 * @property {any} told the sheet as the server gave it
 * @property {import("./sheet.js").Sheet} sheet
 * @property {any} catalogue the depot's, for goods that are not on the sheet; null while there is none
 * @property {import("./card.js").Card} card
 * @property {import("./list.js").List} list
 * @property {(id: string, how?: any) => boolean} choose show a line's card; false where that cannot be
 * @property {() => boolean} leave finish the open card; false where its number cannot be taken
 * @property {() => void} lay lay the counts over the sheet again
 * @property {() => void} showState
 */

export class Scanning {
  /** @param {CountingPage} page */
  constructor(page) {
    this.page = page;
    /** What codes name: on the sheet first, then in the depot's catalogue. */
    this.goods = {
      byBarcode: (/** @type {string} */ text) => page.sheet.byBarcode(text) ?? page.catalogue?.byBarcode(text) ?? null,
      item: (/** @type {string} */ code) => page.sheet.item(code) ?? page.catalogue?.item(code),
      bin: (/** @type {string} */ code) => page.sheet.bin(code),
    };
  }

  /** Put the scan box to work; call once. */
  listen() {
    const box = at("scan");
    const { list } = this.page;
    // A scanner needs no keyboard on the screen; whoever touches the box wants to type.
    box.addEventListener("pointerdown", () => box.setAttribute("inputmode", "search"));
    box.addEventListener("blur", () => box.setAttribute("inputmode", "none"));
    box.addEventListener("input", () => {
      const text = box.value.trim();
      if (text.length < 2 || !/\p{Ll}/u.test(text)) list.show(null);
      else list.show({ words: interpolate(gettext("Found for “%(text)s”"), { text }, true), lines: () => this.page.sheet.search(text) });
    });
    box.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.isComposing || event.keyCode === 229) return;
      if (event.ctrlKey && event.key === "]") {
        // How keyboards send the separator of GS1 fields, which a text box would not take in.
        event.preventDefault();
        box.setRangeText("\x1d", box.selectionStart, box.selectionEnd, "end");
      } else if (event.key === "Escape") {
        box.value = "";
        list.show(null);
      }
    });
    at("scan-bar").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      const text = box.value;
      box.value = "";
      this.scanned(text);
    });
  }

  /** The scan that a box's text ends with, where there is one: a scanner fires into whatever is focused. */
  atEnd(/** @type {string} */ text) {
    const found = scanAtEnd(text, this.goods, { today: todayHere() });
    if (found) return { before: found.before, act: () => this.#act(found.scan, "") };
    const codes = this.page.told.bins.map(({ code }) => code).filter((code) => /\D/.test(code) && text.toUpperCase().endsWith(code.toUpperCase()));
    const [bin] = codes.sort((one, other) => other.length - one.length);
    return bin ? { before: text.slice(0, -bin.length), act: () => this.#stand(bin) } : null;
  }

  /** A text was finished in the scan box. */
  scanned(/** @type {string} */ text) {
    const scan = parseScan(text, this.goods, { today: todayHere() });
    // Words, or what stands on a lot's label: anything that is no code may still be found.
    const isNoCode = scan.kind === "unknown" || scan.problem === "unikey";
    const found = isNoCode ? this.page.sheet.search(text) : [];
    if (found.length === 1) this.page.choose(found[0].id);
    else if (found.length > 1) this.#show(interpolate(gettext("Found for “%(text)s”"), { text }, true), found);
    else if (isNoCode && /\p{L}/u.test(text)) this.#beyond(text);
    else this.#act(scan, text);
  }

  /** The camera saw a code. */
  seen(/** @type {string} */ code, { isPiece = false } = {}) {
    this.#act(parseScan(code, this.goods, { today: todayHere() }), code, { isPiece });
  }

  /** Do what a scan asks for. */
  #act(/** @type {any} */ scan, /** @type {string} */ text, { isPiece = false } = {}) {
    if (scan.kind === "empty") return;
    if (scan.kind === "bin") this.#stand(scan.text);
    else if (scan.kind === "item") this.#scannedGoods(scan, isPiece);
    else if (scan.kind === "refused") {
      const words = {
        unikey: gettext("A Vietnamese input method is on: turn Unikey off (Ctrl+Shift), then scan again. Nothing was added."),
        "check-digit": gettext("The check digit of “%(text)s” is wrong: turn Unikey off (Ctrl+Shift) if it is on, then scan again. Nothing was added."),
        label: gettext("The GS1 label “%(text)s” cannot be read whole: scan it again. Nothing was added."),
      };
      refuse(interpolate(words[scan.problem], { text: scan.text }, true));
    } else refuse(interpolate(gettext("“%(text)s” is neither on this sheet nor in the depot's catalogue. Nothing was counted."), { text: text || scan.text }, true));
  }

  #scannedGoods(/** @type {any} */ scan, /** @type {boolean} */ isPiece) {
    const { card, sheet, place, language } = this.page;
    const open = card.lineId ? sheet.line(card.lineId) : null;
    const isSame = open && open.item === scan.item && (scan.lot === null || scan.lot === open.lot);
    if (isSame) {
      const words = card.addScan(scan, { isPiece });
      feel("good");
      say([nameOf(sheet.item(open.item), language), words].filter(Boolean).join(" · "), { tone: "good" });
      return;
    }
    const all = sheet.matching(scan);
    const here = place ? all.filter(({ bin }) => bin === place) : all;
    const left = here.filter((line) => !sheet.isDone(line));
    const [only] = here.length === 1 ? here : left.length === 1 ? left : [];
    feel("good");
    if (only) {
      if (this.page.choose(only.id, { scan, isPiece })) say("");
    } else if (all.length > 0) {
      const names = { item: nameOf(sheet.item(scan.item), language), bin: place };
      const words = place && here.length === 0 ? gettext("%(item)s is expected in another bin than %(bin)s: choose, or say that it is here.") : gettext("%(item)s stands in several piles: choose one.");
      this.#show(interpolate(words, names, true), all, scan);
    } else this.#offSheet(scan);
  }

  /** Show lines to choose from; of a scan, also that its goods stand where no sheet expects them. */
  #show(/** @type {string} */ words, /** @type {any[]} */ lines, /** @type {any} */ scan = null) {
    const { card, list } = this.page;
    if (!this.page.leave()) return;
    card.close();
    const ids = new Set(lines.map(({ id }) => id));
    list.show({ words, lines: () => this.page.sheet.lines.filter(({ id }) => ids.has(id)) });
    at("extra").replaceChildren();
    if (scan) {
      const button = element("button", { type: "button", class: "quiet" }, gettext("It is a pile not on the sheet"));
      button.addEventListener("click", () => this.#offSheet(scan));
      at("extra").append(button);
    }
    say(words, { tone: "warn" });
    at("list-title").scrollIntoView({ block: "nearest" });
  }

  /** Count goods that the sheet does not have. */
  #offSheet(/** @type {any} */ scan) {
    const { card, list, told, place, language } = this.page;
    if (!this.page.leave()) return;
    if (!told.can_count) {
      refuse(overWords());
      return;
    }
    const item = this.goods.item(scan.item);
    at("extra").replaceChildren();
    list.show(null);
    const given = { bin: place, lot: scan.lot ?? "", expires_on: scan.expiresOn };
    if (this.page.sheet.item(item.code) === undefined) told.items.push(item);
    this.page.lay();
    card.open({ line: null, item, standing: { quantity: null, counts: [], conflict: [] }, given }, { scan });
    say(interpolate(gettext("%(item)s is not on the sheet: say which pile it is, then count it."), { item: nameOf(item, language) }, true), { tone: "warn" });
  }

  /** Words that no line has: the depot's catalogue may know the goods. */
  #beyond(/** @type {string} */ text) {
    const { language, list } = this.page;
    const found = this.page.catalogue?.search(text) ?? [];
    at("extra").replaceChildren();
    if (found.length === 0) {
      refuse(interpolate(gettext("“%(text)s” is neither on this sheet nor in the depot's catalogue. Nothing was counted."), { text }, true));
      return;
    }
    list.show({ words: interpolate(gettext("Not on the sheet, but in the depot's catalogue: “%(text)s”"), { text }, true), lines: () => [] });
    for (const item of found) {
      const button = element("button", { type: "button", class: "row-button" }, element("span", { class: "what" }, nameOf(item, language), element("span", { class: "sub" }, item.code)));
      button.addEventListener("click", () => this.#offSheet({ kind: "item", item: item.code, lot: null, expiresOn: null, quantity: null, unit: null }));
      at("extra").append(button);
    }
  }

  /** Somebody stands before a bin: its piles come first. */
  #stand(/** @type {string} */ bin) {
    if (!this.page.leave()) return;
    this.page.card.close();
    this.page.place = bin;
    const { sheet } = this.page;
    const lines = sheet.lines.filter((line) => line.bin === bin);
    const first = lines.find((line) => !sheet.isDone(line));
    feel("good");
    say(interpolate(ngettext("Bin %(bin)s: %(count)s pile on the sheet.", "Bin %(bin)s: %(count)s piles on the sheet.", lines.length), { bin, count: lines.length }, true), { tone: "good" });
    if (first) this.page.choose(first.id, { isFocused: false });
    else this.#show(interpolate(gettext("Bin %(bin)s"), { bin }, true), lines);
    this.page.showState();
  }
}
