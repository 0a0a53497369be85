// The page's one status line, and the sounds that go with it.

/** @type {AudioContext|null} */
let audio = null;

/**
 * Write one line of feedback where every reader finds it, and leave it there until the next one.
 * @param {string} text
 * @param {{tone?: "good"|"bad"|"warn"|"plain"}} [options]
 */
export function say(text, { tone = "plain" } = {}) {
  const line = document.getElementById("status");
  if (!line) return;
  line.dataset.tone = tone;
  line.hidden = text === "";
  // The same words twice are told twice: a reader hears only what changes.
  line.textContent = "";
  requestAnimationFrame(() => {
    line.textContent = text;
  });
}

/**
 * Sound short and high for good, low and twice for bad. Silent where the browser has no sound or has not been touched.
 * @param {"good"|"bad"} kind
 */
export function beep(kind) {
  try {
    audio ??= new AudioContext();
    const starts = kind === "good" ? [0] : [0, 0.18];
    for (const start of starts) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = kind === "good" ? 1320 : 330;
      volume.gain.value = 0.08;
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + start);
      tone.stop(audio.currentTime + start + (kind === "good" ? 0.07 : 0.14));
    }
  } catch {
    audio = null; // no sound on this machine: the status line says the same
  }
}
