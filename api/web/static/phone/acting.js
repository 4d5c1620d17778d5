// For whom the screens speak: oneself, or somebody one acts for. A tab remembers it until it is closed.

import { tell } from "./connection.js";
import { opened } from "./store.js";

const KEY = "carehours.acting";
let me = null;
let acting = null;

function remembered() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** Read who may be acted for; app.js does it before any screen is shown, and when that has changed. */
export async function readActing() {
  me = (await opened())?.me ?? null;
  const wanted = acting?.member_id ?? remembered();
  acting = me?.delegations.find((each) => each.member_id === wanted) ?? null;
}

/** Null, or whom one acts for: `{member_id, name, scopes, accounts, monthly_cap}`. */
export const actingFor = () => acting;

/** Whom the screens are about: `{member_id, name, accounts}`. */
export function subject() {
  const { member_id, name, accounts } = acting ?? me;
  return { member_id, name, accounts };
}

/** Whether the screens may do this: anything for oneself, what the delegation allows for another. */
export const may = (scope) => acting === null || acting.scopes.includes(scope);

/** Act for a member, or for oneself again with null. Every screen is shown anew. */
export function act(memberId) {
  acting = me.delegations.find((each) => each.member_id === memberId) ?? null;
  try {
    if (acting) sessionStorage.setItem(KEY, acting.member_id);
    else sessionStorage.removeItem(KEY);
  } catch {
    // Refused: then a reload ends it.
  }
  tell("acting");
}
