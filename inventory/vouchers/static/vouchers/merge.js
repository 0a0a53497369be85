// Two people changed one draft: what each changed alone is kept, what both changed otherwise is asked, line by line.

const HEADER = ["occurred_at", "counterparty", "order_number", "order_date", "reason", "to_depot", "consignment", "vehicle", "source_documents"];

/**
 * @typedef {{id: string, [member: string]: any}} Line
 * @typedef {{type: "line" | "header", name: string, base: any, mine: any, theirs: any}} Conflict
 */

/**
 * Return the voucher that both sets of changes make, and what cannot be decided for people.
 *
 * `voucher` holds mine wherever there is a conflict, so nothing typed is lost before it is settled. A line is compared
 * whole: its quantity changed here and its lot there would make a line nobody meant. A line missing on one side was
 * removed there. The members the server sets (version, status, who and when) are theirs.
 * @param {any} base the voucher both started from
 * @param {any} mine
 * @param {any} theirs
 * @returns {{voucher: any, conflicts: Conflict[], taken: number}} `taken`: how many of their changes came in by themselves
 */
export function merge(base, mine, theirs) {
  /** @type {Conflict[]} */
  const conflicts = [];
  let taken = 0;
  const voucher = { ...theirs };
  for (const name of HEADER) {
    const [was, here, there] = [base?.[name] ?? "", mine[name] ?? "", theirs[name] ?? ""];
    voucher[name] = here === was ? there : here;
    if (here === was && there !== was) taken += 1;
    if (here !== was && there !== was && here !== there) conflicts.push({ type: "header", name, base: was, mine: here, theirs: there });
  }
  const [was, here, there] = [base?.lines ?? [], mine.lines, theirs.lines].map(byId);
  /** @type {Line[]} */
  const lines = [];
  for (const id of order(mine.lines, theirs.lines)) {
    const [old, my, their] = [was.get(id), here.get(id), there.get(id)];
    const [iChanged, theyChanged] = [!same(old, my), !same(old, their)];
    if (iChanged && theyChanged && !same(my, their)) {
      conflicts.push({ type: "line", name: id, base: old ?? null, mine: my ?? null, theirs: their ?? null });
      lines.push(my ?? their);
      continue;
    }
    const kept = iChanged ? my : their;
    if (theyChanged && !iChanged) taken += 1;
    if (kept) lines.push(kept);
  }
  voucher.lines = lines;
  return { voucher, conflicts, taken };
}

/**
 * Return the voucher with one conflict settled as somebody chose.
 * @param {any} voucher
 * @param {Conflict} conflict
 * @param {"mine" | "theirs"} choice
 * @returns {any}
 */
export function settle(voucher, conflict, choice) {
  const kept = conflict[choice];
  if (conflict.type === "header") return { ...voucher, [conflict.name]: kept };
  const lines = voucher.lines.flatMap((/** @type {Line} */ line) => (line.id === conflict.name ? (kept ? [kept] : []) : [line]));
  return { ...voucher, lines };
}

/**
 * Tell whether two lines, or two vouchers' contents, say the same whatever the order of their members.
 * @param {any} one
 * @param {any} other
 * @returns {boolean}
 */
export function same(one, other) {
  return canonical(one) === canonical(other);
}

/** Blank members count as absent: the server may leave out what the browser keeps as "". */
function canonical(/** @type {any} */ value) {
  return JSON.stringify(value ?? null, (_key, part) => {
    if (part === null || typeof part !== "object" || Array.isArray(part)) return part;
    const kept = Object.entries(part).filter(([, inner]) => !isBlank(inner));
    return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function isBlank(/** @type {any} */ value) {
  return value === "" || value === null || value === undefined || (typeof value === "object" && Object.keys(value).length === 0);
}

/** @param {Line[]} lines @returns {Map<string, Line>} */
function byId(lines) {
  return new Map(lines.map((line) => [line.id, line]));
}

/** My order, with each line only they have behind the line it follows on their side. */
function order(/** @type {Line[]} */ mine, /** @type {Line[]} */ theirs) {
  const ids = mine.map((line) => line.id);
  const known = new Set(ids);
  theirs.forEach((line, index) => {
    if (known.has(line.id)) return;
    known.add(line.id);
    const before = index > 0 ? ids.indexOf(theirs[index - 1].id) : -1;
    ids.splice(before + 1, 0, line.id);
  });
  return ids;
}
