// What logging an hour needs to know: the people, the co-op's rules, what was logged before. Kept on the phone.

import { duration, t } from "../words.js";
import { subject } from "./acting.js";
import { today } from "./clock.js";
import { entries } from "./outbox.js";
import { kept, keptPeople, keptWhole, load, opened, people } from "./store.js";

const claimsPath = (memberId) => `/claims?member=${memberId}&limit=100`;

/**
 * What is known: `{me, owner, subject, today, people, whole, rules, claims, entries, problem}`. With `asking`, asked of
 * the service first. `people` is null before they were ever heard of.
 */
export async function logData({ asking = false } = {}) {
  const { slug, me } = await opened();
  const whom = subject();
  const id = whom.member_id;
  const [policy, found] = asking
    ? await Promise.all([load("/policy"), people(id)])
    : [await kept("/policy"), { people: await keptPeople(id), whole: await keptWhole(id), problem: null }];
  const claims = await kept(claimsPath(id));
  return {
    me,
    owner: `${slug}/${me.member_id}`,
    subject: whom,
    today: today(me.timezone),
    people: found.people,
    whole: found.whole,
    rules: policy.value?.rules ?? null,
    claims: claims.value?.claims ?? [],
    entries: await entries(),
    problem: found.problem,
  };
}

/** Ask for the newest claims; they say what was confirmed. Answers whether they are new. */
export async function loadClaims() {
  const path = claimsPath(subject().member_id);
  const before = JSON.stringify((await kept(path)).value);
  const { value } = await load(path);
  return JSON.stringify(value) !== before;
}

/** Visits of whoever the screens are about, from the service and from what waits here: the newest day first. */
export function visits({ claims, entries: list, subject: { member_id } }) {
  const found = claims
    .filter(({ state }) => !["declined", "withdrawn", "reversed"].includes(state))
    .map(({ id, provider, receiver, activity, service_on, seconds }) => {
      const gave = provider === member_id;
      return { id, gave, other: gave ? receiver : provider, activity, day: service_on, seconds };
    });
  const known = new Set(claims.map(({ id }) => id));
  const taken = new Set(list.filter(({ kind }) => kind === "withdrawal").map(({ after }) => after));
  for (const { id, kind, state, body } of list) {
    if (kind !== "claim" || state === "refused" || known.has(id) || taken.has(id)) continue;
    const gave = body.provider === member_id;
    if (!gave && body.receiver !== member_id) continue;
    const other = gave ? body.receiver : body.provider;
    found.push({ id, gave, other, activity: body.activity, day: body.service_on, seconds: body.seconds });
  }
  return found.sort((one, other) => (one.day < other.day ? 1 : -1));
}

/** The people, those met most lately first: the directory's order, and what was logged on this phone since. */
export function byNearness(data) {
  const last = new Map();
  for (const { other, day } of visits(data).reverse()) last.set(other, day);
  const newest = (...days) => days.filter(Boolean).sort().pop() ?? "";
  return data.people
    .map((person) => ({ ...person, last_on: newest(person.last_on, last.get(person.id)) }))
    .sort((one, other) => (one.last_on === other.last_on ? 0 : one.last_on < other.last_on ? 1 : -1));
}

/** The activities by code, as they are called; at least one. */
export function activities(rules) {
  const listed = Object.fromEntries((rules?.activities ?? []).map(({ code, title }) => [code, title]));
  const count = Object.keys(listed).length;
  if (count && !rules.open_activities) return listed;
  return count ? { ...listed, other: t("Something else") } : { care: t("Help and company") };
}

/** What an activity is called; one that is not listed any more by its code. */
export const titleOf = (rules, code) => activities(rules)[code] ?? code.replaceAll("-", " ");

/** "1 h with Rosa". */
export function inShort({ who, gave, seconds }) {
  const values = { long: duration(seconds), name: who.name };
  return gave ? t("%(long)s with %(name)s", values) : t("%(long)s from %(name)s", values);
}
