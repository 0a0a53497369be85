// What time it is for a count: the server's time, on a device whose clock may be wrong, and may be set while it counts.

const SET_MS = 30_000; // less than that is a slow line, or a clock that keeps itself right
const NEAR_MS = 60_000;
const DRIFT = 1e-4; // of the time gone by: how far a quartz may run off, and more

/** The server's clock, as far as this device knows it. */
export class Clock {
  /** The server's clock less this device's. */
  offsetMs = 0;
  #doubtMs = Infinity; // how far that may be wrong
  #heardAt = 0;
  #base;

  /**
   * @param {() => number} wall this device's clock, which people set
   * @param {() => number} steady one that nobody sets; it may stand while the device sleeps
   */
  constructor(wall = () => Date.now(), steady = () => performance.now()) {
    this.wall = wall;
    this.steady = steady;
    this.#base = wall() - steady();
  }

  /** Take over how far the server's clock was ahead when somebody last asked, on this device. */
  learn(/** @type {number} */ offsetMs) {
    this.offsetMs = offsetMs;
    this.#doubtMs = Infinity;
    this.#base = this.wall() - this.steady();
  }

  /** Return when a question goes out; `hear` wants it with the answer. */
  ask() {
    return { wallMs: this.wall(), steadyMs: this.steady() };
  }

  /**
   * Take an answer's time in. Half of the way there and back is the best guess of when it was written, and the worst it
   * can be wrong by: a slow answer does not spoil what a quick one told, unless the two cannot both be true.
   */
  hear(/** @type {string} */ serverAt, /** @type {{wallMs: number, steadyMs: number}} */ asked) {
    const now = this.steady();
    const doubtMs = (now - asked.steadyMs) / 2;
    const offsetMs = Date.parse(serverAt) - asked.wallMs - doubtMs;
    this.#notice();
    const oldMs = this.#doubtMs + (now - this.#heardAt) * DRIFT;
    if (doubtMs >= oldMs && Math.abs(offsetMs - this.offsetMs) <= doubtMs + oldMs) return;
    this.offsetMs = offsetMs;
    this.#doubtMs = doubtMs;
    this.#heardAt = now;
  }

  /** Return the server's time now, RFC 3339. */
  now() {
    this.#notice();
    return new Date(this.wall() + this.offsetMs).toISOString();
  }

  /**
   * Put the offset right where the clock was set since it was learnt, as the page asks for: counts made before and
   * after stay in one time. A leap back is always a hand; a leap ahead may be a sleep, unless it ends the offset.
   */
  #notice() {
    const base = this.wall() - this.steady();
    const leapMs = base - this.#base;
    this.#base = base;
    const isMended = leapMs > SET_MS && this.offsetMs > SET_MS && Math.abs(this.offsetMs - leapMs) < NEAR_MS;
    if (leapMs < -SET_MS || isMended) this.offsetMs -= leapMs;
  }
}
