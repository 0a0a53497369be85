// The keyboard map: what works on every page, and the list of all keys under "?". Browser keys are never overridden.

import { element, openDialog } from "./dialog.js";

/**
 * Return whether a key press belongs to an input method that is composing a letter, and so to nobody else.
 * @param {KeyboardEvent} event
 */
export const isComposing = (event) => event.isComposing || event.keyCode === 229;

const isTyping = (/** @type {EventTarget|null} */ target) =>
  target instanceof Element && target.closest("input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable]") !== null;

/** The map: headings, and under each the keys and what they do. */
const MAP = () => [
  {
    heading: gettext("On every page"),
    keys: [
      [["/"], gettext("search")],
      [["Alt", "N"], gettext("new voucher")],
      [["F8"], gettext("to the scan box")],
      [["?"], gettext("this list")],
      [["Esc"], gettext("close a list or a dialog")],
    ],
  },
  {
    heading: gettext("In the lines of a voucher"),
    keys: [
      [["Enter"], gettext("accept, one cell down")],
      [["Tab"], gettext("next cell")],
      [["↑", "↓"], gettext("same column, line above or below")],
      [["Ctrl", "'"], gettext("copy from the cell above")],
      [["Alt", "Del"], gettext("remove the line")],
      [["Esc"], gettext("take back what was typed in the cell")],
      [["Ctrl", "Enter"], gettext("go to the review; there: post")],
    ],
  },
];

/** Show every key and what it does. */
export function showKeys() {
  if (document.getElementById("keys")) return;
  const lists = MAP().flatMap(({ heading, keys }) => [
    element("h3", {}, heading),
    element("dl", { class: "keys" }, ...keys.map(([names, does]) =>
      element("div", {}, element("dt", {}, ...keyCaps(/** @type {string[]} */ (names))), element("dd", {}, /** @type {string} */ (does))))),
  ]);
  const close = element("form", { method: "dialog", class: "act" }, element("button", {}, gettext("Close")));
  openDialog({ title: gettext("Keys"), body: [element("div", { id: "keys" }, ...lists), close] });
}

/** @param {string[]} names */
const keyCaps = (names) => names.flatMap((name, index) => [...(index ? [names[0] === "↑" ? " " : " + "] : []), element("kbd", {}, name)]);

/** Listen for the keys that work on every page. */
export function listenToKeys() {
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-keys]")) showKeys();
  });
  document.addEventListener("keydown", (event) => {
    if (isComposing(event) || event.defaultPrevented) return;
    const isPlain = !event.ctrlKey && !event.altKey && !event.metaKey;
    const isInDialog = document.querySelector("dialog[open]") !== null;
    if (event.altKey && !event.ctrlKey && !event.metaKey && event.code === "KeyN") {
      if (!isInDialog && newVoucher()) event.preventDefault();
    } else if (isInDialog) {
      return;
    } else if (event.key === "F8" && isPlain) {
      if (focusOn(document.getElementById("scan"))) event.preventDefault();
    } else if (event.key === "/" && isPlain && !isTyping(event.target)) {
      if (focusOn(document.querySelector("input[type=search]"))) event.preventDefault();
    } else if (event.key === "?" && isPlain && !isTyping(event.target)) {
      event.preventDefault();
      showKeys();
    }
  });
  if (location.hash === "#new") newVoucher();
}

/** Go to the choice of a new voucher: on this page, or on the desk's. False where the reader makes none. */
function newVoucher() {
  const first = document.querySelector("#new a, #new button");
  if (first) return focusOn(first);
  const desk = document.querySelector("a[data-desk]");
  if (!(desk instanceof HTMLAnchorElement)) return false;
  location.assign(`${desk.href}#new`);
  return true;
}

/** @param {Element|null} target */
function focusOn(target) {
  if (!(target instanceof HTMLElement)) return false;
  target.focus();
  if (target instanceof HTMLInputElement) target.select();
  return true;
}
