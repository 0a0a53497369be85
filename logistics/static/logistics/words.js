// A number in words, for saying back what was typed: Vietnamese as logistics/words.py says it, English besides.

const DIGITS = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"];
// After “mươi” three digits change their sound.
const AFTER_TENS = { 1: "mốt", 4: "tư", 5: "lăm" };
const BILLION = 1_000_000_000n;

const ENGLISH = [
  "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
  "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
];
const ENGLISH_TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const ENGLISH_SIZES = ["", "thousand", "million", "billion", "trillion"];

/**
 * Return a canonical decimal text in words: "1234.5" is “một nghìn hai trăm ba mươi tư phẩy năm” in vi, “one thousand
 * two hundred thirty-four point five” in en. No capital, no full stop, no unit.
 * @param {string} value
 * @param {string} lang
 */
export function inWords(value, lang) {
  const isNegative = value.startsWith("-");
  const [whole, decimals = ""] = value.replace("-", "").split(".");
  const spoken = decimals.replace(/0+$/, "");
  const isEnglish = lang.toLowerCase().startsWith("en");
  const words = isEnglish ? english(whole) : vietnamese(BigInt(whole), false);
  if (spoken && isEnglish) words.push("point", ...[...spoken].map((digit) => ENGLISH[Number(digit)]));
  if (spoken && !isEnglish) {
    const zeros = spoken.length - spoken.replace(/^0+/, "").length;
    words.push("phẩy", ...Array(zeros).fill(DIGITS[0]), ...vietnamese(BigInt(spoken), false));
  }
  if (isNegative) words.unshift(isEnglish ? "minus" : "âm");
  return words.join(" ");
}

/**
 * @param {bigint} number
 * @param {boolean} isTail stands behind a larger part, so its hundreds are spoken even when 0
 * @returns {string[]}
 */
function vietnamese(number, isTail) {
  if (number >= BILLION) {
    const rest = number % BILLION;
    return [...vietnamese(number / BILLION, isTail), "tỷ", ...(rest ? vietnamese(rest, true) : [])];
  }
  const spoken = [];
  let follows = isTail;
  for (const [size, name] of /** @type {[bigint, string][]} */ ([[1_000_000n, "triệu"], [1000n, "nghìn"], [1n, ""]])) {
    const group = Number((number / size) % 1000n);
    if (!group) continue;
    spoken.push(...vietnameseGroup(group, follows), ...(name ? [name] : []));
    follows = true;
  }
  return spoken.length ? spoken : [DIGITS[0]];
}

/**
 * @param {number} number below 1000
 * @param {boolean} isTail
 */
function vietnameseGroup(number, isTail) {
  const hundreds = Math.floor(number / 100);
  const tens = Math.floor((number % 100) / 10);
  const ones = number % 10;
  const spoken = hundreds || isTail ? [DIGITS[hundreds], "trăm"] : [];
  if (tens > 1) {
    spoken.push(DIGITS[tens], "mươi");
    if (ones) spoken.push(AFTER_TENS[/** @type {1|4|5} */ (ones)] ?? DIGITS[ones]);
  } else if (tens === 1) {
    spoken.push("mười");
    if (ones) spoken.push(ones === 5 ? "lăm" : DIGITS[ones]);
  } else if (ones) {
    if (spoken.length) spoken.push("lẻ");
    spoken.push(DIGITS[ones]);
  }
  return spoken;
}

/**
 * @param {string} whole digits
 * @returns {string[]}
 */
function english(whole) {
  const groups = whole.replace(/^0+/, "").replace(/[0-9](?=(?:[0-9]{3})+$)/g, "$& ").split(" ");
  const spoken = groups.flatMap((digits, index) => {
    const number = Number(digits);
    if (!number) return [];
    const size = ENGLISH_SIZES[groups.length - 1 - index];
    return [...englishGroup(number), ...(size ? [size] : [])];
  });
  return spoken.length ? spoken : [ENGLISH[0]];
}

/** @param {number} number below 1000 */
function englishGroup(number) {
  const spoken = number >= 100 ? [ENGLISH[Math.floor(number / 100)], "hundred"] : [];
  const rest = number % 100;
  if (rest >= 20) spoken.push(ENGLISH_TENS[Math.floor(rest / 10)] + (rest % 10 ? `-${ENGLISH[rest % 10]}` : ""));
  else if (rest) spoken.push(ENGLISH[rest]);
  return spoken;
}
