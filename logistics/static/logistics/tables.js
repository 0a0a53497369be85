// Tables on a telephone. One that says `data-stacks` becomes a stack of cards, each cell with its column's name beside
// it (class `stacks`, in logistics.css); one that stays wider than the screen shows at which side it goes on.

const ROLES = /** @type {const} */ ({ TABLE: "table", THEAD: "rowgroup", TBODY: "rowgroup", TFOOT: "rowgroup", TR: "row", TD: "cell" });

/** Return a column's name without what sorts by it: an arrow is drawn, not said. */
const nameOf = (/** @type {Element} */ head) =>
  [...(head.querySelector("a, span") ?? head).childNodes].filter((part) => !(part instanceof Element && part.ariaHidden === "true")).map((part) => part.textContent).join("").trim();

/** Give the cells of a table the names of their columns. One with grouped columns has no single name for each: it stays. */
function stack(/** @type {HTMLElement} */ home) {
  const table = home.querySelector("table");
  const [heads, ...more] = table?.tHead?.rows ?? [];
  if (!table || !heads || more.length > 0 || [...heads.cells].some((head) => head.colSpan > 1)) return;
  const names = [...heads.cells].map(nameOf);
  for (const row of table.rows) {
    if (row.parentElement === table.tHead) continue;
    let place = 0;
    for (const cell of row.cells) {
      const isWhole = cell.tagName === "TH" || cell.colSpan > 1;
      if (!isWhole && names[place] && !cell.dataset.label) cell.dataset.label = names[place];
      cell.classList.toggle("blank", !cell.textContent?.trim() && !cell.querySelector("input, select, textarea, button, img, svg"));
      place += cell.colSpan;
    }
  }
  const sorts = [...heads.cells].filter((head) => head.querySelector("a"));
  for (const head of sorts) head.classList.add("sorts");
  if (sorts.length > 0) {
    table.tHead?.classList.add("sorts");
    heads.dataset.label = gettext("Sort by");
  }
  // What is laid out as blocks is no table to every reader of screens, unless it says so.
  for (const part of [table, ...table.querySelectorAll("thead, tbody, tfoot, tr, td")]) part.setAttribute("role", ROLES[/** @type {keyof typeof ROLES} */ (part.tagName)]);
  for (const head of table.querySelectorAll("th")) head.setAttribute("role", head.scope === "row" ? "rowheader" : "columnheader");
  home.classList.add("stacks");
}

/** Show at which side more of a table is. */
function showEdges(/** @type {Element} */ home) {
  home.classList.toggle("goes-on-left", home.scrollLeft > 1);
  home.classList.toggle("goes-on-right", home.scrollLeft + home.clientWidth < home.scrollWidth - 1);
}

const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) showEdges(target instanceof HTMLTableElement ? /** @type {Element} */ (target.parentElement) : target);
});

/** @type {WeakSet<Element>} */
const watched = new WeakSet();

/** Lay the tables of a part of the page out; doing so again is harmless. */
export function lay(/** @type {ParentNode} */ part) {
  for (const home of /** @type {NodeListOf<HTMLElement>} */ (part.querySelectorAll(".table"))) {
    if ("stacks" in home.dataset) stack(home);
    if (watched.has(home)) continue;
    watched.add(home);
    home.addEventListener("scroll", () => showEdges(home), { passive: true });
    sizes.observe(home);
    for (const table of home.children) if (table instanceof HTMLTableElement) sizes.observe(table);
  }
}

/** Lay out every table of the page, and those that come later by htmx. */
export function layTables() {
  lay(document);
  document.addEventListener("htmx:load", (event) => {
    const part = /** @type {CustomEvent} */ (event).detail.elt;
    // New rows belong to a table that was there before.
    if (part instanceof Element) lay(part.closest(".table")?.parentElement ?? part.parentElement ?? part);
  });
}
