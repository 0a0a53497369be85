// What time it is for a count: the server's time, on a device whose clock may be wrong, and may be set while it counts.

const SET_MS = 30_000; // less than that is a slow line, or a clock that keeps itself right
const NEAR_MS = 60_000;

/**
 * Return how far the server's clock is ahead of this device's, in milliseconds, by an answer of ours: half of the way
 * there and back is the best guess of when it was written.
 */
export function offsetOf(/** @type {string} */ serverAt, /** @type {number} */ askedMs, /** @type {number} */ answeredMs) {
  return Date.parse(serverAt) - (askedMs + answeredMs) / 2;
}

/** The server's clock, as far as this device knows it. */
export class Clock {
  /** The server's clock less this device's. */
  offsetMs = 0;
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

  /** Take over how far the server's clock is ahead. */
  learn(/** @type {number} */ offsetMs) {
    this.offsetMs = offsetMs;
    this.#base = this.wall() - this.steady();
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
