// What somebody has just done on this phone: kept, sent, done, or refused with its reason, and whether it can be undone.

import { el } from "../dom.js";
import { inWords } from "../refused.js";
import { t } from "../words.js";
import { actingFor, subject } from "./acting.js";
import { button } from "./fields.js";
import { again, drop, undo } from "./outbox.js";

const STATES = {
  saved: () => t("Saved on this phone. It is sent as soon as there is a connection."),
  sending: () => t("On its way …"),
  sent: () => t("Done."),
};

/** What an entry says of itself while it waits: in words, and for whom it is when that is somebody else. */
export function aboutIt(says, more = {}) {
  const acting = actingFor();
  return { ...more, says, ...(acting ? { acting: { id: acting.member_id, name: acting.name } } : {}) };
}

/** Of the outbox, those of these kinds in the name of whom the screens are about, the newest first. */
export function ofKinds(entries, ...kinds) {
  const { member_id: memberId } = subject();
  const inTheName = (entry) => (entry.about.acting?.id ?? entry.owner.split("/")[1]) === memberId;
  return entries.filter((each) => kinds.includes(each.kind) && inTheName(each)).reverse();
}

/** Whether it can still be taken back: nothing of it has left the phone. */
const canBeUndone = (entry) => entry.state === "saved" && entry.tried === 0;

/**
 * An entry as a line to read: `text` says what was done, `done` an element or words for when it was; a refused one has
 * its reason, and what one can do about it.
 */
export function strip(entry, text, done = null) {
  const refused = entry.state === "refused";
  return el(
    `li.strip${refused ? ".refused" : ""}`,
    { tabindex: -1 },
    el("strong", {}, text),
    refused
      ? el("p.problem", {}, t("This was not done."), " ", inWords({ problem: entry.reason.problem, said: entry.reason.said }))
      : el("span", {}, entry.state === "sent" && done ? done : STATES[entry.state]()),
    canBeUndone(entry) && button(t("Undo"), () => undo(entry.id), { about: text, kind: ".small" }),
    refused && button(t("Try again"), () => again(entry.id), { about: text, kind: ".small" }),
    refused && button(t("Leave it"), () => drop(entry.id), { about: text, kind: ".small" }),
  );
}

/**
 * Entries as strips under a heading, or nothing: the newest one and all that are not sent; those before it on demand.
 */
export function strips(heading, entries, draw) {
  if (!entries.length) return null;
  const [newest, ...others] = entries;
  const shown = [newest, ...others.filter((each) => each.state !== "sent")];
  const rest = others.filter((each) => each.state === "sent");
  return el(
    "section",
    {},
    el("h2", {}, heading),
    el("ul.strips", {}, shown.map(draw)),
    rest.length > 0 && el("details", {}, el("summary", {}, t("Before that")), el("ul.strips", {}, rest.map(draw))),
  );
}
