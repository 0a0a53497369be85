// The header of a voucher: when, from or to whom, by which paper, why.

import { explainDay, readDay, showDay, showMoment, weekday } from "../logistics/days.js";
import { element } from "../logistics/dialog.js";
import { markBox, unmarkBox } from "../logistics/problems.js";

const LONGEST = { counterparty: 240, order_number: 80, reason: 500, consignment: 40, vehicle: 200, source_documents: 200 };
const CLOCK = /^([01]?[0-9]|2[0-3])[:hg.]([0-5][0-9])$/i;
const OFFSET = "+07:00"; // Vietnam, no summer time

/**
 * Return the instant a text means, as the API writes it; "" for a blank text. A day alone means its beginning.
 * @param {string} text dd/mm/yyyy hh:mm, in the forms a day may have
 * @param {string} today ISO day
 * @returns {{value: string, problem: string | null}}
 */
export function readMoment(text, today) {
  const [dayText, clockText = "", ...rest] = text.trim().split(/\s+/);
  if (!dayText) return { value: "", problem: null };
  const { iso, problem } = readDay(dayText, today);
  if (problem) return { value: "", problem };
  const clock = CLOCK.exec(clockText);
  if (rest.length > 0 || (clockText && !clock)) return { value: "", problem: "date_form" };
  return { value: `${iso}T${clock ? `${clock[1].padStart(2, "0")}:${clock[2]}` : "00:00"}:00${OFFSET}`, problem: null };
}

/** Return this minute as the API writes an instant: never after the server's now while the clocks agree to a minute. */
export function thisMinute(now = new Date()) {
  return `${new Date(now.getTime() + 7 * 3_600_000).toISOString().slice(0, 16)}:00${OFFSET}`;
}

export class Header {
  /**
   * @param {HTMLElement} home
   * @param {(changes: Record<string, any>) => void} onChange called with the members that changed
   */
  constructor(home, onChange) {
    this.home = home;
    this.onChange = onChange;
    this.home.addEventListener("input", (event) => this.#take(event.target));
    this.home.addEventListener("change", (event) => this.#take(event.target, true));
  }

  /** Draw the boxes of a form with a voucher's values. */
  draw(/** @type {any} */ form, /** @type {any} */ voucher, /** @type {any} */ desk, { isReadOnly = false } = {}) {
    this.desk = desk;
    this.home.replaceChildren(
      ...form.header.map((/** @type {any} */ { member, label }) => {
        const id = `header-${member}`;
        const box = member === "to_depot" ? this.#depots(id, voucher, isReadOnly) : this.#box(id, member, isReadOnly);
        if (member !== "to_depot") /** @type {HTMLInputElement} */ (box).value = this.#shown(member, voucher);
        box.dataset.member = member;
        const needed = form.needsReason && member === "reason" ? element("span", { class: "soft small" }, ` ${gettext("(required)")}`) : "";
        const isBlank = !voucher[member] && !voucher.typed?.[member];
        const field = element("div", { class: `field f-${member} ${isBlank ? "f-blank" : ""}`.trim() }, element("label", { for: id }, label, needed), box, element("span", { class: "sub", id: `${id}-sub` }));
        return field;
      }),
    );
    for (const { member } of form.header) this.#echo(member, voucher[member] ?? "");
  }

  /** Say beside the boxes what is wrong with them; what was said before goes. */
  mark(/** @type {{member: string, detail: string}[]} */ faults) {
    for (const box of this.home.querySelectorAll("[data-problem]")) unmarkBox(/** @type {HTMLElement} */ (box));
    for (const { member, detail } of faults) {
      const box = this.box(member);
      if (box) markBox(box, detail);
    }
  }

  /** Return the box of a member, null when this form has none. */
  box(/** @type {string} */ member) {
    return /** @type {HTMLElement | null} */ (this.home.querySelector(`[data-member="${member}"]`));
  }

  /** Return why what was typed into the header cannot be read. */
  faults(/** @type {any} */ voucher) {
    return Object.entries(voucher.typed ?? {}).map(([member, text]) => {
      const problem = member === "occurred_at" ? readMoment(text, this.desk.today).problem : readDay(text, this.desk.today).problem;
      return { member, code: problem ?? "date_form", detail: explainDay(/** @type {any} */ (problem ?? "date_form"), text) };
    });
  }

  #box(/** @type {string} */ id, /** @type {string} */ member, /** @type {boolean} */ isReadOnly) {
    const isDay = member === "occurred_at" || member === "order_date";
    return element("input", {
      id,
      autocomplete: "off",
      readonly: isReadOnly,
      placeholder: member === "occurred_at" ? gettext("now") : member === "order_date" ? gettext("dd/mm/yyyy") : false,
      maxlength: String(LONGEST[member] ?? 40),
      "aria-describedby": isDay ? `${id}-sub` : false,
      spellcheck: "false",
    });
  }

  #depots(/** @type {string} */ id, /** @type {any} */ voucher, /** @type {boolean} */ isReadOnly) {
    const options = this.desk.catalogue.depots.map((/** @type {any} */ depot) => element("option", { value: depot.code, selected: depot.code === voucher.to_depot }, `${depot.code} ${depot.name}`));
    return element("select", { id, disabled: isReadOnly }, element("option", { value: "" }, gettext("— choose —")), ...options);
  }

  #shown(/** @type {string} */ member, /** @type {any} */ voucher) {
    const typed = voucher.typed?.[member];
    if (typed !== undefined) return typed;
    const value = voucher[member] ?? "";
    if (!value) return "";
    if (member === "occurred_at") return showMoment(value);
    return member === "order_date" ? showDay(value) : value;
  }

  #take(/** @type {any} */ box, isDone = false) {
    const member = box.dataset?.member;
    if (!member) return;
    const text = box.value.normalize("NFC").trim();
    unmarkBox(box);
    if (member !== "occurred_at" && member !== "order_date") {
      this.onChange({ [member]: text });
      return;
    }
    const read = member === "occurred_at" ? readMoment(text, this.desk.today) : day(text, this.desk.today);
    this.onChange(read.problem ? { [member]: "", typed: { [member]: text } } : { [member]: read.value, typed: { [member]: undefined } });
    this.#echo(member, read.value);
    if (!isDone) return;
    if (read.problem) markBox(box, explainDay(/** @type {any} */ (read.problem), text));
    else if (text) box.value = this.#shown(member, { [member]: read.value });
  }

  /** Say the weekday back: a day misread by a month shows there first. */
  #echo(/** @type {string} */ member, /** @type {string} */ value) {
    const sub = document.getElementById(`header-${member}-sub`);
    if (sub && (member === "occurred_at" || member === "order_date")) sub.textContent = value ? weekday(value.slice(0, 10), this.desk.language) : "";
  }
}

function day(/** @type {string} */ text, /** @type {string} */ today) {
  if (!text) return { value: "", problem: null };
  const { iso, problem } = readDay(text, today);
  return { value: iso ?? "", problem };
}
