// The counting page's camera: the button that opens it, its light, and why there is none.

import { Camera, fetchReader, whyNoCamera } from "./camera.js";
import { refuse } from "./telling.js";

const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));

/**
 * Put the camera's buttons to work; call once. Unless pieces are counted one by one the camera closes at the first code,
 * so that nothing is counted twice unseen.
 * @param {(code: string, how: {isPiece: boolean}) => void} onCode
 */
export function showCamera(onCode) {
  const why = whyNoCamera();
  at("camera-open").hidden = at("pieces-part").hidden = why !== "";
  at("camera-why").hidden = why === "";
  at("camera-why").textContent = why;
  if (why) return;
  const seen = (/** @type {string} */ code) => {
    const isPiece = at("pieces").checked;
    if (!isPiece) camera.close();
    onCode(code, { isPiece });
  };
  const closed = () => {
    at("camera").hidden = true;
    at("camera-open").hidden = false;
    at("torch").setAttribute("aria-pressed", "false");
  };
  const camera = new Camera(at("video"), seen, closed);
  // Ready before the network goes.
  setTimeout(() => navigator.onLine && fetchReader().catch(() => {}), 3_000);
  at("camera-open").addEventListener("click", async () => {
    at("camera").hidden = false;
    at("camera-open").hidden = true;
    try {
      await camera.open();
      at("torch").hidden = !camera.hasTorch;
    } catch (error) {
      refuse(/** @type {Error} */ (error).message);
    }
  });
  at("camera-close").addEventListener("click", () => camera.close());
  at("torch").addEventListener("click", async () => at("torch").setAttribute("aria-pressed", String(await camera.toggleTorch())));
}
