// Rows that open in place: the depots of an item, the piles of a depot. Each is a link to a page that shows the same, so
// that Ctrl-click, the middle button and a browser without scripts go there.

import { say } from "../logistics/say.js";
import { lay } from "../logistics/tables.js";

document.addEventListener("click", async (event) => {
  const link = event.target instanceof Element ? event.target.closest("a.expand") : null;
  if (!(link instanceof HTMLAnchorElement) || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const row = link.closest("tr");
  if (!row) return;
  event.preventDefault();
  const opened = link.dataset.opens ? document.getElementById(link.dataset.opens) : await open(link, row);
  if (!opened) return;
  const isOpen = link.getAttribute("aria-expanded") === "true";
  opened.hidden = isOpen;
  link.setAttribute("aria-expanded", String(!isOpen));
});

let opened = 0;

/**
 * Return a new row under `row` with what the link's page has to show; null when that page has to be gone to.
 * @param {HTMLAnchorElement} link
 * @param {HTMLTableRowElement} row
 */
async function open(link, row) {
  if (link.dataset.busy) return null;
  link.dataset.busy = "1";
  try {
    const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const part = page.querySelector("[data-part]");
    if (!answer.ok || !part) {
      location.assign(link.href); // signed out, or refused: that page says so
      return null;
    }
    const under = document.createElement("tr");
    under.className = "opened";
    under.id = link.dataset.opens = `opened-${++opened}`;
    under.hidden = true;
    const cell = under.insertCell();
    cell.colSpan = row.cells.length;
    cell.append(document.importNode(part, true));
    row.after(under);
    lay(under);
    return under;
  } catch {
    say(gettext("The server cannot be reached now; what you see is from before."), { tone: "warn" });
    return null;
  } finally {
    delete link.dataset.busy;
  }
}
