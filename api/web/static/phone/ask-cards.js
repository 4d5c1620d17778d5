// One request for care on a card: one's own, one that is promised, one that somebody could take.

import { el } from "../dom.js";
import { duration, t } from "../words.js";
import { may } from "./acting.js";
import { today } from "./clock.js";
import { button, link } from "./fields.js";
import { fillIn } from "./log.js";
import { put } from "./outbox.js";
import { inShort, whatAndWhen } from "./prices.js";
import { aboutIt } from "./strips.js";

/** `who` heads the card of a request of somebody else. */
function card(request, rules, who, ...more) {
  const when = whatAndWhen(rules, request);
  return el(
    "article.card.request",
    {},
    el("h3", {}, who ?? when),
    el("p.long", {}, duration(request.seconds)),
    who && el("p", {}, when),
    request.area && el("p", {}, t("Where: %(area)s", request)),
    request.note && el("blockquote", {}, request.note),
    ...more,
  );
}

/** A question before something that others hear of: the button, and instead of it what to press when one means it. */
function sure(text, about, question, ways) {
  const part = el("div.sure");
  const ask = () =>
    part.replaceChildren(
      button(text, () => {
        part.replaceChildren(
          el("p", { tabindex: -1 }, question),
          ...ways.map(([each, deed]) => button(each, deed, { about })),
          button(t("No, leave it"), ask, { about }),
        );
        part.firstChild.focus();
      }, { about }),
    );
  ask();
  return part;
}

const states = (name) => ({
  open: t("Nobody has taken it yet."),
  taken: name ? t("%(name)s will come.", { name }) : t("Somebody will come."),
  settled: name ? t("%(name)s was there.", { name }) : t("It took place."),
  cancelled: t("Cancelled."),
  expired: t("It did not come about. What was set aside is free again."),
});

/** A request of the member the screens are about. */
export function ownCard(request, { policy, names, mine, waiting }, { memberId }) {
  const rules = policy.value?.rules;
  const about = inShort(request, rules);
  const visit = (waiting?.value?.claims ?? []).find((each) => each.care_request === request.id && each.receiver === memberId);
  const isOpen = request.state === "open" || request.state === "taken";
  const later = (mine.value?.care_requests ?? []).filter(
    (each) => each.series && each.series === request.series && each.care_on > request.care_on && (each.state === "open" || each.state === "taken"),
  );
  const cancel = (following) =>
    put({
      kind: "cancellation",
      path: `/care-requests/${request.id}/cancellation`,
      body: following ? { following } : {},
      about: aboutIt(t("You cancelled: %(what)s", { what: about }), { request: request.id }),
    });
  const ways = [[t("Yes, cancel it"), () => cancel(false)]];
  if (later.length) ways.push([t("Cancel this and all later weeks"), () => cancel(true)]);
  return card(
    request,
    rules,
    null,
    el("p", {}, states(request.taken_by && names[request.taken_by])[request.state]),
    isOpen && request.held_seconds > 0 && el("p.hint", {}, t("%(time)s are set aside for it.", { time: duration(request.held_seconds) })),
    visit && may("confirm") && el("p", {}, link("#confirm", t("The visit waits for your answer"), ".main")),
    isOpen && !visit && may("request") && sure(t("Cancel"), about, t("Do you want to cancel it? What is set aside is free again."), ways),
  );
}

/** A request one has promised to come to. */
export function takenCard(request, { policy, names, waiting }, { me }) {
  const rules = policy.value?.rules;
  const who = names[request.receiver];
  const about = inShort(request, rules);
  const visit = (waiting?.value?.claims ?? []).find((each) => each.care_request === request.id);
  const giveBack = () =>
    put({
      kind: "giving-back",
      path: `/care-requests/${request.id}/giving-back`,
      about: aboutIt(t("You gave back: %(what)s", { what: about }), { request: request.id }),
    });
  const now = today(me.timezone);
  const begun = request.care_on <= now;
  const log = () => {
    const { seconds, activity, care_on: day } = request;
    fillIn({ person: { id: request.receiver, name: who }, seconds, activity, day: day < now ? day : null, request: request.id });
    location.hash = "#log";
  };
  return card(
    request,
    rules,
    who,
    visit && el("p.hint", {}, t("You logged it. %(name)s has not answered yet.", { name: who })),
    !visit && begun && button(t("Log this visit"), log, { kind: ".main", about }),
    !visit && sure(t("I cannot come"), about, t("Then somebody else can take it. Shall it be open again?"), [[t("Yes, give it back"), giveBack]]),
  );
}

/** A request of somebody else that one could take. */
export function openCard(request, { policy, names }) {
  const rules = policy.value?.rules;
  const about = inShort(request, rules);
  const take = () =>
    put({
      kind: "taking",
      path: `/care-requests/${request.id}/taking`,
      about: aboutIt(t("You will come: %(what)s", { what: about }), { request: request.id }),
    });
  return card(
    request,
    rules,
    names[request.receiver],
    button(t("I will come"), take, { about }),
  );
}
