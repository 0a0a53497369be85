// A list of suggestions under a text box: the combobox pattern of ARIA 1.2, one list for the whole page.

import { element } from "../logistics/dialog.js";

/** @typedef {{value: string, label: string, sub?: string, tone?: "bad"}} Choice */

const MOST = 50;

export class Choices {
  /** @type {HTMLInputElement | null} */
  #box = null;
  /** @type {Choice[]} */
  #shown = [];
  #current = -1;
  /** @type {(value: string) => void} */
  #take = () => {};

  constructor() {
    this.list = element("ul", { id: "choices", role: "listbox", class: "choices", hidden: true, "aria-label": gettext("Suggestions") });
    document.body.append(this.list);
    // pointerdown, because a click would come after the box has lost the focus and the list is gone.
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = /** @type {HTMLElement} */ (event.target).closest("[role=option]");
      if (option) this.#accept([...this.list.children].indexOf(option));
    });
    const place = () => this.#box && this.#place();
    addEventListener("scroll", place, { capture: true, passive: true });
    addEventListener("resize", place, { passive: true });
  }

  /** Tell whether the list is open for a box, or for any. */
  isOpen(/** @type {HTMLInputElement | undefined} */ box = undefined) {
    return this.#box !== null && (!box || this.#box === box);
  }

  /** Tell whether a suggestion is picked out, which Enter would take. */
  get hasCurrent() {
    return this.#box !== null && this.#current >= 0;
  }

  /**
   * Open the list under a box; with nothing to suggest, close it.
   * @param {HTMLInputElement} box
   * @param {Choice[]} choices
   * @param {(value: string) => void} take called with what was chosen
   * @param {{picksFirst?: boolean}} [how] picksFirst: Enter takes the first one
   */
  open(box, choices, take, { picksFirst = false } = {}) {
    if (choices.length === 0) {
      this.close();
      return;
    }
    if (this.#box !== box) this.close();
    this.#box = box;
    this.#shown = choices.slice(0, MOST);
    this.#take = take;
    this.list.replaceChildren(...this.#shown.map(option));
    box.setAttribute("role", "combobox");
    box.setAttribute("aria-autocomplete", "list");
    box.setAttribute("aria-controls", "choices");
    box.setAttribute("aria-expanded", "true");
    this.list.hidden = false;
    this.#place();
    this.#pick(picksFirst ? 0 : -1);
  }

  /**
   * Add choices at the end of the list that is open under a box, whatever is picked out staying so; open it where it
   * is not.
   * @param {HTMLInputElement} box
   * @param {Choice[]} choices
   * @param {(value: string) => void} take
   */
  extend(box, choices, take) {
    if (!this.isOpen(box)) {
      this.open(box, choices, take);
      return;
    }
    const more = choices.filter(({ value }) => !this.#shown.some((one) => one.value === value)).slice(0, MOST - this.#shown.length);
    this.list.append(...more.map((choice, index) => option(choice, this.#shown.length + index)));
    this.#shown.push(...more);
    this.#place();
  }

  /** Close the list; the box keeps its text. */
  close() {
    if (!this.#box) return;
    this.#box.setAttribute("aria-expanded", "false");
    this.#box.removeAttribute("aria-activedescendant");
    this.#box = null;
    this.#current = -1;
    this.list.hidden = true;
  }

  /** Take the suggestion that is picked out. */
  accept() {
    this.#accept(this.#current);
  }

  /**
   * Act on a key while the list is open; return whether it was one of ours.
   * @param {KeyboardEvent} event
   */
  handles(event) {
    if (!this.#box || event.ctrlKey || event.metaKey) return false;
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step && !(event.altKey && event.key === "ArrowUp")) {
      const last = this.#shown.length - 1;
      const next = this.#current < 0 ? (step > 0 ? 0 : last) : this.#current + step;
      this.#pick(Math.abs(step) === 1 ? (next + last + 1) % (last + 1) : Math.max(0, Math.min(last, next)));
    } else if (event.key === "Escape" || (event.altKey && event.key === "ArrowUp")) this.close();
    else return false;
    event.preventDefault();
    return true;
  }

  #accept(/** @type {number} */ index) {
    const choice = this.#shown[index];
    const take = this.#take;
    this.close();
    if (choice) take(choice.value);
  }

  #pick(/** @type {number} */ index) {
    this.list.children[this.#current]?.setAttribute("aria-selected", "false");
    this.#current = index;
    const option = this.list.children[index];
    if (!option) {
      this.#box?.removeAttribute("aria-activedescendant");
      return;
    }
    option.setAttribute("aria-selected", "true");
    this.#box?.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  #place() {
    const at = /** @type {HTMLInputElement} */ (this.#box).getBoundingClientRect();
    const below = innerHeight - at.bottom;
    const isAbove = below < 160 && at.top > below;
    const { style } = this.list;
    style.left = `${Math.max(4, Math.min(at.left, innerWidth - 260))}px`;
    style.minWidth = `${Math.max(at.width, 240)}px`;
    style.maxHeight = `${Math.max(96, Math.min(320, (isAbove ? at.top : below) - 12))}px`;
    style.top = isAbove ? "auto" : `${at.bottom + 2}px`;
    style.bottom = isAbove ? `${innerHeight - at.top + 2}px` : "auto";
  }
}

function option(/** @type {Choice} */ choice, /** @type {number} */ index) {
  const words = [element("span", {}, choice.label)];
  if (choice.sub) words.push(element("span", { class: `sub ${choice.tone ?? ""}` }, choice.sub));
  return element("li", { role: "option", id: `choice-${index}`, "aria-selected": "false" }, ...words);
}
