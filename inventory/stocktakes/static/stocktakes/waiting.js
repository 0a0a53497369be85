// Counts that wait on this device, told and sent from every page: who left the counting page has not left them behind.

import { call, pageLogin } from "../vouchers/net.js";

const login = pageLogin();

/** Whether this browser ever counted for the person; asking must not make the database. */
async function hasCounts() {
  const { nameOf } = await import("./kept.js");
  if (!indexedDB.databases) return true;
  return (await indexedDB.databases()).some(({ name }) => name === nameOf(login));
}

async function watch() {
  if (!(await hasCounts())) return;
  const [{ Kept }, { Sender, pathOf }, { Clock }] = await Promise.all([import("./kept.js"), import("./sending.js"), import("./clock.js")]);
  const kept = new Kept(login);
  const clock = new Clock();
  const home = document.getElementById("counts-unsent");
  const unsent = home && new (await import("./unsent.js")).Unsent(home, kept, { send: () => sender.flush({ isAsked: true }) });
  const show = async () => {
    const counts = await kept.all();
    const waiting = counts.filter(({ state }) => state === "waiting");
    tell(waiting[0]?.stocktake, waiting.length, counts.filter(({ state }) => state === "refused").length);
    await unsent?.draw(counts);
  };
  // This page never asked for a sheet, and the clock may have been set since the counts were made.
  const onStart = async (/** @type {string} */ stocktake) => {
    const { document: told, offset_ms: offsetMs } = (await kept.sheet(stocktake)) ?? {};
    clock.learn(offsetMs ?? 0);
    const asked = clock.ask();
    const since = told ? `?updated_since=${encodeURIComponent(told.at)}` : "";
    const { status, body } = await call("GET", `${pathOf(stocktake)}/sheet${since}`, undefined, { quiet: true });
    if (status === 200 && body?.at) clock.hear(body.at, asked);
  };
  const sender = new Sender(kept, { clock, onStart, onState: show, onSent: show });
  kept.onElsewhere(show);
  await show();
  await sender.flush();
}

/** Tell in the page's head of counts that wait, and of those the server did not take. */
function tell(/** @type {string|undefined} */ stocktake, /** @type {number} */ waiting, /** @type {number} */ refused) {
  let chip = document.getElementById("counts-chip");
  if (!chip && !waiting && !refused) return;
  if (!chip) {
    chip = document.createElement("a");
    chip.id = "counts-chip";
    chip.className = "chip";
    document.getElementById("outbox-chip")?.after(chip);
  }
  chip.hidden = !waiting && !refused;
  if (chip.hidden) return;
  // Refused ones are listed where everything is that only this browser has: their stocktake may be closed to the person.
  chip.setAttribute("href", refused ? "/outbox/#counts-unsent" : `/stocktakes/${encodeURIComponent(stocktake ?? "")}/count/`);
  const parts = [];
  if (waiting) parts.push(interpolate(ngettext("%s count to send", "%s counts to send", waiting), [waiting]));
  if (refused) parts.push(interpolate(ngettext("%s count not taken", "%s counts not taken", refused), [refused]));
  chip.textContent = parts.join(" · ");
}

// The counting page sends its own.
if (login && !document.getElementById("count")) watch().catch(() => {});
