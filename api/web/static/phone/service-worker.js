// The service worker: keeps the app, so that it opens at once and without a connection, and sends what waits when the
// browser says that there is a connection again, also after the app was closed.

import { CATALOGUE } from "../catalogue.js";
import { flush, SYNC_TAG } from "./outbox.js";

const CACHE = `carehours-${CATALOGUE.version}-${CATALOGUE.language}`;
const ASSETS = `/web/${CATALOGUE.version}/${CATALOGUE.language}/`;
const KEYS = "/.well-known/carehours-trust.json";
// Each page with the assets it names is an app of its own. The second is there for checking receipts offline.
const PAGES = ["/app", "/v"];
const MANIFEST = `/manifest.webmanifest?language=${CATALOGUE.language}`;
const ADDRESS = /(?:src|href)="(\/web\/[^"]+)"/g;

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(keepAll());
});

/** Keep the pages and what they name. Where the browser has them from just now, nothing is asked of the service. */
async function keepAll() {
  const cache = await caches.open(CACHE);
  const [app, ...others] = await Promise.all(PAGES.map(page));
  if (!app.ok) throw new Error("the app could not be had");
  const all = [app, ...others.filter((each) => each.ok)];
  const texts = await Promise.all(all.map((each) => each.clone().text()));
  const addresses = new Set(texts.flatMap((text) => [...text.matchAll(ADDRESS)].map((found) => found[1])));
  await cache.addAll([MANIFEST, ...addresses]);
  await Promise.all(all.map((each) => cache.put(new URL(each.url).pathname, each)));
  // The keys are there for receipts; without them the app itself works.
  await cache.add(KEYS).catch(() => {});
}

/** A page of this version and language: an older one that the browser has kept names assets that are not kept here. */
async function page(address) {
  const known = await fetch(address, { cache: "force-cache" });
  return (await known.clone().text()).includes(ASSETS) ? known : fetch(address, { cache: "reload" });
}

self.addEventListener("activate", (event) => {
  event.waitUntil(removeOthers());
});

async function removeOthers() {
  const others = (await caches.keys()).filter((each) => each !== CACHE);
  await Promise.all(others.map((each) => caches.delete(each)));
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (PAGES.includes(address.pathname)) event.respondWith(keptFirst(address.pathname, request));
    // A receipt is not kept on the phone. Without a connection its reader is better off with their hours.
    else if (address.pathname.startsWith("/r/")) event.respondWith(fetch(request).catch(() => Response.redirect("/app#hours")));
  } else if (address.pathname === KEYS) {
    event.respondWith(heardFirst(request));
  } else if (address.pathname.startsWith("/web/") || address.pathname === "/manifest.webmanifest") {
    event.respondWith(keptFirst(request, request));
  }
});

async function keptFirst(key, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(key, { ignoreVary: true })) ?? fetch(request);
}

/** Keys that were revoked must be known as soon as there is a connection. */
async function heardFirst(request) {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(KEYS, response.clone());
    return response;
  } catch {
    return (await cache.match(KEYS)) ?? Response.error();
  }
}

self.addEventListener("sync", (event) => {
  if (event.tag === SYNC_TAG) event.waitUntil(sendOrBeAskedAgain());
});

/** The browser tries again later when this fails, with pauses of its own. */
async function sendOrBeAskedAgain() {
  const { left } = await flush();
  if (left) throw new Error("something waits still");
}
