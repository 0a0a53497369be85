// What a scanner meant when a Vietnamese input method (Unikey) was on: Telex turns AA into Â and DD into Đ, VNI turns
// A1 into Á. The keys that were pressed cannot be told for sure from the letter that came out, so every possibility is
// given and the caller keeps one only when a single one of them makes sense.

const MOST = 256;
const MARKS = { "\u0302": "circumflex", "\u0306": "breve", "\u031b": "horn" };
const TONES = { "\u0301": 0, "\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0323": 4 }; // sắc huyền hỏi ngã nặng
const TELEX_TONES = "SFRXJ";
const VNI_TONES = "12345";

/**
 * Tell whether a text has letters that no code has but a Vietnamese input method makes.
 * @param {string} text
 * @returns {boolean}
 */
export function hasMarks(text) {
  return /[đĐ\u0300-\u036f]/.test(text.normalize("NFD"));
}

/**
 * Return the texts of plain letters that Telex or VNI would have turned into `text`, at most 256, likeliest first.
 * @param {string} text
 * @returns {string[]}
 */
export function undone(text) {
  /** @type {Set<string>} */
  const found = new Set();
  for (const method of ["telex", "vni"]) unfold(text.normalize("NFC"), method, found);
  return [...found];
}

/** @param {string} text @param {string} method @param {Set<string>} found */
function unfold(text, method, found) {
  if (found.size >= MOST) return;
  const at = [...text].findIndex(hasMarks);
  if (at < 0) {
    found.add(text);
    return;
  }
  const letters = [...text];
  const before = letters.slice(0, at).join("");
  const after = letters.slice(at + 1).join("");
  const { bases, tone } = keysOf(letters[at], method);
  // The tone key may have been pressed later in the same word: Unikey carries it back to the vowel.
  const run = (method === "telex" ? /^\p{L}*/u : /^[\p{L}0-9]*/u).exec(after)?.[0] ?? "";
  for (const base of bases) {
    if (!tone) unfold(before + base + after, method, found);
    else
      for (let offset = 0; offset <= Math.min(run.length, 6); offset += 1)
        unfold(before + base + after.slice(0, offset) + tone + after.slice(offset), method, found);
  }
}

/** @param {string} letter @param {string} method */
function keysOf(letter, method) {
  const [plain, ...marks] = [...letter.normalize("NFD")];
  const isUpper = plain === plain.toUpperCase();
  const cased = (/** @type {string} */ keys) => (isUpper ? keys.toUpperCase() : keys.toLowerCase());
  let bases = [plain];
  if (plain === "đ" || plain === "Đ") bases = [cased(method === "telex" ? "DD" : "D9")];
  let tone = "";
  for (const mark of marks) {
    if (mark in TONES) tone = cased((method === "telex" ? TELEX_TONES : VNI_TONES)[TONES[mark]]);
    else if (MARKS[mark] === "circumflex") bases = [method === "telex" ? plain + plain : `${plain}6`];
    else if (MARKS[mark] === "breve") bases = [method === "telex" ? plain + cased("W") : `${plain}8`];
    else if (MARKS[mark] === "horn") bases = method === "telex" ? [plain + cased("W"), ...shortHorn(plain, cased)] : [`${plain}7`];
  }
  return { bases, tone };
}

/** Telex has keys of their own for the horned vowels: w or ] makes ư, [ makes ơ; ]d2 and ]C1 begin with one of them. */
function shortHorn(/** @type {string} */ plain, /** @type {(keys: string) => string} */ cased) {
  return plain.toLowerCase() === "u" ? [cased("W"), "]"] : ["["];
}
