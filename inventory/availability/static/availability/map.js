// The map's page: symbols for the depots of the list, and the two kept together. The list works without any of this.

import { baseMap, canvas, coloursOf, loaded, painted } from "../depots/base_map.js";
import { say } from "../logistics/say.js";
import { suggestItems } from "./item_box.js";

const REACH = 9; // pixels from a symbol's middle to its edge
const APART = 13; // pixels between the middles of symbols that share a place and where they would stand
const KEPT_FREE = 40; // pixels at the map's edge that a marked symbol is brought in from
const TIP_WIDTH = 190; // pixels
const RING_KM = 100; // around a point when no radius is asked for
const ARC_STEPS = 24;
const MOST_LETTERS = 26; // of a text beside a route
const TOPS = [20, 12, 7, 0]; // of a symbol 20 high: where its filling begins, as the legend draws it

const box = /** @type {HTMLElement} */ (document.getElementById("map"));
/** One depot's symbol: a shape filled from below, drawn by Leaflet's canvas. */
const Sign = L.CircleMarker.extend({
  _project() {
    this._point = this._map.latLngToLayerPoint(this._latlng)._add(this.options.shift);
    this._updateBounds();
  },
  _updatePath() {
    this._renderer._updateSign(this);
  },
});

L.Canvas.include({
  _updateSign(layer) {
    if (!this._drawing || layer._empty()) return;
    const { shape, filling, isMarked, colours } = layer.options;
    const pen = this._ctx;
    const reach = isMarked ? REACH * 1.35 : REACH;
    pen.save();
    pen.translate(layer._point.x - reach, layer._point.y - reach);
    pen.scale(reach / 10, reach / 10);
    if (isMarked) {
      pen.beginPath();
      pen.arc(10, 10, 15, 0, 2 * Math.PI);
      pen.lineWidth = 2.4;
      pen.strokeStyle = colours.mark;
      pen.stroke();
    }
    pen.fillStyle = filling === null ? colours.plain : colours.fillings[0];
    pen.fill(shape);
    if (filling) {
      pen.save();
      pen.clip(shape);
      pen.fillStyle = colours.fillings[filling];
      pen.fillRect(0, TOPS[filling], 20, 20);
      pen.restore();
    }
    pen.lineJoin = "round";
    pen.lineWidth = 3.6;
    pen.strokeStyle = colours.land;
    pen.globalCompositeOperation = "destination-over";
    pen.stroke(shape);
    pen.globalCompositeOperation = "source-over";
    pen.lineWidth = 1.7;
    pen.strokeStyle = colours.ink;
    pen.stroke(shape);
    pen.restore();
  },
});

async function start() {
  suggestItems(/** @type {HTMLInputElement} */ (document.getElementById("id_item")));
  const base = baseMap(box);
  const page = new Page(base);
  const [document_] = await Promise.all([loaded(box.dataset.source), base.ready]);
  const began = performance.now();
  if (document_) page.show(document_);
  else if (box.dataset.source) say(gettext("The depots could not be put on the map; the list has them all."), { tone: "warn" });
  await painted();
  performance.measure("map: depots", { start: began });
  box.dataset.depots = String(page.signs.size);
}

class Page {
  constructor({ map, names, goHome, onColours }) {
    this.map = map;
    this.names = names;
    this.goHome = goHome;
    /** @type {Map<string, any>} */
    this.signs = new Map();
    this.marked = "";
    this.notes = [];
    this.around = L.layerGroup().addTo(map);
    this.over = L.layerGroup().addTo(map);
    this.signRenderer = canvas({ pane: "signs", tolerance: 4 });
    this.shapeRenderer = canvas({ pane: "shapes" });
    // To the west, which leaves the sea and its islands in sight.
    this.tip = L.tooltip({ direction: "left", className: "map-tip" });
    this.list = /** @type {HTMLTableElement | null} */ (document.getElementById("depot-list"));
    this.rows = new Map([...(this.list?.querySelectorAll("tr[data-depot]") ?? [])].map((row) => [row.dataset.depot, row]));
    onColours(() => this.#colour());
    this.#listen();
  }

  /** Draw what the API answered. */
  show({ features, origin, radius_km }) {
    const depots = features.filter(({ properties, geometry }) => properties.kind === "depot" && geometry);
    this.routes = features.filter(({ properties, geometry }) => properties.kind === "route" && geometry);
    const colours = coloursOf(box);
    const shared = new Map();
    for (const { geometry } of depots) shared.set(String(geometry.coordinates), (shared.get(String(geometry.coordinates)) ?? 0) + 1);
    const placed = new Map();
    for (const { id, geometry, properties } of depots) {
      const place = String(geometry.coordinates);
      const number = placed.get(place) ?? 0;
      placed.set(place, number + 1);
      const sign = new Sign([geometry.coordinates[1], geometry.coordinates[0]], {
        renderer: this.signRenderer, pane: "signs", radius: REACH + 2, colours,
        shift: spread(number, shared.get(place)), shape: shapeOf(properties.level), filling: properties.filling,
        isMarked: false, code: id, properties,
      });
      sign.on("mouseover", () => this.mark(id));
      sign.on("mouseout", () => this.mark(""));
      sign.on("click", (event) => {
        L.DomEvent.stop(event);
        if (!this.isPicking) this.#enter(id);
      });
      sign.addTo(this.map);
      this.signs.set(id, sign);
    }
    this.#draw(origin && [origin.coordinates[1], origin.coordinates[0]], origin?.name, radius_km);
    const seen = this.around.getLayers().find((layer) => layer instanceof L.Circle);
    if (seen) this.map.fitBounds(seen.getBounds().pad(0.05), { animate: false });
    else if (this.routes.length) this.map.fitBounds(L.featureGroup(this.over.getLayers()).getBounds().pad(0.2), { animate: false });
  }

  /** Draw the ring around a place, and the routes; then write the names anew. */
  #draw(at, name, km) {
    this.around.clearLayers();
    this.over.clearLayers();
    this.notes = [];
    const colours = coloursOf(box);
    const common = { renderer: this.shapeRenderer, pane: "shapes", interactive: false };
    this.drawn = [at, name, km];
    if (at) {
      L.circleMarker(at, { ...common, radius: 4, color: colours.ring, weight: 2, fillOpacity: 0.4 }).addTo(this.around);
      if (km) {
        const ring = L.circle(at, { ...common, radius: km * 1_000, color: colours.ring, weight: 2, dashArray: "6 4", fill: false }).addTo(this.around);
        this.notes.push({ text: `${km} km`, at: [ring.getBounds().getNorth(), at[1]], kind: "note", reach: 3 });
      }
    }
    for (const { geometry, properties } of this.routes ?? []) {
      const [from, to] = geometry.coordinates.map(([lon, lat]) => [lat, lon]);
      const arc = greatCircle(from, to);
      L.polyline(arc, { ...common, color: colours.route, weight: 2.5 }).addTo(this.over);
      L.circleMarker(to, { ...common, radius: 4, color: colours.route, fillOpacity: 1 }).addTo(this.over);
      this.notes.push({ text: shortened(properties.what), at: arc[ARC_STEPS / 2], kind: "note", reach: 4 });
    }
    this.#name();
  }

  #name() {
    const names = [], obstacles = [];
    for (const [code, sign] of this.signs) {
      const at = sign.getLatLng(), { shift } = sign.options;
      obstacles.push({ at, shift, reach: REACH });
      names.push({ text: code, at, shift, kind: "depot", reach: REACH + 1, always: code === this.marked });
    }
    names.sort((one, other) => Number(other.always) - Number(one.always));
    this.names.show([...names, ...this.notes], obstacles);
  }

  #colour() {
    const colours = coloursOf(box);
    for (const sign of this.signs.values()) sign.setStyle({ colours });
    this.#draw(...(this.drawn ?? []));
  }

  /** Pick a depot out on the map and in the list; "" none. */
  mark(/** @type {string} */ code, { isBroughtIn = false } = {}) {
    if (code === this.marked) return;
    const before = this.signs.get(this.marked), sign = this.signs.get(code);
    before?.setStyle({ isMarked: false });
    this.rows.get(this.marked)?.classList.remove("is-marked");
    this.marked = code;
    box.dataset.marked = code;
    this.rows.get(code)?.classList.add("is-marked");
    this.tip.remove();
    if (sign) {
      sign.setStyle({ isMarked: true }).bringToFront();
      if (isBroughtIn) this.map.panInside(sign.getLatLng(), { padding: [KEPT_FREE, KEPT_FREE], animate: false });
      const isWest = this.map.layerPointToContainerPoint(sign._point).x < TIP_WIDTH;
      this.tip.options.direction = isWest ? "right" : "left";
      this.tip.options.offset = L.point(isWest ? 16 : -16, 0);
      this.tip.setLatLng(this.map.layerPointToLatLng(sign._point)).setContent(told(sign.options.properties, this.rows.get(code))).addTo(this.map);
    }
    this.#name();
  }

  #listen() {
    this.list?.addEventListener("focusin", ({ target }) => this.mark(codeOf(target), { isBroughtIn: true }));
    this.list?.addEventListener("focusout", () => this.mark(""));
    this.list?.addEventListener("mouseover", ({ target }) => this.mark(codeOf(target)));
    this.list?.addEventListener("mouseleave", () => this.mark(""));
    const whole = /** @type {HTMLButtonElement} */ (document.getElementById("whole"));
    whole.hidden = false;
    whole.addEventListener("click", () => this.goHome());
    this.#listenToPicking();
  }

  /** Bring the list to a depot: its link has the focus, and Enter opens it. */
  #enter(/** @type {string} */ code) {
    const link = this.rows.get(code)?.querySelector("a");
    if (!(link instanceof HTMLElement)) return;
    link.focus({ preventScroll: true });
    link.closest("tr")?.scrollIntoView({ block: "nearest" });
  }

  // --- A point on the map: never in an address, a point is a coordinate ---

  #listenToPicking() {
    const button = /** @type {HTMLButtonElement} */ (document.getElementById("pick"));
    button.hidden = false;
    const set = (/** @type {boolean} */ isOn) => {
      this.isPicking = isOn;
      button.setAttribute("aria-pressed", String(isOn));
      box.classList.toggle("is-picking", isOn);
    };
    set(false);
    button.addEventListener("click", ({ detail }) => {
      if (this.isPicking) return set(false);
      if (detail === 0) return this.#measure(this.map.getCenter()); // pressed by a key: there is no pointer to point with
      set(true);
      say(gettext("Click on the map where the distances shall start."));
      return undefined;
    });
    this.map.on("click", ({ latlng }) => {
      if (!this.isPicking) return;
      set(false);
      this.#measure(latlng);
    });
  }

  /** Put the list in the order of the distance from a point. */
  #measure(point) {
    const asked = Number(/** @type {HTMLInputElement | null} */ (document.getElementById("id_radius_km"))?.value) || RING_KM;
    const far = new Map([...this.signs].map(([code, sign]) => [code, this.map.distance(point, sign.getLatLng()) / 1_000]));
    for (const cell of this.list?.querySelectorAll(".far") ?? []) cell.hidden = false;
    const body = this.list?.tBodies[0];
    const rows = [...this.rows].sort(([one], [other]) => (far.get(one) ?? Infinity) - (far.get(other) ?? Infinity));
    for (const [code, row] of rows) {
      row.querySelector(".far").textContent = far.has(code) ? kilometres(far.get(code)) : "";
      body?.append(row);
    }
    const place = gettext("the chosen point");
    const heading = document.getElementById("depots");
    if (heading?.firstChild) heading.firstChild.textContent = `${interpolate(gettext("Depots nearest to %(name)s"), { name: place }, true)} `;
    this.#draw([point.lat, point.lng], place, asked);
    const [nearest] = rows[0] ?? [];
    const within = [...far.values()].filter((km) => km <= asked).length;
    if (nearest) {
      const words = { code: nearest, km: kilometres(far.get(nearest)), count: within, radius: asked };
      const text = ngettext(
        "Nearest: %(code)s, %(km)s km. Within %(radius)s km: %(count)s depot.",
        "Nearest: %(code)s, %(km)s km. Within %(radius)s km: %(count)s depots.",
        within,
      );
      say(interpolate(text, words, true));
    }
  }
}

/** Where the numberth of several symbols of one place stands, in pixels beside it. */
function spread(/** @type {number} */ number, /** @type {number} */ count) {
  if (count < 2) return L.point(0, 0);
  const ring = Math.floor(number / 8), turn = (2 * Math.PI * (number % 8)) / Math.min(count - ring * 8, 8);
  return L.point(Math.sin(turn), -Math.cos(turn)).multiplyBy(APART * (ring + 1));
}

const shapes = new Map();

/** The outline of a level's symbol, which the page's legend has. */
function shapeOf(/** @type {string} */ level) {
  if (!shapes.has(level)) shapes.set(level, new Path2D(document.getElementById(`shape-${level}`)?.getAttribute("d") ?? ""));
  return shapes.get(level);
}

/** A text short enough to stand beside a route; the table under the map has it whole. */
function shortened(/** @type {string} */ text) {
  return text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS - 1).trimEnd()}…` : text;
}

/** What the tip beside a symbol says: as the row of the list does. */
function told({ code, name }, row) {
  const tip = document.createElement("span");
  tip.className = "tip";
  const head = document.createElement("b");
  head.textContent = `${code} ${name}`;
  tip.append(head);
  const cells = [...(row?.cells ?? [])].slice(1).filter((cell) => !cell.hidden && cell.textContent.trim());
  const heads = row?.closest("table")?.tHead?.rows[0].cells ?? [];
  for (const cell of cells) {
    const line = document.createElement("span");
    line.className = "sub";
    line.textContent = `${heads[cell.cellIndex].textContent}: ${cell.textContent.trim().replace(/\s+/g, " ")}`;
    tip.append(line);
  }
  return tip;
}

function codeOf(/** @type {EventTarget | null} */ target) {
  return (target instanceof Element && /** @type {HTMLElement | null} */ (target.closest("tr[data-depot]"))?.dataset.depot) || "";
}

/** Points along the shortest way over the sphere. */
function greatCircle(from, to) {
  const radians = (/** @type {number} */ degrees) => (degrees * Math.PI) / 180;
  const vector = ([lat, lon]) => {
    const [y, x] = [radians(lat), radians(lon)];
    return [Math.cos(y) * Math.cos(x), Math.cos(y) * Math.sin(x), Math.sin(y)];
  };
  const [one, other] = [vector(from), vector(to)];
  const angle = Math.acos(Math.min(1, one.reduce((sum, part, index) => sum + part * other[index], 0)));
  if (angle < 1e-9) return Array(ARC_STEPS + 1).fill(from);
  return Array.from({ length: ARC_STEPS + 1 }, (_, step) => {
    const share = step / ARC_STEPS;
    const [x, y, z] = one.map((part, index) => (part * Math.sin((1 - share) * angle) + other[index] * Math.sin(share * angle)) / Math.sin(angle));
    return [(Math.atan2(z, Math.hypot(x, y)) * 180) / Math.PI, (Math.atan2(y, x) * 180) / Math.PI];
  });
}

const kilometres = (/** @type {number} */ km) =>
  new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(km);

if (box) start();
