// My hours: what there is to use, what is set aside, what is not paid yet, and all that ever happened, by day.

import { el } from "../dom.js";
import { duration, n, t } from "../words.js";
import { actingFor, may, subject } from "./acting.js";
import { answeredIn } from "./confirm.js";
import { asOf, button, dayName, empty, link, localDay, title } from "./fields.js";
import { lineInWords } from "./lines.js";
import { live, named } from "./live.js";
import { titleOf } from "./log-data.js";
import { spendable, whatAndWhen } from "./prices.js";
import { load, opened } from "./store.js";
import { ofKinds, strip, strips } from "./strips.js";
import { howItWas, peopleAsked, readWellBeing } from "./well-being.js";

const PAGE = 20;
const A_DAY_MS = 86_400_000;
// A co-op that wants no bound at all still gives accounts a floor, which nobody needs to hear of.
const NO_BOUND = 500 * 3600;

export async function showHours(screen) {
  const acting = actingFor();
  screen.append(title(acting ? t("The hours of %(name)s", { name: acting.name }) : t("My hours")));
  if (!may("see")) {
    screen.append(empty(t("You act for %(name)s, but may not see their hours. They can allow it.", { name: acting.name })));
    return;
  }
  const { member_id: memberId, accounts: ids } = subject();
  if (!ids.length) {
    screen.append(empty(t("There is no account here yet. Please ask your co-ordinator to open one.")));
    return;
  }
  const { slug, me } = await opened();
  // Lines that were asked for stay when the first ones are drawn anew, and so do the names in them.
  const lines = new Map(ids.map((id) => [id, new Map()]));
  const known = { slug, me, memberId, acting, ids, lines, names: {} };
  await live(screen, (by) => readHours(by, memberId, ids), (data) => drawHours(data, known));
}

export async function readHours(by, memberId, ids) {
  const [policy, waiting, disputed, requests, told, ...ofAccounts] = await Promise.all([
    by("/policy"),
    by(`/claims?member=${memberId}&state=submitted&limit=100`),
    by(`/claims?member=${memberId}&state=disputed`),
    by("/care-requests?mine=true&limit=50"),
    readWellBeing(by),
    ...ids.map((id) => by(`/accounts/${id}`)),
    ...ids.map((id) => by(`/accounts/${id}/entries?limit=${PAGE}`)),
  ]);
  const histories = ofAccounts.slice(ids.length);
  const claims = [...(waiting.value?.claims ?? []), ...(disputed.value?.claims ?? [])];
  const people = histories.flatMap((each) => (each.value?.entries ?? []).flatMap(peopleIn));
  const names = await named([...people, ...peopleAsked(told), ...claims.flatMap(({ provider, receiver }) => [provider, receiver])]);
  const accounts = Object.fromEntries(ofAccounts.map((each, place) => [`account ${place}`, each]));
  return { policy, waiting, disputed, requests, told, ...accounts, names };
}

const peopleIn = ({ paid_for: visit, members = [] }) => [...(visit ? [visit.provider, visit.receiver] : []), ...members];

function drawHours(data, known) {
  const { memberId, acting, ids } = known;
  Object.assign(known.names, data.names);
  const rules = data.policy.value?.rules;
  const answers = Object.values(data).filter((each) => each && "fresh" in each);
  const answered = answeredIn(data.entries);
  const toAnswer = (data.waiting.value?.claims ?? []).filter((each) => each.receiver === memberId && !answered.has(each.id));
  const parts = [asOf(...answers)];
  const earlier = [];
  ids.forEach((id, place) => {
    const account = data[`account ${place}`].value;
    const history = data[`account ${place + ids.length}`].value;
    if (account) parts.push(balance(account, rules, acting));
    if (history) earlier.push(historyOf(id, account, history, data, known));
  });
  if (toAnswer.length && may("confirm")) {
    const words = n("%(count)s visit waits for an answer", "%(count)s visits wait for an answer", toAnswer.length);
    parts.push(el("p", {}, link("#confirm", words, ".main")));
  }
  parts.push(...howItWas(data));
  if (may("spend") && ids.length) parts.push(el("p", {}, link("#give", t("Give hours to somebody"))));
  const gifts = ofKinds(data.entries, "gift");
  parts.push(strips(t("Given today"), gifts, (each) => strip(each, each.about.says, given(each, known.slug))));
  parts.push(notPaidYet(data, memberId, rules), setAside(data, memberId, rules, known.me.today));
  return [...parts, ...earlier];
}

/** What is there to use, in words, kindly also below zero. */
function balance(account, rules, acting) {
  const usable = account.balance - account.held;
  const time = duration(Math.abs(usable));
  const name = account.kind === "household" ? account.name ?? t("Your household") : acting?.name;
  const texts = name === undefined ? ofMyself(usable, time) : ofAnother(usable, time, name);
  const said = [el("p.balance", {}, texts)];
  if (account.held > 0) {
    const held = duration(account.held);
    said.push(
      usable > 0
        ? t("%(held)s more are set aside for care that was asked for.", { held })
        : t("In this, %(held)s are set aside for care that was asked for.", { held }),
    );
  }
  const left = rules ? spendable(account, rules) : null;
  if (usable <= 0 && left !== null && left < NO_BOUND) {
    said.push(
      left > 0
        ? t("Care can still be asked for, up to %(time)s.", { time: duration(left) })
        : t("That is as far as it goes. Some care has to be given first, or ask your co-ordinator."),
    );
  }
  return el("section.card", {}, said.map((each) => (typeof each === "string" ? el("p", {}, each) : each)));
}

function ofMyself(usable, time) {
  if (usable > 0) return t("You have %(time)s to use.", { time });
  if (usable === 0) return t("You have no hours to use just now.");
  return t("You are %(time)s below zero. That is all right: it evens out when you give care.", { time });
}

function ofAnother(usable, time, name) {
  if (usable > 0) return t("%(name)s: %(time)s to use.", { name, time });
  if (usable === 0) return t("%(name)s: no hours to use just now.", { name });
  return t("%(name)s: %(time)s below zero.", { name, time });
}

const given = ({ about: { result } }, slug) =>
  result ? el("span", {}, t("Done."), " ", el("a", { href: `/r/${slug}/${result.id}` }, t("Receipt"))) : null;

/** Visits of one's own that somebody has still to say yes to, or that a co-ordinator looks at. */
function notPaidYet({ waiting, disputed, names, policy }, memberId) {
  const rules = policy.value?.rules;
  const all = [...(waiting.value?.claims ?? []), ...(disputed.value?.claims ?? [])];
  // A disputed one that was paid before stands in the history, and says so there.
  const mine = all.filter((each) => each.provider === memberId && !each.transfer);
  if (!mine.length) return null;
  return el(
    "section",
    {},
    el("h2", {}, t("Not paid yet")),
    el("ul.lines", {}, mine.map((claim) => {
      const who = names[claim.receiver];
      return el(
        "li",
        {},
        el("strong.word", {}, t("For %(who)s", { who })),
        el("span.amount", {}, duration(claim.seconds)),
        el(
          "div.about",
          {},
          el("span", {}, whatAndWhen(rules, claim)),
          el("span", {}, claim.state === "disputed" ? t("A co-ordinator looks at it.") : t("%(who)s has not answered yet.", { who })),
          claim.due_at && el("span", {}, t("Without an answer it counts on %(day)s.", { day: dayName(localDay(claim.due_at)) })),
        ),
      );
    })),
  );
}

/** What is set aside for care that was asked for. */
function setAside({ requests, policy }, memberId) {
  const held = (requests.value?.care_requests ?? []).filter(
    (each) => each.receiver === memberId && each.held_seconds > 0 && (each.state === "open" || each.state === "taken"),
  );
  if (!held.length) return null;
  return el(
    "section",
    {},
    el("h2", {}, t("Set aside")),
    el("ul.lines", {}, held.map((each) =>
      el(
        "li",
        {},
        el("strong.word", {}, whatAndWhen(policy.value?.rules, each)),
        el("span.amount", {}, duration(each.held_seconds)),
      ),
    )),
    el("p", {}, el("a", { href: "#ask" }, t("Look at what was asked for"))),
  );
}

// --- history ------------------------------------------------------------------------------------------------------

/** The lines of an account by day, the newest first; more of them when they are asked for. */
function historyOf(id, account, history, data, known) {
  const { ids, lines, names } = known;
  const seen = lines.get(id);
  const page = history.entries.map((each) => each.entry_number);
  // They are numbered without a gap; what was kept is of no use when lines between it and these are missing.
  if (Math.max(...seen.keys()) < Math.min(...page) - 1) seen.clear();
  for (const each of history.entries) seen.set(each.entry_number, each);
  const name = account?.kind === "household" || known.acting ? account?.name : t("My own account");
  const heading = ids.length > 1 && name ? name : t("History");
  const list = el("div");
  const more = button(t("Show more"), async () => {
    const answer = await load(`/accounts/${id}/entries?below=${Math.min(...seen.keys())}&limit=${PAGE}`);
    if (!answer.value) {
      more.replaceWith(asOf(answer));
      return;
    }
    const before = seen.size;
    for (const each of answer.value.entries) seen.set(each.entry_number, each);
    Object.assign(names, await named(answer.value.entries.flatMap(peopleIn)));
    fill();
    list.querySelectorAll("li")[before]?.focus();
  });
  const fill = () => {
    list.replaceChildren(...byDay([...seen.values()], names, data, known));
    more.hidden = Math.min(...seen.keys()) <= 1 || !seen.size;
  };
  fill();
  if (!seen.size) {
    list.append(
      known.acting
        ? empty(t("Nothing has happened here yet."))
        : empty(t("Nothing has happened here yet. Log the first hour you give."), link("#log", t("Log an hour"))),
    );
  }
  const statement = el("a.button", { href: `/statement/${known.slug}/${id}` }, t("A statement to look at, print or keep"));
  return el("section", {}, el("h2", {}, heading), list, more, el("p", {}, statement));
}

function byDay(seen, names, data, known) {
  const days = new Map();
  for (const each of seen.sort((one, other) => other.entry_number - one.entry_number)) {
    const on = localDay(each.recorded_at);
    days.set(on, [...(days.get(on) ?? []), each]);
  }
  return [...days].flatMap(([on, some]) => [
    el("h3", {}, dayName(on)),
    el("ul.lines", {}, some.map((each) => line(each, on, names, data, known))),
  ]);
}

function line(entry, on, names, { policy, disputed }, { slug, memberId, acting }) {
  const rules = policy.value?.rules;
  const word = lineInWords(entry, memberId, names);
  const visit = entry.paid_for;
  const about = [visit && titleOf(rules, visit.activity), entry.service_on && entry.service_on !== on && dayName(entry.service_on)];
  const open = (disputed.value?.claims ?? []).some((each) => each.id === visit?.claim);
  const until = new Date(entry.recorded_at).getTime() + (rules?.dispute_days ?? 0) * A_DAY_MS;
  // Nobody speaks for another as the one who gave the care.
  const speaks = acting ? may("confirm") && visit?.receiver === memberId : true;
  const mayDispute = entry.kind === "care" && visit && !open && Date.now() < until && speaks;
  return el(
    "li",
    { tabindex: -1 },
    el("strong.word", {}, word),
    el(`span.amount.${entry.seconds < 0 ? "minus" : "plus"}`, {}, duration(entry.seconds, { signed: true })),
    el(
      "div.about",
      {},
      about.some(Boolean) && el("span", {}, about.filter(Boolean).join(", ")),
      open && el("span", {}, t("A co-ordinator looks at it.")),
      el("a", { href: `/r/${slug}/${entry.transfer}`, "aria-label": `${t("Receipt")}: ${word}` }, t("Receipt")),
      mayDispute && el("a", { href: `#confirm/${visit.claim}`, "aria-label": `${t("Not right?")} ${word}` }, t("Not right?")),
    ),
  );
}
