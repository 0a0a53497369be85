// Counts that only this device has: what the server did not take, and what waits where there is no network. They are
// listed with the reason, sent again, saved as a file for the desk; none goes before the person has said so.

import { showDay, showMoment } from "../logistics/days.js";
import { ask, element } from "../logistics/dialog.js";
import { showQuantity } from "../logistics/numbers.js";
import { say } from "../logistics/say.js";
import { nameOf } from "./card.js";

const MOST_ROWS = 20;
const language = document.documentElement.lang || "vi";

/** Return a text as a cell of a CSV file (RFC 4180); one that a spreadsheet would run gets an apostrophe before it. */
export function cellOf(/** @type {unknown} */ value) {
  const text = String(value ?? "");
  const safe = /^[=+\-@\t\r\n]/.test(text) && !/^[-+]?[0-9]+(\.[0-9]+)?$/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * What is known of a count's pile, from the sheet that was kept with it.
 * @param {import("./kept.js").Count} count
 * @param {any} told the sheet's document, where there is one
 */
function pileOf(count, told) {
  const line = told?.lines.find(({ id }) => id === count.line) ?? null;
  const pile = count.pile ?? line ?? {};
  const item = told?.items.find(({ code }) => code === pile.item);
  return { number: line?.number ?? "", ...pile, item: pile.item ?? "", name: nameOf(item, language), unit: item?.unit ?? "" };
}

/** What was read of a liquid fuel beside its litres, which are worth nothing without it. */
function readOf(/** @type {import("./kept.js").Count} */ { reading }) {
  return reading ? ` (${showQuantity(reading.temperature, language)} °C, ${showQuantity(reading.density, language)} kg/m³)` : "";
}

/** The counts of one person that only this device has. */
export class Unsent {
  #summary = element("summary", {});
  #details = /** @type {HTMLDetailsElement} */ (element("details", {}));
  #isOpen = false; // opened by itself once, for what was refused; then it is the person's
  #rows = element("ul", {});
  #more = element("p", { class: "note" });
  #again;
  /** @type {import("./kept.js").Count[]} */
  #counts = [];
  #sheets = new Map();

  /**
   * @param {HTMLElement} home
   * @param {import("./kept.js").Kept} kept
   * @param {{send: () => void, onChange?: () => void}} page send: try to send what waits, asking for a sign-in if need be
   */
  constructor(home, kept, page) {
    this.home = home;
    this.kept = kept;
    this.page = page;
    this.#again = element("button", { type: "button", class: "quiet" }, gettext("Send them again"));
    this.#again.addEventListener("click", () => this.#sendAgain());
    const save = element("button", { type: "button", class: "quiet" }, gettext("Save as a file (CSV)"));
    save.addEventListener("click", () => this.#save());
    this.#rows.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("button[data-key]") : null;
      if (button instanceof HTMLElement) this.#giveUp(button.dataset.key ?? "");
    });
    this.#details.append(
      this.#summary,
      element("p", { class: "note" }, gettext("These numbers are kept here until the server takes them or you remove them. Save them as a file for the desk before you hand the device back.")),
      this.#rows,
      this.#more,
      element("div", { class: "act" }, this.#again, save),
    );
    home.replaceChildren(this.#details);
  }

  /**
   * Show, of the counts there are, those that only this device has.
   * @param {import("./kept.js").Count[]} counts
   * @param {{isOffline?: boolean}} [how] isOffline: what waits is told too, because it will wait for long
   */
  async draw(counts, { isOffline = false } = {}) {
    const refused = counts.filter(({ state }) => state === "refused");
    const waiting = counts.filter(({ state }) => state === "waiting");
    this.#counts = [...refused, ...waiting];
    this.home.hidden = refused.length === 0 && !(isOffline && waiting.length > 0);
    if (this.home.hidden) return;
    for (const { stocktake } of this.#counts) {
      if (!this.#sheets.has(stocktake)) this.#sheets.set(stocktake, (await this.kept.sheet(stocktake).catch(() => null))?.document);
    }
    const told = [gettext("Only on this device:")];
    if (refused.length) told.push(interpolate(ngettext("%s count not taken", "%s counts not taken", refused.length), [refused.length]));
    if (waiting.length) told.push(interpolate(ngettext("%s count to send", "%s counts to send", waiting.length), [waiting.length]));
    this.#summary.textContent = told[0] + " " + told.slice(1).join(" · ");
    this.home.className = refused.length > 0 ? "notice bad" : "notice";
    if (refused.length > 0 && !this.#isOpen) this.#details.open = this.#isOpen = true;
    if (refused.length === 0) this.#isOpen = false;
    this.#again.hidden = refused.length === 0;
    this.#rows.replaceChildren(...refused.slice(0, MOST_ROWS).map((count) => this.#row(count)));
    const hidden = refused.length - MOST_ROWS;
    this.#more.textContent = hidden > 0 ? interpolate(ngettext("%s more was not taken; the file has all of them.", "%s more were not taken; the file has all of them.", hidden), [hidden]) : "";
  }

  #row(/** @type {import("./kept.js").Count} */ count) {
    const pile = pileOf(count, this.#sheets.get(count.stocktake));
    const what = [pile.name || pile.item, pile.lot, pile.bin].filter(Boolean).join(" · ");
    const words = `${what}: ${count.adds ? "+" : ""}${showQuantity(count.quantity, language)}${readOf(count)} · ${showMoment(count.counted_at)}`;
    const remove = element("button", { type: "button", class: "plain", "data-key": count.key, "aria-label": `${gettext("Remove from this device")}: ${what}` }, gettext("Remove from this device"));
    return element("li", {}, words, element("span", { class: "sub warn" }, count.problem?.detail ?? ""), remove);
  }

  /** Send once more what was refused: the clock is right by now, the right was given back, a recount was asked for. */
  async #sendAgain() {
    for (const stocktake of new Set(this.#counts.map((count) => count.stocktake))) {
      await this.kept.change(stocktake, (count) => (count.state === "refused" ? { ...count, state: "waiting", problem: null } : undefined));
    }
    this.page.onChange?.();
    this.page.send();
  }

  #save() {
    const heads = [
      gettext("Line"), gettext("Item"), gettext("Name"), gettext("Lot"), gettext("Expires"), gettext("Bin"), gettext("Grade"), gettext("Purpose"),
      gettext("Counted"), gettext("Unit"), gettext("Temperature, °C"), gettext("Density read, kg/m³"), gettext("Added to the number before"), gettext("Round"), gettext("Counted at"), gettext("Counted by"), gettext("Why not taken"), gettext("Depot"), gettext("Stocktake"), gettext("Key"),
    ];
    const rows = this.#counts.map((count) => {
      const told = this.#sheets.get(count.stocktake);
      const pile = pileOf(count, told);
      return [
        pile.number, pile.item, pile.name, pile.lot, pile.expires_on ? showDay(pile.expires_on) : "", pile.bin, pile.grade, pile.purpose,
        count.quantity, pile.unit, count.reading?.temperature ?? "", count.reading?.density ?? "", count.adds ? gettext("yes") : "", count.round, showMoment(count.counted_at), this.kept.login,
        count.problem?.detail ?? "", told?.depot ?? "", count.stocktake, count.key,
      ];
    });
    const text = [heads, ...rows].map((row) => row.map(cellOf).join(",")).join("\r\n");
    const link = document.createElement("a");
    // Without the mark in front, spreadsheet programs take UTF-8 for the machine's old code page.
    link.href = URL.createObjectURL(new Blob(["\ufeff", text, "\r\n"], { type: "text/csv" }));
    link.download = `kiem-ke-${this.kept.login}-${new Date().toISOString().slice(0, 16).replace(/[-:]/g, "").replace("T", "-")}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    say(interpolate(ngettext("Saved: %s number.", "Saved: %s numbers.", rows.length), [rows.length]), { tone: "good" });
  }

  /** Forget a count that the server refused, once the person has said so. */
  async #giveUp(/** @type {string} */ key) {
    const choice = await ask({
      title: gettext("Remove this number from the device?"),
      body: [element("p", {}, gettext("The server did not take it, and nobody will see it again. Write it down first if it may matter."))],
      choices: [{ value: "yes", label: gettext("Remove"), look: "danger" }, { value: "no", label: gettext("Cancel"), look: "plain" }],
    });
    const count = this.#counts.find((one) => one.key === key);
    if (choice !== "yes" || !count) return;
    await this.kept.change(count.stocktake, (one) => (one.key === key && one.state === "refused" ? null : undefined));
    this.page.onChange?.();
  }
}
