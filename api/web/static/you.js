// The part of each page that says who is signed in, offers a passkey, and ends sessions.

import { ask, inCommunity } from "./api.js";
import { byId, el } from "./dom.js";
import { newId } from "./ids.js";
import { onPress, remember, say, show } from "./page.js";
import { failureInWords, makePasskey, showPasskey, whyNot } from "./passkeys.js";
import { readAll, wipe } from "./phone/database.js";
import { inWords } from "./refused.js";
import { day, n, t } from "./words.js";

const NOT_MADE = { sign_in_failed: t("The passkey could not be checked. Please try again.") };
const MAKE = t("Sign in with your finger or face");

// Whole sentences by role: not every language has one word for a role in each of them.
const AS_ROLE = {
  coordinator: (coop) => t("You are signed in at %(coop)s as its co-ordinator.", { coop }),
  auditor: (coop) => t("You are signed in at %(coop)s as its auditor.", { coop }),
  administrator: (coop) => t("You are signed in at %(coop)s as its administrator.", { coop }),
};
const MAKE_PASSKEY = {
  coordinator: (coop) => t("You are co-ordinator of %(coop)s. That counts as soon as you have a passkey.", { coop }),
  auditor: (coop) => t("You are auditor of %(coop)s. That counts as soon as you have a passkey.", { coop }),
  administrator: (coop) => t("You are administrator of %(coop)s. That counts as soon as you have a passkey.", { coop }),
};
const SHOW_PASSKEY = {
  coordinator: (coop) => t("You are co-ordinator of %(coop)s. That counts as soon as you show your passkey.", { coop }),
  auditor: (coop) => t("You are auditor of %(coop)s. That counts as soon as you show your passkey.", { coop }),
  administrator: (coop) => t("You are administrator of %(coop)s. That counts as soon as you show your passkey.", { coop }),
};

let slug = "";
let memberId = "";
let device = "";
let welcomed = false;
let prepared = false;

/** Where somebody was before they had to sign in, when that is a page of ours. */
function wanted() {
  const next = new URLSearchParams(location.search).get("next") ?? "";
  return /^\/(app|desk|r)(\/[\w\/-]*)?$/.test(next) ? next : null;
}

/** Go back to where somebody was before they had to sign in; false when they came here by themselves. */
export function goOn() {
  const next = wanted();
  if (next === null || byId("doors").hidden) return false;
  location.assign(next);
  return true;
}

/** Show who is signed in at the community. Returns null, or the answer because of which nothing is shown. */
export async function showYou(community, { welcome = false, quietly = false } = {}) {
  slug = community;
  if (welcome) welcomed = true;
  const refused = await fill();
  if (refused) return refused;
  prepare();
  remember(slug);
  show("you", { quietly });
  return null;
}

async function fill() {
  const [me, passkeys] = await Promise.all([
    ask("GET", inCommunity(slug, "/me")),
    ask("GET", inCommunity(slug, "/passkeys")),
  ]);
  if (me.problem) return me;
  if (passkeys.problem) return passkeys;
  const { community_name: coop, name, role, granted_role: granted } = me.said;
  memberId = me.said.member_id;
  const labels = passkeys.said.passkeys.map((each) => each.label);
  const waits = granted !== null && role === null;
  let title = welcomed ? t("You are in, %(name)s", { name }) : t("Hello, %(name)s", { name });
  if (waits && !labels.length) title = t("One more step: your passkey");
  let where = t("You are signed in at %(coop)s.", { coop });
  if (granted) where = AS_ROLE[granted](coop);
  if (waits) where = (labels.length ? SHOW_PASSKEY : MAKE_PASSKEY)[granted](coop);
  say("you-title", title);
  say("you-where", where);
  document.title = `${title} – Carehours`;

  const not = whyNot();
  say("passkey-title", labels.length ? t("Your passkeys") : MAKE);
  byId("passkey-why").hidden = labels.length > 0;
  byId("passkey-have").hidden = labels.length === 0;
  say("passkey-have", t("You have: %(labels)s.", { labels: labels.join("; ") }));
  byId("passkey-show").hidden = not !== null || !(waits && labels.length);
  byId("passkey-make").hidden = not !== null || (waits && labels.length > 0);
  byId("passkey-make").className = labels.length ? "" : "main";
  say("passkey-make", labels.length ? t("Make another passkey") : t("Make a passkey"));
  say("passkey-problem", not ?? "");
  byId("doors").hidden = waits;
  byId("door-desk").hidden = role === null;
  byId("door-desk").href = `/desk/${slug}`;
  byId("statements").hidden = waits || me.said.accounts.length === 0;
  say("statements-wish", wishInWords(me.said));
  byId("statements-link").href = `/statement/${slug}/${me.said.accounts[0]}#wishes`;
  // One thing at a time: whoever needs a passkey first sees nothing else.
  byId("devices").hidden = waits;
  await fillDevices();
  return null;
}

function wishInWords({ statements_by_email: byEmail, statements_large_print: large }) {
  if (byEmail) {
    return large
      ? t("Your statements come by e-mail each month, in large print.")
      : t("Your statements come by e-mail each month.");
  }
  return large
    ? t("Your statements do not come by e-mail. They are in large print.")
    : t("Your statements do not come by e-mail.");
}

async function fillDevices() {
  const answer = await ask("GET", inCommunity(slug, "/sessions"));
  if (answer.problem) {
    say("devices-problem", inWords(answer));
    return;
  }
  say("devices-problem", "");
  const { sessions } = answer.said;
  device = sessions.find((each) => each.this)?.device ?? "";
  byId("devices-list").replaceChildren(...sessions.map(line));
}

function line(session) {
  const since = day(new Date(session.started_at));
  const name = document.createElement("strong");
  name.textContent = session.device;
  const about = document.createElement("span");
  const used = day(new Date(session.seen_at));
  let text = t("Since %(day)s, last used %(used)s", { day: since, used });
  if (used === since) text = t("Since %(day)s", { day: since });
  if (session.this) text = t("This device, since %(day)s", { day: since });
  about.append(name, text);
  const item = document.createElement("li");
  item.append(about);
  if (!session.this) {
    const button = document.createElement("button");
    button.textContent = t("End");
    button.setAttribute("aria-label", t("End %(device)s, since %(day)s", { device: session.device, day: since }));
    onPress(button, () => end(session));
    item.append(button);
  }
  return item;
}

async function end(session) {
  const answer = await ask("DELETE", inCommunity(slug, `/sessions/${session.session_id}`));
  // Ended elsewhere in the meantime is as good.
  if (answer.problem && answer.problem !== "not_found") {
    say("devices-problem", inWords(answer));
    return;
  }
  await fillDevices();
  say("you-told", t("Signed out: %(device)s.", { device: session.device }));
  byId("devices-title").focus();
}

function prepare() {
  if (prepared) return;
  prepared = true;
  onPress(byId("passkey-make"), make);
  onPress(byId("passkey-show"), stepUp);
  onPress(byId("sign-out"), signOut);
}

async function make() {
  say("you-told", "");
  say("passkey-problem", "");
  const options = await ask("POST", inCommunity(slug, "/passkeys/challenge"), {});
  if (options.problem) return say("passkey-problem", inWords(options));
  let credential;
  try {
    credential = await makePasskey(options.said);
  } catch (failure) {
    return say("passkey-problem", failureInWords(failure));
  }
  const key = { "idempotency-key": newId() };
  const body = { credential, label: device || t("This device") };
  const answer = await ask("POST", inCommunity(slug, "/passkeys"), body, key);
  if (answer.problem) return say("passkey-problem", inWords(answer, NOT_MADE));
  return again(t("Your passkey is made. From now on it signs you in."));
}

async function stepUp() {
  say("passkey-problem", "");
  const options = await ask("POST", inCommunity(slug, "/step-up/challenge"), {});
  if (options.problem) return say("passkey-problem", inWords(options));
  let credential;
  try {
    credential = await showPasskey(options.said);
  } catch (failure) {
    return say("passkey-problem", failureInWords(failure));
  }
  const answer = await ask("POST", inCommunity(slug, "/step-up"), { credential });
  if (answer.problem) return say("passkey-problem", inWords(answer, NOT_MADE));
  return again(t("Thank you. Your role counts now."));
}

async function again(told) {
  const refused = await showYou(slug);
  if (refused) say("passkey-problem", inWords(refused));
  else if (!goOn()) say("you-told", told);
}

/** Leave, and nothing of the phone app stays here for others to read. What was not sent is asked about there first. */
async function signOut() {
  // A browser that keeps nothing has nothing to lose.
  const unsent = (await readAll("entries").catch(() => [])).filter(({ state }) => state !== "sent");
  const own = unsent.filter(({ owner }) => owner === `${slug}/${memberId}`).length;
  if (own) {
    const said = n("%(count)s entry has not been sent.", "%(count)s entries have not been sent.", own);
    byId("leave-problem").replaceChildren(said, " ", el("a", { href: `/app?c=${slug}#more` }, t("What shall become of it?")));
    return;
  }
  const answer = await ask("POST", inCommunity(slug, "/sign-out"));
  if (answer.problem && answer.problem !== "sign_in_required") {
    say("leave-problem", inWords(answer));
    return;
  }
  // Somebody else who uses this phone may have something that waits.
  await wipe({ stays: ({ state }) => state !== "sent" }).catch(() => {});
  try {
    // Sheets that were being typed at the desk.
    sessionStorage.clear();
  } catch {
    // Refused, and so nothing was kept there.
  }
  location.assign(`/sign-in?c=${slug}`);
}
