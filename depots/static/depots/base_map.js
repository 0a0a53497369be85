// The map under every map of the store: land, the owner's boundaries, names. Needs Leaflet (`L`) loaded before it.

/** What the land was cut to at set-up (logistics/land.py); beyond it there is nothing to show. */
const CUT = [[0, 95], [30, 122]];
/** What a map opens with: the country with its islands. */
const HOME = [[6.6, 102], [23.5, 116.6]];
/** Written at every zoom, in the country's own words in both languages. */
const ISLANDS = [
  { text: "Quần đảo Hoàng Sa", at: [15.35, 111.95], within: [[15.5, 111], [17.3, 113]] },
  { text: "Quần đảo Trường Sa", at: [9.2, 114.3], within: [[6.5, 111], [12, 116.5]] },
];
const ISLET_REACH = 1.6; // pixels: an islet is seen at every zoom, however small it would be to scale
const SEA = { text: "Biển Đông", at: [13.35, 112.4] };
const MAX_ZOOM = 12;
const PANES = { ground: 210, borders: 220, shapes: 410, signs: 430, names: 450 };

/**
 * @typedef {object} Name a text on the map
 * @property {string} text
 * @property {[number, number]} at latitude, longitude
 * @property {"island"|"sea"|"depot"|"note"} kind
 * @property {number} [reach] pixels to keep from its place, 0 to stand on it
 * @property {[number, number]} [shift] pixels its place is moved by
 * @property {boolean} [always] written though it covers another
 */

/** Texts over the map, none over another: those given first have the first choice. */
const Names = L.Layer.extend({
  initialize() {
    this.names = [];
    this.obstacles = [];
    this.written = [];
  },

  onAdd(map) {
    this.canvas = L.DomUtil.create("canvas", "map-names", map.getPane("names"));
    map.on("moveend zoomend viewreset resize", this.draw, this);
    this.draw();
  },

  onRemove(map) {
    map.off("moveend zoomend viewreset resize", this.draw, this);
    this.canvas.remove();
  },

  /** Show other names, beside obstacles: `{at, shift, reach}` that no name may cover. */
  show(/** @type {Name[]} */ names, /** @type {any[]} */ obstacles) {
    this.names = names;
    this.obstacles = obstacles;
    this.draw();
  },

  draw() {
    const map = this._map;
    if (!map) return;
    const { x: width, y: height } = map.getSize();
    const ratio = globalThis.devicePixelRatio || 1;
    this.canvas.width = width * ratio;
    this.canvas.height = height * ratio;
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    L.DomUtil.setPosition(this.canvas, map.containerPointToLayerPoint([0, 0]));
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    pen.lineJoin = "round";
    pen.textBaseline = "middle";
    const colours = coloursOf(map.getContainer());
    const taken = this.obstacles.map(({ at, shift, reach }) => {
      const { x, y } = map.latLngToContainerPoint(at).add(shift ?? [0, 0]);
      return { left: x - reach, right: x + reach, top: y - reach, bottom: y + reach };
    });
    this.written = [];
    const islands = ISLANDS.map((one) => ({ ...one, kind: "island", always: true }));
    for (const name of [...islands, ...this.names, { ...SEA, kind: "sea" }]) {
      const font = FONTS[name.kind];
      pen.font = font.css;
      const place = map.latLngToContainerPoint(name.at).add(name.shift ?? [0, 0]);
      const size = { width: pen.measureText(name.text).width, height: font.height };
      const box = spots(place, size, name.reach ?? 0).find((spot) => isFree(spot, taken, width, height))
        ?? (name.always ? inside(spots(place, size, name.reach ?? 0)[0], place, width) : undefined);
      if (!box) continue;
      taken.push(box);
      pen.lineWidth = 3.5;
      pen.strokeStyle = name.kind === "sea" || name.kind === "island" ? colours.sea : colours.land;
      pen.strokeText(name.text, box.left, box.middle);
      pen.fillStyle = name.kind === "sea" ? colours.seaInk : colours.ink;
      pen.fillText(name.text, box.left, box.middle);
      const isSeen = box.right > 0 && box.left < width && box.bottom > 0 && box.top < height;
      if (isSeen) this.written.push(name.text);
    }
    map.getContainer().dataset.names = this.written.join("|");
  },
});

const FAMILY = 'system-ui, "Segoe UI", "Noto Sans", "Liberation Sans", "DejaVu Sans", sans-serif';
const FONTS = {
  island: { css: `italic 600 12px ${FAMILY}`, height: 14 },
  sea: { css: `italic 14px ${FAMILY}`, height: 16 },
  depot: { css: `600 12px ${FAMILY}`, height: 13 },
  note: { css: `11px ${FAMILY}`, height: 12 },
};

/** Where a text may stand about its place: right, left, above, below; on it when nothing is kept free. */
function spots({ x, y }, { width, height }, reach) {
  const half = { x: width / 2, y: height / 2 };
  const centres = reach
    ? [[x + reach + 2 + half.x, y], [x - reach - 2 - half.x, y], [x, y - reach - 1 - half.y], [x, y + reach + 1 + half.y]]
    : [[x, y]];
  return centres.map(([centre, middle]) => ({
    left: centre - half.x, right: centre + half.x, top: middle - half.y, bottom: middle + half.y, middle,
  }));
}

/** A text that must be written, moved sideways into the map where its place is on it. */
function inside(box, { x }, width) {
  if (x < 0 || x > width) return box;
  const move = Math.max(2 - box.left, Math.min(0, width - 2 - box.right));
  return { ...box, left: box.left + move, right: box.right + move };
}

function isFree(box, taken, width, height) {
  if (box.left < 1 || box.right > width - 1 || box.top < 1 || box.bottom > height - 1) return false;
  return taken.every((other) => box.right <= other.left || box.left >= other.right || box.bottom <= other.top || box.top >= other.bottom);
}

/** Leaflet's canvas, at whole pixels where nothing is being zoomed: between two of them every line is a blur. */
const Crisp = L.Canvas.extend({
  _updateTransform(center, zoom) {
    if (zoom === this._zoom) L.DomUtil.setPosition(this._container, this._bounds.min);
    else L.Canvas.prototype._updateTransform.call(this, center, zoom);
  },
});

/** A canvas for shapes, in a pane of the map. */
export const canvas = (/** @type {any} */ options) => new Crisp({ padding: 0.3, ...options });

/** The colours of a map, from the tokens of base_map.css: they follow the reader's light or dark. */
export function coloursOf(/** @type {Element} */ box) {
  const style = getComputedStyle(box);
  const token = (/** @type {string} */ name) => style.getPropertyValue(`--map-${name}`).trim();
  return {
    sea: token("sea"), seaInk: token("sea-ink"), land: token("land"), coast: token("coast"), border: token("border"),
    ink: token("ink"), ring: token("ring"), route: token("route"), mark: token("mark"),
    fillings: [0, 1, 2, 3].map((step) => token(`filling-${step}`)), plain: token("plain"),
  };
}

/**
 * Make a map in an element and begin to load the land.
 * @param {HTMLElement} box with `data-land`, and `data-borders` where the store has boundaries
 * @returns {{map: any, names: any, ready: Promise<void>, onColours: (redraw: () => void) => void, goHome: () => void}}
 *   `ready` is settled when land and boundaries are drawn, or could not be loaded
 */
export function baseMap(box) {
  const map = L.map(box, {
    zoomSnap: 0.25, zoomDelta: 0.75, maxZoom: MAX_ZOOM, maxBounds: CUT, maxBoundsViscosity: 1, zoomControl: false,
    attributionControl: false, zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false, inertia: false,
    scrollWheelZoom: false, wheelPxPerZoomLevel: 120, bounceAtZoomLimits: false,
  });
  for (const [name, level] of Object.entries(PANES)) map.createPane(name).style.zIndex = String(level);
  map.getPane("names").style.pointerEvents = "none";
  L.control.zoom({ zoomInTitle: gettext("Zoom in"), zoomOutTitle: gettext("Zoom out") }).addTo(map);
  L.control.scale({ imperial: false, maxWidth: 120 }).addTo(map);
  // A page that scrolls must not be caught by the map under the pointer: the wheel is the map's once it was chosen.
  map.on("focus", () => map.scrollWheelZoom.enable());
  map.on("blur", () => map.scrollWheelZoom.disable());

  const bound = () => map.setMinZoom(map.getBoundsZoom(CUT, true));
  const goHome = () => map.fitBounds(HOME, { animate: false });
  bound();
  goHome();
  map.on("resize", bound);

  const names = new Names().addTo(map);
  /** @type {(() => void)[]} */
  const redraws = [() => names.draw()];
  const onColours = (/** @type {() => void} */ redraw) => redraws.push(redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraws.forEach((redraw) => redraw()));
  return { map, names, ready: ground(map, box, onColours), onColours, goHome };
}

async function ground(map, box, onColours) {
  const land = { renderer: canvas({ pane: "ground" }), pane: "ground", interactive: false, smoothFactor: 0.7 };
  const lines = { renderer: canvas({ pane: "borders" }), pane: "borders", interactive: false, smoothFactor: 0.7 };
  const ofLand = () => {
    const colours = coloursOf(box);
    return { ...land, fill: true, fillColor: colours.land, fillOpacity: 1, color: colours.coast, weight: 1 };
  };
  const ofBorder = (feature) => {
    const look = BORDERS[feature.properties.layer];
    return { ...lines, fill: false, color: coloursOf(box).border, ...look };
  };
  const [ground, borders] = await Promise.all([loaded(box.dataset.land), loaded(box.dataset.borders)]);
  const began = performance.now();
  const drawn = ground && L.geoJSON(ground, { style: ofLand, interactive: false }).addTo(map);
  const ofIslet = () => ({ ...land, fill: true, fillOpacity: 1, color: coloursOf(box).ink, fillColor: coloursOf(box).land, weight: 1 });
  const islets = L.featureGroup(isletsOf(ground).map((at) => L.circleMarker(at, { ...ofIslet(), radius: ISLET_REACH }))).addTo(map);
  const bounds = borders && L.geoJSON(borders, { style: ofBorder, interactive: false }).addTo(map);
  onColours(() => {
    drawn?.setStyle(ofLand);
    islets.setStyle(ofIslet());
    bounds?.setStyle(ofBorder);
  });
  await painted();
  performance.measure("map: land", { start: began });
  box.dataset.ground = ground ? "drawn" : "missing";
  if (borders) box.dataset.bordersDrawn = String(borders.features.length);
}

/** The middles of the land's pieces that lie in the archipelagos. */
function isletsOf(/** @type {any} */ ground) {
  const pieces = (ground?.features ?? []).flatMap(({ geometry }) => geometry.coordinates.map(([outer]) => L.latLngBounds(outer.map(([lon, lat]) => [lat, lon]))));
  const groups = ISLANDS.map(({ within }) => L.latLngBounds(within));
  return pieces.filter((piece) => groups.some((group) => group.contains(piece))).map((piece) => piece.getCenter());
}

const BORDERS = {
  province: { weight: 0.8, dashArray: "1 3" },
  region: { weight: 1.4, dashArray: "6 3" },
  nation: { weight: 2, dashArray: "10 3 2 3" },
};

/** Resolves when what was put on a canvas is on the screen: Leaflet draws with the frame after. */
export const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

/** The JSON at one of our own addresses; null without an address or an answer: the list beside the map says it all. */
async function loaded(/** @type {string | undefined} */ address) {
  if (!address) return null;
  try {
    const answer = await fetch(address, { credentials: "same-origin" });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

export { loaded };
