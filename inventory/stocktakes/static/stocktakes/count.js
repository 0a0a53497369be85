// The page a storekeeper counts on: brings the parts together. Nothing here waits for the network between two cards.

import { showMoment, todayHere } from "../logistics/days.js";
import { ask, element } from "../logistics/dialog.js";
import { showQuantity } from "../logistics/numbers.js";
import { beep, say } from "../logistics/say.js";
import { openCatalogue } from "../vouchers/catalogue.js";
import { call } from "../vouchers/net.js";
import { newId } from "../vouchers/outbox.js";
import { parseScan, scanAtEnd } from "../vouchers/scan.js";
import { Camera, fetchReader, whyNoCamera } from "./camera.js";
import { Card, nameOf } from "./card.js";
import { Kept } from "./kept.js";
import { List } from "./list.js";
import { Sender, offsetOf, pathOf, serverTime } from "./sending.js";
import { Sheet, merged } from "./sheet.js";

const shell = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("shell")).textContent ?? "{}");
const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const LOOK_EVERY_MS = 15_000;
const CLOCK_OFF_MS = 120_000;

const me = { login: shell.login, name: shell.person };
const { language } = shell;
const kept = new Kept(shell.login);
/** @type {Sheet} */
let sheet;
/** @type {any} the sheet as the server gave it */
let told = null;
let offsetMs = 0; // the server's clock less this device's
let place = ""; // the bin scanned last
/** @type {any} the depot's catalogue, for goods that are not on the sheet */
let catalogue = null;
/** @type {import("./kept.js").Count[]} */
let counts = [];
let isKeeping = true; // this browser keeps what it is given

const card = new Card(at("card"), {
  sheet: () => sheet,
  language,
  today: todayHere,
  onCount: (counted) => keep(counted),
  onLater: () => goOn(card.lineId ?? undefined),
  scanIn: (text) => {
    const found = scanAtEnd(text, goods, { today: todayHere() });
    if (found) return { before: found.before, act: () => act(found.scan, "") };
    const [bin] = told.bins.map(({ code }) => code).filter((code) => /\D/.test(code) && text.toUpperCase().endsWith(code.toUpperCase())).sort((one, other) => other.length - one.length);
    return bin ? { before: text.slice(0, -bin.length), act: () => stand(bin) } : null;
  },
});
const list = new List(
  { filters: at("filter"), rows: at("rows"), more: at("more"), title: at("list-title") },
  { sheet: () => sheet, language, place: () => place, onChoose: (id) => choose(id) },
);
const sender = new Sender(kept, {
  offsetMs: () => offsetMs,
  onState: () => showState(),
  onSent: async (stocktake) => {
    if (stocktake !== shell.stocktake) return;
    await reread();
    look();
  },
});
const camera = new Camera(at("video"), (code) => seen(code));

/** What codes name: on the sheet first, then in the depot's catalogue. */
const goods = {
  byBarcode: (/** @type {string} */ text) => sheet.byBarcode(text) ?? catalogue?.byBarcode(text) ?? null,
  item: (/** @type {string} */ code) => sheet.item(code) ?? catalogue?.item(code),
  bin: (/** @type {string} */ code) => sheet.bin(code),
};

// ---- opening ---------------------------------------------------------------------------------------------------------

async function open() {
  let before;
  try {
    before = await kept.sheet(shell.stocktake);
    counts = await kept.counts(shell.stocktake);
  } catch {
    isKeeping = false;
    notice("keeping", "bad", gettext("This browser keeps nothing (its storage is off or full): what you count is lost when the page closes. Allow storage for this site, or use another browser."));
  }
  if (before) {
    told = before.document;
    offsetMs = before.offset_ms;
    build();
  }
  const isFresh = await look({ isWhole: true });
  if (!told) {
    at("needs").hidden = false;
    notice("sheet", "bad", isFresh.words);
    addEventListener("online", () => location.reload(), { once: true });
    return;
  }
  sender.flush();
  setInterval(() => document.visibilityState === "visible" && look(), LOOK_EVERY_MS);
  navigator.storage?.persist?.().catch(() => {});
  // The first visit came before there was a worker; the second may come without a network.
  navigator.serviceWorker?.ready.then(({ active }) => active?.postMessage({ type: "keep", page: location.pathname }));
}

/** Put the page together, once there is a sheet. */
function build() {
  if (sheet) return;
  lay();
  at("needs").hidden = true;
  at("count").hidden = false;
  listen();
  kept.onElsewhere((stocktake) => stocktake === shell.stocktake && reread());
  list.draw();
  showState();
  showCamera();
  if (!navigator.serviceWorker) {
    notice("worker", "warn", gettext("Over plain http this page cannot be opened without a network. Leave it open while you count; what is counted stays on this device."));
  }
  // Goods may stand where no sheet expects them; whoever may not post here goes by the sheet alone.
  openCatalogue(shell.depot).then((opened) => (catalogue = opened), () => {});
  at("scan").focus();
}

/** Lay what this device counted over what the server knows. */
function lay() {
  sheet = new Sheet(told, counts, me);
}

/** Read this device's counts again, and show what follows. */
async function reread() {
  if (isKeeping) counts = await kept.counts(shell.stocktake);
  if (!told) return;
  lay();
  const id = card.lineId;
  if (id) card.refresh(sheet.standing(id));
  list.draw();
  showState();
}

/**
 * Ask the server for what changed on the sheet: others' counts, lines to count again. Resolves with why there is
 * nothing, in words.
 */
async function look({ isWhole = false } = {}) {
  const since = told && !isWhole ? `?updated_since=${encodeURIComponent(told.at)}` : "";
  const askedMs = Date.now();
  const { status, body, isOffline } = await call("GET", `${pathOf(shell.stocktake)}/sheet${since}`, undefined, { quiet: told !== null, timeoutMs: told ? undefined : 60_000 });
  if (status !== 200 || !body?.lines) {
    if (isOffline && !told) return { words: gettext("The sheet is not on this device yet, and there is no network. Open this page once with a network before you go to count.") };
    return { words: body?.detail ?? gettext("The server cannot be reached now. Try again in a moment.") };
  }
  offsetMs = offsetOf(body.at, askedMs, Date.now());
  if (!told || isWhole || body.lines.length > 0 || body.status !== told.status) {
    told = merged(told, body);
    await settle();
  } else told = { ...told, at: body.at };
  if (isKeeping) await kept.keepSheet(shell.stocktake, told, offsetMs).catch(() => {});
  if (sheet) await reread();
  else build();
  return { words: "" };
}

/** Forget counts that the server's sheet has by now, or that an earlier round asked for. */
async function settle() {
  if (!isKeeping) return;
  const rounds = new Map(told.lines.map((/** @type {any} */ line) => [line.id, line.round]));
  const known = new Set(told.lines.flatMap((/** @type {any} */ line) => line.counts.map(({ key }) => key)));
  await kept.change(shell.stocktake, (count) => {
    if (count.state !== "sent") return undefined;
    return known.has(count.key) || count.round < (rounds.get(count.line) ?? 0) ? null : undefined;
  });
  counts = await kept.counts(shell.stocktake);
}

// ---- counting --------------------------------------------------------------------------------------------------------

/** Keep a count on this device and go on; sending it is nobody's wait. */
async function keep(/** @type {import("./card.js").Counted} */ { line, pile, round, quantity, reading, adds, isLeaving }) {
  const isMade = line?.startsWith("found:"); // a line only this device knows yet
  const subject = line && sheet.line(line);
  const named = isMade && subject ? { item: subject.item, lot: subject.lot, expires_on: subject.expires_on, bin: subject.bin, grade: subject.grade, purpose: subject.purpose } : pile;
  /** @type {import("./kept.js").Count} */
  const count = {
    key: newId(), stocktake: shell.stocktake, line: isMade ? null : line, pile: named, quantity, reading, adds, round,
    counted_at: serverTime(offsetMs), state: "waiting", problem: null,
  };
  const item = goods.item(named?.item ?? subject?.item);
  try {
    await kept.add(count);
  } catch {
    isKeeping = false;
    const names = { item: nameOf(item, language), quantity: showQuantity(quantity, language) };
    refuse(interpolate(gettext("NOT kept: %(item)s %(quantity)s. This browser's storage refuses; write the number down on paper."), names, true));
    return;
  }
  counts = [...counts, count];
  lay();
  const words = quantity === "0" && !adds ? gettext("Kept: %(item)s, none there") : gettext("Kept: %(item)s %(quantity)s");
  say(interpolate(words, { item: nameOf(item, language), quantity: `${adds ? "+" : ""}${showQuantity(quantity, language)}` }, true), { tone: "good" });
  beep("good");
  if (named) place = named.bin;
  if (isLeaving) {
    list.draw();
    showState();
  } else goOn(line ?? undefined);
  sender.flush();
}

/** Show the next pile that has no number, where one is left. */
function goOn(/** @type {string|undefined} */ id) {
  const isTyping = at("card").contains(document.activeElement);
  const next = sheet.next(id);
  list.show(null);
  showState();
  if (!next || !told.can_count) {
    card.close();
    at("scan").focus();
    return;
  }
  card.open({ line: next, item: sheet.item(next.item), standing: sheet.standing(next.id) }, { isFocused: isTyping });
  if (!isTyping) at("scan").focus();
}

/** Show a pile's card; what stands in the open one is kept first, because whoever goes on has finished it. */
function choose(/** @type {string} */ id, /** @type {any} */ how = {}) {
  const line = sheet.line(id);
  if (!line || !leave()) return false;
  if (!told.can_count) {
    refuse(gettext("Nothing is counted here any more: the stocktake has gone on. Your numbers that were sent in time hold."));
    return false;
  }
  list.show(null);
  card.open({ line, item: sheet.item(line.item), standing: sheet.standing(id) }, how);
  return true;
}

/** Finish the open card before another is shown. False where its number cannot be taken: it stays open. */
function leave() {
  if (!card.isFilled) return true;
  const id = card.lineId;
  if (id && sheet.standing(id).quantity !== null) {
    refuse(gettext("This pile was counted before: press “Add” or “Replace” first."));
    return false;
  }
  return card.finish({ isLeaving: true });
}

// ---- scanning --------------------------------------------------------------------------------------------------------

function listen() {
  const box = at("scan");
  // A scanner needs no keyboard on the screen; whoever touches the box wants to type.
  box.addEventListener("pointerdown", () => box.setAttribute("inputmode", "search"));
  box.addEventListener("blur", () => box.setAttribute("inputmode", "none"));
  box.addEventListener("input", () => {
    const text = box.value.trim();
    if (text.length < 2 || !/\p{Ll}/u.test(text)) list.show(null);
    else list.show({ words: interpolate(gettext("Found for “%(text)s”"), { text }, true), lines: () => sheet.search(text) });
  });
  box.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.ctrlKey && event.key === "]") {
      // How keyboards send the separator of GS1 fields, which a text box would not take in.
      event.preventDefault();
      box.setRangeText("\x1d", box.selectionStart, box.selectionEnd, "end");
    } else if (event.key === "Escape") {
      box.value = "";
      list.show(null);
    }
  });
  at("scan-bar").addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    const text = box.value;
    box.value = "";
    scanned(text);
  });
  at("send-now").addEventListener("click", () => sender.flush({ isAsked: true }));
  at("refused").addEventListener("click", (/** @type {Event} */ event) => {
    const button = event.target instanceof Element ? event.target.closest("button[data-key]") : null;
    if (button instanceof HTMLElement) giveUp(button.dataset.key ?? "");
  });
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());
  addEventListener("online", () => look());
}

/** A text was finished in the scan box. */
function scanned(/** @type {string} */ text) {
  const scan = parseScan(text, goods, { today: todayHere() });
  // Words, or what stands on a lot's label: anything that is no code may still be found.
  const found = scan.kind === "unknown" || scan.problem === "unikey" ? sheet.search(text) : [];
  if (found.length === 1) choose(found[0].id);
  else if (found.length > 1) show(interpolate(gettext("Found for “%(text)s”"), { text }, true), found);
  else if ((scan.kind === "unknown" || scan.problem === "unikey") && /\p{L}/u.test(text)) beyond(text);
  else act(scan, text);
}

/** Do what a scan asks for. */
function act(/** @type {any} */ scan, /** @type {string} */ text, { isPiece = false } = {}) {
  if (scan.kind === "empty") return;
  navigator.vibrate?.(scan.kind === "item" || scan.kind === "bin" ? 60 : [60, 60, 60]);
  if (scan.kind === "bin") stand(scan.text);
  else if (scan.kind === "item") scannedGoods(scan, isPiece);
  else if (scan.kind === "refused") {
    const words = {
      unikey: gettext("A Vietnamese input method is on: turn Unikey off (Ctrl+Shift), then scan again. Nothing was added."),
      "check-digit": gettext("The check digit of “%(text)s” is wrong: turn Unikey off (Ctrl+Shift) if it is on, then scan again. Nothing was added."),
      label: gettext("The GS1 label “%(text)s” cannot be read whole: scan it again. Nothing was added."),
    };
    refuse(interpolate(words[scan.problem], { text: scan.text }, true));
  } else refuse(interpolate(gettext("“%(text)s” is neither on this sheet nor in the depot's catalogue. Nothing was counted."), { text: text || scan.text }, true));
}

function scannedGoods(/** @type {any} */ scan, /** @type {boolean} */ isPiece) {
  const open = card.lineId ? sheet.line(card.lineId) : null;
  const isSame = open && open.item === scan.item && (scan.lot === null || scan.lot === open.lot);
  if (isSame) {
    const words = card.addScan(scan, { isPiece });
    beep("good");
    say([nameOf(sheet.item(open.item), language), words].filter(Boolean).join(" · "), { tone: "good" });
    return;
  }
  const all = sheet.matching(scan);
  const here = place ? all.filter(({ bin }) => bin === place) : all;
  const left = here.filter((line) => !sheet.isDone(line));
  const [only] = here.length === 1 ? here : left.length === 1 ? left : [];
  beep("good");
  if (only) {
    if (choose(only.id, { scan, isPiece })) say("");
  } else if (all.length > 0) {
    const names = { item: nameOf(sheet.item(scan.item), language), bin: place };
    const words = place && here.length === 0 ? gettext("%(item)s is expected in another bin than %(bin)s: choose, or say that it is here.") : gettext("%(item)s stands in several piles: choose one.");
    show(interpolate(words, names, true), all, scan);
  } else offSheet(scan);
}

/** Show lines to choose from; of a scan, also that its goods stand where no sheet expects them. */
function show(/** @type {string} */ words, /** @type {any[]} */ lines, /** @type {any} */ scan = null) {
  if (!leave()) return;
  card.close();
  const ids = new Set(lines.map(({ id }) => id));
  list.show({ words, lines: () => sheet.lines.filter(({ id }) => ids.has(id)) });
  at("extra").replaceChildren();
  if (scan) {
    const button = element("button", { type: "button", class: "quiet" }, gettext("It is a pile not on the sheet"));
    button.addEventListener("click", () => offSheet(scan));
    at("extra").append(button);
  }
  say(words, { tone: "warn" });
  at("list-title").scrollIntoView({ block: "nearest" });
}

/** Count goods that the sheet does not have. */
function offSheet(/** @type {any} */ scan) {
  if (!leave()) return;
  const item = goods.item(scan.item);
  at("extra").replaceChildren();
  list.show(null);
  const given = { bin: place, lot: scan.lot ?? "", expires_on: scan.expiresOn };
  if (sheet.item(item.code) === undefined) told.items.push(item);
  lay();
  card.open({ line: null, item, standing: { quantity: null, counts: [], conflict: [] }, given }, { scan });
  say(interpolate(gettext("%(item)s is not on the sheet: say which pile it is, then count it."), { item: nameOf(item, language) }, true), { tone: "warn" });
}

/** Words that no line has: the depot's catalogue may know the goods. */
function beyond(/** @type {string} */ text) {
  const found = catalogue?.search(text) ?? [];
  at("extra").replaceChildren();
  if (found.length === 0) {
    refuse(interpolate(gettext("“%(text)s” is neither on this sheet nor in the depot's catalogue. Nothing was counted."), { text }, true));
    return;
  }
  list.show({ words: interpolate(gettext("Not on the sheet, but in the depot's catalogue: “%(text)s”"), { text }, true), lines: () => [] });
  for (const item of found) {
    const button = element("button", { type: "button", class: "row-button" }, element("span", { class: "what" }, nameOf(item, language), element("span", { class: "sub" }, item.code)));
    button.addEventListener("click", () => offSheet({ kind: "item", item: item.code, lot: null, expiresOn: null, quantity: null, unit: null }));
    at("extra").append(button);
  }
}

/** Somebody stands before a bin: its piles come first. */
function stand(/** @type {string} */ bin) {
  if (!leave()) return;
  card.close();
  place = bin;
  const lines = sheet.lines.filter((line) => line.bin === bin);
  const first = lines.find((line) => !sheet.isDone(line));
  beep("good");
  say(interpolate(ngettext("Bin %(bin)s: %(count)s pile on the sheet.", "Bin %(bin)s: %(count)s piles on the sheet.", lines.length), { bin, count: lines.length }, true), { tone: "good" });
  if (first) choose(first.id, { isFocused: false });
  else show(interpolate(gettext("Bin %(bin)s"), { bin }, true), lines);
  showState();
}

/** The camera saw a code. Unless pieces are counted one by one it closes, so that nothing is counted twice unseen. */
function seen(/** @type {string} */ code) {
  const isPiece = at("pieces").checked;
  if (!isPiece) closeCamera();
  act(parseScan(code, goods, { today: todayHere() }), code, { isPiece });
}

function refuse(/** @type {string} */ words) {
  beep("bad");
  say(words, { tone: "bad" });
}

// ---- the camera ------------------------------------------------------------------------------------------------------

function showCamera() {
  const why = whyNoCamera();
  at("camera-open").hidden = at("pieces-part").hidden = why !== "";
  at("camera-why").hidden = why === "";
  at("camera-why").textContent = why;
  if (why) return;
  // Ready before the network goes.
  setTimeout(() => navigator.onLine && fetchReader().catch(() => {}), 3_000);
  at("camera-open").addEventListener("click", async () => {
    at("camera").hidden = false;
    at("camera-open").hidden = true;
    try {
      await camera.open();
      at("torch").hidden = !camera.hasTorch;
    } catch (error) {
      closeCamera();
      refuse(/** @type {Error} */ (error).message);
    }
  });
  at("camera-close").addEventListener("click", closeCamera);
  at("torch").addEventListener("click", async () => at("torch").setAttribute("aria-pressed", String(await camera.toggleTorch())));
}

function closeCamera() {
  camera.close();
  at("camera").hidden = true;
  at("camera-open").hidden = false;
}

// ---- what the page says ----------------------------------------------------------------------------------------------

function showState() {
  if (!sheet) return;
  const { done, total, conflicts, again } = sheet.progress;
  const waiting = counts.filter(({ state }) => state === "waiting").length;
  const parts = [`${done}/${total}`];
  if (waiting) parts.push(interpolate(ngettext("%s to send", "%s to send", waiting), [waiting]));
  if (conflicts) parts.push(interpolate(ngettext("%s not agreed", "%s not agreed", conflicts), [conflicts]));
  if (again) parts.push(interpolate(ngettext("%s to count again", "%s to count again", again), [again]));
  const text = parts.join(" · ");
  if (at("progress").textContent !== text) at("progress").textContent = text;
  at("bar").max = Math.max(total, 1);
  at("bar").value = done;
  at("network").textContent = sender.isOffline && waiting ? gettext("No network: kept here, sent by itself later.") : "";
  at("send-now").hidden = !sender.isSignedOut;
  at("place").textContent = place ? interpolate(gettext("You stand at %(bin)s"), { bin: place }, true) : "";
  notice("over", "warn", told.can_count ? "" : gettext("Nothing is counted here any more: the stocktake has gone on. Your numbers that were sent in time hold."));
  notice("all", "good", told.can_count && total > 0 && done === total ? (waiting ? gettext("Every pile has a number. Keep this device on until all are sent.") : gettext("Every pile has a number, and all are sent.")) : "");
  const labelled = ngettext("%(count)s pile of labelled goods is not told to devices: count it on paper and enter it on the stocktake's page.", "%(count)s piles of labelled goods are not told to devices: count them on paper and enter them on the stocktake's page.", told.left_out);
  notice("labelled", "warn", told.left_out ? interpolate(labelled, { count: told.left_out }, true) : "");
  showClock();
  showRefused();
}

function showClock() {
  const isOff = Math.abs(offsetMs) > CLOCK_OFF_MS;
  const minutes = Math.round(Math.abs(offsetMs) / 60_000);
  const words = offsetMs < 0 ? gettext("This device's clock is %(minutes)s minutes fast. Your counts are dated by the server's clock (%(now)s); set the clock right.") : gettext("This device's clock is %(minutes)s minutes slow. Your counts are dated by the server's clock (%(now)s); set the clock right.");
  notice("clock", "warn", isOff ? interpolate(words, { minutes, now: showMoment(serverTime(offsetMs)).slice(-5) }, true) : "");
}

function showRefused() {
  const refused = counts.filter(({ state }) => state === "refused");
  at("refused").hidden = refused.length === 0;
  at("refused-rows").replaceChildren(
    ...refused.slice(0, 20).map((count) => {
      const code = count.pile?.item ?? sheet.line(count.line ?? "")?.item ?? "";
      const words = `${nameOf(goods.item(code), language) || code} ${showQuantity(count.quantity, language)}: ${count.problem?.detail ?? ""}`;
      return element("li", {}, words, " ", element("button", { type: "button", class: "plain", "data-key": count.key }, gettext("Remove from this device")));
    }),
  );
}

/** Forget a count that the server refused, once the person has said so. */
async function giveUp(/** @type {string} */ key) {
  const choice = await ask({
    title: gettext("Remove this number from the device?"),
    body: [element("p", {}, gettext("The server did not take it, and nobody will see it again. Write it down first if it may matter."))],
    choices: [{ value: "yes", label: gettext("Remove"), look: "danger" }, { value: "no", label: gettext("Cancel"), look: "plain" }],
  });
  if (choice !== "yes") return;
  await kept.change(shell.stocktake, (count) => (count.key === key ? null : undefined));
  await reread();
}

/** Put one notice of a kind on the page, or take it away with "". */
function notice(/** @type {string} */ kind, /** @type {string} */ tone, /** @type {string} */ words) {
  const known = document.getElementById(`notice-${kind}`);
  if (!words) known?.remove();
  else if (!known) at("notices").append(element("p", { id: `notice-${kind}`, class: `notice ${tone}` }, words));
  else if (known.textContent !== words) known.textContent = words;
}

open();
