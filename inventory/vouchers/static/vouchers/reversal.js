// Reckons anew what a reversal would do whenever its lines or its time change. Without it, a button does the same.

import { say } from "../logistics/say.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("reversal"));
/** @type {AbortController | null} */
let running = null;

/** Put what the server reckons now in the place of what it reckoned before; what was typed stays. */
async function reckon() {
  running?.abort();
  const mine = (running = new AbortController());
  const asked = new FormData(form);
  asked.set("action", "preview");
  const preview = /** @type {HTMLElement} */ (document.getElementById("preview"));
  preview.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(location.href, { method: "POST", body: asked, signal: mine.signal, redirect: "error" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("preview");
    if (!answer.ok || !fresh) throw new Error(String(answer.status));
    const focused = document.activeElement?.id;
    preview.replaceWith(document.adoptNode(fresh));
    if (focused) document.getElementById(focused)?.focus();
  } catch {
    if (mine.signal.aborted) return;
    preview.removeAttribute("aria-busy");
    say(gettext("The balances could not be reckoned again. They are checked once more when you post."), { tone: "warn" });
  }
}

/** Enter goes on to the next box and then to the button, as in the grid; Ctrl+Enter presses it. */
form?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
  const post = /** @type {HTMLButtonElement} */ (form.querySelector("button[value=post]"));
  if (event.ctrlKey) {
    event.preventDefault();
    post.click();
    return;
  }
  const box = event.target;
  if (!(box instanceof HTMLInputElement)) return;
  event.preventDefault();
  const boxes = [...form.querySelectorAll("input:not([type=hidden])"), post];
  /** @type {HTMLElement} */ (boxes[boxes.indexOf(box) + 1]).focus();
});

form?.addEventListener("change", (event) => {
  const name = event.target instanceof HTMLInputElement ? event.target.name : "";
  if (["entry", "day", "time"].includes(name)) void reckon();
});
