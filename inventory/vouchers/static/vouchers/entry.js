// The page a storekeeper enters vouchers on: brings the parts together and holds the one draft they are about.

import { todayHere } from "../logistics/days.js";
import { element } from "../logistics/dialog.js";
import { clearSummary, showSummary } from "../logistics/problems.js";
import { beep, say } from "../logistics/say.js";
import { csrf } from "../logistics/session.js";
import { booked } from "./booking.js";
import { openCatalogue } from "./catalogue.js";
import { edited, faultsOf, fold, nameOf } from "./cells.js";
import { Choices } from "./choices.js";
import { drawConflicts } from "./conflict.js";
import { isFuel, withFuel } from "./fuel.js";
import { Grid } from "./grid.js";
import { Header, thisMinute } from "./header.js";
import { merge, settle } from "./merge.js";
import { call } from "./net.js";
import { newId, send, subscribe, takeBack } from "./outbox.js";
import { arrivalLines, standing } from "./papers.js";
import { drawReview, warningKey } from "./review.js";
import { Saver, content } from "./saver.js";
import { parseScan } from "./scan.js";
import { openStore } from "./store.js";
import { addBeyond, items } from "./suggest.js";
import { differs } from "./under.js";

const shell = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("shell")).textContent ?? "{}");
const query = new URLSearchParams(location.search);
const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const path = (/** @type {string} */ rest) => `/depots/${encodeURIComponent(shell.depot)}/${rest}`;

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
let place = ""; // the bin scanned last
let lastBooked = ""; // the line of the last scan
let weighing = 0;
let weighTimer = 0;
/** @type {any} */
let weighed = null;
let wasReviewed = false; // from then on blank required cells are told as well
let isReviewing = false;
let isSending = false;

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
  if (id) draft = await existing(id);
  else if (kind && shell.forms[kind]) draft = fresh(kind);
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

/** Return a new draft of a kind, with what the last one of its kind said about where it comes from. */
function fresh(/** @type {string} */ kind) {
  const before = remembered(kind);
  const members = new Set(shell.forms[kind].header.map((/** @type {any} */ one) => one.member));
  const kept = Object.fromEntries(["counterparty", "to_depot"].filter((name) => members.has(name) && before[name]).map((name) => [name, before[name]]));
  return {
    id: newId(), depot: shell.depot, kind, status: "draft", version: 0, occurred_at: "", counterparty: "", order_number: "", order_date: "", reason: "",
    to_depot: "", consignment: query.get("consignment") ?? "", typed: {}, lines: [], state: "local", problem: null, base: null, acknowledged: [], aliases: {}, ...kept,
  };
}

/** Return a voucher from this browser, brought up to date with the server's, or from the server alone; null when it is nowhere. */
async function existing(/** @type {string} */ id) {
  const here = await store.drafts.get(id);
  const answer = await call("GET", path(`vouchers/${encodeURIComponent(id)}`), undefined, { quiet: Boolean(here) });
  const there = answer.status === 200 ? answer.body : null;
  if (!here) return there && { ...there, state: stateOf(there), problem: null, base: there, aliases: {} };
  if (!there || there.version === here.base?.version || ["queued", "sending"].includes(here.state)) return here;
  if (stateOf(there) !== "local") return { ...here, ...there, state: stateOf(there), base: there };
  const merged = merge(here.base, here, there);
  conflicts = merged.conflicts;
  return { ...here, ...merged.voucher, base: there };
}

function stateOf(/** @type {any} */ voucher) {
  return { draft: "local", rejected: "local", posted: "posted", cancelled: "cancelled" }[/** @type {string} */ (voucher.status)] ?? "submitted";
}

function remembered(/** @type {string} */ kind) {
  try {
    return JSON.parse(localStorage.getItem(`kho:last:${shell.login}:${shell.depot}:${kind}`) ?? "{}");
  } catch {
    return {};
  }
}

function remember() {
  const { counterparty, to_depot } = draft;
  try {
    localStorage.setItem(`kho:last:${shell.login}:${shell.depot}:${draft.kind}`, JSON.stringify({ counterparty, to_depot }));
  } catch {
    // Nothing depends on it: the next voucher starts with a blank header.
  }
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
    onScan: (scan) => act(scan, ""),
    onGuideEnd: () => at("scan").focus(),
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
  at("review-open").addEventListener("click", openReview);
  at("undo").addEventListener("click", undo);
  at("more").addEventListener("change", () => {
    grid.showsMore = at("more").checked;
    grid.draw(form, desk);
  });
  listenToScans();
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

const isEditable = () => draft.state === "local" || draft.state === "attention";

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
async function weigh() {
  clearTimeout(weighTimer);
  const voucher = toSend();
  if (!isEditable() || !voucher.lines.some((/** @type {any} */ line) => line.item)) return null;
  weighing += 1;
  const mine = weighing;
  const { status, body } = await call("POST", path("vouchers:weigh"), content(voucher), { quiet: true });
  if (mine !== weighing) return null;
  weighed = status === 200 ? body : null;
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

// ---- scanning --------------------------------------------------------------------------------------------------------

function listenToScans() {
  const box = at("scan");
  box.addEventListener("focus", () => box.select());
  box.addEventListener("blur", () => choices.close());
  box.addEventListener("input", () => {
    const found = /\p{L}/u.test(box.value) && box.value.trim().length > 1 ? items(box.value, desk) : [];
    // A scanner types letters too, but capitals: only what somebody typed by hand has its first find picked out.
    choices.open(box, found, choose, { picksFirst: /\p{Ll}/u.test(box.value) });
    if (/\p{Ll}/u.test(box.value)) addBeyond(box, desk, choices, choose);
  });
  box.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (choices.isOpen(box) && choices.handles(event)) return;
    if (event.ctrlKey && event.key === "]") {
      // How keyboards send the separator of GS1 fields, which a text box would not take in.
      event.preventDefault();
      box.setRangeText("\x1d", box.selectionStart, box.selectionEnd, "end");
    } else if (event.key === "Enter" && !event.ctrlKey && !event.altKey) {
      event.preventDefault();
      if (choices.isOpen(box) && choices.hasCurrent) choices.accept();
      else scanned(box.value);
    } else if (event.key === "Escape") box.value = "";
    else if (event.key === "ArrowDown" && !choices.isOpen(box)) {
      event.preventDefault();
      grid.focus(grid.lines.at(-1)?.id);
    }
  });
}

/** A text was finished in the scan box: the box is cleared first, so that the next scan finds it empty. */
function scanned(/** @type {string} */ text) {
  choices.close();
  at("scan").value = "";
  const scan = parseScan(text, desk.catalogue, desk);
  if (scan.kind === "unknown" && draft.aliases?.[scan.text]) {
    act({ ...scan, kind: "item", item: draft.aliases[scan.text] }, text);
    return;
  }
  const isName = (scan.kind === "unknown" || scan.problem === "unikey") && /\p{L}/u.test(text);
  const named = isName ? items(text, desk) : [];
  const exact = named.filter((/** @type {any} */ one) => fold(one.label) === fold(text));
  if (named.length === 1 || exact.length === 1) choose((exact[0] ?? named[0]).value);
  else if (named.length > 1) {
    at("scan").value = text;
    choices.open(at("scan"), named, choose, { picksFirst: true });
    say(interpolate(ngettext("%(count)s item matches: choose with ↑ ↓ and Enter.", "%(count)s items match: choose with ↑ ↓ and Enter.", named.length), { count: named.length }, true));
  } else act(scan, text);
}

function choose(/** @type {string} */ code) {
  desk.catalogue.keep(code);
  at("scan").value = "";
  const scan = { kind: "item", text: code, item: code, lot: null, expiresOn: null, serial: null, quantity: null, unit: null, problem: null, isMended: false };
  act(scan, "", { isTyped: true });
}

/** Do what a scan asks for. */
function act(/** @type {any} */ scan, /** @type {string} */ text, { isTyped = false } = {}) {
  if (scan.kind === "empty") return;
  if (!isEditable()) {
    refuse(gettext("This voucher can no longer be changed. Nothing was added."), "");
    return;
  }
  if (scan.kind === "command") {
    if (scan.text === "undo") undo();
    else if (isReviewing) sendIt();
    else openReview();
  } else if (scan.kind === "refused") {
    const words = {
      unikey: gettext("A Vietnamese input method is on: turn Unikey off (Ctrl+Shift), then scan again. Nothing was added."),
      "check-digit": gettext("The check digit of “%(text)s” is wrong: turn Unikey off (Ctrl+Shift) if it is on, then scan again. Nothing was added."),
      label: gettext("The GS1 label “%(text)s” cannot be read whole: scan it again. Nothing was added."),
    };
    refuse(interpolate(words[scan.problem], { text: scan.text }, true), text);
  } else if (scan.kind === "bin") setPlace(scan.text);
  else if (scan.kind === "movement") {
    if (draft.kind === "transfer_in" && draft.lines.length === 0) receive(scan.text);
    else refuse(interpolate(gettext("%(name)s is the slip of a transfer: open “Transfer in” to receive it."), { name: scan.text }, true), "");
  } else bookScan(scan, text, isTyped);
}

function bookScan(/** @type {any} */ scan, /** @type {string} */ text, /** @type {boolean} */ isTyped) {
  const isGiven = !at("receive-all").hidden;
  const takesLots = form.columns.some((/** @type {any} */ column) => column.member === "lot");
  const done = booked(grid.lines, scan, { desk, place, isGiven, takesLots, newLine: (members) => grid.newLine(members) });
  if ("refusal" in done) {
    refuse(done.refusal, "");
    return;
  }
  lastBooked = done.id;
  let { lines } = done;
  // Somebody who chose an item by its name has counted nothing yet.
  if (isTyped && done.isNew) lines = lines.map((line) => (line.id === done.id ? without(line, "quantity") : line));
  const isRescued = document.activeElement !== at("scan") && text === "";
  const number = lines.findIndex((line) => line.id === done.id) + 1;
  const added = interpolate(gettext("line %(number)s added"), { number }, true);
  grid.set(lines, { what: isTyped && done.isNew ? added : done.words });
  const box = grid.flash(done.id, { isTyped: isTyped || false });
  if (!box && (isTyped || !isRescued)) at("scan").focus();
  if (scan.kind === "unknown" && done.isNew) lookUp(scan, text);
  beep(scan.kind === "item" ? "good" : "bad");
  say(isTyped && done.isNew ? interpolate(gettext("Line %(number)s added."), { number }, true) : done.words, { tone: scan.kind === "item" ? "good" : "warn" });
}

/** Ask the server about a code that is not on this device: goods come in that the depot never held. */
async function lookUp(/** @type {any} */ scan, /** @type {string} */ text) {
  const asked = `/codes?depot=${encodeURIComponent(shell.depot)}&text=${encodeURIComponent(text || scan.text)}`;
  const { status, body } = await call("GET", asked, undefined, { quiet: true });
  if (status !== 200 || !body?.item) return;
  await desk.catalogue.learn(body.item);
  const column = form.columns.find((/** @type {any} */ one) => one.member === "item");
  const waits = (/** @type {any} */ line) => !line.item && line.typed?.item === scan.text;
  const known = (/** @type {any} */ line) => ({ ...edited(line, column, body.item.code, desk), ...(body.unit ? { unit: body.unit } : {}) });
  const found = grid.lines.filter(waits);
  if (found.length === 0 || !isEditable()) return;
  grid.set(grid.lines.map((line) => (waits(line) ? known(line) : line)));
  const names = { number: grid.numberOf(found[0].id), item: nameOf(body.item, desk), code: scan.text };
  say(interpolate(gettext("Line %(number)s: %(code)s is %(item)s, new in this depot."), names, true), { tone: "good" });
}

function without(/** @type {any} */ line, /** @type {string} */ member) {
  const { [member]: _gone, ...rest } = line;
  return rest;
}

/** Refuse aloud; what was scanned stays in the box, selected, so that nothing is lost and the next scan replaces it. */
function refuse(/** @type {string} */ words, /** @type {string} */ text) {
  beep("bad");
  say(words, { tone: "bad" });
  if (!text) return;
  at("scan").value = text;
  at("scan").focus();
  at("scan").select();
}

function setPlace(/** @type {string} */ bin) {
  const last = grid.line(lastBooked);
  if (last && form.columns.some((/** @type {any} */ column) => column.member === "to_bin") && !last.to_bin) {
    grid.put({ ...last, to_bin: bin }, { what: interpolate(gettext("line %(number)s to %(bin)s"), { number: grid.numberOf(last.id), bin }, true) });
    say(interpolate(gettext("Line %(number)s goes to %(bin)s."), { number: grid.numberOf(last.id), bin }, true), { tone: "good" });
    beep("good");
    return;
  }
  place = bin;
  const end = element("button", { type: "button", class: "plain" }, gettext("no longer"));
  end.addEventListener("click", () => {
    place = "";
    at("place").replaceChildren();
    at("scan").focus();
  });
  at("place").replaceChildren(interpolate(gettext("New lines go to bin %(bin)s"), { bin }, true), " ", end);
  say(interpolate(gettext("New lines go to bin %(bin)s."), { bin }, true), { tone: "good" });
  beep("good");
}

function undo() {
  const what = grid.takeBack();
  say(what ? interpolate(gettext("Taken back: %(deed)s"), { deed: what }, true) : gettext("There is nothing to take back."));
  changedLooks();
  if (isEditable()) at("scan").focus();
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

// ---- review and sending ----------------------------------------------------------------------------------------------

/** Return what stands in the way of sending, as far as this page knows. */
function obstacles() {
  const found = header.faults(draft).map((fault) => ({ ...fault, line: null }));
  if (form.needsReason && !draft.reason) found.push({ line: null, member: "reason", code: "required", detail: gettext("Say why: this kind of voucher needs a reason.") });
  if (draft.kind === "transfer_out" && !draft.to_depot) found.push({ line: null, member: "to_depot", code: "required", detail: gettext("Choose the depot the goods go to.") });
  if (draft.kind === "transfer_in" && !draft.consignment) found.push({ line: null, member: "consignment", code: "required", detail: gettext("Name the consignment, such as K01/15, or scan its slip.") });
  const lines = toSend().lines;
  if (lines.length === 0) found.push({ line: null, member: "", code: "required", detail: gettext("The voucher has no lines yet: scan or type the first one.") });
  for (const line of lines) {
    const own = faultsOf(line, withFuel(form.columns), desk, { required: form.required });
    if (draft.kind === "transfer_in" && differs(line) && !line.reason) own.push({ member: "reason", code: "difference-needs-reason", detail: gettext("Received differs from sent: say why.") });
    const tracking = desk.catalogue.item(line.item)?.tracking ?? "none";
    const needsLot = tracking !== "none" && !form.fillsFirstExpired && !line.lot && form.columns.some((/** @type {any} */ column) => column.member === "lot" && !column.isFixed);
    if (needsLot) own.push({ member: "lot", code: "required", detail: tracking === "serial" ? gettext("The serial number is missing.") : gettext("The lot is missing.") });
    found.push(...own.map((fault) => ({ ...fault, line: line.id })));
  }
  return found;
}

async function openReview() {
  if (!isEditable() || isReviewing) return;
  const active = document.activeElement;
  if (active instanceof HTMLElement && at("entry").contains(active)) active.blur(); // reads the cell somebody is in
  wasReviewed = true;
  clearSummary();
  if (conflicts.length > 0) {
    document.getElementById("conflict-title")?.focus();
    say(gettext("First choose what is right where two of you changed the same."), { tone: "bad" });
    return;
  }
  const own = obstacles();
  if (own.length > 0) {
    tellFaults(own);
    return;
  }
  at("review-open").disabled = true;
  const answer = await weigh();
  at("review-open").disabled = false;
  if (answer?.faults.length) {
    tellFaults(answer.faults);
    return;
  }
  showReview(answer);
}

/** Show the faults in the summary, which links to the cells, and beside each cell. */
function tellFaults(/** @type {any[]} */ faults, { title = undefined, type = "" } = {}) {
  say(""); // what went well before stands no longer
  if (!weighed?.faults?.length) {
    const marks = new Map();
    for (const fault of faults) if (fault.line) marks.set(fault.line, { faults: [...(marks.get(fault.line)?.faults ?? []), fault], warnings: [], weighed: null });
    grid.mark(marks);
  } else showMarks();
  const named = faults.map((fault) => {
    const number = fault.line ? grid.numberOf(fault.line) : 0;
    const where = number > 0 ? `${interpolate(gettext("Line %(number)s"), { number }, true)}: ` : "";
    const box = fault.line ? grid.box(fault.line, fault.member) : header.box(fault.member);
    return { detail: `${where}${fault.detail}`, href: box ? anchor(box) : undefined, code: fault.code };
  });
  showSummary(named, { title, type });
  header.mark(faults.filter((fault) => !fault.line && fault.member));
}

let anchors = 0;

/** Cells are told by their line, so the summary links to them instead of writing its words beside them once more. */
function anchor(/** @type {HTMLElement} */ box) {
  anchors += 1;
  box.id ||= `cell-${anchors}`;
  return `#${box.id}`;
}

function showReview(/** @type {any} */ answer) {
  const voucher = toSend();
  const warnings = [...(answer?.warnings ?? []), ...left(voucher)];
  const acknowledged = new Set(draft.acknowledged ?? []);
  isReviewing = true;
  say(""); // what the last scan came to is no news of the review
  drawReview(at("review"), {
    voucher, lines: voucher.lines, form, desk, weighed: answer, warnings, acknowledged,
    numberOf: (id) => grid.numberOf(id),
    onSend: sendIt,
    onBack: closeReview,
    onRead: (key, isRead) => {
      if (isRead) acknowledged.add(key);
      else acknowledged.delete(key);
      draft = { ...draft, acknowledged: [...acknowledged] };
      saver.touch();
    },
  });
  at("entry").hidden = true;
  at("review").hidden = false;
  at("review").focus();
  scrollTo(0, 0);
}

/** Goods of the consignment that were not counted stay on the road: said once more before it is so. */
function left(/** @type {any} */ voucher) {
  const count = draft.lines.length - voucher.lines.length;
  if (count === 0) return [];
  const detail = interpolate(ngettext("%(count)s line was not received: it stays on the road.", "%(count)s lines were not received: they stay on the road.", count), { count }, true);
  return [{ line: null, member: "", code: "left-on-the-road", detail, link: null }];
}

function closeReview() {
  if (!isReviewing) return;
  isReviewing = false;
  say("");
  at("review").hidden = true;
  at("entry").hidden = false;
  at("scan").focus();
}

async function sendIt() {
  if (!isReviewing || isSending) return;
  const unread = [...at("review").querySelectorAll("[data-warning]")].find((box) => !box.checked);
  if (unread) {
    unread.focus();
    say(gettext("Tick every note to say that you have read it."), { tone: "bad" });
    return;
  }
  isSending = true;
  saver.pause();
  await saver.now();
  await saver.settled();
  if (conflicts.length > 0 || !isEditable()) {
    isSending = false;
    closeReview();
    return;
  }
  remember();
  const voucher = toSend();
  const leftOut = draft.lines.filter((/** @type {any} */ line) => !voucher.lines.includes(line));
  draft = { ...voucher, left_out: leftOut };
  isReviewing = false;
  at("review").hidden = true;
  at("entry").hidden = false;
  try {
    await store.drafts.put(draft);
    const after = await send(draft.id);
    take(after);
  } catch (error) {
    notice("bad", interpolate(gettext("It could not be put into the outbox: %(why)s"), { why: String(/** @type {any} */ (error)?.message ?? error) }, true));
  }
  isSending = false;
  if (isEditable()) saver.resume();
}

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
  if (kept && kept.state !== "local" && !isSending) take(kept);
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
  tellFaults(faults, { title: gettext("Needs attention: it was not posted"), type: problem.type ?? "" });
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

/** Show where the voucher stands, and let it be changed only where that is still possible. */
function showState(/** @type {any} */ outbox = null, isFirst = false) {
  const { words, tone } = standing(draft, outbox);
  at("state").textContent = words;
  at("state").className = `mark ${tone}`;
  const isReadOnly = !isEditable();
  if (isReadOnly && !isFirst && grid.isReadOnly !== isReadOnly) say(`${words}.`, { tone: tone === "good" ? "good" : "warn" });
  document.body.classList.toggle("is-posted", draft.state === "posted");
  document.body.classList.toggle("is-frozen", isReadOnly);
  if (grid.isReadOnly !== isReadOnly || isFirst) {
    header.draw(form, draft, desk, { isReadOnly });
    grid.freeze(isReadOnly);
    at("scan").disabled = isReadOnly;
    at("review-open").hidden = isReadOnly;
    for (const one of ["receive-all"]) at(one).disabled = isReadOnly;
  }
  changedLooks();
  showAfter();
}

/** Once it is on its way: the next one of its kind comes first, so that Enter begins it. */
function showAfter() {
  const isOver = ["posted", "submitted", "queued", "sending"].includes(draft.state);
  at("after").hidden = !isOver;
  if (!isOver) {
    at("after").replaceChildren();
    return;
  }
  const links = [element("a", { class: "button", href: `${shell.entry}?kind=${draft.kind}`, id: "another" }, interpolate(gettext("One more: %(title)s"), { title: form.title }, true))];
  if (draft.movement) {
    const address = path(`movements/${draft.movement.position}/`);
    links.push(element("a", { href: address }, gettext("Open the posted voucher")), printing(address));
  }
  else if (draft.state === "submitted") links.push(element("a", { href: `${shell.vouchers}${draft.id}/` }, gettext("Open the voucher")));
  links.push(element("a", { href: shell.desk }, gettext("Back to the desk")));
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
    if (isReviewing) sendIt();
    else openReview();
  } else if (event.key === "F8") {
    event.preventDefault();
    closeReview();
    at("scan").focus();
  } else if (event.key === "Escape" && isReviewing) {
    event.preventDefault();
    closeReview();
  }
}

function notice(/** @type {string} */ tone, /** @type {string} */ words) {
  at("notices").append(element("p", { class: `notice ${tone}`, role: tone === "bad" ? "alert" : "status" }, words));
}

open();
