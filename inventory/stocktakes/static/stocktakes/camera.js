// Reading codes through the phone's camera. The reader (zxing, compiled to WebAssembly) comes from our own files and is
// loaded only when somebody opens the camera.

const READER = new URL("../vendor/barcode-detector/es/ponyfill.js", import.meta.url).pathname;
const WASM = new URL("../vendor/zxing-wasm/reader/zxing_reader.wasm", import.meta.url).pathname;
const FORMATS = ["code_128", "ean_13", "ean_8", "upc_a", "upc_e", "itf", "code_39", "data_matrix", "qr_code"];
const LOOK_EVERY_MS = 120;
export const COOLDOWN_MS = 1_200;

/** Lets a code through once, and again when 1.2 s have gone by since: the next box of the same goods counts. */
export class Cooldown {
  #at = new Map();

  /** Whether `code`, seen at `nowMs`, counts. */
  accepts(/** @type {string} */ code, /** @type {number} */ nowMs) {
    const before = this.#at.get(code);
    if (before !== undefined && nowMs - before < COOLDOWN_MS) return false;
    this.#at.set(code, nowMs);
    return true;
  }
}

/** Why there is no camera here, in words; "" where there is one to try. */
export function whyNoCamera() {
  if (!window.isSecureContext) {
    return gettext("The camera works over https only: browsers give it to no page that came over http. Use a scanner or type; ask the administrator for the https address of this site.");
  }
  if (!navigator.mediaDevices?.getUserMedia || typeof WebAssembly === "undefined") {
    return gettext("This browser has no camera for pages. Use a scanner or type, or open the page in a newer browser.");
  }
  return "";
}

/** Fetch what the camera needs while there is a network: the service worker keeps it for later. */
export async function fetchReader() {
  await Promise.all([import(READER), fetch(WASM)]);
}

let detector = null;

async function reader() {
  if (detector) return detector;
  const { BarcodeDetector, prepareZXingModule } = await import(READER);
  // Its own default is an address on the Internet.
  prepareZXingModule({ overrides: { locateFile: () => WASM } });
  detector = new BarcodeDetector({ formats: FORMATS });
  return detector;
}

const reasonOf = (/** @type {any} */ error) =>
  ({
    NotAllowedError: gettext("The camera is not allowed for this site. Allow it in the browser's settings of this page, then try again."),
    NotFoundError: gettext("This device has no camera."),
    NotReadableError: gettext("Another app uses the camera. Close it, then try again."),
  })[error?.name] ?? gettext("The camera cannot be opened. Use a scanner or type.");

/** The camera of one page: a picture, and the codes seen in it. */
export class Camera {
  /** @type {MediaStream|null} */
  #stream = null;
  #looking = 0;
  #cooldown = new Cooldown();
  #isLit = false;

  /**
   * @param {HTMLVideoElement} video
   * @param {(code: string) => void} onCode
   * @param {() => void} onClose it was closed, by whomever: the page put away, another app that took the camera
   */
  constructor(video, onCode, onClose) {
    this.video = video;
    this.onCode = onCode;
    this.onClose = onClose;
    // A camera left running empties the battery and worries whoever sees its light.
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.close());
  }

  get isOpen() {
    return this.#stream !== null;
  }

  /** Whether the open camera has a light that pages may switch. */
  get hasTorch() {
    const [track] = this.#stream?.getVideoTracks() ?? [];
    return Boolean(/** @type {any} */ (track?.getCapabilities?.())?.torch);
  }

  /** Open the camera on the back and look for codes. Rejects with an Error whose message says why not. */
  async open() {
    if (this.#stream) return;
    let found;
    try {
      found = await reader();
      this.#stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } },
        audio: false,
      });
      this.#stream.getVideoTracks()[0]?.addEventListener("ended", () => this.close());
      this.video.srcObject = this.#stream;
      await this.video.play();
    } catch (error) {
      this.close();
      throw new Error(reasonOf(error));
    }
    this.#look(found);
  }

  /** Close it, its light too; closing it again is harmless. */
  close() {
    clearTimeout(this.#looking);
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#isLit = false;
    this.video.srcObject = null;
    this.onClose();
  }

  /** Switch the light; resolves with whether it is on. A light that cannot be switched stays as it is. */
  async toggleTorch() {
    const [track] = this.#stream?.getVideoTracks() ?? [];
    if (!track) return false;
    const isLit = !this.#isLit;
    await track.applyConstraints(/** @type {any} */ ({ advanced: [{ torch: isLit }] })).then(
      () => (this.#isLit = isLit),
      () => {},
    );
    return this.#isLit;
  }

  #look(/** @type {any} */ found) {
    const again = () => {
      if (this.#stream) this.#looking = setTimeout(look, LOOK_EVERY_MS);
    };
    const look = async () => {
      try {
        const codes = this.video.readyState >= 2 ? await found.detect(this.video) : [];
        const [code] = codes.map(({ rawValue }) => rawValue).filter(Boolean);
        if (code && this.#stream && this.#cooldown.accepts(code, performance.now())) this.onCode(code);
      } catch {
        // a frame that could not be read: the next one comes at once
      }
      again();
    };
    look();
  }
}
