// Days as people type and read them, always day before month: the same rules as logistics/fields.py.

/**
 * @typedef {object} DayReading
 * @property {string|null} iso  "2026-06-05", null where the text cannot be read
 * @property {"date_form"|"date_unknown"|"date_year"|null} problem
 */

const ZONE = "Asia/Ho_Chi_Minh";

/**
 * Return the day that `text` means.
 *
 * Reads dd/mm/yyyy (also with . or - and without leading zeros), dd/mm/yy, ddmmyy, ddmmyyyy, yyyy-mm-dd, `t` for
 * today, +7 and -7 for days from today; with `monthIsLastDay`, for expiry, mm/yyyy is the month's last day.
 * @param {string} text
 * @param {string} [today] ISO day
 * @param {{monthIsLastDay?: boolean}} [options]
 * @returns {DayReading}
 */
export function readDay(text, today = todayHere(), { monthIsLastDay = false } = {}) {
  const typed = text.trim().toLowerCase();
  if (typed === "t") return { iso: today, problem: null };
  const offset = /^([+-][0-9]{1,4})$/.exec(typed);
  if (offset) return { iso: isoOf(new Date(utc(today) + Number(offset[1]) * 86_400_000)), problem: null };

  let found;
  if (monthIsLastDay && (found = /^([0-9]{1,2})[/.-]([0-9]{4})$/.exec(typed))) {
    const month = Number(found[1]);
    if (month < 1 || month > 12) return { iso: null, problem: "date_unknown" };
    return dayOf(Number(found[2]), month, lastDay(Number(found[2]), month));
  }
  if ((found = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(typed))) {
    return dayOf(Number(found[1]), Number(found[2]), Number(found[3]));
  }
  found =
    /^([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})$/.exec(typed) ??
    /^([0-9]{2})()([0-9]{2})([0-9]{4}|[0-9]{2})$/.exec(typed);
  if (!found) return { iso: null, problem: "date_form" };
  const year = found[4].length === 4 ? Number(found[4]) : fullYear(Number(found[4]), today);
  return dayOf(year, Number(found[3]), Number(found[1]));
}

/**
 * Return the year that two digits mean: from 49 years before this one to 50 after it (GS1 General Specifications 7.12).
 * @param {number} twoDigits
 * @param {string} today
 */
export function fullYear(twoDigits, today) {
  const earliest = Number(today.slice(0, 4)) - 49;
  return earliest + ((twoDigits - (earliest % 100) + 100) % 100);
}

/**
 * Return an ISO day as dd/mm/yyyy, in both languages.
 * @param {string} iso
 */
export function showDay(iso) {
  const [year, month, day] = iso.slice(0, 10).split("-");
  return `${day}/${month}/${year}`;
}

/**
 * Return an instant (RFC 3339) as dd/mm/yyyy hh:mm in the store's zone, in both languages.
 * @param {string} at
 */
export function showMoment(at) {
  const shown = new Intl.DateTimeFormat("en-GB", {
    timeZone: ZONE, day: "2-digit", month: "2-digit", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  return shown.format(new Date(at)).replace(",", "");
}

/**
 * Return the name of an ISO day's weekday.
 * @param {string} iso
 * @param {string} [lang]
 */
export function weekday(iso, lang = document.documentElement.lang) {
  const english = lang.toLowerCase().startsWith("en");
  // Fixed, because a browser without Vietnamese would answer in its own language.
  const names = english
    ? ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    : ["Chủ nhật", "Thứ hai", "Thứ ba", "Thứ tư", "Thứ năm", "Thứ sáu", "Thứ bảy"];
  return names[new Date(utc(iso)).getUTCDay()];
}

/** Return today's ISO day in the store's zone, by this machine's clock. */
export function todayHere() {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: ZONE, year: "numeric", month: "2-digit", day: "2-digit" });
  return parts.format(new Date());
}

/**
 * Return in words what is wrong with a typed day and what to write instead; the server says the same.
 * @param {NonNullable<DayReading["problem"]>} problem
 * @param {string} text as it was typed
 */
export function explainDay(problem, text) {
  const words = {
    date_form: gettext("“%(text)s” is not a date: write day/month/year, such as 05/02/2026."),
    date_unknown: gettext("“%(text)s” is no day of the calendar: the day comes first, then the month."),
    date_year: gettext("“%(text)s”: the year must be from 1900 to 2199."),
  };
  return interpolate(words[problem], { text }, true);
}

/**
 * @param {number} year
 * @param {number} month
 * @param {number} day
 * @returns {DayReading}
 */
function dayOf(year, month, day) {
  // Year 0 is no year of the calendar; Python's has none either.
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > lastDay(year, month)) {
    return { iso: null, problem: "date_unknown" };
  }
  if (year < 1900 || year > 2199) return { iso: null, problem: "date_year" };
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  return { iso: `${year}-${two(month)}-${two(day)}`, problem: null };
}

/**
 * @param {number} year
 * @param {number} month
 */
function lastDay(year, month) {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
}

/** @param {string} iso */
const utc = (iso) => Date.UTC(Number(iso.slice(0, 4)), Number(iso.slice(5, 7)) - 1, Number(iso.slice(8, 10)));

/** @param {Date} date */
const isoOf = (date) => date.toISOString().slice(0, 10);
