// The service worker: keeps the shell, so that the app opens without a connection.

import { CATALOGUE } from "../catalogue.js";

const CACHE = `carehours-${CATALOGUE.version}-${CATALOGUE.language}`;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE));
});
