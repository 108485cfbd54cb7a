// Keeps the page of one build at hand, so that it opens without its server.
//
// `cargo xtask` writes this file into the bundle and fills in the build's name and its files. Each
// build has a cache of its own. A newer build is downloaded whole, waits until a page says "take
// over", and then takes all pages with it: a page never gets parts of two builds.
"use strict";

const BUILD = __BUILD__;
// Name below this folder → what its content must be, as subresource integrity has it.
const FILES = __FILES__;

const HOME = self.registration.scope;
// Other paths of this origin may hold another Confab, whose caches are not ours to delete.
const OURS = `confab ${HOME} `;
const CACHE = OURS + BUILD;
const PAGE = "index.html";

self.addEventListener("install", (event) => event.waitUntil(download()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("message", (event) => {
  if (event.data === "take over") self.skipWaiting();
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show());
});
self.addEventListener("fetch", (event) => {
  // What is no file of the page (/config.json, /healthz, other origins) is left to the browser.
  const name = nameOf(event.request);
  if (name === undefined) return;
  event.respondWith(answer(name, event));
});

// Somebody wants to see what is new: in the page that is open, or in a new one.
async function show() {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find((page) => page.url.startsWith(HOME));
  await (page === undefined ? self.clients.openWindow(HOME) : page.focus());
}

async function answer(name, event) {
  const scripted = name === PAGE || name.endsWith(".js");
  const fresh = scripted && (await namesServer(event));
  return fresh ? checked(name, event.request) : kept(name, event.request);
}

// True if a page is asked for that names another signaling server, or one is open that may ask for
// its scripts. (Firefox never answers for the client of a page that was loaded around this worker.)
async function namesServer(event) {
  const names = (url) => new URL(url).searchParams.has("signal");
  if (event.request.mode === "navigate") return names(event.request.url);
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  return pages.some((page) => names(page.url));
}

// All files or none. Should the server change to another build meanwhile, a file is not what it
// must be, the download fails, and the next look finds the other build.
async function download() {
  const cache = await caches.open(CACHE);
  const one = async ([name, integrity]) => {
    const address = new URL(name, HOME);
    const answer = await fetch(address, { cache: "no-cache", integrity });
    if (!answer.ok) throw new Error(`${name}: the server answered ${answer.status}`);
    await cache.put(address, answer);
  };
  try {
    await Promise.all(Object.entries(FILES).map(one));
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
}

// Earlier builds go, and every page learns which build it has to be of.
async function takeOver() {
  const others = (await caches.keys()).filter((name) => name.startsWith(OURS) && name !== CACHE);
  await Promise.all(others.map((name) => caches.delete(name)));
  await self.clients.claim();
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  for (const page of pages.filter((page) => page.url.startsWith(HOME))) {
    page.postMessage({ build: BUILD });
  }
}

function nameOf(request) {
  const address = new URL(request.url);
  const home = new URL(HOME);
  const inside = address.origin === home.origin && address.pathname.startsWith(home.pathname);
  if (request.method !== "GET" || !inside) return undefined;
  const name = address.pathname.slice(home.pathname.length) || PAGE;
  return Object.hasOwn(FILES, name) ? name : undefined;
}

async function find(name) {
  const cache = await caches.open(CACHE);
  return cache.match(new URL(name, HOME), { ignoreVary: true });
}

// The browser may have deleted the cache to make room: then the server has to help.
async function kept(name, request) {
  return (await find(name)) ?? fetch(request);
}

// Whoever names another signaling server needs the policy that the operator has set by now, which
// is a header of the answers for page and scripts: the same file is taken from the server, if it
// can be had.
async function checked(name, request) {
  const known = await find(name);
  if (known === undefined) return fetch(request);
  try {
    const fresh = await fetch(request);
    const tag = fresh.headers.get("etag");
    return tag !== null && tag === known.headers.get("etag") ? fresh : known;
  } catch {
    return known;
  }
}
