// Suggestions under a box in which an item is typed: the catalogue's items that have all its words.

import { Choices } from "../vouchers/choices.js";
import { call } from "../vouchers/net.js";

const IDLE_MS = 200;
const MOST = 12;

/** Offer items while somebody types in `box`; taking one puts its code there and sends the box's form. */
export function suggestItems(/** @type {HTMLInputElement | null} */ box) {
  if (!box) return;
  const choices = new Choices();
  const isEnglish = document.documentElement.lang.startsWith("en");
  let timer = 0, asked = 0;

  const take = (/** @type {string} */ code) => {
    box.value = code;
    box.form?.requestSubmit();
  };
  const offer = async () => {
    const text = box.value.trim(), mine = ++asked;
    if (text.length < 2) return choices.close();
    const { body } = await call("GET", `/items?text=${encodeURIComponent(text)}&limit=${MOST}`);
    if (mine !== asked || document.activeElement !== box) return undefined;
    const found = (body?.items ?? []).map((item) => ({
      value: item.code, label: (isEnglish && item.name_en) || item.name, sub: [item.code, item.specification].filter(Boolean).join(" · "),
    }));
    return choices.open(box, found, take);
  };

  box.addEventListener("input", (event) => {
    if (/** @type {InputEvent} */ (event).isComposing) return;
    clearTimeout(timer);
    timer = setTimeout(offer, IDLE_MS);
  });
  box.addEventListener("compositionend", () => {
    clearTimeout(timer);
    timer = setTimeout(offer, IDLE_MS);
  });
  box.addEventListener("keydown", (event) => {
    if (event.isComposing || choices.handles(event)) return;
    if (event.key === "Enter" && choices.isOpen(box) && choices.hasCurrent) {
      event.preventDefault();
      choices.accept();
    }
  });
  box.addEventListener("blur", () => choices.close());
}
