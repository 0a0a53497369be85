// GS1 labels as a scanner sends them, taken apart into element strings: the browser's twin of catalogue/gs1.py,
// cut down to the Application Identifiers (AIs) a depot meets, so that a scan is understood without a network.

export const FNC1 = "\x1d";

// Data lengths: a number is fixed, "..20" is up to 20. Source: GS1 General Specifications, figure 3.2-1.
const FORMATS = {
  "00": 18, "01": 14, "02": 14, 11: 6, 12: 6, 13: 6, 15: 6, 16: 6, 17: 6, 20: 2,
  10: "..20", 21: "..20", 22: "..20", 30: "..8", 37: "..8",
  240: "..30", 241: "..30", 242: "..6", 243: "..20", 250: "..30", 251: "..30", 253: "..30", 254: "..20",
  400: "..30", 401: "..30", 402: 17, 403: "..30", 410: 13, 411: 13, 412: 13, 413: 13, 414: 13, 415: 13, 416: 13, 417: 13,
  420: "..20", 421: "..12", 422: 3, 423: "..15", 424: 3, 425: "..15", 426: 3,
  7001: 13, 7002: "..30", 7003: 10, 710: "..20", 711: "..20", 712: "..20", 713: "..20", 714: "..20",
  8002: "..20", 8003: "..30", 8004: "..30", 8005: 6, 8006: 18, 8008: "..12", 8020: "..25",
  90: "..30", 91: "..90", 92: "..90", 93: "..90", 94: "..90", 95: "..90", 96: "..90", 97: "..90", 98: "..90", 99: "..90",
};
const DIGITS_ONLY = new Set(["00", "01", "02", "11", "12", "13", "15", "16", "17", "20", "30", "37", "7001"]);
const DATES = ["11", "12", "13", "15", "16", "17"];
// GS1-128, GS1 DataMatrix, GS1 QR, GS1 DataBar and GS1 DotCode (ISO/IEC 15424).
const SYMBOLOGY = /^\](?:C1|d2|Q3|e0|J1)/i;
const CHARACTERS = /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]*$/;

/**
 * Tell whether the last digit of a GTIN or SSCC is its check digit.
 * Source: GS1 General Specifications, section 7.9.1.
 * @param {string} digits
 * @returns {boolean}
 */
export function hasCheckDigit(digits) {
  if (!/^[0-9]{2,}$/.test(digits)) return false;
  let sum = 0;
  for (let index = digits.length - 2, weight = 3; index >= 0; index -= 1, weight = 4 - weight) sum += weight * Number(digits[index]);
  return (10 - (sum % 10)) % 10 === Number(digits.at(-1));
}

/**
 * Tell whether a text says by its first characters that it is a GS1 label, so that a fault in it is worth telling.
 * @param {string} text
 * @returns {boolean}
 */
export function claimsGs1(text) {
  return SYMBOLOGY.test(text) || text.startsWith(FNC1) || /^\([0-9]{2,4}\)/.test(text);
}

/**
 * Return the fields of a label, raw or bracketed, by AI; null when some of it cannot be read or a check digit is wrong.
 * @param {string} text
 * @returns {Record<string, string> | null}
 */
export function readElements(text) {
  const bare = text.replace(SYMBOLOGY, "");
  const pairs = bare.startsWith("(") ? bracketed(bare) : raw(bare);
  if (!pairs || pairs.length === 0) return null;
  /** @type {Record<string, string>} */
  const found = {};
  for (const [ai, data] of pairs) {
    // A label may carry a field twice, but not with two values.
    if (found[ai] !== undefined && found[ai] !== data) return null;
    found[ai] = data;
  }
  for (const ai of ["00", "01", "02"]) if (found[ai] && !hasCheckDigit(found[ai])) return null;
  return found;
}

/**
 * Return the ISO day of a date field (YYMMDD; day 00 is the month's last), or null when there is no such day.
 * Two digits of a year mean one from 49 years before this one to 50 after it (GS1 General Specifications, 7.12).
 * @param {string} data
 * @param {string} today ISO day
 * @returns {string | null}
 */
export function dayOf(data, today) {
  if (!/^[0-9]{6}$/.test(data)) return null;
  const earliest = Number(today.slice(0, 4)) - 49;
  const year = earliest + ((Number(data.slice(0, 2)) - earliest) % 100 + 100) % 100;
  const month = Number(data.slice(2, 4));
  if (month < 1 || month > 12) return null;
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const day = Number(data.slice(4)) || last;
  if (day > last) return null;
  return `${String(year).padStart(4, "0")}-${data.slice(2, 4)}-${String(day).padStart(2, "0")}`;
}

/** @param {string} text @returns {[string, string][] | null} */
function raw(text) {
  /** @type {[string, string][]} */
  const pairs = [];
  let rest = text;
  while (rest) {
    if (rest.startsWith(FNC1)) {
      rest = rest.slice(1);
      continue;
    }
    const ai = identifier(rest);
    if (!ai) return null;
    const body = rest.slice(ai.length);
    const format = formatOf(ai);
    const end = body.indexOf(FNC1) < 0 ? body.length : body.indexOf(FNC1);
    const length = typeof format === "number" ? format : end;
    const data = body.slice(0, length);
    if (!fits(ai, data)) return null;
    pairs.push([ai, data]);
    rest = body.slice(length);
  }
  return pairs;
}

/** @param {string} text @returns {[string, string][] | null} */
function bracketed(text) {
  /** @type {[string, string][]} */
  const pairs = [];
  const field = /\(([0-9]{2,4})\)((?:\\\(|\((?![0-9]{2,4}\))|[^(\\])+)/y;
  while (field.lastIndex < text.length) {
    const match = field.exec(text);
    if (!match) return null;
    const data = match[2].replaceAll("\\(", "(");
    if (!formatOf(match[1]) || !fits(match[1], data)) return null;
    pairs.push([match[1], data]);
  }
  return pairs;
}

/** @param {string} text */
function identifier(text) {
  for (const length of [2, 3, 4]) if (formatOf(text.slice(0, length))) return text.slice(0, length);
  return null;
}

/** @param {string} ai @returns {number | string | undefined} */
function formatOf(ai) {
  return /^3[1-6][0-9]{2}$/.test(ai) ? 6 : FORMATS[ai]; // 31nn … 36nn: measures, six digits each
}

/** @param {string} ai @param {string} data */
function fits(ai, data) {
  const format = formatOf(ai);
  const most = typeof format === "number" ? format : Number(String(format).slice(2));
  if (data.length < 1 || data.length > most || (typeof format === "number" && data.length !== format)) return false;
  if (!CHARACTERS.test(data)) return false;
  if (DIGITS_ONLY.has(ai) && !/^[0-9]+$/.test(data)) return false;
  return !DATES.includes(ai) || dayOf(data, "2000-01-01") !== null;
}
