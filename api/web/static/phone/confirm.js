// Confirm: what others wrote down and somebody here has to say yes or no to, and what was said to be not right.

import { el } from "../dom.js";
import { duration, n, t } from "../words.js";
import { actingFor, may, subject } from "./acting.js";
import { choice } from "./controls.js";
import { disputes, readDisputes, showDispute } from "./disputes.js";
import { asOf, button, dayName, empty, link, localDay, textField, title } from "./fields.js";
import { live, named } from "./live.js";
import { drop, entries, put } from "./outbox.js";
import { price, whatAndWhen } from "./prices.js";
import { opened } from "./store.js";
import { aboutIt, ofKinds, strip, strips } from "./strips.js";
import { howItWas, peopleAsked, readWellBeing } from "./well-being.js";

const OTHER = "other";
const ANSWERS = ["confirmation", "refusal"];

const reasons = () => ({
  length: t("The time is not right."),
  day: t("It was on another day."),
  nobody: t("Nobody came."),
  twice: t("I said yes to this visit before."),
  [OTHER]: t("Something else"),
});

export async function showConfirm(screen) {
  const wanted = location.hash.split("/")[1];
  if (wanted) {
    await showDispute(screen, wanted);
    return;
  }
  const acting = actingFor();
  screen.append(title(acting ? t("Confirm for %(name)s", { name: acting.name }) : t("Confirm")));
  if (!may("confirm")) {
    screen.append(
      empty(t("You act for %(name)s, but may not confirm their visits. They can allow it.", { name: acting.name })),
    );
    return;
  }
  const { slug, me } = await opened();
  const { member_id: memberId } = subject();
  const others = acting ? [] : me.delegations.filter((each) => each.scopes.includes("confirm"));
  const state = { slug, memberId, others, refusing: new Map(), drafts: new Map() };
  await live(screen, (by) => readConfirm(by, memberId, others), (data) => drawConfirm(data, state));
}

/** The ids of the visits that were answered on this phone, and whose answer was not refused. */
export const answeredIn = (all) =>
  new Set(all.filter((each) => ANSWERS.includes(each.kind) && each.state !== "refused").map((each) => each.about.claim));

/** How many visits wait for an answer of whoever holds this phone, also in the name of those they act for. */
export async function countWaiting(by) {
  const { me } = await opened();
  const confirms = actingFor() ? [] : me.delegations.filter((each) => each.scopes.includes("confirm"));
  const people = may("confirm") ? [subject().member_id, ...confirms.map((each) => each.member_id)] : [];
  const answers = await Promise.all([...new Set(people)].map(async (id) => [id, await by(waitingOf(id))]));
  const answered = answeredIn(await entries());
  const open = ([id, { value }]) => (value?.claims ?? []).filter((each) => each.receiver === id && !answered.has(each.id));
  return answers.flatMap(open).length;
}

const waitingOf = (memberId) => `/claims?member=${memberId}&state=submitted&limit=100`;

export async function readConfirm(by, memberId, others) {
  const people = [memberId, ...others.map((each) => each.member_id)];
  const [policy, told, ...waiting] = await Promise.all([
    by("/policy"),
    readWellBeing(by),
    ...people.map((each) => by(waitingOf(each))),
  ]);
  const contradicted = await readDisputes(by, memberId);
  const claims = waiting.flatMap((each) => each.value?.claims ?? []);
  const names = await named([...peopleAsked(told), ...claims.flatMap(({ provider, receiver }) => [provider, receiver])]);
  const answers = Object.fromEntries(waiting.map((each, place) => [`waiting ${place}`, each]));
  return { policy, told, ...answers, ...contradicted, names: { ...names, ...contradicted.names } };
}

function drawConfirm(data, state) {
  const { memberId, others } = state;
  const answers = ofKinds(data.entries, ...ANSWERS);
  const answered = answeredIn(data.entries);
  const open = (place, receiver) =>
    (data[`waiting ${place}`].value?.claims ?? []).filter((each) => each.receiver === receiver && !answered.has(each.id)).reverse();
  const own = open(0, memberId);
  const forOthers = others.map((each, place) => [each, open(place + 1, each.member_id)]).filter(([, claims]) => claims.length);
  const count = own.length + forOthers.reduce((sum, [, claims]) => sum + claims.length, 0);
  const stale = asOf(...Object.values(data).filter((each) => each && "fresh" in each));
  const done = strips(t("Your answers"), answers, (each) => answerStrip(each, state.slug));
  const told = count
    ? el("p", {}, n("%(count)s visit waits for your answer.", "%(count)s visits wait for your answer.", count))
    : empty(t("Nothing waits for your answer."), link("#log", t("Log an hour")));
  return [
    stale,
    done,
    told,
    own.map((claim) => card(claim, data, state)),
    forOthers.flatMap(([person, claims]) => [
      el("h2", {}, t("For %(name)s", { name: person.name })),
      claims.map((claim) => card(claim, data, state, "h3")),
    ]).flat(),
    howItWas(data),
    disputes(data, state),
  ].flat();
}

/** A visit to say yes or no to. */
function card(claim, { policy, names, entries: all }, state, heading = "h2") {
  const rules = policy.value?.rules;
  const who = names[claim.provider];
  const about = t("%(time)s by %(who)s", { time: duration(claim.seconds), who });
  const part = el("article.card.visit");
  const failed = all.find((each) => ANSWERS.includes(each.kind) && each.about.claim === claim.id && each.state === "refused");
  const costs = rules?.funders[0] === "receiver" ? price(rules, claim.activity, claim.seconds) : claim.seconds;
  const said = [
    el(heading, {}, who),
    el("p.long", {}, duration(claim.seconds)),
    el("p", {}, whatAndWhen(rules, claim)),
    claim.note && el("blockquote", {}, claim.note),
    costs !== claim.seconds && el("p.hint", {}, t("This takes %(time)s of the hours, by your co-op’s rules.", { time: duration(costs) })),
    claim.due_at && el("p.hint", {}, t("Without an answer it counts on %(day)s.", { day: dayName(localDay(claim.due_at)) })),
  ];
  const ask = () => {
    state.refusing.delete(claim.id);
    part.replaceChildren(
      ...said.filter(Boolean),
      button(t("Yes, that’s right"), () => answer(claim, about, who, "confirmation", {}, failed), { kind: ".main", about }),
      button(t("No …"), () => refuse(true), { about }),
    );
  };
  const refuse = (now) => {
    const given = state.refusing.get(claim.id) ?? { why: null, words: "" };
    state.refusing.set(claim.id, given);
    const words = textField(t("In your own words"), { lines: 2, optional: true, value: given.words });
    words.input.addEventListener("input", () => (given.words = words.value()));
    const problem = el("p.problem", { role: "alert" });
    const why = choice(t("What is not right?"), `why-${claim.id}`, reasons(), given.why, (value) => {
      given.why = value;
      problem.textContent = "";
    });
    const send = async () => {
      if (!given.why) problem.textContent = t("Please choose what is not right.");
      else if (given.why === OTHER && !given.words) words.say(t("Please write what is not right."));
      else {
        const reason = [given.why !== OTHER && reasons()[given.why], given.words].filter(Boolean).join(" ");
        await answer(claim, about, who, "refusal", { reason }, failed);
        return;
      }
      part.querySelector(given.why ? "textarea" : "input").focus();
    };
    part.replaceChildren(
      ...said.filter(Boolean),
      why,
      problem,
      words.element,
      button(t("Send this answer"), send, { kind: ".main", about }),
      button(t("Go back"), ask),
    );
    if (now) part.querySelector("input").focus();
  };
  if (failed) said.push(el("p.hint", {}, t("Your last answer was not taken: see above.")));
  if (state.refusing.has(claim.id)) refuse(false);
  else ask();
  return part;
}

/** Say yes ("confirmation") or no ("refusal") to a visit, in the place of an answer that was not taken. */
async function answer(claim, what, who, kind, body, failed) {
  if (failed) await drop(failed.id);
  const says = kind === "confirmation" ? t("You said yes: %(what)s", { what }) : t("You said no: %(what)s", { what });
  await put({ kind, path: `/claims/${claim.id}/${kind}`, body, about: aboutIt(says, { claim: claim.id, name: who }) });
}

function answerStrip(entry, slug) {
  const { says, name, result } = entry.about;
  if (entry.kind === "refusal") return strip(entry, says, t("Done. %(name)s can read why.", { name }));
  const receipt = result?.transfers?.[0]?.id;
  const paid = el("span", {}, t("Done. It is paid."), " ", receipt && el("a", { href: `/r/${slug}/${receipt}` }, t("Receipt")));
  return strip(entry, says, paid);
}
