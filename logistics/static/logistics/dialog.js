// Questions over the page: the browser's own <dialog>, which keeps the focus inside and gives it back.

/**
 * @typedef {object} Choice
 * @property {string} value  what `ask` answers when it is pressed
 * @property {string} label
 * @property {"main"|"plain"|"danger"} [look]
 */

/**
 * Make an element. Texts are texts: nothing given here is ever read as HTML.
 * @param {string} name
 * @param {Record<string, string|boolean>} [attributes] false leaves one out, true sets it empty
 * @param {...(Node|string)} children
 * @returns {HTMLElement}
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

let counter = 0;

/**
 * Show a dialog and return it, open. It is taken out of the page when it closes.
 * @param {{title: string, body: (Node|string)[], isStubborn?: boolean, className?: string}} content isStubborn: Esc does not close it
 * @returns {HTMLDialogElement}
 */
export function openDialog({ title, body, isStubborn = false, className = "" }) {
  counter += 1;
  const heading = element("h2", { id: `dialog-${counter}` }, title);
  const dialog = /** @type {HTMLDialogElement} */ (
    element("dialog", { "aria-labelledby": heading.id, class: `dialog ${className}`.trim() }, heading, ...body)
  );
  document.body.append(dialog);
  dialog.addEventListener("cancel", (event) => {
    if (isStubborn) event.preventDefault();
  });
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
  return dialog;
}

/**
 * Ask and return the value of the choice pressed; null when the question was closed with Esc.
 * @param {{title: string, body?: (Node|string)[], choices: Choice[]}} question
 * @returns {Promise<string|null>}
 */
export function ask({ title, body = [], choices }) {
  return new Promise((resolve) => {
    const buttons = choices.map(({ value, label, look = "main" }) =>
      element("button", { type: "submit", value, class: look === "main" ? "" : look }, label),
    );
    const form = element("form", { method: "dialog", class: "act" }, ...buttons);
    const dialog = openDialog({ title, body: [...body, form] });
    dialog.addEventListener("close", () => resolve(dialog.returnValue || null));
  });
}

/**
 * Ask whether to do a thing; true only when it was said.
 * @param {{title: string, detail?: string, yes: string, no?: string, isDangerous?: boolean}} question
 */
export async function confirmed({ title, detail = "", yes, no = gettext("Cancel"), isDangerous = false }) {
  const body = detail ? [element("p", {}, detail)] : [];
  const choices = /** @type {Choice[]} */ ([
    { value: "yes", label: yes, look: isDangerous ? "danger" : "main" },
    { value: "no", label: no, look: "plain" },
  ]);
  return (await ask({ title, body, choices })) === "yes";
}
