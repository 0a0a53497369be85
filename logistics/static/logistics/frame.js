// What every page of the store starts with.

import { listenToKeys } from "./keys.js";
import { say } from "./say.js";
import { signInAgain, watchSession } from "./session.js";
import { layTables } from "./tables.js";

listenToKeys();
watchSession();
layTables();

document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element ? event.target.closest("button[data-copy]") : null;
  if (!(button instanceof HTMLElement)) return;
  const text = button.dataset.copy ?? "";
  try {
    await navigator.clipboard.writeText(text);
    say(interpolate(gettext("Copied: %(text)s"), { text }, true), { tone: "good" });
  } catch {
    // Plain HTTP gives pages no clipboard: what is to be copied is marked, and Ctrl+C does the rest.
    const code = button.parentElement?.querySelector("code");
    if (code) getSelection()?.selectAllChildren(code);
    say(gettext("Press Ctrl+C to copy what is marked."));
  }
});

// The menu's fold closes as people expect of a menu; opening it needs no script.
const fold = document.querySelector(".fold-more");
document.addEventListener("click", (event) => {
  const isInside = event.target instanceof Element && event.target.closest(".masthead .more");
  if (fold instanceof HTMLDetailsElement && !isInside) fold.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !(fold instanceof HTMLDetailsElement) || !fold.open) return;
  const hadFocus = fold.parentElement?.contains(document.activeElement);
  fold.open = false;
  if (hadFocus) fold.querySelector("summary")?.focus();
});

// Parts of pages that htmx asks for: an ended session answers with the sign-in page, which is no part of this one.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = /** @type {CustomEvent} */ (event).detail;
  if (new URL(xhr.responseURL).pathname !== "/sign-in/") return;
  event.preventDefault();
  signInAgain().then((isSignedIn) => {
    if (isSignedIn) requestConfig.elt.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  });
});
for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.addEventListener(name, () => {
    say(gettext("The server cannot be reached now; what you see is from before."), { tone: "warn" });
  });
}
