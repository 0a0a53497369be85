// The page a storekeeper enters vouchers on: brings the parts together and holds the one draft they are about.

import { todayHere } from "../logistics/days.js";
import { element } from "../logistics/dialog.js";
import { clearSummary } from "../logistics/problems.js";
import { say } from "../logistics/say.js";
import { openCatalogue } from "./catalogue.js";
import { Choices } from "./choices.js";
import { drawConflicts } from "./conflict.js";
import { existing, fresh, stateOf } from "./drafts.js";
import { isFuel } from "./fuel.js";
import { Grid } from "./grid.js";
import { Header, thisMinute } from "./header.js";
import { merge, settle } from "./merge.js";
import { call } from "./net.js";
import { send, subscribe, takeBack } from "./outbox.js";
import { arrivalLines } from "./papers.js";
import { Reviewing } from "./reviewing.js";
import { Saver, content } from "./saver.js";
import { Scanning } from "./scanning.js";
import { showStanding } from "./standing.js";
import { openStore } from "./store.js";
import { differs } from "./under.js";

const shell = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("shell")).textContent ?? "{}");
const query = new URLSearchParams(location.search);
const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const path = (/** @type {string} */ rest) => `/depots/${encodeURIComponent(shell.depot)}/${rest}`;

const LEFT_MS = 300;
const WEIGH_MS = 600;
const WEIGH_MANY_MS = 2_000;
const MANY = 200;

/** @type {any} the voucher's JSON and what the store keeps beside it */
let draft = null;
/** @type {any} */
let form = null;
/** @type {import("./cells.js").Desk} */
let desk;
/** @type {any} */
let store;
/** @type {Grid} */
let grid;
/** @type {Header} */
let header;
/** @type {Saver} */
let saver;
let choices;
/** @type {import("./merge.js").Conflict[]} */
let conflicts = [];
let weighing = 0;
/** @type {Promise<any>} */
let newest = Promise.resolve(null);
let weighTimer = 0;
/** @type {any} */
let weighed = null;
let wasReviewed = false; // from then on blank required cells are told as well
let isStale = false; // what was weighed is of before the last change

/** @typedef {typeof page} Page what the parts of this page share: the one draft, and what shows it */
const page = {
  shell,
  get draft() {
    return draft;
  },
  set draft(next) {
    draft = next;
  },
  get form() {
    return form;
  },
  get desk() {
    return desk;
  },
  get store() {
    return store;
  },
  get grid() {
    return grid;
  },
  get header() {
    return header;
  },
  get saver() {
    return saver;
  },
  get choices() {
    return choices;
  },
  get conflicts() {
    return conflicts;
  },
  get weighed() {
    return weighed;
  },
  set wasReviewed(/** @type {boolean} */ was) {
    wasReviewed = was;
  },
  path,
  isEditable,
  changedLooks,
  toSend,
  weigh,
  showMarks,
  receive,
  take,
  notice,
  /** One step nearer to posting: to the review, or from it into the outbox. */
  onward: () => (reviewing.isOpen ? reviewing.send() : reviewing.open()),
};
const scanning = new Scanning(page);
const reviewing = new Reviewing(page);

// ---- opening ---------------------------------------------------------------------------------------------------------

async function open() {
  try {
    store = await openStore(shell.login);
  } catch {
    notice("bad", gettext("This browser keeps nothing (its storage is off or full): what you type is lost when the page closes. Allow storage for this site, or use another browser."));
    store = { drafts: { get: async () => undefined, put: async (/** @type {any} */ one) => one } };
  }
  const catalogue = await openCatalogue(shell.depot);
  desk = { catalogue, language: shell.language, today: todayHere() };
  const id = query.get("voucher");
  const kind = query.get("kind");
  if (id) ({ draft, conflicts } = await existing(shell, store, id));
  else if (kind && shell.forms[kind]) draft = fresh(shell, kind, query.get("consignment") ?? "");
  if (!draft) {
    if (id) notice("bad", gettext("This voucher is neither in this browser nor could it be fetched. Connect to the network, then open it again."));
    at("choose").hidden = false;
    return;
  }
  form = shell.forms[draft.kind];
  if (!form) {
    location.replace(`${shell.vouchers}${draft.id}/`);
    return;
  }
  build();
  if (catalogue.isEmpty) notice("warn", gettext("The catalogue of this depot is not on this device yet. It comes with the first connection; until then codes cannot be recognised."));
  if (draft.kind === "transfer_in" && draft.lines.length === 0 && draft.consignment) await receive(draft.consignment);
  // The address names the voucher from now on, so that opening it again opens the same one.
  history.replaceState(null, "", `${location.pathname}?voucher=${draft.id}`);
}

/** Put the parts on the page and the draft into them. */
function build() {
  at("title").textContent = `${form.title} · ${shell.depot}`;
  document.title = document.title.replace(/^[^·]+/, `${form.title} `);
  at("paper").textContent = draft.id.slice(0, 8).toUpperCase();
  at("paper-print").textContent = interpolate(gettext("Draft %(code)s · made by %(person)s"), { code: draft.id.slice(0, 8).toUpperCase(), person: shell.person }, true);
  choices = new Choices();
  header = new Header(at("header"), (changes) => {
    const { typed = {}, ...members } = changes;
    const kept = Object.fromEntries(Object.entries({ ...draft.typed, ...typed }).filter(([, text]) => text !== undefined));
    draft = { ...draft, ...members, typed: kept };
    changed();
  });
  grid = new Grid(at("lines"), {
    form, desk, choices,
    onChange: () => {
      draft = { ...draft, lines: grid.lines };
      changed();
    },
    onScan: (scan) => scanning.act(scan, ""),
    onGuideEnd: () => at("scan").focus(),
    // What was kept back while the line was being filled is said now, unless it is about to be weighed anew. Not at
    // once: rows that move under a press of the mouse would take the click away.
    onLeft: () => setTimeout(() => isStale || showMarks(), LEFT_MS),
    onNotice: (text, tone) => say(text, { tone: /** @type {any} */ (tone) }),
    onAttach: (code, item) => {
      draft = { ...draft, aliases: { ...draft.aliases, [code]: item } };
    },
  });
  saver = new Saver({
    store,
    draft: () => draft,
    onSaved: (where) => {
      const words = { "not yet": "", here: gettext("Kept in this browser"), server: gettext("Kept in this browser and on the server"), nowhere: gettext("NOT kept: this browser's storage refuses") };
      at("saved").textContent = words[where];
      at("saved").classList.toggle("bad", where === "nowhere");
    },
    onBase: (voucher) => {
      draft = { ...draft, base: voucher, version: voucher.version, status: voucher.status };
      showState();
    },
    onConflict: (theirs) => join(theirs),
    onTaken: (kept) => {
      draft = { ...draft, ...kept };
      showState();
    },
  });
  const isPaperGiven = form.columns.some((/** @type {any} */ column) => column.member === "item" && column.isFixed);
  at("receive-all").hidden = !isPaperGiven;
  at("receive-all").addEventListener("click", receiveAll);
  at("review-open").addEventListener("click", () => reviewing.open());
  at("undo").addEventListener("click", () => scanning.undo());
  at("more").addEventListener("change", () => {
    grid.showsMore = at("more").checked;
    grid.draw(form, desk);
  });
  scanning.listen();
  document.addEventListener("keydown", onKey);
  at("entry").hidden = false;
  grid.set(draft.lines, { isLoaded: true });
  showState(null, true);
  if (draft.problem) showProblem();
  drawJoin();
  subscribe(follow);
  desk.catalogue.onChange(() => grid.refresh());
  if (isEditable()) at("scan").focus();
  changedLooks();
}

function isEditable() {
  return draft.state === "local" || draft.state === "attention";
}

// ---- changes ---------------------------------------------------------------------------------------------------------

/** The draft says something else: keep it, weigh it, show what follows from it. */
function changed() {
  if (draft.state === "attention") {
    // What came back is edited: it leaves the outbox, and what was said of it is weighed anew.
    draft = { ...draft, state: "local", problem: null };
    takeBack(draft.id).then(() => saver.touch());
    showState();
  } else saver.touch();
  changedLooks();
  isStale = true;
  clearTimeout(weighTimer);
  weighTimer = setTimeout(weigh, draft.lines.length > MANY ? WEIGH_MANY_MS : WEIGH_MS);
}

function changedLooks() {
  const count = draft.lines.length;
  at("count").textContent = interpolate(ngettext("%(count)s line", "%(count)s lines", count), { count }, true);
  const deed = grid.lastDeed;
  at("undo").hidden = !deed || !isEditable();
  at("undo").textContent = interpolate(gettext("Undo: %(deed)s"), { deed }, true);
}

/** Return the voucher as it would be sent: a blank time is this minute, goods not received stay on the road. */
function toSend() {
  const isReceived = draft.kind === "transfer_in";
  const lines = isReceived ? draft.lines.filter((/** @type {any} */ line) => line.quantity || line.typed?.quantity) : draft.lines;
  return { ...draft, lines, occurred_at: draft.occurred_at || (draft.typed?.occurred_at ? "" : thisMinute()) };
}

/** Ask the server what the voucher would come to; resolves with its answer, null when there is none. */
function weigh() {
  newest = askServer();
  return newest;
}

async function askServer() {
  clearTimeout(weighTimer);
  const voucher = toSend();
  if (!isEditable() || !voucher.lines.some((/** @type {any} */ line) => line.item)) return null;
  weighing += 1;
  const mine = weighing;
  const { status, body } = await call("POST", path("vouchers:weigh"), content(voucher), { quiet: true });
  if (mine !== weighing) return newest; // whoever asked before waits for what holds now
  weighed = status === 200 ? body : null;
  isStale = false;
  showMarks();
  return weighed;
}

/** Say of every line and cell what the server found, and what was refused. */
function showMarks() {
  const marks = new Map();
  const of = (/** @type {string} */ id) => {
    if (!marks.has(id)) marks.set(id, { faults: [], warnings: [], weighed: null });
    return marks.get(id);
  };
  const faults = weighed ? weighed.faults : draft.problem?.errors ?? [];
  // Of the line somebody is still filling, only what does not come of its being half full is worth saying.
  const filling = wasReviewed ? null : grid.filling;
  for (const fault of faults) if (fault.line && fault.line !== filling && fault.code !== "unreadable") of(fault.line).faults.push(fault);
  for (const warning of weighed?.warnings ?? []) if (warning.line) of(warning.line).warnings.push(warning);
  for (const line of weighed?.lines ?? []) of(line.line).weighed = line;
  grid.mark(marks);
  header.mark([...(wasReviewed ? faults.filter((/** @type {any} */ fault) => !fault.line && fault.code !== "unreadable") : []), ...(wasReviewed ? header.faults(draft) : [])]);
}

// ---- receiving -------------------------------------------------------------------------------------------------------

/** Put what is still on the road of a consignment into the lines, received blank. */
async function receive(/** @type {string} */ name) {
  const [sender, position] = name.split("/");
  const { status, body, isOffline } = await call("GET", path(`arrivals/${encodeURIComponent(sender)}/${encodeURIComponent(position ?? "")}`));
  if (status !== 200) {
    const words = isOffline ? gettext("The consignment's lines come from the network, which is not there now. Try again when it is.") : body?.detail ?? gettext("There is no such consignment.");
    notice("bad", words);
    return;
  }
  draft = { ...draft, consignment: body.consignment, order_number: draft.order_number || (body.order_number ?? ""), order_date: draft.order_date || (body.order_date ?? "") };
  header.draw(form, draft, desk);
  grid.set(arrivalLines(body, (members) => grid.newLine(members)));
  say(interpolate(ngettext("%(count)s line on the road.", "%(count)s lines on the road.", grid.lines.length), { count: grid.lines.length }, true));
  grid.focus(grid.lines[0]?.id, "quantity");
}

/** Take every line not yet counted as received in full; those that differ still have to say why. */
function receiveAll() {
  // Fuel is measured where it arrives.
  const lines = grid.lines.map((line) => (line.quantity || line.typed?.quantity || isFuel(line, desk) ? line : { ...line, quantity: line.scheduled_quantity }));
  grid.set(lines, { what: gettext("all received in full") });
  const silent = grid.lines.filter((line) => differs(line) && !line.reason);
  if (silent.length === 0) {
    at("review-open").focus();
    return;
  }
  say(interpolate(ngettext("%(count)s line differs from what was sent: say why.", "%(count)s lines differ from what was sent: say why.", silent.length), { count: silent.length }, true), { tone: "bad" });
  grid.box(silent[0].id, "reason")?.focus();
}

// ---- the outbox ------------------------------------------------------------------------------------------------------

/** The outbox went on with the voucher: show where it stands. */
function take(/** @type {any} */ kept) {
  if (!kept || kept.id !== draft.id) return;
  const before = draft.state;
  draft = { ...draft, ...kept };
  if (draft.state === "attention" && draft.left_out?.length) draft = { ...draft, lines: [...draft.lines, ...draft.left_out], left_out: [] };
  if (before === draft.state) return;
  weighed = null;
  showState();
  if (draft.state === "attention") showProblem();
  else clearSummary();
}

function follow(/** @type {any} */ outbox) {
  const kept = outbox.drafts.find((/** @type {any} */ one) => one.id === draft.id);
  if (kept && kept.state !== "local" && !reviewing.isSending) take(kept);
  else if (kept) showState(outbox);
}

function showProblem() {
  const { problem } = draft;
  wasReviewed = true;
  if (problem.theirs && isEcho(problem.theirs)) {
    // An answer was lost on the way: what the server has is what this browser told it, so nothing is to be decided.
    again(problem.theirs);
    return;
  }
  const faults = problem.errors?.length ? problem.errors : [{ line: null, member: "", code: "", detail: problem.detail ?? problem.title ?? gettext("The server refused it.") }];
  if (problem.theirs) join(problem.theirs);
  reviewing.tellFaults(faults, { title: gettext("Needs attention: it was not posted"), type: problem.type ?? "" });
}

/** Tell whether somebody else's version is only our own, whose answer never arrived. */
function isEcho(/** @type {any} */ theirs) {
  if (stateOf(theirs) !== "local") return false;
  const merged = merge(draft.base, draft, theirs);
  return merged.conflicts.length === 0 && merged.taken === 0;
}

async function again(/** @type {any} */ theirs) {
  await takeBack(draft.id);
  draft = { ...draft, base: theirs, version: theirs.version, state: "local", problem: null };
  await store.drafts.put(draft);
  take(await send(draft.id));
}

function showState(/** @type {any} */ outbox = null, isFirst = false) {
  showStanding(page, outbox, isFirst);
}

// ---- two people ------------------------------------------------------------------------------------------------------

/** Bring somebody else's changes in; what both changed otherwise is asked. */
function join(/** @type {any} */ theirs) {
  if (stateOf(theirs) !== "local") {
    draft = { ...draft, ...theirs, state: stateOf(theirs), base: theirs };
    grid.set(draft.lines, { isLoaded: true });
    showState();
    notice("warn", interpolate(gettext("%(who)s has sent this voucher meanwhile. What you see is what was sent."), { who: theirs.changed_by }, true));
    return;
  }
  const merged = merge(draft.base, draft, theirs);
  draft = { ...draft, ...merged.voucher, base: theirs };
  conflicts = merged.conflicts;
  header.draw(form, draft, desk);
  grid.set(draft.lines, { isLoaded: true });
  if (merged.taken > 0) notice("plain", interpolate(ngettext("%(who)s changed %(count)s thing meanwhile; it was brought in here.", "%(who)s changed %(count)s things meanwhile; they were brought in here.", merged.taken), { who: theirs.changed_by, count: merged.taken }, true));
  drawJoin();
  if (conflicts.length === 0) changed();
}

function drawJoin() {
  if (conflicts.length > 0) saver.pause();
  drawConflicts(at("notices"), {
    conflicts, form, desk,
    who: draft.base?.changed_by ?? gettext("Somebody else"),
    numberOf: (id) => grid.numberOf(id),
    onSettle: (conflict, choice) => {
      draft = { ...draft, ...settle(draft, conflict, choice) };
      conflicts = conflicts.filter((one) => one !== conflict);
      header.draw(form, draft, desk);
      grid.set(draft.lines);
      drawJoin();
      if (conflicts.length > 0) return;
      saver.resume();
      say(gettext("Every difference is settled."), { tone: "good" });
      at("scan").focus();
    },
  });
}

// ---- the rest --------------------------------------------------------------------------------------------------------

function onKey(/** @type {KeyboardEvent} */ event) {
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "Enter" && event.ctrlKey) {
    event.preventDefault();
    page.onward();
  } else if (event.key === "F8") {
    event.preventDefault();
    reviewing.close();
    at("scan").focus();
  } else if (event.key === "Escape" && reviewing.isOpen) {
    event.preventDefault();
    reviewing.close();
  }
}

function notice(/** @type {string} */ tone, /** @type {string} */ words) {
  at("notices").append(element("p", { class: `notice ${tone}`, role: tone === "bad" ? "alert" : "status" }, words));
}

open();
