// What the counting page says beside the cards: how far the counting is, what is wrong with the device, one line a kind.

import { showMoment } from "../logistics/days.js";
import { element } from "../logistics/dialog.js";
import { beep, say } from "../logistics/say.js";

const CLOCK_OFF_MS = 120_000;
const SHAKES = { good: 60, bad: [60, 60, 60] };

const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));

/** Answer a scan for ear and hand: short for good, thrice for bad. Nothing where the device has neither. */
export function feel(/** @type {"good"|"bad"} */ kind) {
  beep(kind);
  // Browsers complain about a page that shakes before anybody touched it.
  if (navigator.userActivation?.hasBeenActive ?? true) navigator.vibrate?.(SHAKES[kind]);
}

/** Say that something was not done, and why. */
export function refuse(/** @type {string} */ words) {
  feel("bad");
  say(words, { tone: "bad" });
}

/** Put one notice of a kind on the page, or take it away with "". */
export function notice(/** @type {string} */ kind, /** @type {string} */ tone, /** @type {string} */ words) {
  const known = document.getElementById(`notice-${kind}`);
  if (!words) known?.remove();
  else if (!known) at("notices").append(element("p", { id: `notice-${kind}`, class: `notice ${tone}` }, words));
  else if (known.textContent !== words) known.textContent = words;
}

/** Why a page whose sheet is closed takes no number. */
export const overWords = () => gettext("Nothing is counted here any more: the stocktake has gone on. Your numbers that were sent in time hold.");

/**
 * Say how far the counting is.
 * @param {{sheet: import("./sheet.js").Sheet, told: any, counts: import("./kept.js").Count[], place: string,
 *   sender: import("./sending.js").Sender, clock: import("./clock.js").Clock}} page
 */
export function tellState({ sheet, told, counts, place, sender, clock }) {
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
  notice("over", "warn", told.can_count ? "" : overWords());
  notice("all", "good", told.can_count && total > 0 && done === total ? (waiting ? gettext("Every pile has a number. Keep this device on until all are sent.") : gettext("Every pile has a number, and all are sent.")) : "");
  const labelled = ngettext("%(count)s pile of labelled goods is not told to devices: count it on paper and enter it on the stocktake's page.", "%(count)s piles of labelled goods are not told to devices: count them on paper and enter them on the stocktake's page.", told.left_out);
  notice("labelled", "warn", told.left_out ? interpolate(labelled, { count: told.left_out }, true) : "");
  tellClock(clock);
}

function tellClock(/** @type {import("./clock.js").Clock} */ clock) {
  const names = { now: showMoment(clock.now()), here: showMoment(new Date().toISOString()) };
  const words = gettext("This device's clock shows %(here)s, the server's %(now)s. Your counts are dated by the server's clock; set this one right.");
  notice("clock", "warn", Math.abs(clock.offsetMs) > CLOCK_OFF_MS ? interpolate(words, names, true) : "");
}
