// The timer. When it was started is kept on the phone, so that it goes on whatever becomes of the page.

import { el } from "../dom.js";
import { INTL, duration, t } from "../words.js";
import { read, remove, write } from "./database.js";
import { sign } from "./signs.js";

const SHOWN_EVERY_MS = 15_000;
const FORGOTTEN_S = 16 * 3600;

const clock = new Intl.DateTimeFormat(INTL, { timeStyle: "short" });
const key = (owner) => `timer ${owner}`;

/** The timer of a member of a community, `{started_at, stopped_at}` in milliseconds; undefined when there is none. */
export const readTimer = (owner) => read("facts", key(owner));

export const startTimer = (owner) => write("facts", { started_at: Date.now(), stopped_at: null }, key(owner));

/** Stopped, it is still kept until what it measured is saved. */
export async function stopTimer(owner) {
  const timer = { ...(await readTimer(owner)), stopped_at: Date.now() };
  await write("facts", timer, key(owner));
  return timer;
}

export const clearTimer = (owner) => remove("facts", key(owner));

/**
 * What a stopped timer says in the co-op's own steps: `{seconds, words}`. `rules` are those of the policy. `seconds` is
 * null for one that was forgotten.
 */
export function measured({ started_at, stopped_at }, rules) {
  const exact = Math.max(Math.round((stopped_at - started_at) / 60_000), 1) * 60;
  if (exact > FORGOTTEN_S) {
    return { seconds: null, words: t("The timer ran for %(long)s. Please choose how long it really was.", { long: duration(exact) }) };
  }
  const grid = rules?.grid_seconds ?? 900;
  const by = { up: Math.ceil, down: Math.floor, nearest: Math.round }[rules?.rounding ?? "up"];
  const seconds = by ? Math.max(by(exact / grid), 1) * grid : exact;
  if (seconds === exact) return { seconds, words: t("The timer says %(long)s.", { long: duration(exact) }) };
  const values = { exact: duration(exact), grid: duration(grid), long: duration(seconds) };
  return {
    seconds,
    words: t("The timer says %(exact)s. Your co-op counts in steps of %(grid)s, so that makes %(long)s.", values),
  };
}

/** The running timer as a card, with what to do about it. */
export function timerCard({ started_at }, { stop, discard }) {
  const long = el("strong", {});
  const tick = () => {
    long.textContent = duration(Math.max(Math.floor((Date.now() - started_at) / 60_000), 0) * 60);
  };
  tick();
  const ticking = setInterval(() => (long.isConnected ? tick() : clearInterval(ticking)), SHOWN_EVERY_MS);
  return el(
    "section.card.timer",
    { "aria-label": t("Timer") },
    el("p", {}, sign("timer"), long, el("span", {}, t("since %(time)s", { time: clock.format(started_at) }))),
    el("div.row", {}, el("button.main", { type: "button", onclick: stop }, t("Stop, and log it")),
      el("button.quiet", { type: "button", onclick: discard }, t("Throw away"))),
  );
}

/** The stopped timer, as long as nobody is chosen. */
export function stoppedCard(words, discard) {
  return el(
    "section.card.timer",
    { "aria-label": t("Timer") },
    el("p", {}, sign("timer"), el("span", {}, words)),
    el("button.quiet", { type: "button", onclick: discard }, t("Throw away")),
  );
}
