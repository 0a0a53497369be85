// The page a storekeeper counts on: brings the parts together. Nothing here waits for the network between two cards.

import { todayHere } from "../logistics/days.js";
import { showQuantity } from "../logistics/numbers.js";
import { say } from "../logistics/say.js";
import { openCatalogue } from "../vouchers/catalogue.js";
import { call } from "../vouchers/net.js";
import { newId } from "../vouchers/outbox.js";
import { showCamera } from "./camera_bar.js";
import { Card, nameOf } from "./card.js";
import { Clock } from "./clock.js";
import { Kept } from "./kept.js";
import { List } from "./list.js";
import { Scanning } from "./scanning.js";
import { Sender, pathOf } from "./sending.js";
import { Sheet, merged } from "./sheet.js";
import { feel, notice, overWords, refuse, tellState } from "./telling.js";
import { Unsent } from "./unsent.js";

const shell = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("shell")).textContent ?? "{}");
const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const LOOK_EVERY_MS = 15_000;
const FRESH_MS = 60_000;

const me = { login: shell.login, name: shell.person };
const { language } = shell;
const kept = new Kept(shell.login);
const clock = new Clock();
/** @type {Sheet} */
let sheet;
/** @type {any} the sheet as the server gave it */
let told = null;
let place = ""; // the bin scanned last
/** @type {any} the depot's catalogue, for goods that are not on the sheet */
let catalogue = null;
/** @type {import("./kept.js").Count[]} */
let counts = [];
let isKeeping = true; // this browser keeps what it is given
let lookedAt = -Infinity; // by a clock that nobody sets

const card = new Card(at("card"), {
  sheet: () => sheet,
  language,
  today: todayHere,
  onCount: (counted) => keep(counted),
  onLater: () => goOn(card.lineId ?? undefined),
  scanIn: (text) => scanning.atEnd(text),
});
const list = new List(
  { filters: at("filter"), rows: at("rows"), more: at("more"), title: at("list-title") },
  { sheet: () => sheet, language, place: () => place, onChoose: (id) => choose(id) },
);
const scanning = new Scanning({
  language,
  card,
  list,
  get sheet() {
    return sheet;
  },
  get told() {
    return told;
  },
  get catalogue() {
    return catalogue;
  },
  get place() {
    return place;
  },
  set place(bin) {
    place = bin;
  },
  choose,
  leave,
  lay,
  showState,
});
const sender = new Sender(kept, {
  clock,
  // Somebody may have set the clock where there was no network: ask the server's before anything is dated by it.
  onStart: async () => performance.now() - lookedAt > FRESH_MS && (await look()),
  onState: () => showState(),
  // It stays until the line is counted again: a message that goes by itself is not seen by who looks into a tank.
  onOdd: (stocktake, line, words) => stocktake === shell.stocktake && notice(`odd-${line}`, "warn", words),
  onSent: async (stocktake) => {
    if (stocktake !== shell.stocktake) return;
    await reread();
    look();
  },
});
const unsent = new Unsent(at("unsent"), kept, { send: () => sender.flush({ isAsked: true }), onChange: () => reread() });

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
    clock.learn(before.offset_ms);
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
  showCamera((code, how) => scanning.seen(code, how));
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
  // A number that was typed stays, and is kept with the reason why the server does not take it.
  if (id !== null && !told.can_count && !card.isFilled) card.close();
  else if (id) card.refresh(sheet.standing(id));
  list.draw();
  showState();
}

/**
 * Ask the server for what changed on the sheet: others' counts, lines to count again. Resolves with why there is
 * nothing, in words.
 */
async function look({ isWhole = false } = {}) {
  const since = told && !isWhole ? `?updated_since=${encodeURIComponent(told.at)}` : "";
  const asked = clock.ask();
  const { status, body, isOffline } = await call("GET", `${pathOf(shell.stocktake)}/sheet${since}`, undefined, { quiet: told !== null, timeoutMs: told ? undefined : 60_000 });
  if (status !== 200 || !body?.lines) {
    if (isOffline && !told) return { words: gettext("The sheet is not on this device yet, and there is no network. Open this page once with a network before you go to count.") };
    return { words: body?.detail ?? gettext("The server cannot be reached now. Try again in a moment.") };
  }
  clock.hear(body.at, asked);
  lookedAt = performance.now();
  if (!told || isWhole || body.lines.length > 0 || body.status !== told.status) {
    told = merged(told, body);
    await settle();
  } else told = { ...told, at: body.at };
  if (isKeeping) await kept.keepSheet(shell.stocktake, told, clock.offsetMs).catch(() => {});
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
    counted_at: clock.now(), state: "waiting", problem: null,
  };
  const item = scanning.goods.item(named?.item ?? subject?.item);
  try {
    await kept.add(count);
    isKeeping = true; // a full disk may have room again
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
  feel("good");
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
    refuse(overWords());
    return false;
  }
  list.show(null);
  at("extra").replaceChildren();
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

// ---- what the page says ----------------------------------------------------------------------------------------------

function listen() {
  scanning.listen();
  at("send-now").addEventListener("click", () => sender.flush({ isAsked: true }));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());
  addEventListener("online", () => look());
}

function showState() {
  if (!sheet) return;
  tellState({ sheet, told, counts, place, sender, clock });
  unsent.draw(counts, { isOffline: sender.isOffline || sender.isSignedOut });
}

open();
