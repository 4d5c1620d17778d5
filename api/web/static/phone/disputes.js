// What one side says is not right: declined visits of one's own, and disputes, which a co-ordinator decides.

import { el } from "../dom.js";
import { duration, t } from "../words.js";
import { actingFor, may, subject } from "./acting.js";
import { asOf, button, dayName, empty, link, textField, title } from "./fields.js";
import { live, named } from "./live.js";
import { put } from "./outbox.js";
import { whatAndWhen } from "./prices.js";
import { aboutIt, ofKinds, strip, strips } from "./strips.js";

const SHOWN = 10;

/** What `disputes` draws: declined visits with their reasons, and disputes with what was said. */
export async function readDisputes(by, memberId) {
  const [declined, disputed] = await Promise.all([by(`/claims?member=${memberId}&state=declined&limit=${SHOWN}`), by("/disputes")]);
  const own = (declined.value?.claims ?? []).filter((each) => each.provider === memberId);
  const whole = await Promise.all(own.map((each) => by(`/claims/${each.id}`)));
  const why = Object.fromEntries(
    whole.map((each, place) => [own[place].id, each.value?.claim.events.findLast(({ kind }) => kind === "declined")?.reason ?? null]),
  );
  const open = (disputed.value?.disputes ?? []).filter((each) => !each.outcome);
  const people = [...own, ...open].flatMap(({ provider, receiver }) => [provider, receiver]);
  const speakers = open.flatMap(({ statements }) => statements.map((each) => each.member));
  return { declined, disputed, why, names: await named([...people, ...speakers]) };
}

/** The parts of a screen about what is not right. */
export function disputes({ policy, declined, disputed, why, names, entries }, { memberId, drafts }) {
  const rules = policy.value?.rules;
  const said = ofKinds(entries, "dispute", "statement", "dispute-withdrawal", "withdrawal").filter((each) => each.about.says);
  const busy = new Set(said.filter((each) => each.state !== "refused").map((each) => each.about.claim));
  // Nobody speaks for another as the one who gave the care.
  const own = (declined.value?.claims ?? []).filter((each) => !actingFor() && each.provider === memberId && !busy.has(each.id));
  const open = (disputed.value?.disputes ?? []).filter(
    (each) => !each.outcome && (each.receiver === memberId || (!actingFor() && each.provider === memberId)),
  );
  const parts = [strips(t("What you said"), said, (each) => strip(each, each.about.says))];
  if (own.length) {
    parts.push(
      el("h2", {}, t("Somebody said no to your hours")),
      own.map((claim) => declinedCard(claim, rules, names, why[claim.id])),
    );
  }
  if (open.length) {
    parts.push(el("h2", {}, t("A co-ordinator looks at these")), open.map((each) => disputeCard(each, names, memberId, drafts)));
  }
  return parts.flat();
}

function declinedCard(claim, rules, names, why) {
  const who = names[claim.receiver];
  const what = whatOf(claim, who);
  return el(
    "article.card",
    {},
    el("h3", {}, what),
    el("p", {}, whatAndWhen(rules, claim)),
    why && el("blockquote", {}, why),
    el("p.hint", {}, t("Best speak with %(who)s first. If you then log it anew, take this one back.", { who })),
    button(t("Take it back"), () => takeBack(claim, what), { about: what }),
    link(`#confirm/${claim.id}`, t("Ask a co-ordinator to decide")),
  );
}

const whatOf = (claim, who) => t("%(time)s for %(who)s", { time: duration(claim.seconds), who });

function takeBack(claim, what) {
  return put({
    kind: "withdrawal",
    path: `/claims/${claim.id}/withdrawal`,
    about: aboutIt(t("You took back: %(what)s", { what }), { claim: claim.id }),
  });
}

function disputeCard(dispute, names, memberId, drafts) {
  const mine = dispute.provider === memberId;
  const who = names[mine ? dispute.receiver : dispute.provider];
  const time = duration(dispute.seconds);
  const what = mine ? t("%(time)s for %(who)s", { time, who }) : t("%(time)s by %(who)s", { time, who });
  const side = mine ? "provider" : "receiver";
  // What is being written outlives that the card is drawn anew.
  const value = drafts.get(dispute.id) ?? "";
  const words = textField(t("Say more"), { lines: 2, value, hint: t("The other side and the co-ordinator read it.") });
  words.input.addEventListener("input", () => drafts.set(dispute.id, words.input.value));
  const send = async () => {
    if (!words.value()) {
      words.say(t("Please write what you want to say."));
      words.input.focus();
      return;
    }
    const about = aboutIt(t("You said more about: %(what)s", { what }), { claim: dispute.claim });
    drafts.delete(dispute.id);
    await put({ kind: "statement", path: `/disputes/${dispute.id}/statements`, body: { statement: words.value() }, about });
  };
  const withdraw = () =>
    put({
      kind: "dispute-withdrawal",
      path: `/disputes/${dispute.id}/withdrawal`,
      about: aboutIt(t("You let it stand: %(what)s", { what }), { claim: dispute.claim }),
    });
  return el(
    "article.card",
    {},
    el("h3", {}, what),
    el("p", {}, t("It is to be decided by %(day)s.", { day: dayName(dispute.deadline_on) })),
    dispute.statements.map((each) =>
      el("blockquote", {}, each.statement ?? t("(no longer there)"), el("footer", {}, names[each.member])),
    ),
    el("details", { open: value !== "" }, el("summary", {}, t("Say more")), words.element, button(t("Send"), send, { about: what })),
    dispute.opened_side === side && button(t("Let it stand after all"), withdraw, { about: what }),
  );
}

// --- saying that something is not right ---------------------------------------------------------------------------

/** The screen on which somebody says what is not right about one visit. */
export async function showDispute(screen, claimId) {
  screen.append(title(t("Something is not right")));
  const { member_id: memberId } = subject();
  const words = textField(t("What is not right?"), { lines: 4, hint: t("The other side and the co-ordinator read it.") });
  const read = async (by) => {
    const [claim, policy] = await Promise.all([by(`/claims/${claimId}`), by("/policy")]);
    const { provider, receiver } = claim.value?.claim ?? {};
    return { claim, policy, names: await named([provider, receiver]) };
  };
  await live(screen, read, (data) => drawDispute(data, memberId, words));
}

function drawDispute({ claim: answer, policy, names, entries }, memberId, words) {
  const back = link("#confirm", t("Go back"));
  const claim = answer.value?.claim;
  if (!claim) return [asOf(answer) ?? empty(t("There is no such visit here.")), back];
  const mine = claim.provider === memberId;
  const what = mine ? whatOf(claim, names[claim.receiver]) : t("%(time)s by %(who)s", { time: duration(claim.seconds), who: names[claim.provider] });
  const [sent] = ofKinds(entries, "dispute").filter((each) => each.about.claim === claim.id);
  if (sent) {
    return [
      el("ul.strips", {}, strip(sent, sent.about.says, t("A co-ordinator looks at it now. You will see here what becomes of it."))),
      back,
    ];
  }
  if (mine ? actingFor() : !may("confirm")) return [empty(t("You may not say anything about this visit for somebody else.")), back];
  const send = async () => {
    if (!words.value()) {
      words.say(t("Please write what is not right."));
      words.input.focus();
      return;
    }
    const about = aboutIt(t("You asked a co-ordinator to look at: %(what)s", { what }), { claim: claim.id });
    await put({ kind: "dispute", path: `/claims/${claim.id}/disputes`, body: { statement: words.value() }, about });
  };
  return [
    asOf(answer),
    el("section.card", {}, el("p.long", {}, what), el("p", {}, whatAndWhen(policy.value?.rules, claim))),
    el("p", {}, t("A co-ordinator who is close to neither of you decides what is right. Until then the hours stay as they are.")),
    words.element,
    button(t("Send it to a co-ordinator"), send, { kind: ".main" }),
    back,
  ];
}
