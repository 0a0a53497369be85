// Exact decimals as the API writes them ("12.5"): quantities never pass through a binary floating point number.

const PLACES = 9n; // a quantity has 3 decimals, a packaging's factor 6
const ONE = 10n ** PLACES;

/** @param {string} text @returns {bigint} in units of 10⁻⁹ */
function read(text) {
  const [, sign, whole, decimals = ""] = /^(-?)([0-9]+)(?:\.([0-9]+))?$/.exec(text) ?? [];
  if (whole === undefined) throw new RangeError(`${text} is not a decimal`);
  const value = BigInt(whole) * ONE + BigInt(decimals.padEnd(Number(PLACES), "0").slice(0, Number(PLACES)));
  return sign ? -value : value;
}

/** @param {bigint} value @returns {string} */
function write(value) {
  const size = value < 0n ? -value : value;
  const decimals = String(size % ONE).padStart(Number(PLACES), "0").replace(/0+$/, "");
  return `${value < 0n ? "-" : ""}${size / ONE}${decimals ? `.${decimals}` : ""}`;
}

/** Return the product, at most nine decimals. */
export const times = (/** @type {string} */ one, /** @type {string} */ other) => write((read(one) * read(other)) / ONE);
/** Return the sum. */
export const plus = (/** @type {string} */ one, /** @type {string} */ other) => write(read(one) + read(other));
/** Return the difference. */
export const minus = (/** @type {string} */ one, /** @type {string} */ other) => write(read(one) - read(other));
/** Return -1, 0 or 1 as the first is less than, equal to or more than the second. */
export function compare(/** @type {string} */ one, /** @type {string} */ other) {
  const difference = read(one) - read(other);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
