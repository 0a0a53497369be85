// A small depot for the modules' tests: what the catalogue on the device answers, and messages left in English.

globalThis.gettext = (text) => text;
globalThis.ngettext = (one, many, count) => (count === 1 ? one : many);
globalThis.interpolate = (text, names) => text.replace(/%\((\w+)\)s/g, (_all, name) => String(names[name]));
globalThis.document = { documentElement: { lang: "vi" } };

export const TODAY = "2026-11-22";

const RICE = {
  code: "QN-01-0000014", name: "Gạo tẻ", name_en: "Rice", unit: "KGM", tracking: "lot", gtin: "18931234567894",
  packagings: [{ unit: "BG", factor: "50.000000", gtin: "08931234567897" }],
};
const CAP = { code: "QN-02-0001230", name: "Mũ mềm", name_en: "Cap", unit: "EA", tracking: "none", gtin: "", packagings: [{ unit: "BX", factor: "24", gtin: "" }] };
const RADIO = { code: "QY-01-0000026", name: "Máy đo", name_en: "Meter", unit: "EA", tracking: "serial", gtin: "04006381333931", packagings: [] };
const ITEMS = [RICE, CAP, RADIO];
const LOTS = {
  [RICE.code]: [{ code: "L24", expires_on: "2026-11-30", is_held: false, label: "00000001747" }, { code: "AS-1", expires_on: null, is_held: false }],
};

export const catalogue = {
  item: (code) => ITEMS.find((item) => item.code === code),
  byBarcode(text) {
    if (text === "00000001747") return { item: RICE, packaging: null, lot: LOTS[RICE.code][0] };
    const digits = text.replace(/[\s-]/g, "").padStart(14, "0");
    if (!/^[0-9]{14}$/.test(digits)) return null;
    for (const item of ITEMS) {
      if (item.gtin === digits) return { item, packaging: null };
      const packaging = item.packagings.find((one) => one.gtin === digits);
      if (packaging) return { item, packaging };
    }
    return null;
  },
  search: (text) => ITEMS.filter((item) => item.name.toLowerCase().includes(text.toLowerCase())),
  lots: (code) => LOTS[code] ?? [],
  bin: (code) => catalogue.bins.find((bin) => bin.code === code),
  bins: [{ code: "A-01" }, { code: "A-02" }],
  units: [
    { code: "KGM", name: "kg", name_en: "kilogram", scale: 3 }, { code: "BG", name: "bao", name_en: "bag", scale: 0 },
    { code: "EA", name: "cái", name_en: "each", scale: 0 }, { code: "BX", name: "hộp", name_en: "box", scale: 0 },
  ],
  grades: [1, 2, 3, 4, 5].map((grade) => ({ grade, name: `cấp ${grade}`, name_en: `grade ${grade}` })),
  purposes: [{ code: "THUONG_XUYEN", name: "thường xuyên", name_en: "regular" }, { code: "SSCD", name: "sẵn sàng chiến đấu", name_en: "readiness" }],
};

export const desk = { catalogue, language: "vi", today: TODAY };
export const clock = { today: TODAY };

const column = (member, type, label, more = {}) => ({ member, type, label, ...more });
export const COLUMNS = [
  column("item", "item", "Vật chất"), column("lot", "lot", "Lô"), column("expires_on", "day", "Hạn"), column("quantity", "quantity", "Nhận"),
  column("unit", "unit", "ĐVT"), column("bin", "bin", "Vị trí"), column("grade", "grade", "Cấp"), column("unit_price", "money", "Đơn giá"),
];
export const columnOf = (member) => COLUMNS.find((one) => one.member === member);

let made = 0;
export const newLine = (members = {}) => ({ id: `n${(made += 1)}`, ...members });
