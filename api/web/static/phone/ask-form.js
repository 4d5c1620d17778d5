// The form with which one asks for care, for oneself or for whom one acts for.

import { el } from "../dom.js";
import { duration, n, t } from "../words.js";
import { actingFor, may, subject } from "./acting.js";
import { daysAfter, today } from "./clock.js";
import { choice, lengthChoice, sayOfChoice } from "./controls.js";
import { button, dayName, link, textField, title } from "./fields.js";
import { soon } from "./live.js";
import { activities } from "./log-data.js";
import { put } from "./outbox.js";
import { inShort, price, spendable } from "./prices.js";
import { kept, load, opened } from "./store.js";
import { aboutIt } from "./strips.js";

const HOUR = 3600;
const AHEAD_DAYS = 366;
const WEEKS = [2, 4, 8, 13, 26];
const ANOTHER = "another";

export async function showAskForm(screen) {
  const acting = actingFor();
  const part = el("div", {}, el("p.hint", { role: "status" }, t("One moment …")));
  screen.append(title(acting ? t("Ask for care for %(name)s", { name: acting.name }) : t("Ask for care")), part);
  const { me } = await opened();
  const before = (await kept("/policy")).value;
  if (before) fillForm(part, me, before.rules);
  else await soon(load("/policy").then((answer) => fillForm(part, me, answer.value?.rules ?? null)));
}

/** The fields; without the rules, which were never fetched, what it costs is not said. */
function fillForm(part, me, rules) {
  const { member_id: receiver, accounts } = subject();
  const now = today(me.timezone);
  const asked = { activity: null, day: null, seconds: HOUR, weekly: 1 };
  const costs = el("p.told", { role: "status" });
  const known = { account: null };

  const tell = () => {
    costs.replaceChildren(...whatItCosts(rules, known.account, asked).map((each) => el("span", {}, each)));
  };

  const offered = activities(rules);
  const [only, ...more] = Object.keys(offered);
  if (!more.length) asked.activity = only;
  const activity = choice(t("What is it about?"), "what", offered, asked.activity, (value) => set("activity", value), ".two");
  const days = Object.fromEntries([
    [now, t("Today")],
    [daysAfter(now, 1), t("Tomorrow")],
    ...[2, 3].map((each) => [daysAfter(now, each), dayName(daysAfter(now, each))]),
    [ANOTHER, t("Another day")],
  ]);
  const date = textField(t("Which day?"), { type: "date", min: now, max: daysAfter(now, AHEAD_DAYS) });
  date.element.hidden = true;
  date.input.addEventListener("change", () => set("day", date.value() || null));
  const day = choice(t("When?"), "day", days, null, (value) => {
    date.element.hidden = value !== ANOTHER;
    set("day", value === ANOTHER ? date.value() || null : value);
    if (value === ANOTHER) date.input.focus();
  }, ".two");
  const from = textField(t("From what time?"), { type: "time", optional: true, step: 900 });
  const length = lengthChoice(t("How long?"), asked.seconds, rules?.grid_seconds ?? 900, (value) => set("seconds", value));
  const often = { 1: t("Just once"), ...Object.fromEntries(WEEKS.map((each) => [each, n("%(count)s week", "%(count)s weeks", each)])) };
  const weekly = choice(t("Every week, for how long?"), "weekly", often, 1, (value) => set("weekly", Number(value)), ".two");
  const area = textField(t("Roughly where?"), { optional: true, maxlength: 120, hint: t("A part of town, not your address. Everybody can read it.") });
  const note = textField(t("What should whoever comes know?"), { optional: true, lines: 3, hint: t("Only whoever comes reads it.") });
  const ofChoice = (fieldset) => ({ say: (text) => sayOfChoice(fieldset, text), input: fieldset.querySelector("input") });
  const fields = { activity: ofChoice(activity), day: ofChoice(day), date, from };
  const clear = () => Object.values(fields).forEach((each) => each.say(""));
  from.input.addEventListener("input", clear);

  function set(name, value) {
    asked[name] = value;
    clear();
    tell();
  }

  const send = async () => {
    clear();
    const [wrong, field] = whatIsWrong(asked, from.value(), now, fields);
    if (wrong) {
      field.say(wrong);
      field.input.focus();
      return;
    }
    const body = { receiver, activity: asked.activity, care_on: asked.day, seconds: asked.seconds };
    if (from.value()) body.from = from.value().slice(0, 5);
    if (area.value()) body.area = area.value();
    if (note.value()) body.note = note.value();
    if (asked.weekly > 1) body.weekly = asked.weekly;
    const what = inShort(body, rules);
    const says =
      asked.weekly > 1
        ? n("You asked for this, in %(count)s week: %(what)s", "You asked for this, in %(count)s weeks: %(what)s", asked.weekly, { what })
        : t("You asked for: %(what)s", { what });
    await put({ kind: "request", path: "/care-requests", body, about: aboutIt(says) });
    location.hash = "#ask";
  };

  part.replaceChildren(
    ...[
      more.length > 0 && activity,
      day,
      date.element,
      from.element,
      length,
      el("details", {}, el("summary", {}, t("Every week?")), weekly),
      area.element,
      note.element,
      costs,
      button(t("Ask for it"), send, { kind: ".main" }),
      link("#ask", t("Go back")),
    ].filter(Boolean),
  );
  tell();
  if (may("see")) {
    payingAccount(accounts).then((account) => {
      known.account = account;
      tell();
    });
  }
}

/** The account that pays for a member's care: their household's, when they have one, else their own. */
async function payingAccount(ids) {
  const answers = await Promise.all(ids.map((id) => load(`/accounts/${id}`)));
  const accounts = answers.map((each) => each.value).filter(Boolean);
  return accounts.find((each) => each.kind === "household") ?? accounts[0] ?? null;
}

/** What will be set aside, and what is left then: sentences. */
function whatItCosts(rules, account, { activity, seconds, weekly }) {
  if (!rules || !activity) return [];
  const [first, ...others] = rules.funders;
  const all = price(rules, activity, seconds) * weekly;
  if (first !== "receiver") {
    return others.includes("receiver")
      ? [t("Your co-op pays for it if it can. If not, %(time)s of these hours are set aside.", { time: duration(all) })]
      : [t("It takes nothing from these hours: your co-op pays for it.")];
  }
  const said = [t("This sets aside %(time)s until it has taken place.", { time: duration(all) })];
  if (!account) return said;
  const left = spendable(account, rules);
  if (left !== null && left < all) {
    if (others.length) return [t("There are not enough hours for this, so your co-op is asked to pay. You will see here whether it can.")];
    return [...said, t("There are not enough hours for it: %(time)s can be used. Ask for less, or speak with your co-ordinator.", { time: duration(Math.max(left, 0)) })];
  }
  const after = account.balance - account.held - all;
  said.push(
    after >= 0
      ? t("After that, %(time)s are left to use.", { time: duration(after) })
      : t("After that, the account is %(time)s below zero, which is allowed.", { time: duration(-after) }),
  );
  return said;
}

/** What is wrong with what was filled in, and where; `[null]` when nothing is. */
function whatIsWrong(asked, from, now, fields) {
  if (!asked.activity) return [t("Please choose what it is about."), fields.activity];
  if (!asked.day) return [t("Please choose a day."), fields.date.element.hidden ? fields.day : fields.date];
  if (asked.day < now) return [t("This day is over. Please choose another one."), fields.date];
  if (from) {
    const [hours, minutes] = from.split(":").map(Number);
    if (hours * HOUR + minutes * 60 + asked.seconds >= 24 * HOUR) {
      return [t("It would go past midnight. Please ask for two days, or begin earlier."), fields.from];
    }
  }
  return [null];
}
