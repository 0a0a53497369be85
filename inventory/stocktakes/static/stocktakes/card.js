// The card: one pile in large letters, one box for its number, and the buttons that say what the number means.

import { explainDay, readDay, showDay, showMoment } from "../logistics/days.js";
import { element } from "../logistics/dialog.js";
import { explainQuantity, readQuantity, showQuantity } from "../logistics/numbers.js";
import { clearSummary, markBox, unmarkBox } from "../logistics/problems.js";
import { compare, plus, times } from "../vouchers/decimal.js";

/**
 * @typedef {{line: string|null, pile: any, round: number, quantity: string, reading: Reading|null, adds: boolean, isLeaving: boolean}} Counted isLeaving: another card follows anyway
 * @typedef {{temperature: string, density: string}} Reading of a liquid fuel: °C and kg/m³, as canonical decimals
 * @typedef {object} Subject what the card is about
 * @property {import("./sheet.js").Line|null} line null: goods that are not on the sheet
 * @property {any} item
 * @property {import("./sheet.js").Standing} standing
 * @property {Record<string, any>} [given] of goods not on the sheet: what the scan said
 */

/** Return a reference fact's name in the page's language. */
export const nameOf = (/** @type {any} */ fact, /** @type {string} */ language) => (language === "en" && fact?.name_en) || fact?.name || "";

// The boxes that only liquid fuel has: what is read, its decimals, and what it stands for.
const READING = () => [
  { id: "temperature", label: gettext("Temperature, °C"), scale: 2 },
  { id: "density", label: gettext("Density read, kg/m³"), scale: 1 },
];

export class Card {
  /** @type {Subject|null} */
  #subject = null;
  #silent = /** @type {{quantity: string, unit: string}|null} */ (null); // the first scan of a pile, until there is a second
  #settled = ""; // what the box said before somebody, or a scanner, typed into it
  #isBusy = false; // its number is on the way to the disk: pressing twice counts once

  /**
   * @param {HTMLElement} home
   * @param {{sheet: () => import("./sheet.js").Sheet, language: string, today: () => string, onCount: (counted: Counted) => Promise<void>,
   *   onLater: () => void, scanIn: (text: string) => {before: string, act: () => void}|null}} page
   *   scanIn: the scan that a box's text ends with, where there is one
   */
  constructor(home, page) {
    this.home = home;
    this.page = page;
  }

  /** The line it shows, "" for goods not on the sheet, null when it shows none. */
  get lineId() {
    return this.#subject && (this.#subject.line?.id ?? "");
  }

  /** Whether a number stands in it that is not kept yet. */
  get isFilled() {
    return this.#subject !== null && ["quantity", ...this.#reads.map(({ id }) => id)].some((id) => this.#box(id).value.trim() !== "");
  }

  close() {
    this.#subject = null;
    this.#silent = null;
    this.#isBusy = false;
    this.home.replaceChildren();
    this.home.hidden = true;
  }

  /**
   * Show a pile, its box blank: nothing is counted before somebody says so.
   * @param {Subject} subject
   * @param {{scan?: any, isPiece?: boolean, isFocused?: boolean}} [how] isPiece: the scan itself counts one
   */
  open(subject, { scan = null, isPiece = false, isFocused = true } = {}) {
    this.#subject = subject;
    this.#silent = null;
    this.#settled = "";
    this.#isBusy = false;
    this.#draw();
    if (scan) {
      const amount = { quantity: scan.quantity ?? "1", unit: scan.unit ?? subject.item.unit };
      if (isPiece || scan.quantity || subject.item.tracking === "serial") this.#put(amount);
      else this.#silent = amount;
      if (scan.unit) this.#setUnit(scan.unit);
    }
    if (!isFocused) return;
    this.#box(subject.line ? "quantity" : this.#firstBlank()).focus({ preventScroll: true });
    // On a phone half of the screen is about to be the keypad.
    this.home.scrollIntoView({ block: innerWidth < 600 ? "start" : "nearest" });
  }

  /** The standing of its line changed, by somebody else or a count of one's own: tell it, leave what is typed alone. */
  refresh(/** @type {import("./sheet.js").Standing} */ standing) {
    if (!this.#subject) return;
    this.#subject.standing = standing;
    const { id = "" } = document.activeElement ?? {};
    this.home.querySelector(".already")?.replaceWith(this.#already());
    this.home.querySelector(".deeds")?.replaceWith(this.#deeds());
    if (id && !document.activeElement?.id) this.#box(id)?.focus();
    this.#echo();
  }

  /**
   * Its pile was scanned while it shows: one more, or as many as the label says. Returns the new number in words, "" where
   * there is none: the first scan only says which pile it is.
   */
  addScan(/** @type {any} */ scan, { isPiece = false } = {}) {
    if (!this.#subject) return "";
    const { item } = this.#subject;
    if (item.tracking === "serial") {
      this.#put({ quantity: "1", unit: item.unit });
      return gettext("a serial number counts once");
    }
    const amount = { quantity: scan.quantity ?? "1", unit: scan.unit ?? item.unit };
    const before = this.#typed() ?? this.#silent;
    if (!before && !isPiece && !scan.quantity) {
      this.#silent = amount;
      this.#setUnit(amount.unit);
      return "";
    }
    this.#silent = null;
    if (!before) this.#put(amount);
    else if (before.unit === amount.unit) this.#put({ quantity: plus(before.quantity, amount.quantity), unit: amount.unit });
    else this.#put({ quantity: plus(this.#inBase(before), this.#inBase(amount)), unit: item.unit });
    const now = /** @type {{quantity: string, unit: string}} */ (this.#typed());
    return `+${showQuantity(amount.quantity, this.page.language)} → ${showQuantity(now.quantity, this.page.language)}`;
  }

  /**
   * Take the number as it stands: `adds` to what was counted before, or for all of it. Says beside the boxes what is
   * wrong and returns false where it cannot be taken.
   */
  finish({ adds = false, isNothing = false, isLeaving = false } = {}) {
    if (!this.#subject || this.#isBusy) return false;
    const { line, item } = this.#subject;
    clearSummary();
    const pile = line ? null : this.#pile();
    let isGood = line !== null || pile !== null;
    let quantity = "0";
    const reading = isNothing ? {} : this.#reading();
    if (!reading) isGood = false;
    if (!isNothing) {
      const amount = this.#typed();
      if (amount) quantity = this.#inBase(amount);
      else {
        this.#tell("quantity", this.#problem());
        isGood = false;
      }
      const tooFine = amount && (quantity.split(".")[1] ?? "").length > (this.#scale(item.unit) ?? 3);
      if (tooFine) {
        this.#tell("quantity", explainQuantity("number_decimals", quantity, this.page.language, this.#scale(item.unit)));
        isGood = false;
      }
      if (amount && item.tracking === "serial" && compare(quantity, "1") > 0) {
        this.#tell("quantity", gettext("A serial number names one piece: 1 or “None there”."));
        isGood = false;
      }
    }
    if (!isGood) {
      /** @type {HTMLElement|null} */ (this.home.querySelector("[aria-invalid=true]"))?.focus();
      return false;
    }
    this.#isBusy = true;
    const subject = this.#subject;
    this.page.onCount({ line: line?.id ?? null, pile, round: line?.round ?? 1, quantity, reading: reading?.density ? /** @type {Reading} */ (reading) : null, adds, isLeaving }).finally(() => {
      if (this.#subject === subject) this.#isBusy = false;
    });
    return true;
  }

  // --- Drawing -------------------------------------------------------------------------------------------------

  #draw() {
    const { line, item } = /** @type {Subject} */ (this.#subject);
    const { language } = this.page;
    const title = element("h2", { id: "card-title" }, nameOf(item, language));
    const parts = [title, element("p", { class: "sub" }, [item.code, item.specification].filter(Boolean).join(" · "))];
    if (line) parts.unshift(this.#where(line));
    else parts.unshift(element("p", { class: "where" }, element("strong", { class: "mark warn" }, gettext("Not on the sheet"))));
    if (line) parts.push(this.#names(line));
    else parts.push(this.#fields());
    parts.push(this.#already(), this.#amount(), this.#deeds());
    this.home.replaceChildren(...parts);
    this.home.hidden = false;
    this.home.dataset.line = line?.id ?? "";
    this.#echo();
  }

  #where(/** @type {import("./sheet.js").Line} */ line) {
    const bin = this.page.sheet().bin(line.bin);
    const parts = [element("strong", {}, line.bin), bin?.name && bin.name !== line.bin ? ` ${bin.name}` : ""];
    if (line.is_found) parts.push(" ", element("span", { class: "mark warn" }, gettext("Not on the sheet")));
    if (line.round > 1) {
      const words = interpolate(gettext("Count again, round %(round)s"), { round: line.round }, true);
      parts.push(" ", element("strong", { class: "mark warn" }, words), line.recount_reason ? ` ${line.recount_reason}` : "");
    }
    return element("p", { class: "where" }, ...parts);
  }

  #names(/** @type {import("./sheet.js").Line} */ line) {
    const { document: told } = this.page.sheet();
    const { language } = this.page;
    const grade = told.grades.find((/** @type {any} */ one) => one.grade === line.grade);
    const purpose = told.purposes.find((/** @type {any} */ one) => one.code === line.purpose);
    const facts = [];
    if (line.lot) facts.push([gettext("Lot"), line.lot]);
    if (line.expires_on) facts.push([gettext("Expires"), showDay(line.expires_on)]);
    facts.push([gettext("Grade"), `${line.grade}${grade ? ` ${nameOf(grade, language)}` : ""}`], [gettext("Purpose"), nameOf(purpose, language) || line.purpose]);
    if (line.book !== null) facts.push([gettext("By the books"), `${showQuantity(line.book, language)} ${this.#unitKept}`]);
    return element("dl", { class: "pile" }, ...facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
  }

  /** What is known of the pile's standing: who counted what, and where two do not agree. */
  #already() {
    const { standing } = /** @type {Subject} */ (this.#subject);
    const { language } = this.page;
    const box = element("div", { class: "already", role: "status" });
    if (standing.quantity === null) return box;
    const unit = this.#unitKept;
    if (standing.conflict.length > 0) {
      box.classList.add("conflict");
      box.append(element("p", {}, element("strong", {}, gettext("Two people counted differently.")), " ", gettext("The later number stands until the council decides; both are kept.")));
    } else {
      const words = gettext("Counted: %(quantity)s %(unit)s");
      box.append(element("p", {}, element("strong", {}, interpolate(words, { quantity: showQuantity(standing.quantity, language), unit }, true))));
    }
    const rows = standing.counts.slice(-4).map((count) => {
      const sign = count.adds ? "+" : "";
      const who = count.is_mine ? gettext("you") : count.name || count.by;
      return element("li", {}, `${sign}${showQuantity(count.quantity, language)} · ${who} · ${showMoment(count.counted_at).slice(-5)}`);
    });
    box.append(element("ul", {}, ...rows));
    return box;
  }

  #amount() {
    const item = this.#item;
    const isWhole = (this.#scale(item.unit) ?? 3) === 0;
    const box = element("input", {
      id: "quantity", name: "quantity", inputmode: isWhole ? "numeric" : "decimal", autocomplete: "off", enterkeyhint: "done", "aria-describedby": "echo", maxlength: "60",
    });
    box.addEventListener("focus", () => {
      this.#settled = /** @type {HTMLInputElement} */ (box).value;
      /** @type {HTMLInputElement} */ (box).select();
    });
    box.addEventListener("input", () => {
      if (/** @type {HTMLInputElement} */ (box).value === "") this.#settled = "";
      unmarkBox(box);
      this.#echo();
    });
    box.addEventListener("keydown", (event) => this.#onEnter(/** @type {KeyboardEvent} */ (event)));
    const units = [{ unit: item.unit, factor: null }, ...item.packagings];
    let unit;
    if (units.length === 1) unit = element("span", { class: "unit" }, this.#unitName(item.unit));
    else {
      unit = element("select", { id: "unit", "aria-label": gettext("Unit") });
      for (const one of units) {
        const words = one.factor ? `${this.#unitName(one.unit)} (${showQuantity(one.factor, this.page.language)})` : this.#unitName(one.unit);
        unit.append(element("option", { value: one.unit }, words));
      }
      unit.addEventListener("change", () => this.#echo());
    }
    const label = this.#reads.length > 0 ? gettext("Litres observed") : gettext("Quantity");
    return element("div", { class: "amount" }, element("label", { for: "quantity" }, label), element("div", { class: "row" }, box, unit), element("p", { id: "echo", class: "note" }), ...this.#readings());
  }

  /** Of a liquid fuel: how warm and how dense it was, without which nobody can tell litres at 15 °C. */
  #readings() {
    const boxes = this.#reads.map(({ id, label }) => {
      const box = element("input", { id, name: id, inputmode: "decimal", autocomplete: "off", enterkeyhint: id === "density" ? "done" : "next", maxlength: "20" });
      box.addEventListener("input", () => unmarkBox(box));
      box.addEventListener("keydown", (event) => this.#onEnter(/** @type {KeyboardEvent} */ (event)));
      return element("div", { class: "field" }, element("label", { for: id }, label), box);
    });
    if (boxes.length === 0) return [];
    return [...boxes, element("p", { class: "note" }, gettext("As the thermometer and the hydrometer show. Litres at 15 °C are reckoned from them."))];
  }

  #deeds() {
    const { standing } = /** @type {Subject} */ (this.#subject);
    const button = (/** @type {string} */ id, /** @type {string} */ look, /** @type {string} */ label, /** @type {() => void} */ act) => {
      const made = element("button", { type: "button", id, class: look }, label);
      made.addEventListener("click", act);
      return made;
    };
    const none = button("none-there", "quiet", gettext("None there"), () => this.finish({ isNothing: true }));
    const later = button("later", "plain", gettext("Later"), () => this.page.onLater());
    if (standing.quantity === null) return element("div", { class: "deeds" }, none, later, button("done", "", gettext("Done ▸"), () => this.finish()));
    // What was counted before is a fact: whether this comes on top of it or instead of it must be said, never guessed.
    if (this.#reads.length > 0) return element("div", { class: "deeds again" }, none, later, button("done", "", gettext("Replace ▸"), () => this.finish())); // one reading is of the whole tank
    return element("div", { class: "deeds again" }, none, later, button("done", "quiet", gettext("Replace ▸"), () => this.finish()), button("add", "", gettext("Add ▸"), () => this.finish({ adds: true })));
  }

  /** Goods not on the sheet: which pile they are. */
  #fields() {
    const { given = {} } = /** @type {Subject} */ (this.#subject);
    const { document: told } = this.page.sheet();
    const { language } = this.page;
    const item = this.#item;
    const field = (/** @type {string} */ id, /** @type {string} */ label, /** @type {HTMLElement} */ box) => element("div", { class: "field" }, element("label", { for: id }, label), box);
    const text = (/** @type {string} */ id, /** @type {string} */ value, attributes = {}) => {
      const box = element("input", { id, autocomplete: "off", value, ...attributes });
      box.addEventListener("keydown", (event) => this.#onEnter(/** @type {KeyboardEvent} */ (event)));
      box.addEventListener("input", () => unmarkBox(box));
      return box;
    };
    const choice = (/** @type {string} */ id, /** @type {any[]} */ rows, /** @type {string} */ chosen) =>
      element("select", { id }, ...rows.map(([value, label]) => element("option", { value: String(value), selected: String(value) === String(chosen) }, label)));
    const found = [field("bin", gettext("Bin"), text("bin", given.bin ?? "", { autocapitalize: "characters" }))];
    if (item.tracking !== "none") found.push(field("lot", item.tracking === "serial" ? gettext("Serial number") : gettext("Lot"), text("lot", given.lot ?? "")));
    if (item.tracking === "lot") found.push(field("expires", gettext("Last day of use"), text("expires", given.expires_on ? showDay(given.expires_on) : "", { inputmode: "numeric", placeholder: gettext("dd/mm/yyyy") })));
    found.push(
      field("grade", gettext("Grade"), choice("grade", told.grades.map((/** @type {any} */ one) => [one.grade, `${one.grade} ${nameOf(one, language)}`]), given.grade ?? told.grades[0]?.grade)),
      field("purpose", gettext("Purpose"), choice("purpose", told.purposes.map((/** @type {any} */ one) => [one.code, nameOf(one, language)]), given.purpose ?? told.default_purpose)),
    );
    return element("div", { class: "found" }, ...found);
  }

  // --- Reading -------------------------------------------------------------------------------------------------

  get #item() {
    return /** @type {Subject} */ (this.#subject).item;
  }

  get #reads() {
    return this.#item.fuel_group ? READING() : [];
  }

  /** What its books are kept in: of a liquid fuel litres at 15 °C. */
  get #unitKept() {
    const name = this.#unitName(this.#item.unit);
    return this.#reads.length > 0 ? interpolate(gettext("%(unit)s at 15 °C"), { unit: name }, true) : name;
  }

  /** Read the boxes of a liquid fuel: {} where it has none; null, and told beside them, where one cannot be read. */
  #reading() {
    /** @type {Record<string, string>} */
    const found = {};
    let isGood = true;
    for (const { id, scale } of this.#reads) {
      const text = this.#box(id).value.trim();
      const { value, problem } = readQuantity(text, this.page.language, scale);
      if (value !== null) found[id] = value;
      else {
        isGood = false;
        this.#tell(id, text && problem ? explainQuantity(problem, text, this.page.language, scale) : gettext("This is missing: litres are brought to 15 °C by it."));
      }
    }
    return isGood ? found : null;
  }

  /** @returns {any} */
  #box(/** @type {string} */ id) {
    return this.home.querySelector(`#${id}`);
  }

  #scale(/** @type {string} */ unit) {
    return this.page.sheet().document.units.find((/** @type {any} */ one) => one.code === unit)?.scale;
  }

  #unitName(/** @type {string} */ code) {
    return nameOf(this.page.sheet().document.units.find((/** @type {any} */ one) => one.code === code), this.page.language) || code;
  }

  get #unit() {
    return this.#box("unit")?.value ?? this.#item.unit;
  }

  #setUnit(/** @type {string} */ unit) {
    const box = this.#box("unit");
    if (box && [...box.options].some(({ value }) => value === unit)) box.value = unit;
    this.#echo();
  }

  /** @returns {{quantity: string, unit: string}|null} */
  #typed() {
    const unit = this.#unit;
    const { value } = readQuantity(this.#box("quantity").value, this.page.language, this.#scale(unit) ?? 3);
    return value === null || value.startsWith("-") ? null : { quantity: value, unit };
  }

  #problem() {
    const text = this.#box("quantity").value.trim();
    if (!text) return gettext("Nothing is typed. Where nothing is left, press “None there”: blank is not zero.");
    const scale = this.#scale(this.#unit) ?? 3;
    const { problem } = readQuantity(text, this.page.language, scale);
    return problem ? explainQuantity(problem, text, this.page.language, scale) : gettext("What is there cannot be less than nothing.");
  }

  #inBase(/** @type {{quantity: string, unit: string}} */ { quantity, unit }) {
    const packaging = this.#item.packagings.find((/** @type {any} */ one) => one.unit === unit);
    return packaging ? times(quantity, packaging.factor) : quantity;
  }

  #put(/** @type {{quantity: string, unit: string}} */ { quantity, unit }) {
    const box = this.#box("quantity");
    this.#setUnit(unit);
    box.value = showQuantity(quantity, this.page.language);
    this.#settled = box.value;
    // What is typed next replaces it, as it does in a box that was just entered.
    if (document.activeElement === box) box.select();
    this.#echo();
  }

  /** Say in words what the box comes to, where that is not plain from the box itself. */
  #echo() {
    const amount = this.#typed();
    const { standing } = /** @type {Subject} */ (this.#subject);
    const { language } = this.page;
    const words = [];
    if (amount) {
      const base = this.#inBase(amount);
      const read = readQuantity(this.#box("quantity").value, language, this.#scale(amount.unit) ?? 3);
      if (amount.unit !== this.#item.unit || read.isAmbiguous) words.push(`= ${showQuantity(base, language)} ${this.#unitName(this.#item.unit)}`);
      if (standing.quantity !== null && this.#reads.length === 0) {
        const names = { sum: showQuantity(plus(standing.quantity, base), language), whole: showQuantity(base, language) };
        words.push(interpolate(gettext("“Add” makes it %(sum)s, “Replace” %(whole)s"), names, true));
      }
    }
    this.#box("echo").textContent = words.join(" · ");
  }

  #tell(/** @type {string} */ id, /** @type {string} */ words) {
    markBox(this.#box(id), words);
  }

  #firstBlank() {
    return ["bin", "lot", "expires"].find((id) => this.#box(id) && !this.#box(id).value) ?? "quantity";
  }

  /** Read which pile the found goods are; null, and told beside the boxes, where something is missing. */
  #pile() {
    const item = this.#item;
    const bin = this.page.sheet().bin(this.#box("bin").value.trim().toUpperCase());
    let isGood = true;
    const wrong = (/** @type {string} */ id, /** @type {string} */ words) => {
      this.#tell(id, words);
      isGood = false;
    };
    if (!bin) wrong("bin", gettext("Which bin is it in? Scan its label or type its code."));
    const lot = this.#box("lot")?.value.normalize("NFC").trim() ?? "";
    if (this.#box("lot") && !lot) wrong("lot", item.tracking === "serial" ? gettext("The serial number is missing.") : gettext("The lot is missing."));
    let expires = null;
    const day = this.#box("expires")?.value.trim() ?? "";
    if (day) {
      const { iso, problem } = readDay(day, this.page.today(), { monthIsLastDay: true });
      if (problem) wrong("expires", explainDay(problem, day));
      expires = iso;
    }
    if (!isGood) return null;
    return { item: item.code, lot, expires_on: expires, bin: bin.code, grade: Number(this.#box("grade").value), purpose: this.#box("purpose").value };
  }

  #onEnter(/** @type {KeyboardEvent} */ event) {
    if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    const box = /** @type {HTMLInputElement} */ (event.target);
    const scan = this.page.scanIn(box.value);
    if (scan) {
      // A scanner fired into the box: what stood there stays, and the scan is acted on.
      box.value = scan.before || (box.id === "quantity" ? this.#settled : "");
      this.#echo();
      scan.act();
      return;
    }
    const blank = this.#reads.find(({ id }) => !this.#box(id).value.trim());
    if (blank && box.value.trim()) this.#box(blank.id).focus();
    else if (box.id === "quantity" || this.#reads.some(({ id }) => id === box.id)) this.#box("add") ? this.#box("add").focus() : this.finish();
    else this.#box(this.#firstBlank()).focus();
  }
}
