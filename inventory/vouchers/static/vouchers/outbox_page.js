// The outbox page: what this browser keeps of the person's vouchers, by state, and what can be done about each.

import { showMoment } from "../logistics/days.js";
import { element, openDialog } from "../logistics/dialog.js";
import { say } from "../logistics/say.js";
import { call } from "./net.js";
import { discard, flush, loadFile, restore, saveFile, send, subscribe, takeBack } from "./outbox.js";
import { openStore } from "./store.js";

const told = JSON.parse(document.getElementById("outbox-told").textContent);
const login = document.documentElement.dataset.login;
const lists = document.getElementById("outbox-lists");
const at = (id) => document.getElementById(id);

/** Drafts the server has of this person's depots, asked for while the page is open. */
let onServer = [];
let shown = null;

// --- Words --------------------------------------------------------------------------------------------------------

const GROUPS = [
  ["attention", () => gettext("Needs attention"), ["attention"]],
  ["waiting", () => gettext("Waiting to be sent"), ["queued", "sending"]],
  ["local", () => gettext("Drafts in this browser"), ["local"]],
  ["sent", () => gettext("Sent in the last 7 days"), ["submitted", "posted"]],
];

function stateOf({ state, status, movement }) {
  switch (state) {
    case "queued":
      return gettext("Waiting to be sent");
    case "sending":
      return gettext("Being sent");
    case "attention":
      return gettext("Needs attention");
    case "submitted":
      return status === "approved" ? gettext("Approved, not posted yet") : gettext("Sent, waits for approval");
    case "posted":
      return interpolate(gettext("Posted as %s"), [movement?.number ?? "?"]);
    default:
      return gettext("Draft in this browser");
  }
}

const entryOf = ({ depot, id }) => `/depots/${encodeURIComponent(depot)}/entry/?voucher=${id}`;
const pageOf = ({ depot, id }) => `/depots/${encodeURIComponent(depot)}/vouchers/${id}/`;

function stateLine({ waiting, attention, isSending, isOffline, isSignedOut, isBroken, nextTryAt }) {
  if (isBroken) return gettext("This browser keeps nothing: its storage is forbidden or full. Do not enter vouchers here.");
  if (waiting && isSignedOut) return gettext("Your sign-in has ended. Press “Send now” and sign in: nothing is lost.");
  if (waiting && isSending) return interpolate(ngettext("Sending: %s voucher left.", "Sending: %s vouchers left.", waiting), [waiting]);
  if (waiting && (isOffline || !navigator.onLine)) {
    return interpolate(ngettext("No network. %s voucher waits and is sent when it is back.", "No network. %s vouchers wait and are sent when it is back.", waiting), [waiting]);
  }
  if (waiting && nextTryAt) return interpolate(gettext("The server is busy. The next try is at %s."), [showMoment(new Date(nextTryAt).toISOString())]);
  if (waiting) return interpolate(ngettext("%s voucher waiting to be sent", "%s vouchers waiting to be sent", waiting), [waiting]);
  if (attention) return gettext("Nothing waits to be sent; what needs attention is below.");
  return gettext("Nothing waits to be sent.");
}

// --- One voucher --------------------------------------------------------------------------------------------------

function button(label, act, { look = "plain", name = "" } = {}) {
  const made = element("button", { type: "button", class: look, "aria-label": name ? `${label}: ${name}` : false }, label);
  made.addEventListener("click", async () => {
    made.disabled = true;
    try {
      await act();
    } finally {
      made.disabled = false;
    }
  });
  return made;
}

function nameOf({ kind, depot, order_number: order, counterparty }) {
  return [`${told.kinds[kind] ?? kind} ${depot}`, order, counterparty].filter(Boolean).join(" · ");
}

function why(problem) {
  const errors = problem.errors ?? [];
  const detail = problem.detail || problem.title || gettext("The server refused");
  const words = element("div", { class: "why bad" }, detail);
  const isSaid = errors.length === 1 && detail.includes(errors[0].detail);
  // All of them, as they came: a reason cut short sends people looking in the wrong place.
  if (errors.length && !isSaid) words.append(element("ul", {}, ...errors.map(({ detail }) => element("li", {}, detail))));
  return words;
}

function row(draft) {
  const name = nameOf(draft);
  const isSent = draft.state === "submitted" || draft.state === "posted";
  const lines = draft.lines?.length ?? 0;
  const facts = [
    stateOf(draft),
    interpolate(ngettext("%s line", "%s lines", lines), [lines]),
    showMoment(new Date(draft.changed_at_ms).toISOString()),
  ];
  const acts = element("div", { class: "acts" });
  if (draft.state === "attention") {
    acts.append(button(gettext("Send again"), () => send(draft.id), { name }));
  }
  if (draft.state === "queued") {
    acts.append(button(gettext("Take back to edit"), () => back(draft), { name }));
  }
  if (!isSent && draft.state !== "sending") acts.append(button(gettext("Delete…"), () => giveUp(draft), { name }));
  const made = element(
    "li",
    { "data-voucher": draft.id, "data-state": draft.state },
    element("div", {}, element("a", { href: isSent ? pageOf(draft) : entryOf(draft) }, name), element("span", { class: "sub" }, facts.join(" · "))),
    acts,
  );
  if (draft.state === "attention" && draft.problem) made.append(why(draft.problem));
  return made;
}

async function back(draft) {
  const kept = await takeBack(draft.id);
  if (kept?.state === "local") location.assign(entryOf(draft));
  else if (kept) say(gettext("It is too late: it was sent meanwhile."), { tone: "warn" });
}

/** Ask why a draft is given up, and give it up. */
function giveUp(draft) {
  return new Promise((resolve) => {
    const box = element("input", { type: "text", id: "discard-reason", required: true, maxlength: "300", autocomplete: "off" });
    const form = element(
      "form",
      { class: "stack" },
      element("p", {}, nameOf(draft)),
      element("p", {}, gettext("It stays under “Deleted” on this page for 30 days.")),
      element("div", { class: "field" }, element("label", { for: box.id }, gettext("Reason")), box),
      element("div", { class: "act" }, element("button", { type: "submit", class: "danger" }, gettext("Delete")), cancel()),
    );
    const dialog = openDialog({ title: gettext("Delete this draft?"), body: [form], className: "narrow" });
    function cancel() {
      const made = element("button", { type: "button", class: "plain" }, gettext("Cancel"));
      made.addEventListener("click", () => dialog.close());
      return made;
    }
    box.focus();
    dialog.addEventListener("close", resolve);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const reason = box.value.trim();
      if (!reason) return box.focus();
      dialog.close();
      const problem = await discard(draft.id, reason);
      say(problem ? [problem.title, problem.detail].filter(Boolean).join(": ") : gettext("Deleted"), { tone: problem ? "bad" : "good" });
      return undefined;
    });
  });
}

function section(id, title, rows) {
  return element(
    "section",
    { "aria-labelledby": `outbox-${id}` },
    element("h2", { id: `outbox-${id}` }, title, " ", element("span", { class: "soft" }, String(rows.length))),
    element("ul", { class: "outbox-list" }, ...rows),
  );
}

function serverRow(voucher) {
  const facts = [
    interpolate(ngettext("%s line", "%s lines", voucher.lines.length), [voucher.lines.length]),
    voucher.changed_by,
    voucher.changed_at ? showMoment(voucher.changed_at) : "",
  ];
  return element(
    "li",
    { "data-voucher": voucher.id },
    element("div", {}, element("a", { href: entryOf(voucher) }, nameOf(voucher)), element("span", { class: "sub" }, facts.filter(Boolean).join(" · "))),
  );
}

function deletedRow(draft) {
  const name = nameOf(draft);
  const facts = [draft.reason_discarded, showMoment(new Date(draft.discarded_at_ms).toISOString())];
  return element(
    "li",
    { "data-voucher": draft.id },
    element("div", {}, element("span", {}, name), element("span", { class: "sub" }, facts.join(" · "))),
    element("div", { class: "acts" }, button(gettext("Restore"), () => restore(draft.id).then(show), { name })),
  );
}

// --- The page -----------------------------------------------------------------------------------------------------

let showing = 0;

async function show() {
  const outbox = shown;
  if (!outbox) return;
  showing += 1;
  const turn = showing;
  const held = document.activeElement?.closest?.("[data-voucher]")?.dataset.voucher;
  const sections = [];
  for (const [id, title, states] of GROUPS) {
    const rows = outbox.drafts.filter(({ state }) => states.includes(state)).map(row);
    if (rows.length) sections.push(section(id, title(), rows));
  }
  const mine = new Set(outbox.drafts.map(({ id }) => id));
  const others = onServer.filter(({ id }) => !mine.has(id)).map(serverRow);
  if (others.length) sections.push(section("server", gettext("Drafts on the server"), others));
  const deleted = outbox.isBroken ? [] : await (await openStore(login)).discarded.list();
  if (turn !== showing) return; // what is newer was shown meanwhile
  if (deleted.length) sections.push(section("deleted", gettext("Deleted"), deleted.map(deletedRow)));
  lists.replaceChildren(...sections);
  // A list made anew takes the focus away from whoever was in it.
  if (held) lists.querySelector(`[data-voucher="${CSS.escape(held)}"] a, [data-voucher="${CSS.escape(held)}"] button`)?.focus();
  const line = at("outbox-state");
  const words = stateLine(outbox);
  if (line.textContent !== words) line.textContent = words;
  line.classList.toggle("bad", outbox.isBroken);
  at("outbox-flush").hidden = outbox.waiting === 0;
  const unsent = outbox.drafts.some(({ state }) => state !== "submitted" && state !== "posted");
  at("outbox-save").hidden = !unsent;
  at("outbox-persist").hidden = !unsent || (await navigator.storage?.persisted?.().catch(() => false)) === true;
}

async function askServer() {
  const found = [];
  for (const depot of told.depots) {
    const { status, body } = await call("GET", `/depots/${encodeURIComponent(depot)}/vouchers?status=draft`, undefined, { quiet: true });
    if (status !== 200) break;
    found.push(...body.items);
  }
  onServer = found;
  show();
}

const wanted = new URLSearchParams(location.search).get("wanted");
if (wanted?.startsWith("/") && !wanted.startsWith("//")) {
  const box = at("outbox-wanted");
  box.append(
    element("p", {}, element("strong", {}, gettext("No network: this page cannot be opened now."))),
    element("p", {}, element("a", { href: wanted }, interpolate(gettext("Try %s again"), [wanted]))),
  );
  box.hidden = false;
}

at("outbox-flush").addEventListener("click", () => flush({ isAsked: true }));
at("outbox-save").addEventListener("click", async () => {
  const count = await saveFile();
  say(interpolate(ngettext("Saved %s voucher to a file.", "Saved %s vouchers to a file.", count), [count]), { tone: "good" });
});
at("outbox-file").addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  if (!file) return;
  try {
    const { taken, kept } = await loadFile(file);
    const words = ngettext("Loaded %(taken)s voucher; %(kept)s were here already.", "Loaded %(taken)s vouchers; %(kept)s were here already.", taken);
    say(interpolate(words, { taken, kept }, true), { tone: "good" });
  } catch (error) {
    say(error.message, { tone: "bad" });
  }
  target.value = "";
});

at("outbox-load").hidden = false; // only now does anything happen when a file is chosen

subscribe((outbox) => {
  shown = outbox;
  show();
});
askServer();
addEventListener("online", askServer);
