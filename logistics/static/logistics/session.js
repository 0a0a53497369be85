// Staying signed in: the proof our pages send, the warning before the session ends, and signing in without leaving.

import { ask, element, openDialog } from "./dialog.js";
import { say } from "./say.js";

/** @typedef {{login: string, name: string, ends_at: string, seconds_left: number}} Session */

const ADDRESS = "/session/";
const WARN_BEFORE_MS = 10 * 60_000;
const LONGEST_TIMER_MS = 30 * 60_000; // a laptop that slept wakes up with a wrong timer otherwise
const NO_CONNECTION = () => gettext("There is no connection now. Try again when there is one; nothing is lost.");
const page = document.documentElement.dataset;
const tabs = "BroadcastChannel" in window ? new BroadcastChannel("kho-session") : null;

// By this machine's clock, which may be wrong by hours: the server says how long is left, not when it is over.
let endsAt = Date.now() + Number(page.sessionLeft ?? 0) * 1000;
/** @type {number|undefined} */
let timer;
/** @type {Promise<boolean>|null} */
let running = null;

/** Return the CSRF token to send in X-CSRFToken: the cookie's, which changes with every sign-in. */
export function csrf() {
  const found = /(?:^|;\s*)(?:__Host-)?csrftoken=([^;]*)/.exec(document.cookie);
  return found ? decodeURIComponent(found[1]) : "";
}

/**
 * Sign the person of this page in again without leaving it. Resolves to true once the page may go on in their name,
 * to false when they gave up; many callers share one dialog.
 * @returns {Promise<boolean>}
 */
export function signInAgain() {
  running ??= goOn().finally(() => {
    running = null;
  });
  return running;
}

/** Watch the session of this page: warn before it ends, and keep forms from being lost after it ended. */
export function watchSession() {
  // Forms of the frame belong to whoever is signed in, also when this page came out of a cache.
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.dataset.fresh === undefined) return;
    renewTokens(form);
    const next = form.querySelector("input[name=next]");
    if (next instanceof HTMLInputElement) next.value = location.pathname + location.search;
  }, true);
  if (!page.login) return;
  document.addEventListener("submit", keepTyped, true);
  tabs?.addEventListener("message", ({ data }) => {
    if (data?.login === page.login) {
      endsAt = data.endsAt;
      renewTokens();
      watchEnd();
    } else if (data?.login) {
      signInAgain();
    }
  });
  tabs?.postMessage({ login: page.login, endsAt });
  watchEnd();
}

/** Look at the session again when it is about to end, and at least now and then. */
function watchEnd() {
  clearTimeout(timer);
  const left = endsAt - Date.now();
  warn(left);
  const wait = left > WARN_BEFORE_MS ? left - WARN_BEFORE_MS : 30_000;
  timer = setTimeout(async () => {
    // A page out of a cache knows only how long was left when it was made.
    const { session } = await askSession();
    if (session?.login === page.login) endsAt = Date.now() + session.seconds_left * 1000;
    watchEnd();
  }, Math.min(wait, LONGEST_TIMER_MS));
}

/** @param {number} left milliseconds */
function warn(left) {
  const known = document.getElementById("session-warning");
  if (left > WARN_BEFORE_MS) {
    known?.remove();
    return;
  }
  const at = new Date(endsAt).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const words =
    left > 0
      ? interpolate(gettext("You stay signed in until %(time)s. What you are typing is kept."), { time: at }, true)
      : gettext("Your sign-in has ended. What you are typing is kept on this page.");
  if (known) {
    const text = known.querySelector("span");
    if (text && text.textContent !== words) text.textContent = words;
    return;
  }
  const button = element("button", { type: "button", class: "plain" }, gettext("Sign in again now"));
  button.addEventListener("click", () => signInAgain());
  const line = element("div", { id: "session-warning", class: "session-warning", role: "status" }, element("span", {}, words), " ", button);
  document.querySelector(".masthead")?.after(line);
}

/**
 * Hold back a form whose session is over until its sender has signed in again; then send it as it is.
 * @param {SubmitEvent} event
 */
function keepTyped(event) {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.method !== "post" || form.dataset.fresh !== undefined || Date.now() < endsAt) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const { submitter } = event;
  signInAgain().then((isSignedIn) => {
    if (isSignedIn) form.requestSubmit(submitter);
  });
}

/** @returns {Promise<boolean>} */
async function goOn() {
  const { session, isOffline } = await askSession();
  if (isOffline) {
    say(NO_CONNECTION(), { tone: "warn" });
    return false;
  }
  if (session?.login === page.login) return welcome(session);
  if (session && (await tellAnother(session)) === "reload") {
    location.reload();
    return new Promise(() => {}); // the page goes away
  }
  return password();
}

/**
 * Somebody else signed in on this machine: this page must not go on in their name.
 * @param {Session} session
 */
function tellAnother(session) {
  const words = gettext("%(other)s is signed in in this browser now, but this page was opened by %(mine)s. What %(mine)s typed stays on this machine, in their own drafts.");
  const names = { other: session.name, mine: page.name || page.login };
  return ask({
    title: gettext("Another person has signed in"),
    body: [element("p", {}, interpolate(words, names, true))],
    choices: [
      { value: "reload", label: interpolate(gettext("Load the page for %(other)s"), names, true) },
      { value: "again", label: interpolate(gettext("Sign in as %(mine)s"), names, true), look: "plain" },
    ],
  });
}

/** Ask for the password of the page's own person until it is right or they give up. */
function password() {
  return new Promise((resolve) => {
    const told = element("p", { class: "fault", role: "alert", id: "again-told", hidden: true });
    const box = /** @type {HTMLInputElement} */ (
      element("input", { type: "password", id: "again-password", autocomplete: "current-password", required: true, "aria-describedby": "again-told" })
    );
    const send = element("button", { type: "submit" }, gettext("Sign in"));
    const leave = element("button", { type: "button", class: "plain" }, gettext("Not now"));
    const other = element("a", { href: `/sign-in/?next=${encodeURIComponent(location.pathname + location.search)}` }, gettext("Sign in as somebody else"));
    const form = element(
      "form",
      { class: "stack" },
      element("p", {}, gettext("Your sign-in has ended. This page stays as it is; sign in to go on.")),
      element("p", {}, gettext("Login"), ": ", element("strong", {}, page.login ?? "")),
      // Password keepers look for the login beside the password.
      element("input", { type: "text", autocomplete: "username", value: page.login ?? "", hidden: true, readonly: true, tabindex: "-1" }),
      element("div", { class: "field" }, element("label", { for: "again-password" }, gettext("Password")), box, told),
      element("div", { class: "act" }, send, leave, other),
    );
    const dialog = openDialog({ title: gettext("Sign in again"), body: [form], className: "narrow" });
    let isDone = false;
    box.focus();
    leave.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => resolve(isDone));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      event.stopPropagation();
      send.setAttribute("disabled", "");
      const { session, problem } = await askSession({ login: page.login ?? "", password: box.value });
      send.removeAttribute("disabled");
      if (session) {
        isDone = welcome(session);
        dialog.close();
        return;
      }
      told.hidden = false;
      told.textContent = problem ?? NO_CONNECTION();
      box.setAttribute("aria-invalid", "true");
      box.focus();
      box.select();
    });
  });
}

/** @param {Session} session */
function welcome(session) {
  endsAt = Date.now() + session.seconds_left * 1000;
  renewTokens();
  watchEnd();
  tabs?.postMessage({ login: page.login, endsAt });
  return true;
}

/**
 * Ask who is signed in, or sign in.
 * @param {{login: string, password: string}} [credentials]
 * @returns {Promise<{session: Session|null, problem: string|null, isOffline: boolean}>}
 */
async function askSession(credentials) {
  /** @type {RequestInit} */
  const request = {
    headers: { Accept: "application/json", "X-CSRFToken": csrf() },
    credentials: "same-origin",
    cache: "no-store",
  };
  if (credentials) {
    request.method = "POST";
    request.body = JSON.stringify(credentials);
    request.headers = { ...request.headers, "Content-Type": "application/json" };
  }
  try {
    const answer = await fetch(ADDRESS, request);
    const document = await answer.json();
    if (answer.ok) return { session: document, problem: null, isOffline: false };
    return { session: null, problem: document.detail ?? null, isOffline: answer.status >= 500 };
  } catch {
    return { session: null, problem: null, isOffline: true };
  }
}

/** @param {ParentNode} [where] */
function renewTokens(where = document) {
  for (const input of where.querySelectorAll("input[name=csrfmiddlewaretoken]")) {
    /** @type {HTMLInputElement} */ (input).value = csrf();
  }
}
