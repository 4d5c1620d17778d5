// Everything the phone changes goes through here: kept on the phone first, sent when there is a connection, and sent
// again until the answer was heard. An entry's id is its Idempotency-Key, so that nothing is done twice.
//
// saved -> sending -> sent | refused. Only what the service said no to is refused; everything else waits.

import { ask, inCommunity } from "../api.js";
import { newId } from "../ids.js";
import { read, readAll, remove, transact } from "./database.js";
import { connection, heard, note, tell } from "./connection.js";
import { identify, opened, persisted } from "./store.js";

const LOCK = "carehours-outbox";
const SHOWN_MS = 24 * 60 * 60 * 1000;
const FIRST_WAIT_MS = 4_000;
const LONGEST_WAIT_MS = 300_000;
export const SYNC_TAG = "carehours-outbox";

let asked = null;

const ownerOf = ({ slug, me }) => `${slug}/${me.member_id}`;
const older = (one, other) => one.at - other.at || (one.id < other.id ? -1 : 1);

/**
 * Keep something to be sent: `{kind, method, path, body, about, after}`, the path below the community. `about` is what
 * can be shown of it: `about.says` in words, unless it is a claim. Several at once are kept all or none. Answers the
 * entry, or the list of them, once it is on the disk; throws when there is no room.
 */
export async function put(given) {
  const owner = ownerOf(await opened());
  const list = (Array.isArray(given) ? given : [given]).map((each, place) => ({
    id: newId(),
    method: "POST",
    body: {},
    about: {},
    after: null,
    ...each,
    owner,
    state: "saved",
    tried: 0,
    reason: null,
    at: Date.now() + place / 1000,
  }));
  try {
    await transact(["entries"], "readwrite", ({ entries }) => list.forEach((each) => entries.put(each)));
  } catch (failure) {
    note({ full: true });
    throw failure;
  }
  note({ full: false });
  tell("entries");
  // Now that there is something to lose. Some browsers ask the reader, who should be asked once.
  asked ??= persisted({ ask: true }).catch(() => {});
  begin();
  return Array.isArray(given) ? list : list[0];
}

/** Those of whoever is signed in here, the oldest first; `[]` when nobody is. */
export async function entries() {
  const who = await opened();
  if (!who) return [];
  const owner = ownerOf(who);
  return (await readAll("entries")).filter((each) => each.owner === owner).sort(older);
}

/** What is not sent yet: saved or on its way, and what was refused. For whoever is about to sign out. */
export async function unsent() {
  return (await entries()).filter((each) => each.state !== "sent");
}

/**
 * Take an entry back. Answers "gone" when it was never sent; "withdrawing" when a withdrawal of the claim follows it;
 * "too late" when only its receiver or a co-ordinator can undo it, such as hours that were paid at once.
 */
export async function undo(id) {
  const now = Date.now();
  const done = await transact(["entries"], "readwrite", ({ entries }) => {
    const answer = { is: "gone" };
    const all = entries.getAll();
    all.onsuccess = () => {
      const entry = all.result.find((each) => each.id === id);
      if (!entry) return;
      if (entry.tried === 0 || entry.state === "refused") {
        removeWithFollowers(entries, all.result, id);
        return;
      }
      answer.is = entry.kind === "claim" && !entry.about.paid_at_once ? "withdrawing" : "too late";
      const follows = all.result.some((each) => each.after === id && each.kind === "withdrawal");
      if (answer.is === "too late" || follows) return;
      entries.put({
        id: newId(),
        owner: entry.owner,
        kind: "withdrawal",
        method: "POST",
        path: `/claims/${id}/withdrawal`,
        body: {},
        about: entry.about.result ? { ...entry.about, result: undefined } : entry.about,
        after: id,
        state: "saved",
        tried: 0,
        reason: null,
        at: now,
      });
    };
    return answer;
  });
  tell("entries");
  begin();
  return done.is;
}

/** Put a refused entry again, with what was changed of `body` and `about`, under a new id. Answers the new entry. */
export async function again(id, changed = {}) {
  const old = await read("entries", id);
  if (!old) return null;
  const { kind, method, path, body, about, after } = old;
  const entry = { ...old, kind, method, path, body, about, after, ...changed };
  Object.assign(entry, { id: newId(), state: "saved", tried: 0, reason: null, at: Date.now() });
  await transact(["entries"], "readwrite", (stores) => {
    stores.entries.put(entry);
    stores.entries.delete(id);
  });
  tell("entries");
  begin();
  return entry;
}

/** Remove a refused entry, and what was to follow it. */
export async function drop(id) {
  await transact(["entries"], "readwrite", ({ entries }) => {
    const all = entries.getAll();
    all.onsuccess = () => removeWithFollowers(entries, all.result, id);
  });
  tell("entries");
}

function removeWithFollowers(store, all, id) {
  store.delete(id);
  for (const each of all) if (each.after === id) removeWithFollowers(store, all, each.id);
}

// --- sending ------------------------------------------------------------------------------------------------------

let queued = null;
let timer = null;
let waits = 0;

/**
 * Send what waits of whoever is signed in. Answers `{left, pause}`: how many still wait, and the seconds for which the
 * service asked to be left alone. One at a time in all tabs and the worker. Who comes meanwhile waits, since what they
 * put may have come too late for the one at work.
 */
export function flush() {
  queued ??= locked(() => {
    queued = null;
    return sendAll();
  });
  return queued;
}

function locked(deed) {
  // Without locks two tabs may send the same entry. The service does it once.
  return navigator.locks ? navigator.locks.request(LOCK, deed) : Promise.resolve().then(deed);
}

async function sendAll() {
  const all = await readAll("entries");
  const past = all.filter((each) => each.state === "sent" && each.sent_at < Date.now() - SHOWN_MS);
  if (past.length) {
    await transact(["entries"], "readwrite", (stores) => past.forEach((each) => stores.entries.delete(each.id)));
  }
  // Whoever was sending these was killed over it: nobody else sends while the lock is ours.
  for (const { id, state } of all) {
    if (state === "sending") await change(id, (found) => ({ ...found, state: "saved" })).catch(() => {});
  }
  const slug = await read("facts", "slug");
  if (!all.some((each) => isWaiting(each) && each.owner.startsWith(`${slug}/`))) return { left: 0, pause: 0 };
  note({ sending: true });
  try {
    const me = await identify(slug);
    // Somebody else may be signed in here by now. What another one wrote is not theirs to say, and waits.
    const owner = me.problem ? null : `${slug}/${me.said.member_id}`;
    const pause = owner ? await sendOf(owner, slug) : me.wait;
    const left = (await readAll("entries")).filter((each) => isWaiting(each) && (!owner || each.owner === owner));
    return { left: left.length, pause };
  } finally {
    note({ sending: false });
  }
}

const isWaiting = ({ state }) => state === "saved" || state === "sending";

/** Send what one member has waiting, and answer for how many seconds the service wants to be left alone. */
async function sendOf(owner, slug) {
  const passed = new Set();
  for (;;) {
    const all = (await readAll("entries")).filter((each) => each.owner === owner).sort(older);
    const states = new Map(all.map((each) => [each.id, each.state]));
    const next = all.find(
      (each) => isWaiting(each) && !passed.has(each.id) && (states.get(each.after) ?? "sent") === "sent",
    );
    if (!next) return 0;
    // Where there is no room left for noting it, what was saved before is sent all the same.
    const sending = (each) => ({ ...each, state: "sending", tried: each.tried + 1 });
    const entry = await change(next.id, sending).catch(() => next);
    if (!entry) continue;
    // Whoever signs in here meanwhile does not say it in their own name.
    const headers = { "idempotency-key": entry.id, "carehours-member": owner.split("/")[1] };
    const answer = await heard(ask(entry.method, inCommunity(slug, entry.path), entry.body, headers));
    if (!answer.problem) {
      const about = { ...entry.about, result: answer.said };
      const sent = (each) => ({ ...each, state: "sent", sent_at: Date.now(), about });
      await change(entry.id, sent).catch(() => remove("entries", entry.id));
    } else if (mayBeAskedAgain(answer)) {
      await change(entry.id, (each) => ({ ...each, state: "saved" })).catch(() => {});
      // What is wrong with the service or the connection is wrong for the others, too.
      return answer.wait;
    } else {
      await refuse(entry, answer);
    }
    passed.add(entry.id);
  }
}

const mayBeAskedAgain = ({ status }) => [0, 401, 408, 429].includes(status) || status >= 500;

/** Change an entry unless it is gone, in one step; answers it as it is then, or undefined. */
async function change(id, deed) {
  const changed = await transact(["entries"], "readwrite", ({ entries }) => {
    const made = {};
    const found = entries.get(id);
    found.onsuccess = () => {
      if (!found.result) return;
      made.entry = deed(found.result);
      entries.put(made.entry);
    };
    return made;
  });
  tell("entries");
  return changed?.entry;
}

/** Note why the service said no. A claim that was to be withdrawn anyway is gone with that. */
async function refuse(entry, { problem, status, said }) {
  const reason = { problem, status, said: { title: said.title, detail: said.detail, remedy: said.remedy } };
  await transact(["entries"], "readwrite", ({ entries }) => {
    const all = entries.getAll();
    all.onsuccess = () => {
      if (all.result.some((each) => each.after === entry.id && each.kind === "withdrawal")) {
        removeWithFollowers(entries, all.result, entry.id);
      } else {
        entries.put({ ...entry, state: "refused", reason });
      }
    };
  });
  tell("entries");
}

// --- when ---------------------------------------------------------------------------------------------------------

/** Have it sent: by the browser in the background where it can do that, and from here in any case. */
function begin() {
  clearTimeout(timer);
  registerSync();
  flush().then(
    ({ left, pause }) => {
      if (left === 0) waits = 0;
      else if (!connection().signedOut) wait(pause);
    },
    // The disk is full, say: what was on it before is still there.
    () => wait(0),
  );
}

function wait(pause) {
  const longer = Math.min(FIRST_WAIT_MS * 2 ** waits, LONGEST_WAIT_MS);
  waits += 1;
  clearTimeout(timer);
  // Not all phones of a co-op at the same moment, when the service is back.
  timer = setTimeout(begin, Math.max(pause * 1000, longer) * (0.8 + 0.4 * Math.random()));
}

async function registerSync() {
  if (typeof window === "undefined" || !("serviceWorker" in navigator)) return;
  const registration = await navigator.serviceWorker.getRegistration();
  if (registration?.active && "sync" in registration) await registration.sync.register(SYNC_TAG).catch(() => {});
}

/** Begin at once, and when the connection or the reader is back. The page calls it once. */
export function keepSending() {
  const now = () => {
    waits = 0;
    begin();
  };
  window.addEventListener("online", now);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && now());
  now();
}
