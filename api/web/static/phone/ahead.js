// Looking ahead: what the other screens show is fetched while there is a connection, so that they are there without one.

import { actingFor } from "./acting.js";
import { readRequests } from "./ask.js";
import { readConfirm } from "./confirm.js";
import { readHours } from "./hours.js";
import { kept, load, opened } from "./store.js";

const AFTER_MS = 15_000;
const AGAIN_MS = 15 * 60_000;

/** Do so a while after the start, when nobody waits for anything else; and not again right after it was done. */
export function lookAhead() {
  setTimeout(look, AFTER_MS);
}

async function look() {
  const who = await opened();
  if (!who || actingFor() || !navigator.onLine) return;
  const { member_id: memberId, accounts, delegations } = who.me;
  const { at } = await kept("/pots?limit=200");
  if (at && Date.now() - at < AGAIN_MS) return;
  // One after the other: nobody waits for it.
  await readHours(load, memberId, accounts);
  await readConfirm(load, memberId, delegations.filter((each) => each.scopes.includes("confirm")));
  await readRequests(load, { memberId, acting: null });
  await load(`/members/${memberId}/relatives`);
  await load(`/members/${memberId}/delegates`);
  await load("/pots?limit=200");
}
