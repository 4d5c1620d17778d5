// The phone app: shows the screen the address names, and always says the truth about the connection.

import { el, byId } from "../dom.js";
import { n, number, t } from "../words.js";
import { readActing } from "./acting.js";
import { lookAhead } from "./ahead.js";
import { showAsk } from "./ask.js";
import { showBanner, showChip } from "./chip.js";
import { countWaiting, showConfirm } from "./confirm.js";
import { connection, listen } from "./connection.js";
import { read } from "./database.js";
import { showGive } from "./give.js";
import { showHours } from "./hours.js";
import { atLeisure, beAtHome, beginLeisure, keepRoom, toTop } from "./home.js";
import { showLog } from "./log.js";
import { showMore } from "./more.js";
import { keepSending } from "./outbox.js";
import { sign } from "./signs.js";
import { identify, kept, load, opened } from "./store.js";

const SCREENS = { log: showLog, hours: showHours, confirm: showConfirm, ask: showAsk, give: showGive, more: showMore };
// Made when it is asked for, since the words of a language come first.
const tabs = () => ({ log: t("Log"), hours: t("My hours"), confirm: t("Confirm"), ask: t("Ask"), more: t("More") });

function screenName() {
  const name = location.hash.slice(1).split("/")[0];
  return name in SCREENS ? name : "log";
}

let turn = 0;

/** Show the screen the address names. Who turns the page meanwhile sees only the last. */
async function show({ quietly = false } = {}) {
  const mine = ++turn;
  const fresh = el("div.screen");
  const who = await opened();
  // The first screen fills before the reader's eyes; a later one is there at once, from what is kept.
  if (mine === 1) byId("screen").replaceChildren(fresh);
  byId("coop").textContent = who?.me.community_name ?? "";
  byId("tabs").hidden = who === null;
  if (who) await SCREENS[screenName()](fresh);
  else showWelcome(fresh);
  if (mine !== turn) return;
  showTabs();
  if (!fresh.isConnected) byId("screen").replaceChildren(fresh);
  const heading = fresh.querySelector("h1");
  document.title = `${heading.textContent} – Carehours`;
  if (quietly) return;
  toTop();
  heading.focus();
}

/** Nobody ever signed in on this phone. */
function showWelcome(screen) {
  const alone = connection().heard === false || !navigator.onLine;
  screen.append(
    el("h1", { tabindex: -1 }, t("Welcome")),
    el("p", {}, t("Here you log the hours of care you give and receive.")),
    el("p", {}, t("Do you have a card from your co-op? Scan the square on it with this phone’s camera.")),
    el("p", { hidden: !alone }, t("There is no connection just now. For signing in the first time you need one.")),
    el("a.button.main", { href: "/sign-in" }, t("Sign in")),
  );
}

function showTabs() {
  const nav = byId("tabs");
  const counted = waiting ? n("Confirm (%(count)s waiting)", "Confirm (%(count)s waiting)", waiting) : null;
  nav.replaceChildren(
    ...Object.entries(tabs()).map(([name, text]) =>
      el(
        "a",
        {
          href: `#${name}`,
          // Pressed once more, a tab looks what is new.
          onclick: () => location.hash === `#${name}` && turnPage(),
          "aria-current": name === screenName() ? "page" : null,
          "aria-label": name === "confirm" ? counted : null,
        },
        el("span.picture", {}, sign(name), name === "confirm" && waiting ? el("b", {}, number(waiting)) : null),
        el("span", {}, text),
      ),
    ),
  );
}

// --- how many wait for my confirmation ----------------------------------------------------------------------------

let waiting = 0;

async function count(by) {
  if (!(await opened())) return;
  const now = await countWaiting(by);
  if (now === waiting) return;
  waiting = now;
  showTabs();
}

// --- the whole ----------------------------------------------------------------------------------------------------

async function hear(what) {
  if (what === "me" || what === "acting") {
    await readActing();
    showBanner();
    await show({ quietly: what === "me" });
    await count(load);
  }
  await showChip();
  if (what === "entries") await count(kept);
}

/** Show what the address names. Meanwhile hear whether one may act for somebody by now, and what waits. */
function turnPage() {
  show();
  lookAgain();
}

async function lookAgain() {
  const who = await opened();
  if (!who) return;
  await identify(who.slug);
  await count(load);
}

async function begin() {
  keepRoom();
  await readActing();
  // Before the first screen: whose phone this is may turn out otherwise while that is being made.
  listen(hear);
  showBanner();
  window.addEventListener("hashchange", turnPage);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && lookAgain());
  await Promise.all([show({ quietly: true }), showChip()]);
  for (const event of ["online", "offline"]) window.addEventListener(event, showChip);
  if (await opened()) keepSending();
  beginLeisure();
  await atLeisure();
  await Promise.all([beAtHome(), count(load)]);
  lookAhead();
}

/** Such as in a private window of some browsers, which keeps nothing. */
function showUseless() {
  const words = t("This browser does not let the app keep anything, so hours could be lost. Please open it in a window that is not private, or in another browser.");
  byId("screen").replaceChildren(el("h1", {}, "Carehours"), el("p.problem", { role: "alert" }, words));
}

const canKeep = await read("facts", "slug").then(() => true, () => false);
if (canKeep) await begin();
else showUseless();
