// Where a voucher stands, at the head of the entry page, and what comes after it.

import { element } from "../logistics/dialog.js";
import { say } from "../logistics/say.js";
import { csrf } from "../logistics/session.js";
import { standing } from "./papers.js";

const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));

/** Show where the voucher stands, and let it be changed only where that is still possible. */
export function showStanding(/** @type {import("./entry.js").Page} */ page, /** @type {any} */ outbox = null, isFirst = false) {
  const { words, tone } = standing(page.draft, outbox);
  at("state").textContent = words;
  at("state").className = `mark ${tone}`;
  const isReadOnly = !page.isEditable();
  if (isReadOnly && !isFirst && page.grid.isReadOnly !== isReadOnly) say(`${words}.`, { tone: tone === "good" ? "good" : "warn" });
  document.body.classList.toggle("is-posted", page.draft.state === "posted");
  document.body.classList.toggle("is-frozen", isReadOnly);
  if (page.grid.isReadOnly !== isReadOnly || isFirst) {
    page.header.draw(page.form, page.draft, page.desk, { isReadOnly });
    page.grid.freeze(isReadOnly);
    at("scan").disabled = isReadOnly;
    at("review-open").hidden = isReadOnly;
    at("receive-all").disabled = isReadOnly;
  }
  page.changedLooks();
  showAfter(page);
}

/** Once it is on its way: the next one of its kind comes first, so that Enter begins it. */
function showAfter(/** @type {import("./entry.js").Page} */ page) {
  const isOver = ["posted", "submitted", "queued", "sending"].includes(page.draft.state);
  at("after").hidden = !isOver;
  if (!isOver) {
    at("after").replaceChildren();
    return;
  }
  const links = [element("a", { class: "button", href: `${page.shell.entry}?kind=${page.draft.kind}`, id: "another" }, interpolate(gettext("One more: %(title)s"), { title: page.form.title }, true))];
  if (page.draft.movement) {
    const address = page.path(`movements/${page.draft.movement.position}/`);
    links.push(element("a", { href: address }, gettext("Open the posted voucher")), printing(address));
  } else if (page.draft.state === "submitted") links.push(element("a", { href: `${page.shell.vouchers}${page.draft.id}/` }, gettext("Open the voucher")));
  links.push(element("a", { href: page.shell.desk }, gettext("Back to the desk")));
  at("after").replaceChildren(...links);
  links[0].focus();
}

/** Return the button that prints a posted voucher: a form, because each print is counted. */
function printing(/** @type {string} */ address) {
  const token = /** @type {HTMLInputElement} */ (element("input", { type: "hidden", name: "csrfmiddlewaretoken" }));
  const sheet = element("form", { method: "post", action: address, target: "_blank", id: "print" }, token, element("button", { class: "plain", name: "action", value: "print" }, gettext("Print (PDF)")));
  sheet.addEventListener("submit", () => {
    token.value = csrf();
  });
  return sheet;
}
