// What the phone keeps of what it once heard, so that it opens at once and without a connection.

import { ask, inCommunity } from "../api.js";
import { read, transact, wipe, write } from "./database.js";
import { heard, note, tell } from "./connection.js";

const SLUG = "carehours.community";
const SHORT_NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;
const MAX_PEOPLE = 1000;
const MAX_IDS = 50;
const FIRST = ["/policy", "/directory?limit=200"];

let who = null;
let looking = null;
const early = new Map();

async function rememberedSlug() {
  // A link from the desk names the co-op; this phone need not know it yet.
  let slug = new URLSearchParams(location.search).get("c");
  try {
    slug ||= localStorage.getItem(SLUG);
  } catch {
    // Refused; the database may know.
  }
  return SHORT_NAME.test(slug ?? "") ? slug : ((await read("facts", "slug")) ?? null);
}

/** Whose phone this is, `{slug, me}`, also without a connection; null when nobody ever signed in here. */
export async function opened() {
  if (who) return who;
  const slug = await rememberedSlug();
  if (!slug) return null;
  const me = await read("facts", `me ${slug}`);
  if (me) {
    who = { slug, me };
    looking ??= identify(slug);
    return who;
  }
  if (!looking) {
    looking = identify(slug);
    // All at once, for the first time on a slow connection: what the first screen needs does not wait for a name.
    for (const path of FIRST) early.set(path, heard(ask("GET", inCommunity(slug, path))));
  }
  await looking;
  looking = null;
  return who;
}

/** Ask the service who is signed in here, and keep it. Answers the API's answer. */
export async function identify(slug) {
  const answer = await heard(ask("GET", inCommunity(slug, "/me")));
  if (answer.problem) return answer;
  note({ signedOut: false });
  const changed = who !== null && JSON.stringify(who.me) !== JSON.stringify(answer.said);
  who = { slug, me: answer.said };
  await transact(["facts", "kept"], "readwrite", (stores) => {
    stores.facts.put(slug, "slug");
    stores.facts.put(answer.said, `me ${slug}`);
    // Names and hours of whoever was signed in here before, and did not sign out, are not left for this one to read.
    const [fact, own] = [`me ${slug}`, `${slug}/${answer.said.member_id} `];
    removeBeside(stores.facts, "me ", fact, fact);
    removeBeside(stores.kept, "", own, `${own}\uffff`);
  }).catch(() => note({ full: true }));
  if (changed) tell("me");
  return answer;
}

/** Remove everything whose key begins with `start`, but for the keys from `first` to `last`. */
function removeBeside(store, start, first, last) {
  store.delete(IDBKeyRange.bound(start, first, false, true));
  store.delete(IDBKeyRange.bound(last, `${start}\uffff`, true));
}

const keyOf = ({ slug, me }, path) => `${slug}/${me.member_id} ${path}`;

/** What GET `path` below the community answered last: `{value, at, fresh, problem}`, `value` null when never. */
export async function kept(path) {
  const owner = await opened();
  const found = owner ? await read("kept", keyOf(owner, path)) : undefined;
  return { value: found?.value ?? null, at: found?.at ?? null, fresh: false, problem: null };
}

/** Ask GET `path` below the community and keep the answer; what was kept when it cannot be had, with the problem. */
export async function load(path) {
  const owner = await opened();
  if (!owner) return { value: null, at: null, fresh: false, problem: "sign_in_required" };
  const answer = await (early.get(path) ?? heard(ask("GET", inCommunity(owner.slug, path))));
  early.delete(path);
  if (answer.problem) return { ...(await kept(path)), problem: answer.problem, answer };
  const at = Date.now();
  // It can be shown, whether or not there is room for keeping it.
  await write("kept", { value: answer.said, at }, keyOf(owner, path)).catch(() => {});
  return { value: answer.said, at, fresh: true, problem: null };
}

// --- names --------------------------------------------------------------------------------------------------------

let known = null;

async function knownNames() {
  const owner = await opened();
  const key = keyOf(owner, "names");
  if (known?.key !== key) known = { key, names: new Map(Object.entries((await read("kept", key))?.value ?? {})) };
  return known.names;
}

async function learn(people) {
  const names = await knownNames();
  let news = false;
  for (const { id, name } of people) {
    news ||= names.get(id) !== name;
    names.set(id, name);
  }
  if (news) await write("kept", { value: Object.fromEntries(names), at: Date.now() }, known.key).catch(() => {});
}

/** The names behind ids, a Map; who cannot be named is not in it. */
export async function names(ids) {
  const { me } = await opened();
  const found = await knownNames();
  found.set(me.member_id, me.name ?? "");
  for (const each of me.delegations) if (each.name) found.set(each.member_id, each.name);
  const missing = [...new Set(ids)].filter((id) => id && !found.has(id));
  for (let from = 0; from < missing.length; from += MAX_IDS) {
    const some = missing.slice(from, from + MAX_IDS);
    const { slug } = await opened();
    const answer = await heard(ask("GET", inCommunity(slug, `/directory?ids=${some.join(",")}`)));
    if (answer.problem) break;
    await learn(answer.said.people);
  }
  return new Map(ids.filter((id) => found.has(id)).map((id) => [id, found.get(id)]));
}

const directory = (subject, me) => `/directory?${subject === me ? "" : `for=${subject}&`}limit=200`;

/** The directory as it was kept, those met recently first: `[{id, number, name, last_on?}]`, or null when never. */
export async function keptPeople(memberId) {
  const { me } = await opened();
  const found = (await kept(directory(memberId ?? me.member_id, me.member_id))).value?.people;
  if (found || memberId === me.member_id) return found ?? null;
  // The same people as one's own, but for oneself; whom the other met lately is not known yet.
  const own = (await kept(directory(me.member_id, me.member_id))).value?.people ?? null;
  const myself = { id: me.member_id, number: 0, name: me.name ?? "" };
  return own && [myself, ...own].filter(({ id }) => id !== memberId).map(({ last_on, ...person }) => person);
}

/** Whether all of the co-op is in the directory as it was kept. */
export async function keptWhole(memberId) {
  const { me } = await opened();
  return !(await kept(directory(memberId, me.member_id))).value?.next;
}

/**
 * The directory, asked for again: `{people, whole, problem}`, those met recently by `memberId` first. In a large co-op
 * `whole` is false, and others are found by searching.
 */
export async function people(memberId) {
  const { slug, me } = await opened();
  const path = directory(memberId ?? me.member_id, me.member_id);
  const answer = await load(path);
  if (!answer.fresh) return { people: answer.value?.people ?? [], whole: !answer.value?.next, problem: answer.problem };
  const all = [...answer.value.people];
  let next = answer.value.next;
  while (next && all.length < MAX_PEOPLE) {
    const more = await heard(ask("GET", next));
    if (more.problem) break;
    all.push(...more.said.people);
    next = more.said.next;
  }
  await write("kept", { value: { people: all, next }, at: Date.now() }, keyOf({ slug, me }, path)).catch(() => {});
  await learn(all);
  return { people: all, whole: !next, problem: null };
}

/** Those whose name looks as if it had the text in it; asked of the service, so null without a connection. */
export async function search(text) {
  const { slug } = await opened();
  const answer = await heard(ask("GET", inCommunity(slug, `/directory?name=${encodeURIComponent(text)}`)));
  if (answer.problem) return null;
  await learn(answer.said.people);
  return answer.said.people;
}

// --- keeping ------------------------------------------------------------------------------------------------------

/** Whether the browser promised not to clear what is kept here; asks for that with `ask`. Null when it cannot say. */
export async function persisted({ ask: asking = false } = {}) {
  const storage = navigator.storage;
  if (!storage?.persisted) return null;
  if (await storage.persisted()) return true;
  return asking && storage.persist ? storage.persist() : false;
}

/** Wipe names, hours and what waits, but the entries of which `stays` says so. For signing out; ask first. */
export async function forget({ stays } = {}) {
  await wipe({ stays });
  who = looking = known = null;
  try {
    localStorage.removeItem(SLUG);
  } catch {
    // Refused, and so nothing was kept there.
  }
  tell("me");
}
