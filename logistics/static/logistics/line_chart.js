// Makes the lines that the server drew answer a pointer: the day under it and the values there, a stretch to zoom into.
// The numbers are those of the table under each chart; without this module, or on paper, the server's drawing stays.

import { showQuantity } from "./numbers.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const DASHES = [[], [7, 3], [2, 3], [10, 3, 2, 3]];

const colour = (/** @type {string} */ name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
// Days are days of the store, not instants: they are counted in UTC so that no zone shifts them.
const told = (/** @type {number} */ seconds) => {
  const day = new Date(seconds * 1000);
  return `${two(day.getUTCDate())}/${two(day.getUTCMonth() + 1)}/${day.getUTCFullYear()}`;
};

/**
 * Return what the table under a chart says, as uPlot takes it: days in seconds, then the values of each line.
 * @param {HTMLElement} figure
 */
function read(figure) {
  const rows = [...figure.querySelectorAll("tbody tr")];
  const heads = [...figure.querySelectorAll("thead th")].slice(1);
  const days = rows.map((row) => Date.parse(`${row.querySelector("time")?.dateTime}T00:00:00Z`) / 1000);
  // The text is what a reader is shown: a binary number may not hold it exactly.
  const texts = heads.map((_head, place) => rows.map((row) => row.querySelectorAll("td")[place].dataset.value || null));
  const values = texts.map((line) => line.map((text) => (text === null ? null : Number(text))));
  return { days, texts, values, lines: heads.map((head) => ({ label: head.textContent ?? "", isGuess: "guess" in head.dataset })) };
}

/** @param {HTMLElement} figure */
function draw(figure) {
  const box = /** @type {HTMLElement} */ (figure.querySelector(".chart-box"));
  const { days, texts, values, lines } = read(figure);
  if (days.length < 2) return undefined;
  const isStepped = "steps" in figure.dataset;
  const ink = colour("--ink-soft"), grid = { stroke: colour("--line"), width: 1 };
  const number = (/** @type {string | null} */ text) => (text === null ? "—" : showQuantity(text));
  const axis = { stroke: ink, grid, ticks: grid, font: "11px system-ui, sans-serif" };
  const paths = isStepped ? uPlot.paths.stepped({ align: 1 }) : uPlot.paths.linear();
  const chart = new uPlot(
    {
      width: box.clientWidth,
      height: 220,
      padding: [8, 36, 0, 0], // half of the last day's label stands beyond the lines
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      cursor: { drag: { x: true, y: false } },
      legend: { live: true },
      scales: { y: { range: (_chart, low, high) => [Math.min(low, Number(figure.dataset.low ?? 0), 0), high > low ? high + (high - Math.min(low, 0)) * 0.05 : low + 1] } },
      axes: [
        { ...axis, space: 70, values: (_chart, ticks) => ticks.map((tick) => told(tick).slice(0, 10)) },
        { ...axis, size: 72, values: (_chart, ticks) => ticks.map((tick) => number(String(Number(tick.toPrecision(12))))) },
      ],
      series: [
        { label: figure.querySelector("thead th")?.textContent ?? "", value: (_chart, day) => (day === null ? "—" : told(day)) },
        ...lines.map(({ label, isGuess }, place) => ({
          label,
          paths,
          stroke: colour(`--line-${(place % 4) + 1}`),
          width: 2,
          dash: isGuess ? [4, 4] : DASHES[place % 4],
          spanGaps: true,
          points: { show: days.length < 40 },
          value: (_chart, _value, line, at) => number(at === null ? null : texts[line - 1][at]),
        })),
      ],
    },
    [days, ...values],
    box,
  );
  chart.root.setAttribute("aria-hidden", "true"); // the table says the same
  figure.classList.add("is-live");
  return chart;
}

/** @param {HTMLElement} figure */
function live(figure) {
  let chart = draw(figure);
  if (!chart) return;
  new ResizeObserver(([entry]) => {
    const width = Math.round(entry.contentRect.width);
    if (chart && width && width !== chart.width) chart.setSize({ width, height: 220 });
  }).observe(/** @type {HTMLElement} */ (figure.querySelector(".chart-box")));
  dark.addEventListener("change", () => {
    chart?.destroy();
    chart = draw(figure);
  });
}

/** @param {ParentNode} part */
function liven(part) {
  for (const figure of part.querySelectorAll("figure[data-lines]:not(.is-live)")) live(/** @type {HTMLElement} */ (figure));
}

liven(document);
document.addEventListener("htmx:afterSwap", () => liven(document));
