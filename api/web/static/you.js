// The part of each page that says who is signed in, offers a passkey, and ends sessions.

import { ask, byId, inCommunity, inWords, onPress, remember, say, show } from "./page.js";
import { failureInWords, makePasskey, showPasskey, whyNot } from "./passkeys.js";

const words = {
  hello: (name) => `Hello, ${name}`,
  youAreIn: (name) => `You are in, ${name}`,
  oneMore: "One more step: your passkey",
  nobody: "you",
  where: (coop) => `You are signed in at ${coop}.`,
  whereWithRole: (coop, role) => `You are signed in at ${coop} as its ${role}.`,
  needsPasskey: (coop, role) => `You are ${role} of ${coop}. That counts as soon as you have a passkey.`,
  showPasskey: (coop, role) => `You are ${role} of ${coop}. That counts as soon as you show your passkey.`,
  roles: { coordinator: "co-ordinator", auditor: "auditor", administrator: "administrator" },
  make: "Sign in with your finger or face",
  yours: "Your passkeys",
  have: (labels) => `You have: ${labels.join("; ")}.`,
  makeFirst: "Make a passkey",
  makeAnother: "Make another passkey",
  made: "Your passkey is made. From now on it signs you in.",
  shown: "Thank you. Your role counts now.",
  thisDevice: "This device",
  sinceHere: (day) => `This device, since ${day}`,
  since: (day, used) => (used === day ? `Since ${day}` : `Since ${day}, last used ${used}`),
  end: "End",
  endOf: (device, day) => `End ${device}, since ${day}`,
  ended: (device) => `Signed out: ${device}.`,
  notMade: { sign_in_failed: "The passkey could not be checked. Please try again." },
};

const day = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long" });

let slug = "";
let device = "";
let greeting = words.hello;
let prepared = false;

/** Show who is signed in at the community. Returns null, or the answer because of which nothing is shown. */
export async function showYou(community, { welcome = false, quietly = false } = {}) {
  slug = community;
  if (welcome) greeting = words.youAreIn;
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
  const labels = passkeys.said.passkeys.map((each) => each.label);
  const waits = granted !== null && role === null;
  const title = waits && !labels.length ? words.oneMore : greeting(name ?? words.nobody);
  const as = words.roles[granted];
  let where = words.where(coop);
  if (granted) where = words.whereWithRole(coop, as);
  if (waits) where = (labels.length ? words.showPasskey : words.needsPasskey)(coop, as);
  say("you-title", title);
  say("you-where", where);
  document.title = `${title} – Carehours`;

  const not = whyNot();
  say("passkey-title", labels.length ? words.yours : words.make);
  byId("passkey-why").hidden = labels.length > 0;
  byId("passkey-have").hidden = labels.length === 0;
  say("passkey-have", words.have(labels));
  byId("passkey-show").hidden = not !== null || !(waits && labels.length);
  byId("passkey-make").hidden = not !== null || (waits && labels.length > 0);
  byId("passkey-make").className = labels.length ? "" : "main";
  say("passkey-make", labels.length ? words.makeAnother : words.makeFirst);
  say("passkey-problem", not ?? "");
  // One thing at a time: whoever needs a passkey first sees nothing else.
  byId("devices").hidden = waits;
  await fillDevices();
  return null;
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
  const since = day.format(new Date(session.started_at));
  const name = document.createElement("strong");
  name.textContent = session.device;
  const about = document.createElement("span");
  const used = day.format(new Date(session.seen_at));
  about.append(name, session.this ? words.sinceHere(since) : words.since(since, used));
  const item = document.createElement("li");
  item.append(about);
  if (!session.this) {
    const button = document.createElement("button");
    button.textContent = words.end;
    button.setAttribute("aria-label", words.endOf(session.device, since));
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
  say("you-told", words.ended(session.device));
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
  const key = { "idempotency-key": crypto.randomUUID() };
  const body = { credential, label: device || words.thisDevice };
  const answer = await ask("POST", inCommunity(slug, "/passkeys"), body, key);
  if (answer.problem) return say("passkey-problem", inWords(answer, words.notMade));
  return again(words.made);
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
  if (answer.problem) return say("passkey-problem", inWords(answer, words.notMade));
  return again(words.shown);
}

async function again(told) {
  const refused = await showYou(slug);
  if (refused) say("passkey-problem", inWords(refused));
  else say("you-told", told);
}

async function signOut() {
  const answer = await ask("POST", inCommunity(slug, "/sign-out"));
  if (answer.problem && answer.problem !== "sign_in_required") {
    say("leave-problem", inWords(answer));
    return;
  }
  location.assign(`/sign-in?c=${slug}`);
}
