// Quantities as people type and read them: the same rules as logistics/fields.py, held to it by one table of cases.
//
// Texts in, texts out: a number never passes through binary floating point.

/** @typedef {"vi"|"en"} Language */
/**
 * @typedef {object} QuantityReading
 * @property {string|null} value    canonical decimal text ("1234.5"), null where the text cannot be read
 * @property {"number_form"|"number_decimals"|"number_size"|null} problem
 * @property {boolean} isAmbiguous  the other language reads another number: say `value` in words before posting
 * @property {string|null} other    what the other language reads, where that differs
 */

const SIGNS = {
  vi: { group: ".", point: "," },
  en: { group: ",", point: "." },
};
// A grouped number does not start with 0: 0.125 typed in Vietnamese was meant as a fraction, not as 125.
const FORMS = {
  vi: /^([-−+]?)([0-9]+|[1-9][0-9]{0,2}(?:\.[0-9]{3})+)(?:,([0-9]+))?$/,
  en: /^([-−+]?)([0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.([0-9]+))?$/,
};
const WHOLE_DIGITS = 15; // numeric(18,3) has 15 before the decimal sign

/**
 * Return the page's language, or the one a BCP 47 tag starts with.
 * @param {string} [tag]
 * @returns {Language}
 */
export function languageOf(tag = document.documentElement.lang) {
  return tag.toLowerCase().split("-")[0] === "en" ? "en" : "vi";
}

/**
 * Return what `text` means in `lang`, at most `scale` decimals.
 * @param {string} text
 * @param {string} lang
 * @param {number} scale decimals the unit takes
 * @returns {QuantityReading}
 */
export function readQuantity(text, lang, scale) {
  const language = languageOf(lang);
  const { value, problem } = readIn(text, language, scale);
  if (value === null) return { value, problem, isAmbiguous: false, other: null };
  const elsewhere = readIn(text, language === "vi" ? "en" : "vi", scale).value;
  const other = elsewhere === value ? null : elsewhere;
  return { value, problem: null, isAmbiguous: other !== null, other };
}

/**
 * Return a canonical decimal text as people read it, thousands grouped, nothing rounded, at least `scale` decimals.
 * @param {string} value such as "-1234.5"
 * @param {string} [lang]
 * @param {number} [scale]
 */
export function showQuantity(value, lang = document.documentElement.lang, scale = 0) {
  const { group, point } = SIGNS[languageOf(lang)];
  const found = /^(-?)([0-9]+)(?:\.([0-9]+))?$/.exec(value);
  if (!found) throw new TypeError(`not a canonical decimal: ${value}`);
  const whole = found[2].replace(/^0+(?=[0-9])/, "");
  const decimals = (found[3] ?? "").replace(/0+$/, "").padEnd(scale, "0");
  const sign = found[1] && /[1-9]/.test(whole + decimals) ? "-" : "";
  const grouped = whole.replace(/[0-9](?=(?:[0-9]{3})+$)/g, `$&${group}`);
  return sign + grouped + (decimals ? point + decimals : "");
}

/**
 * Return in words what is wrong with a typed quantity and what to write instead; the server says the same.
 * @param {NonNullable<QuantityReading["problem"]>} problem
 * @param {string} text as it was typed
 * @param {string} lang
 * @param {number} scale
 */
export function explainQuantity(problem, text, lang, scale) {
  if (problem === "number_form") {
    const example = showQuantity(scale ? "1234.5" : "1234", lang);
    return interpolate(gettext("“%(text)s” is not a number: write it like %(example)s."), { text, example }, true);
  }
  if (problem === "number_size") {
    const words = gettext("“%(text)s” is too large: at most %(digits)s digits before the decimal sign.");
    return interpolate(words, { text, digits: WHOLE_DIGITS }, true);
  }
  if (scale === 0) {
    return interpolate(gettext("“%(text)s” has decimals, but this unit is counted in whole numbers."), { text }, true);
  }
  const words = gettext("“%(text)s” has too many decimals: this unit takes at most %(scale)s.");
  return interpolate(words, { text, scale }, true);
}

/**
 * @param {string} text
 * @param {Language} language
 * @param {number} scale
 * @returns {Pick<QuantityReading, "value"|"problem">}
 */
function readIn(text, language, scale) {
  const found = FORMS[language].exec(text.trim());
  if (!found) return { value: null, problem: "number_form" };
  const whole = found[2].split(SIGNS[language].group).join("");
  const decimals = found[3] ?? "";
  if (decimals.length > scale) return { value: null, problem: "number_decimals" };
  if (whole.replace(/^0+/, "").length > WHOLE_DIGITS) return { value: null, problem: "number_size" };
  return { value: canonical(found[1] === "-" || found[1] === "−" ? "-" : "", whole, decimals), problem: null };
}

/**
 * @param {string} sign
 * @param {string} whole
 * @param {string} decimals
 */
function canonical(sign, whole, decimals) {
  const front = whole.replace(/^0+(?=[0-9])/, "");
  const back = decimals.replace(/0+$/, "");
  const isZero = !/[1-9]/.test(front + back);
  return (isZero ? "" : sign) + front + (back ? `.${back}` : "");
}
