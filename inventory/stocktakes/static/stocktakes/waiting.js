// Counts that wait on this device, told and sent from every page: who left the counting page has not left them behind.

import { pageLogin } from "../vouchers/net.js";

const login = pageLogin();

/** Whether this browser ever counted for the person; asking must not make the database. */
async function hasCounts() {
  const { nameOf } = await import("./kept.js");
  if (!indexedDB.databases) return true;
  return (await indexedDB.databases()).some(({ name }) => name === nameOf(login));
}

async function watch() {
  if (!(await hasCounts())) return;
  const [{ Kept }, { Sender }] = await Promise.all([import("./kept.js"), import("./sending.js")]);
  const kept = new Kept(login);
  let offsetMs = 0;
  const show = async () => {
    const [waiting] = await kept.waiting();
    const counts = waiting ? (await kept.counts(waiting)).filter(({ state }) => state === "waiting") : [];
    offsetMs = waiting ? ((await kept.sheet(waiting))?.offset_ms ?? 0) : 0;
    tell(waiting, counts.length);
  };
  const sender = new Sender(kept, { offsetMs: () => offsetMs, onState: show, onSent: show });
  await show();
  await sender.flush();
}

function tell(stocktake, count) {
  let chip = document.getElementById("counts-chip");
  if (!chip && !count) return;
  if (!chip) {
    chip = document.createElement("a");
    chip.id = "counts-chip";
    chip.className = "chip";
    document.getElementById("outbox-chip")?.after(chip);
  }
  chip.hidden = count === 0;
  if (count === 0) return;
  chip.setAttribute("href", `/stocktakes/${encodeURIComponent(stocktake)}/count/`);
  chip.textContent = interpolate(ngettext("%s count to send", "%s counts to send", count), [count]);
}

// The counting page sends its own.
if (login && !document.getElementById("count")) watch().catch(() => {});
