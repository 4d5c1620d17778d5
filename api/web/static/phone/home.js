// What makes the app stay on the phone: its service worker, its manifest, and the offer to put it on the home screen.

import { CATALOGUE } from "../catalogue.js";
import { el } from "../dom.js";

const COOKIE = /(?:^|; )carehours-language=([a-z]{2})(?:;|$)/;
const TURNED = "carehours.turned";

let offer = null;

/** Whether the browser would put the app on the home screen when asked. */
export const installable = () => offer !== null;

/** Have the browser ask whether to put the app on the home screen; answers whether it was done. */
export async function install() {
  const asked = offer;
  offer = null;
  if (!asked) return false;
  await asked.prompt();
  return (await asked.userChoice).outcome === "accepted";
}

/** Whether it runs from the home screen. */
export const installed = () => matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;

const LEISURE_MS = 1_000;
let firstIsThere;
const leisure = new Promise((resolve) => {
  firstIsThere = () => setTimeout(resolve, LEISURE_MS);
});

/** A moment after the first screen was there: what can wait must not make it slower. */
export const atLeisure = () => leisure;

/** The first screen is there. */
export const beginLeisure = () => firstIsThere();

const MOST = 0.4;

/** Let what stands above and below scroll along where it takes too much of the screen: in very large text, that is. */
export function keepRoom() {
  const around = [document.querySelector("header"), document.querySelector("nav")];
  const measure = () => {
    const taken = around.reduce((sum, each) => sum + each.offsetHeight, 0);
    document.body.classList.toggle("cramped", taken > window.innerHeight * MOST);
  };
  const observer = new ResizeObserver(measure);
  for (const each of around) observer.observe(each);
  window.addEventListener("resize", measure);
}

/** Scroll to the top, whichever part of the page it is that scrolls. */
export function toTop() {
  window.scrollTo(0, 0);
  document.querySelector("main").scrollTop = 0;
}

export async function beAtHome() {
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offer = event;
  });
  document.head.append(el("link", { rel: "manifest", href: `/manifest.webmanifest?language=${CATALOGUE.language}` }));
  if (!("serviceWorker" in navigator)) return;
  const chosen = COOKIE.exec(document.cookie)?.[1] ?? CATALOGUE.language;
  const registration = await navigator.serviceWorker
    .register(`/service-worker.js?language=${chosen}`, { scope: "/" })
    .catch(() => null);
  if (registration && chosen !== CATALOGUE.language) turnTo(registration, chosen);
}

/** The kept page is in another language than was chosen since: show it again once the worker has the right one. */
function turnTo(registration, language) {
  const coming = registration.installing ?? registration.waiting;
  if (!coming || sessionStorage.getItem(TURNED) === language) return;
  coming.addEventListener("statechange", () => {
    if (coming.state !== "activated") return;
    // Once only: a language there is not would turn for ever.
    sessionStorage.setItem(TURNED, language);
    location.reload();
  });
}
