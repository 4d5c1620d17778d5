// What was logged lately, each with the truth about it: saved here, sent, confirmed, or refused and what to do.

import { el } from "../dom.js";
import { inWords } from "../refused.js";
import { n, t, weekday } from "../words.js";
import { actingFor } from "./acting.js";
import { clockError } from "./clock.js";
import { install, installable, installed } from "./home.js";
import { inShort, titleOf } from "./log-data.js";
import { again, drop, put, undo } from "./outbox.js";
import { sign } from "./signs.js";
import { names, persisted } from "./store.js";

const SHOWN = 4;
const LATELY_MS = 24 * 60 * 60 * 1000;

/** Fill `list` with them. `change(entry)` opens a refused claim in the form. */
export async function listEntries(list, data, { change }) {
  const rows = await lately(data);
  const waiting = data.entries.filter(({ state }) => state === "saved" || state === "sending").length;
  const warning = waiting && (await persisted()) === false ? clearedWarning(waiting) : null;
  const focused = list.contains(document.activeElement) && document.activeElement.textContent;
  list.hidden = rows.length === 0;
  list.replaceChildren(
    el("h2", { id: "entries-title", tabindex: -1 }, t("Logged lately")),
    ...[warning].filter(Boolean),
    el("ul", {}, rows.map((each) => row(each, data, change))),
    el("p", {}, el("a", { href: "#hours" }, t("All my hours"))),
  );
  if (!focused) return;
  const same = [...list.querySelectorAll("button")].find((each) => each.textContent === focused);
  (same ?? list.querySelector("h2")).focus();
}

/** Entries and claims as one list: what was refused first, what waits next, then the newest. */
async function lately({ entries, claims, subject: { member_id } }) {
  const acting = actingFor();
  const byId = new Map(claims.map((each) => [each.id, each]));
  const ends = new Map(entries.filter(({ kind }) => kind === "withdrawal").map((each) => [each.after, each]));
  const here = entries
    .filter(({ kind, after }) => kind !== "withdrawal" || !(byId.has(after) || entries.some(({ id }) => id === after)))
    .filter(({ about }) => !acting || about.acting?.id === acting.member_id)
    .map((entry) => {
      const claim = byId.get(entry.id) ?? entry.about.result?.claim;
      return { entry, claim, end: ends.get(entry.id), about: entry.about };
    });
  const rank = ({ entry, end }) => {
    if (entry.state === "refused" || end?.state === "refused") return 0;
    return entry.state === "sent" ? 2 : 1;
  };
  here.sort((one, other) => rank(one) - rank(other) || other.entry.at - one.entry.at);
  const room = Math.max(SHOWN - here.length, 0);
  const known = new Set(here.map(({ entry }) => entry.id));
  const rest = claims.filter(({ id }) => !known.has(id));
  // Whatever is not at its end is listed, however old.
  const open = rest.filter(({ id }) => ends.has(id) && ends.get(id).state !== "sent");
  const others = [...open, ...rest.filter((each) => !open.includes(each)).slice(0, room)];
  const called = await names(others.map((claim) => (claim.provider === member_id ? claim.receiver : claim.provider)));
  return [
    ...here,
    ...others.map((claim) => {
      const gave = claim.provider === member_id;
      const id = gave ? claim.receiver : claim.provider;
      const who = { id, name: called.get(id) ?? t("somebody") };
      const about = { who, gave, seconds: claim.seconds, day: claim.service_on, activity: claim.activity };
      return { entry: null, claim, end: ends.get(claim.id), about };
    }),
  ];
}

function row({ entry, claim, end, about }, data, change) {
  const [mood, picture, words] = standing(entry, claim, end, about);
  const whose = about.acting && !actingFor() ? t("for %(name)s", { name: about.acting.name ?? "" }) : null;
  const more = about.day ? [weekday(about.day), titleOf(data.rules, about.activity), whose] : [whose];
  const refused = end?.state === "refused" ? end : entry?.state === "refused" ? entry : null;
  return el(
    `li.entry.${mood}`,
    {},
    el("p.what", {}, el("strong", {}, about.says ?? inShort(about)), el("small", {}, more.filter(Boolean).join(" · "))),
    el("p.state", {}, sign(picture), el("span", {}, words)),
    refused ? el("p.why", {}, reason(refused)) : null,
    el("div.row", {}, refused ? remedies(refused, change) : takingBack(entry, claim, end, about)),
  );
}

/** How it stands: a mood, a sign, and words. */
function standing(entry, claim, end, about) {
  if (end) {
    if (end.state === "sent") return ["quiet", "no", t("Taken back")];
    if (end.state === "refused") return ["bad", "no", t("Could not be taken back")];
    return ["busy", "phone", t("Taken back on this phone; waiting to be sent")];
  }
  if (entry?.state === "refused") return ["bad", "no", t("Not taken")];
  if (entry?.state === "saved" && entry.tried) return ["busy", "phone", t("Saved on this phone; waiting to be sent again")];
  if (entry?.state === "saved") return ["busy", "phone", t("Saved on this phone; waiting to be sent")];
  if (entry?.state === "sending") return ["busy", "sent", t("Sending…")];
  if (entry && entry.kind !== "claim") return ["good", "sent", t("Sent")];
  switch (claim?.state) {
    case "posted":
      return ["good", "confirm", t("Confirmed")];
    case "declined":
      return ["bad", "no", t("They say this is not right. Look under Confirm.")];
    case "withdrawn":
      return ["quiet", "no", t("Taken back")];
    case "disputed":
      return ["busy", "ask", t("Your co-ordinator is looking at it")];
    case "reversed":
      return ["quiet", "no", t("Undone by your co-ordinator")];
    default:
      if (!about.gave) return ["good", "sent", t("Sent")];
      return ["good", "sent", t("Sent. %(name)s can confirm it now", { name: about.who.name })];
  }
}

function reason({ reason: { problem, status, said } }) {
  if (problem === "claim_in_future" && clockError()) {
    return t("By your co-op’s clock that day has not come yet: this phone’s clock is wrong. Choose the day again.");
  }
  return inWords({ problem, status, said }, {
    claim_in_future: t("By your co-op’s clock that day has not come yet. Is the date on this phone right? Choose the day again."),
    not_allowed: t("You may not do this, or not any more. Ask your co-ordinator."),
  });
}

function remedies(entry, change) {
  const anew =
    entry.kind === "claim"
      ? el("button", { type: "button", onclick: () => change(entry) }, t("Change and send again"))
      : el("button", { type: "button", onclick: () => again(entry.id) }, t("Send again"));
  return [
    anew,
    el("button.quiet", { type: "button", onclick: () => drop(entry.id) }, t("Remove")),
  ];
}

function takingBack(entry, claim, end, about) {
  if (end || (entry && entry.kind !== "claim" && entry.tried)) return null;
  const open = claim ? claim.state === "submitted" && about.gave : !about.paid_at_once || entry.tried === 0;
  // What is older is looked at under My hours.
  if (!open || (!entry && Date.parse(claim.logged_at) < Date.now() - LATELY_MS)) return null;
  const withdrawal = () => ({ kind: "withdrawal", path: `/claims/${claim.id}/withdrawal`, after: claim.id, about });
  const back = () => (entry ? undo(entry.id) : put(withdrawal()));
  return el("button.quiet", { type: "button", onclick: back }, t("Undo"));
}

/** What waits may be lost here, which nobody should find out afterwards. */
function clearedWarning(count) {
  const words = n(
    "%(count)s entry is only on this phone so far. When the phone runs out of room, or the app is not used for a week, the browser may clear it.",
    "%(count)s entries are only on this phone so far. When the phone runs out of room, or the app is not used for a week, the browser may clear them.",
    count,
  );
  const advice = installed()
    ? t("Please connect soon.")
    : t("Please connect soon, and put this app on your home screen: then it is safer.");
  return el(
    "div.caution",
    {},
    el("p", {}, words),
    el("p", {}, advice),
    installable() ? el("button", { type: "button", onclick: install }, t("Put it on the home screen")) : null,
  );
}
