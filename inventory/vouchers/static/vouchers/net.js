// Asking the API from a page: one way, for every module. Never throws for what the server or the network does.

import { csrf, signInAgain } from "../logistics/session.js";

/**
 * @typedef {object} Answer
 * @property {number} status HTTP status; 0 when no answer came
 * @property {any} body the JSON that came (a problem document when refused), or null
 * @property {boolean} isOffline no answer came: no network, or none in time. What was sent may still have arrived
 * @property {string|null} etag
 * @property {number|null} retryAfterMs how long the server asked to wait
 */

const TIME_OUT_MS = 30_000;
const NOTHING = { status: 0, body: null, isOffline: true, etag: null, retryAfterMs: null };

/** The login of the person this page was made for, "" for nobody. */
export const pageLogin = () => document.documentElement.dataset.login ?? "";

let signingIn = null;

/** Ask the person to sign in again; resolves with whether they did. Callers at one time share one dialog. */
export function signIn() {
  signingIn ??= Promise.resolve(signInAgain())
    .catch(() => false)
    .finally(() => (signingIn = null));
  return signingIn;
}

function waitAsked(headers) {
  const text = headers.get("Retry-After");
  if (text === null) return null;
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

async function ask(method, address, body, { key, etag, timeoutMs = TIME_OUT_MS, signal }) {
  const headers = {
    Accept: "application/json",
    "Accept-Language": document.documentElement.lang || "vi",
    // The API refuses with 401 when the cookie is another person's by now: nobody sends in somebody else's name.
    "X-Signed-In-As": encodeURIComponent(pageLogin()),
  };
  if (method !== "GET") headers["X-CSRFToken"] = csrf();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  if (etag) headers["If-None-Match"] = etag;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  const give = () => late.abort();
  signal?.addEventListener("abort", give);
  if (signal?.aborted) late.abort();
  try {
    const answer = await fetch(address, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      signal: late.signal,
    });
    const text = await answer.text(); // a body cut short counts as no answer
    const isJson = /^application\/([\w.-]+\+)?json\b/.test(answer.headers.get("Content-Type") ?? "");
    return {
      status: answer.status,
      body: isJson && text ? JSON.parse(text) : null,
      isOffline: false,
      etag: answer.headers.get("ETag"),
      retryAfterMs: waitAsked(answer.headers),
    };
  } catch {
    return { ...NOTHING };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", give);
  }
}

const isSignedOut = ({ status, body }) =>
  status === 401 || (status === 403 && body?.type === "/problems/cross-site");

/**
 * Ask the API and resolve with its answer; `path` is below `/api/v1`. An ended session opens the sign-in dialog and
 * the request goes out once more; with `quiet` it does not, and 401 is the answer. Sending the same again after no
 * answer is safe wherever the API is idempotent (`key`, or the id in the address).
 *
 * @param {"GET"|"PUT"|"POST"} method
 * @param {string} path
 * @param {any} [body]
 * @param {{key?: string, etag?: string, timeoutMs?: number, quiet?: boolean, signal?: AbortSignal}} [options]
 * @returns {Promise<Answer>}
 */
export async function call(method, path, body, options = {}) {
  const address = `/api/v1${path}`;
  const answer = await ask(method, address, body, options);
  if (!isSignedOut(answer) || options.quiet || options.signal?.aborted) return answer;
  return (await signIn()) ? ask(method, address, body, options) : answer;
}
