// Logging an hour: who, how long, when, save. What is being filled in survives a change of screen.

import { el } from "../dom.js";
import { t, weekday } from "../words.js";
import { actingFor, may } from "./acting.js";
import { clockError, dayOf, today } from "./clock.js";
import { listen } from "./connection.js";
import { listEntries } from "./entries.js";
import { atLeisure, toTop } from "./home.js";
import { activities, inShort, loadClaims, logData, visits } from "./log-data.js";
import { hourForm } from "./log-form.js";
import { peopleChoice } from "./log-people.js";
import { lastWeek, weekLook } from "./log-week.js";
import { again, put, undo } from "./outbox.js";
import { sign } from "./signs.js";
import { clearTimer, measured, readTimer, startTimer, stoppedCard, stopTimer, timerCard } from "./timer.js";

const HOUR = 3600;

const empty = (gave = true) => ({
  gave,
  person: null,
  seconds: HOUR,
  day: null,
  activity: null,
  note: "",
  replaces: null,
  timed: null,
  week: null,
  request: null,
});

let draft = empty();
let promised = null;
let draftOf = null;
let told = null;
let leave = () => {};

/** Have the form filled in with a visit that was promised: `{person, seconds, day, activity, request}`. */
export function fillIn(visit) {
  promised = visit;
}

/** The screen, from what is kept, and again from what the service says. */
export async function showLog(screen) {
  leave();
  const acting = actingFor();
  const title = acting ? t("Log help for %(name)s", { name: acting.name ?? "" }) : t("Log an hour");
  screen.append(el("h1", { tabindex: -1 }, title));
  if (!may("confirm")) {
    screen.append(el("p.told", {}, t("You may not log hours for them. Their co-ordinator can, or they themselves.")));
    return;
  }
  const part = el("div");
  const list = el("section.entries", { "aria-labelledby": "entries-title", hidden: true });
  screen.append(part, list);
  let data = await logData();
  // What one person began is not for another to go on with.
  const about = `${data.owner} ${data.subject.member_id}`;
  if (about !== draftOf) {
    draftOf = about;
    draft = empty(acting === null);
    told = null;
  }
  // Whoever comes back finds what was sent in the list below, not as just saved.
  const sent = data.entries.filter(({ state }) => state === "sent").map(({ id }) => id);
  if (told?.ids.every((id) => sent.includes(id))) told = null;
  if (promised) {
    draft = { ...empty(), ...promised };
    promised = told = null;
  }
  if (data.people === null) {
    part.append(el("p.hint", { role: "status" }, t("One moment …")));
    data = await logData({ asking: true });
  } else {
    logData({ asking: true }).then((news) => {
      const first = data.people.length === 0 && news.people.length > 0;
      data = news;
      // Rows do not change places under a thumb; but where there were none, now there are.
      if (first && part.isConnected) draw();
    });
  }

  const listing = async () => {
    const news = await logData();
    const refused = news.entries.filter(({ state }) => state === "refused").map(({ id }) => id);
    if (told?.ids.some((id) => refused.includes(id))) {
      told = null;
      part.querySelector(".told.saved")?.remove();
    }
    await listEntries(list, news, { change: changeAgain });
    // Why something was refused is often that somebody else was quicker.
    if (refused.some((id) => !known.has(id))) refresh();
    for (const id of refused) known.add(id);
  };
  const known = new Set();
  let error = 0;
  const draw = async ({ focus = null } = {}) => {
    const timer = await readTimer(data.owner);
    const { entries } = await logData();
    error = clockError();
    data = { ...data, today: today(data.me.timezone), entries };
    if (timer?.stopped_at && draft.timed === null) take(timer);
    part.replaceChildren(...parts(timer).filter(Boolean));
    list.classList.toggle("aside", draft.person !== null || draft.week !== null);
    if (focus) part.querySelector(focus)?.focus();
  };

  function parts(timer) {
    const running = timer && !timer.stopped_at;
    return [
      clockWarning(data),
      toldPanel(),
      running && timerCard(timer, { stop: stopIt, discard: discardIt }),
      timer && !running && !draft.person && stoppedCard(draft.timed, discardIt),
      ...(draft.week ? weekParts() : draft.person ? formParts() : peopleParts(timer)),
    ];
  }

  function peopleParts(timer) {
    const proposals = lastWeek(data, draft.gave);
    const look = () => lookAtWeek(proposals);
    return peopleChoice(data, draft, {
      alone: acting !== null,
      choose(person) {
        const before = visits(data).find(({ other, gave }) => other === person.id && gave === draft.gave);
        const offered = Object.keys(activities(data.rules));
        draft.person = person;
        draft.activity ??= offered.includes(before?.activity) ? before.activity : offered[0];
        told = null;
        draw({ focus: "#person" }).then(toTop);
      },
      turn(gave) {
        draft.gave = gave;
        draw();
      },
      aside: el(
        "div.row",
        {},
        proposals.length
          ? el("button", { type: "button", onclick: look }, sign("again"), t("Same as last week"))
          : null,
        timer ? null : el("button", { type: "button", onclick: begin }, sign("timer"), t("Start the timer")),
      ),
    });
  }

  const formParts = () =>
    hourForm(data, draft, {
      week: lastWeek(data, draft.gave, draft.person.id),
      lookAtWeek,
      back() {
        draft = { ...empty(draft.gave), timed: draft.timed, seconds: draft.seconds, day: draft.day };
        draw({ focus: "h2, legend, button" });
      },
      save,
    });

  const weekParts = () =>
    weekLook(data, draft.week, {
      back() {
        draft.week = null;
        draw({ focus: "#person, button" });
      },
      save: saveWeek,
    });

  function lookAtWeek(proposals) {
    draft.week = proposals;
    told = null;
    draw({ focus: "h2" }).then(toTop);
  }

  async function begin() {
    told = null;
    await startTimer(data.owner);
    await draw({ focus: ".timer button" });
  }

  async function discardIt() {
    await clearTimer(data.owner);
    Object.assign(draft, { seconds: HOUR, timed: null });
    await draw({ focus: "h2, legend" });
  }

  /** Fill in what a stopped timer says, also one that was stopped before the app was closed. */
  function take(timer) {
    const { seconds, words } = measured(timer, data.rules);
    const day = dayOf(timer.started_at, data.me.timezone);
    Object.assign(draft, { seconds: seconds ?? draft.seconds, timed: words, day: day === data.today ? null : day });
  }

  async function stopIt() {
    take(await stopTimer(data.owner));
    await draw({ focus: draft.person ? "#person" : "h2, legend" });
  }

  async function save() {
    const entry = claimOf(data, draft);
    const saved = draft.replaces ? await again(draft.replaces, entry) : await put(entry);
    if (draft.timed) await clearTimer(data.owner);
    await celebrate([saved]);
  }

  async function saveWeek(chosen) {
    await celebrate(await put(chosen.map((each) => claimOf(data, { ...empty(each.gave), ...each }))));
  }

  async function celebrate(saved) {
    navigator.vibrate?.(40);
    told = { ids: saved.map(({ id }) => id), words: saved.map(({ about }) => inShort(about)), undone: null };
    draft = empty(draft.gave);
    await draw({ focus: ".told" });
    toTop();
  }

  function toldPanel() {
    if (!told) return null;
    const title = told.undone ?? t("Saved on this phone");
    return el(
      "section.told.saved",
      { tabindex: -1, role: "status" },
      el("p", {}, el("strong", {}, title), ...told.words.map((each) => el("span", {}, each))),
      told.undone ? null : el("button", { type: "button", onclick: takeBack }, t("Undo")),
    );
  }

  async function takeBack() {
    const answers = new Set(await Promise.all(told.ids.map(undo)));
    if (answers.has("too late")) told.undone = t("It was sent and counted already. If it is wrong, say so under My hours.");
    else if (answers.has("withdrawing")) told.undone = t("Taken back. It was on its way already, so a word to that effect follows it.");
    else told.undone = t("Taken back. Nothing was sent.");
    await draw({ focus: ".told" });
  }

  function changeAgain({ id, about, body }) {
    draft = {
      ...empty(about.gave),
      person: about.who,
      seconds: about.seconds,
      day: about.day,
      activity: about.activity,
      note: body.note ?? "",
      replaces: id,
      request: body.care_request ?? null,
    };
    told = null;
    draw({ focus: "#person" }).then(toTop);
  }

  await draw();
  await listing();
  // When the right time is heard of only now, what is shown as today was another day.
  const setRight = () => clockError() !== error && draw();
  const stop = listen((what) => (what === "entries" ? listing() : setRight()));
  await setRight();
  const refreshSeen = () => document.visibilityState === "visible" && refresh();
  document.addEventListener("visibilitychange", refreshSeen);
  leave = () => {
    stop();
    document.removeEventListener("visibilitychange", refreshSeen);
  };
  // Not waited for: the screen is there already.
  atLeisure().then(refresh);

  /** What was sent may be confirmed by now. */
  async function refresh() {
    const news = await loadClaims();
    if (!news || !part.isConnected) return;
    data = { ...data, claims: (await logData()).claims };
    if (!draft.person && !draft.week && !part.contains(document.activeElement)) await draw();
    await listing();
  }
}

/** A claim as an entry of the outbox. */
function claimOf({ subject: { member_id }, today: now }, { gave, person, seconds, day, activity, note, request }) {
  const [provider, receiver] = gave ? [member_id, person.id] : [person.id, member_id];
  const body = { provider, receiver, activity, service_on: day ?? now, seconds };
  if (note.trim()) body.note = note.trim().replace(/\s+/g, " ");
  if (request) body.care_request = request;
  const who = { id: person.id, name: person.name };
  const acting = actingFor();
  const about = { who, gave, seconds, day: body.service_on, activity, paid_at_once: !gave };
  if (acting) about.acting = { id: acting.member_id, name: acting.name };
  return { kind: "claim", path: "/claims", body, about };
}

function clockWarning({ today: now }) {
  if (!clockError()) return null;
  return el("p.problem", { role: "status" }, t("This phone’s clock is wrong. By your co-op’s clock today is %(day)s, and that is what counts here.", { day: weekday(now) }));
}
