// Parts of screens that stay true: drawn at once with what was kept, again when the service has answered, and when what
// waits to be sent has changed.

import { el } from "../dom.js";
import { t } from "../words.js";
import { connection, listen } from "./connection.js";
import { entries } from "./outbox.js";
import { kept, load, names } from "./store.js";

const SOON_MS = 500;

const isAnswer = (each) => each !== null && typeof each === "object" && "fresh" in each;
const answersIn = (data) => Object.values(data).filter(isAnswer);
const sentIn = (data) => data.entries.filter((each) => each.state === "sent").map((each) => each.id).join();

/** The names behind ids, by id; who cannot be named is called so. */
export async function named(ids) {
  const found = await names(ids.filter(Boolean));
  return Object.fromEntries(ids.filter(Boolean).map((id) => [id, found.get(id) || t("somebody who has left")]));
}

/** Put other children into a part of the screen, and the focus where it was when it was in there. */
function redraw(part, children) {
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  const nameOf = (each) => each.getAttribute("aria-label") ?? each.textContent;
  part.replaceChildren(...children.flat().filter(Boolean));
  if (!focused) return;
  const alike = [...part.querySelectorAll(focused.tagName)].find((each) => nameOf(each) === nameOf(focused));
  // What was pressed is gone with what it did: what was done is said first.
  (alike ?? part.querySelector(".strip") ?? document.querySelector("h1")).focus();
}

/** Wait for a deed, but not long: a screen is there at once, and is filled when the connection is slow. */
export function soon(deed) {
  return Promise.race([deed, new Promise((resolve) => setTimeout(resolve, SOON_MS))]);
}

/**
 * Add a part to the screen that stays true as long as it is shown. `read(load)` answers an object of what `load(path)`
 * answered, and whatever else it made of that; `draw(data)` answers elements; `data.entries` are those of the outbox.
 * While the service is being asked, what was kept counts as fresh: nobody knows yet that it is old.
 */
export async function live(screen, read, draw) {
  const part = el("div");
  const news = el("p.hint", { role: "status" });
  screen.append(news, part);
  let shown = null;
  let sent = "";
  let stale = false;
  let attached = false;

  const reading = async (by) => ({ ...(await read(by)), entries: await entries() });
  const show = (data) => {
    sent = sentIn(data);
    const state = JSON.stringify(data, (name, value) => (isAnswer(value) && value.fresh ? { ...value, at: 0 } : value));
    if (state === shown) return;
    shown = state;
    redraw(part, draw(data));
  };
  const trusting = async () => {
    const data = await reading(kept);
    const seemsFresh = (each) => (isAnswer(each) ? { ...each, fresh: !stale } : each);
    return Object.fromEntries(Object.entries(data).map(([name, each]) => [name, seemsFresh(each)]));
  };
  const refresh = async () => {
    news.textContent = shown ? t("Looking for what is new …") : t("One moment …");
    const data = await reading(load);
    stale = answersIn(data).some((each) => !each.fresh);
    show(data);
    news.textContent = "";
  };
  const refreshSeen = () => part.isConnected && document.visibilityState === "visible" && refresh();
  document.addEventListener("visibilitychange", refreshSeen);
  const stop = listen(async (what) => {
    attached ||= part.isConnected;
    if (attached && !part.isConnected) {
      stop();
      document.removeEventListener("visibilitychange", refreshSeen);
    } else if (what === "entries") {
      const data = await trusting();
      if (sentIn(data) === sent) show(data);
      else await refresh();
    } else if (what === "connection" && stale && connection().heard) {
      await refresh();
    }
  });

  const before = await trusting();
  if (answersIn(before).every((each) => each.value)) {
    show(before);
    refresh();
  } else {
    await soon(refresh());
  }
}
