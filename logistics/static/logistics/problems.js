// What is wrong with the page's input: told in a summary that takes the focus, and again beside each box.

import { element } from "./dialog.js";

/**
 * @typedef {object} Problem
 * @property {string} detail          what happened, where, what to do
 * @property {HTMLElement|null} [box] the input it is about
 * @property {string} [code]          stable name of the rule
 * @property {string} [href]          where to look instead, when there is no box on this page
 */

let boxes = 0; // crypto.randomUUID would be missing over plain http
const nextId = () => `box-${(boxes += 1)}`;
const TITLE_MARK = () => gettext("Error: ");

/**
 * Show everything that is wrong and move the focus to it; with an empty list, take what was shown away.
 *
 * The summary stands in `#problems`, or at the top of the content. Each box gets the same words beside it, tied by
 * aria-describedby, and `aria-invalid`. The page's title starts with “Error: ” while anything is wrong.
 * @param {Problem[]} problems
 * @param {{title?: string, requestId?: string, type?: string, isFocused?: boolean}} [options]
 */
export function showSummary(problems, { title, requestId = "", type = "", isFocused = true } = {}) {
  clearSummary();
  if (problems.length === 0) return;
  const words = title ?? interpolate(ngettext("%s thing needs your attention", "%s things need your attention", problems.length), [problems.length]);
  const list = element("ul", {}, ...problems.map((problem) => element("li", {}, pointer(problem))));
  const summary = element(
    "div",
    { class: "summary", role: "group", tabindex: "-1", "aria-labelledby": "problems-title", id: "problems-summary" },
    element("h2", { id: "problems-title" }, words),
    list,
  );
  if (type || requestId) summary.append(reference(type, requestId));
  const home = document.getElementById("problems");
  if (home) home.append(summary);
  else document.getElementById("content")?.prepend(summary);
  for (const problem of problems) if (problem.box) markBox(problem.box, problem.detail);
  if (!document.title.startsWith(TITLE_MARK())) document.title = TITLE_MARK() + document.title;
  if (isFocused) {
    summary.focus();
    summary.scrollIntoView({ block: "nearest" });
  }
}

/** Take the summary, every mark beside a box and the title's mark away. */
export function clearSummary() {
  document.getElementById("problems-summary")?.remove();
  for (const box of document.querySelectorAll("[data-problem]")) unmarkBox(/** @type {HTMLElement} */ (box));
  if (document.title.startsWith(TITLE_MARK())) document.title = document.title.slice(TITLE_MARK().length);
}

/**
 * Say beside a box what is wrong with it.
 * @param {HTMLElement} box
 * @param {string} detail
 * @param {{tone?: "bad"|"warn"}} [options] a warning does not make the box invalid
 */
export function markBox(box, detail, { tone = "bad" } = {}) {
  const known = box.dataset.problem ? document.getElementById(box.dataset.problem) : null;
  if (known) {
    if (known.textContent !== detail && !known.textContent?.includes(detail)) known.append(" ", detail);
    return;
  }
  box.id ||= nextId();
  const note = element("div", { class: `fault ${tone}`, id: `${box.id}-fault` }, detail);
  box.after(note);
  box.dataset.problem = note.id;
  if (tone === "bad") box.setAttribute("aria-invalid", "true");
  const described = (box.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean);
  box.setAttribute("aria-describedby", [...described, note.id].join(" "));
}

/**
 * Take away what `markBox` said.
 * @param {HTMLElement} box
 */
export function unmarkBox(box) {
  const id = box.dataset.problem;
  if (!id) return;
  document.getElementById(id)?.remove();
  delete box.dataset.problem;
  box.removeAttribute("aria-invalid");
  const described = (box.getAttribute("aria-describedby") ?? "").split(" ").filter((one) => one && one !== id);
  if (described.length) box.setAttribute("aria-describedby", described.join(" "));
  else box.removeAttribute("aria-describedby");
}

/**
 * Return the small line an operator is told: the problem's page, the request's id, and a button that copies both.
 * @param {string} type problem type, such as "/problems/conflict"; may be ""
 * @param {string} requestId may be ""
 */
export function reference(type, requestId) {
  const line = element("p", { class: "reference" });
  if (type) line.append(element("a", { href: type }, type.replace(/^\/problems\//, "")), " ");
  if (requestId) line.append(gettext("Request"), " ", element("code", {}, requestId), " ");
  line.append(copyButton([type.replace(/^\/problems\//, ""), requestId].filter(Boolean).join(" ")));
  return line;
}

/**
 * Return a button that copies a text and says so.
 * @param {string} text
 */
export function copyButton(text) {
  const button = element("button", { type: "button", class: "plain", "data-copy": text }, gettext("Copy"));
  return button;
}

/** @param {Problem} problem */
function pointer(problem) {
  if (problem.box) {
    const box = problem.box;
    box.id ||= nextId();
    const link = element("a", { href: `#${box.id}` }, problem.detail);
    // A link alone would only scroll to some kinds of boxes.
    link.addEventListener("click", (event) => {
      event.preventDefault();
      box.focus();
      box.scrollIntoView({ block: "center" });
    });
    return link;
  }
  return problem.href ? element("a", { href: problem.href }, problem.detail) : problem.detail;
}
