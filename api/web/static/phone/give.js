// Give: hours to somebody or to a pot, as far as the co-op's rules allow; looked at once more before it is done.

import { el } from "../dom.js";
import { duration, t } from "../words.js";
import { ask, inCommunity, inWords } from "../api.js";
import { actingFor, may, subject } from "./acting.js";
import { lengthChoice } from "./controls.js";
import { asOf, button, empty, link, textField, title } from "./fields.js";
import { newId, put } from "./outbox.js";
import { picker } from "./picker.js";
import { spendable } from "./prices.js";
import { kept, keptPeople, load, opened, people } from "./store.js";
import { aboutIt } from "./strips.js";

const HOUR = 3600;

export async function showGive(screen) {
  const acting = actingFor();
  screen.append(title(acting ? t("Give hours of %(name)s", { name: acting.name }) : t("Give hours")));
  const part = el("div");
  screen.append(part);
  if (!may("spend")) {
    part.append(empty(t("You act for %(name)s, but may not give their hours away. They can allow it.", { name: acting.name })));
    return;
  }
  const known = await whatIsKnown(acting);
  const gift = { to: null, account: known.accounts[0] ?? null, seconds: HOUR, note: "" };
  let step = () => {};
  const show = (...children) => {
    part.replaceChildren(...children.filter(Boolean));
    if (part.isConnected) {
      window.scrollTo(0, 0);
      part.querySelector("[tabindex='-1']")?.focus();
    }
  };

  const first = () => {
    step = first;
    const { allowed, problem } = known;
    if (!known.accounts.length) return show(problem ?? empty(t("There is no account here yet. Please ask your co-ordinator to open one.")));
    if (!allowed.people.length && !allowed.pots.length) {
      return show(problem, empty(t("By your co-op’s rules there is nobody here to whom hours could be given.")), link("#hours", t("Go back")));
    }
    const list = [...allowed.people, ...allowed.pots];
    return show(
      problem,
      el("p", {}, allowed.says),
      picker(t("To whom?"), { people: list, whole: allowed.whole }, (person) => {
        gift.to = person;
        second();
      }),
    );
  };

  const second = () => {
    const note = textField(t("A word with it"), { optional: true, lines: 2, value: gift.note, hint: t("They can read it, and it stands on the receipt.") });
    const told = el("p.told", { role: "status" });
    const problem = el("p.problem", { role: "alert" });
    const tell = () => told.replaceChildren(...leftOf(gift, known).map((each) => el("span", {}, each)));
    const whose = known.accounts.length > 1 ? accountField(known.accounts, gift, tell) : null;
    const length = lengthChoice(t("How much?"), gift.seconds, known.rules?.grid_seconds ?? 900, (seconds) => {
      gift.seconds = seconds;
      problem.textContent = "";
      tell();
    });
    tell();
    step = tell;
    const next = async () => {
      gift.note = note.value();
      const wrong = await judged(gift);
      problem.textContent = wrong ?? "";
      if (!wrong) third();
    };
    show(
      chosen(gift.to, first),
      whose,
      length,
      told,
      note.element,
      problem,
      button(t("Look at it once more"), next, { kind: ".main" }),
    );
  };

  const third = () => {
    step = () => {};
    const words = { time: duration(gift.seconds), name: gift.to.name };
    const give = async () => {
      const body = { from: gift.account.id, to: gift.to.id, seconds: gift.seconds };
      if (gift.note) body.note = gift.note;
      await put({ kind: "gift", path: "/gifts", body, about: aboutIt(t("You gave %(time)s to %(name)s", words)) });
      location.hash = "#hours";
    };
    show(
      el("section.card", { tabindex: -1 }, el("p.balance", {}, t("%(time)s to %(name)s", words)), gift.note && el("blockquote", {}, gift.note), leftOf(gift, known).map((each) => el("p", {}, each))),
      el("p.told", {}, t("Once it has been sent you cannot take it back yourself: only %(name)s can give it back, or a co-ordinator can put it right.", words)),
      button(t("Give %(time)s to %(name)s", words), give, { kind: ".main" }),
      button(t("Change it"), second),
    );
  };

  first();
  known.later?.then((now) => {
    Object.assign(known, now);
    gift.account = known.accounts.find(({ id }) => id === gift.account?.id) ?? known.accounts[0] ?? null;
    if (!part.contains(document.activeElement) || step !== first) step();
  });
}

const chosen = (person, back) =>
  el("div.chosen", {}, el("h2", { tabindex: -1 }, person.name, person.hint && el("small", {}, person.hint)), button(t("Change"), back, { kind: ".quiet", about: person.name }));

function accountField(accounts, gift, tell) {
  const select = el(
    "select",
    { id: "from-account", onchange: () => {
      gift.account = accounts.find(({ id }) => id === select.value);
      tell();
    } },
    accounts.map((each) => el("option", { value: each.id }, each.name ?? t("My own account"))),
  );
  return el("div.field", {}, el("label", { for: select.id }, t("From which account?")), select);
}

/**
 * The accounts that can give, the rules, to whom one may give. From what was kept when that is enough, so that nobody
 * waits for a slow connection; then `later` brings what is true now.
 */
async function whatIsKnown(acting) {
  const before = await reading(acting, kept, await keptPeople(subject().member_id));
  if (before) return { ...before, later: reading(acting, load) };
  return { ...(await reading(acting, load)), later: null };
}

/** What is known `by` this way of reading; null when something was never kept. */
async function reading(acting, by, found = null) {
  const { member_id: memberId, accounts: ids } = subject();
  const { me } = await opened();
  if (by === kept && !found) return null;
  const reads = may("see");
  const [policy, pots, directory, relatives, spent, ...accounts] = await Promise.all([
    by("/policy"),
    by("/pots?limit=200"),
    found ? { people: found, whole: true } : people(memberId),
    acting ? null : by(`/members/${memberId}/relatives`),
    acting && reads ? by(`/members/${memberId}/delegates`) : null,
    ...(reads ? ids.map((id) => by(`/accounts/${id}`)) : []),
  ]);
  const answers = [policy, pots, relatives, spent, ...accounts].filter(Boolean);
  if (by === kept && answers.some((each) => !each.value)) return null;
  const delegation = spent?.value?.delegations.find((each) => each.delegate === me.member_id && each.in_force);
  const rules = policy.value?.rules ?? null;
  const readable = accounts.map((each) => each.value).filter(Boolean);
  return {
    rules,
    accounts: reads ? readable.sort((one) => (one.kind === "member" ? -1 : 1)) : ids.map((id) => ({ id, unseen: true })),
    cap: acting ? { monthly: acting.monthly_cap, spent: delegation?.spent ?? null } : null,
    allowed: whoMayGet(rules, directory, pots.value?.pots ?? [], relatives?.value?.relatives ?? null),
    problem: by === kept ? null : asOf(...answers),
  };
}

/** To whom the policy lets somebody give: the people and pots, whether those are all, and that in words. */
function whoMayGet(rules, found, pots, relatives) {
  const gifts = rules?.gifts ?? { anybody: 1, pots: 1, relations: [] };
  const potRows = gifts.pots ? pots.map((each) => ({ id: each.account, name: each.name ?? each.code, hint: t("a pot of your co-op") })) : [];
  if (gifts.anybody) {
    const says = gifts.pots ? t("You can give hours to any member, or to a pot of your co-op.") : t("You can give hours to any member.");
    return { people: found.people, pots: potRows, whole: found.whole, says };
  }
  const says = gifts.relations.length
    ? t("By your co-op’s rules hours are given to close relatives only, or to a pot if there is one.")
    : t("By your co-op’s rules hours are given to a pot only.");
  if (!gifts.relations.length) return { people: [], pots: potRows, whole: true, says };
  // Whoever acts for somebody does not see their family; the look before giving says whether it is allowed.
  if (relatives === null) return { people: found.people, pots: potRows, whole: found.whole, says };
  const close = new Set(relatives.filter((each) => gifts.relations.includes(each.relation)).map((each) => each.relative));
  return { people: found.people.filter(({ id }) => close.has(id)), pots: potRows, whole: true, says };
}

/** What is left after the gift, and of a delegate's month: sentences. */
function leftOf({ account, seconds }, { rules, cap }) {
  const said = [];
  if (!account.unseen) {
    const left = spendable(account, rules ?? {});
    const after = account.balance - account.held - seconds;
    if (left !== null && left < seconds) said.push(t("There are not enough hours for it: %(time)s can be given.", { time: duration(Math.max(left, 0)) }));
    else if (after >= 0) said.push(t("After that, %(time)s are left to use.", { time: duration(after) }));
    else said.push(t("After that, the account is %(time)s below zero, which is allowed.", { time: duration(-after) }));
  }
  if (cap) {
    const monthly = duration(cap.monthly);
    said.push(
      cap.spent === null
        ? t("You may give at most %(monthly)s a month for them.", { monthly })
        : t("You may give at most %(monthly)s a month for them; %(spent)s are used.", { monthly, spent: duration(cap.spent) }),
    );
  }
  return said;
}

/** What the service would say, in words, when it would say no; null when it would do it, or cannot be asked. */
async function judged({ account, to, seconds }) {
  const { slug } = await opened();
  const body = { from: account.id, to: to.id, seconds };
  const answer = await ask("POST", inCommunity(slug, "/gifts?dry_run=true"), body, { "idempotency-key": newId() });
  return answer.problem && answer.status >= 400 && answer.status < 500 && answer.status !== 401 ? inWords(answer) : null;
}
