// The service worker. VERSION, ASSETS and ON_USE stand in front of this text: what the site is at, [address, digest] of
// the files that pages kept offline load, and the addresses of those kept once they are used. It keeps those files and
// the pages the site marks as fit for it, nothing else: no answer of the API, no page of another person. Drafts are not
// here but in IndexedDB, so nothing below can lose one.
//
// Pages: the network first, the kept copy when it does not answer. Files: those of the page's own version, so that a
// page and its scripts always belong together, whichever deployment they came from.

const FILES = "kho-files-"; // + version
const PAGES = "kho-pages-"; // + person
const STATE = "kho-state";
const HOME = "/outbox/";
const PATIENCE_MS = 8_000; // a network that says nothing for so long counts as none, where there is a copy
const FRESH_MS = 24 * 3_600_000;
const TRY_AGAIN_MS = 600_000;
const AT_ONCE = 3;
const KEPT_AT = "Kho-Kept-At";
const IGNORED = ["/api/", "/sign-in/", "/sign-out/", "/password/", "/language/", "/upkeep/", "/healthz/", "/session/", "/sw.js"];

const files = () => caches.open(FILES + VERSION);
const isFile = (path) => path.startsWith("/static/") || path.startsWith("/texts/");

// Grows when somebody signs in or out: an answer asked for before that is nobody's to keep.
let epoch = 0;

// The version of the page in each tab; a tab not in here loaded when no worker watched, or before this one woke up.
const versions = new Map();

// --- Who is here ------------------------------------------------------------------------------------------------

async function state() {
  const kept = await (await caches.open(STATE)).match("/");
  return kept ? kept.json() : { person: "", language: "" };
}

async function setState(next) {
  await (await caches.open(STATE)).put("/", new Response(JSON.stringify(next)));
}

async function forgetPages(except = "") {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PAGES) && name !== except).map((name) => caches.delete(name)));
}

/** Show nobody a kept page, until the network has told who is there. */
async function nobodyIsHere() {
  epoch += 1;
  triedAt.clear();
  await setState({ person: "", language: "" });
}

async function signedOut() {
  await nobodyIsHere();
  await forgetPages();
}

// --- Keeping ----------------------------------------------------------------------------------------------------

const keyOf = (path, language) => `${path}?kept=${language}`;

let lookedAt = 0;

/** Ask for a newer worker, at most once a minute: every page of a newer site says that there is one. */
function lookForUpdate() {
  if (Date.now() - lookedAt < 60_000) return;
  lookedAt = Date.now();
  self.registration.update().catch(() => {});
}

const asking = () => ({ epoch, at: Date.now() });

/**
 * Note for whom a page from the network is, and keep it if the site says so; `asked` is when it was asked for. Resolves
 * with whether it was kept.
 */
async function noticed(path, answer, asked) {
  if (asked.epoch !== epoch) return false;
  const person = answer.headers.get("Kho-Person");
  if (answer.type !== "basic" || person === null) return false;
  const version = answer.headers.get("Kho-Version");
  if (version !== VERSION) lookForUpdate();
  if (person === "") return false; // a session that ended: who comes back finds their pages
  const language = answer.headers.get("Content-Language") ?? "";
  const before = await state();
  if (before.person !== person) {
    triedAt.clear();
    await forgetPages(PAGES + person);
  }
  if (before.person !== person || before.language !== language) await setState({ person, language });
  if (!answer.ok || answer.redirected || !answer.headers.get("Kho-Kept")) return false;
  const headers = new Headers(answer.headers);
  headers.set(KEPT_AT, String(Date.now()));
  const copy = new Response(await answer.blob(), { status: 200, headers });
  const pages = await caches.open(PAGES + person);
  const there = await pages.match(keyOf(path, language));
  if (asked.epoch !== epoch) return false;
  // The worker of another deployment may have kept a later one while this one was on its way.
  if (Number(there?.headers.get(KEPT_AT) ?? 0) < asked.at) await pages.put(keyOf(path, language), copy);
  await keep((answer.headers.get("Kho-Keep") ?? "").split(" ").filter(Boolean));
  return true;
}

async function keptPage(path) {
  const { person, language } = await state();
  if (!person) return undefined;
  const pages = await caches.open(PAGES + person);
  // A page in the other language is better than none.
  return (await pages.match(keyOf(path, language))) ?? pages.match(path, { ignoreSearch: true });
}

const triedAt = new Map(); // by path: pages that turned out not to be for keeping are not asked for on every visit

/** Fetch and keep pages, those aside that are kept already, of this version, language and day. */
async function keep(paths) {
  const { language } = await state();
  const since = epoch;
  const left = [...paths];
  const fetchOn = async () => {
    while (left.length && since === epoch) {
      const path = left.shift();
      const key = keyOf(path, language);
      if (Date.now() - (triedAt.get(key) ?? 0) < TRY_AGAIN_MS || (await isFresh(path, language))) continue;
      triedAt.set(key, Date.now());
      try {
        const asked = asking();
        const answer = await fetch(path, { headers: { Accept: "text/html" }, redirect: "manual" });
        if (await noticed(path, answer, asked)) triedAt.delete(key);
        // A body nobody reads holds one of the few connections the browser opens to a site.
        else if (!answer.bodyUsed) await answer.body?.cancel();
      } catch {
        triedAt.delete(key);
        left.length = 0; // no network: the copies there are stay
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, fetchOn));
}

async function isFresh(path, language) {
  const copy = await keptPage(path);
  return (
    copy !== undefined &&
    copy.headers.get("Kho-Version") === VERSION &&
    copy.headers.get("Content-Language") === language &&
    Date.now() - Number(copy.headers.get(KEPT_AT)) < FRESH_MS
  );
}

/** Drop the files of versions that no kept page belongs to. */
async function tidyFiles() {
  const needed = new Set([FILES + VERSION]);
  const names = await caches.keys();
  for (const name of names.filter((one) => one.startsWith(PAGES))) {
    const pages = await caches.open(name);
    for (const copy of await pages.matchAll()) needed.add(FILES + copy.headers.get("Kho-Version"));
  }
  for (const version of versions.values()) needed.add(FILES + version);
  await Promise.all(names.filter((name) => name.startsWith(FILES) && !needed.has(name)).map((name) => caches.delete(name)));
}

// --- Answering --------------------------------------------------------------------------------------------------

function withPatience(promise, ms) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no answer in time")), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

const NO_NETWORK = `<!doctype html><html lang="vi"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Không có mạng · No network</title>
<h1>Không có mạng</h1><p>Máy này chưa lưu trang nào để dùng khi mất mạng. Phiếu đã nhập vẫn còn trên máy. Có mạng lại thì tải lại trang.</p>
<h1 lang="en">No network</h1><p lang="en">This device keeps no page to use without one yet. Vouchers you entered are still on it. Reload when the network is back.</p>`;

async function page(event) {
  const { pathname, search } = new URL(event.request.url);
  const copy = await keptPage(pathname);
  const asked = asking();
  try {
    const coming = fetch(event.request);
    const answer = await (copy ? withPatience(coming, PATIENCE_MS) : coming);
    const isDown = [502, 503, 504].includes(answer.status);
    if (!(copy && isDown)) {
      const version = answer.headers.get("Kho-Version");
      if (version && event.resultingClientId) versions.set(event.resultingClientId, version);
      event.waitUntil(noticed(pathname, answer.clone(), asked).catch(() => {}));
      return answer;
    }
  } catch {
    // below
  }
  if (copy) {
    if (event.resultingClientId) versions.set(event.resultingClientId, copy.headers.get("Kho-Version"));
    return copy;
  }
  if (pathname !== HOME && (await keptPage(HOME))) {
    return Response.redirect(`${HOME}?wanted=${encodeURIComponent(pathname + search)}`);
  }
  return noNetwork();
}

/**
 * Somebody signs in or out. What is asked for before the server has answered may still be the one's who was here, so
 * nothing of it is kept: hence once before and once after.
 */
async function door(request, path) {
  const forget = path === "/sign-out/" ? signedOut : nobodyIsHere;
  await forget();
  try {
    return await fetch(request);
  } catch {
    return noNetwork();
  } finally {
    await forget();
  }
}

const noNetwork = () => new Response(NO_NETWORK, { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } });

async function file(event, path) {
  const version = versions.get(event.clientId) ?? VERSION;
  const name = FILES + version;
  const copy = (await caches.has(name)) ? await (await caches.open(name)).match(path) : undefined;
  if (copy) return copy;
  try {
    // Files of a newer version than this worker's are not here yet, and the browser's own cache may be stale.
    const answer = await fetch(event.request, version === VERSION ? {} : { cache: "no-cache" });
    if (version === VERSION && answer.ok && ON_USE.includes(path)) {
      const kept = answer.clone();
      event.waitUntil(files().then((cache) => cache.put(path, kept)).catch(() => {}));
    }
    return answer;
  } catch (error) {
    const older = await (await files()).match(path);
    if (older) return older;
    throw error;
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin) return;
  const isDoor = pathname === "/sign-out/" || pathname === "/sign-in/";
  if (isDoor && request.method === "POST" && request.mode === "navigate") event.respondWith(door(request, pathname));
  if (request.method !== "GET" || IGNORED.some((start) => pathname.startsWith(start))) return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (isFile(pathname)) event.respondWith(file(event, pathname));
});

// --- Coming and going -------------------------------------------------------------------------------------------

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await files();
      await Promise.all(
        ASSETS.map(async ([address, integrity]) => {
          // Revalidated, so a slow network carries only what changed; the digest refuses another deployment's file.
          const answer = await fetch(address, { cache: "no-cache", ...(integrity && { integrity }) });
          if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
          await cache.put(address, answer);
        }),
      );
    })(),
  );
});

/** Bring every kept page up to date, and those named; then drop the files no page needs any more. */
async function refresh(named = []) {
  const { person } = await state();
  const pages = person ? await (await caches.open(PAGES + person)).keys() : [];
  await keep(new Set([...named, HOME, ...pages.map(({ url }) => new URL(url).pathname)]));
  await tidyFiles();
}

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim().then(refresh));
});

self.addEventListener("message", (event) => {
  // Only a page that has loaded says so (outbox.js): until then an older worker still answers it.
  if (event.data?.type === "take over") event.waitUntil(self.skipWaiting());
  if (event.data?.type !== "keep") return;
  // A page that loaded before there was a worker names itself. Whether it is for keeping the site still says.
  const { pathname } = new URL(event.data.page ?? HOME, self.location.origin);
  event.waitUntil(refresh([pathname]));
});
