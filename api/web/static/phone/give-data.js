// What giving needs to know: whose account gives, what the co-op's rules allow, to whom, and what is left then.

import { duration, t } from "../words.js";
import { ask, inCommunity } from "../api.js";
import { newId } from "../ids.js";
import { inWords } from "../refused.js";
import { may, subject } from "./acting.js";
import { asOf } from "./fields.js";
import { spendable } from "./prices.js";
import { kept, keptPeople, load, opened, people } from "./store.js";

/**
 * The accounts that can give, the rules, to whom one may give. From what was kept when that is enough, so that nobody
 * waits for a slow connection; then `later` brings what is true now.
 */
export async function whatIsKnown(acting) {
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
    found ? { people: found, whole: false } : people(memberId),
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
export function leftOf({ account, seconds }, { rules, cap }) {
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
export async function judged({ account, to, seconds }) {
  const { slug } = await opened();
  const body = { from: account.id, to: to.id, seconds };
  const answer = await ask("POST", inCommunity(slug, "/gifts?dry_run=true"), body, { "idempotency-key": newId() });
  return answer.problem && answer.status >= 400 && answer.status < 500 && answer.status !== 401 ? inWords(answer) : null;
}
