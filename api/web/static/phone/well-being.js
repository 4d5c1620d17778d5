// How a visit was, for whoever wants to say so: two questions in words, for one visit at a time. Nobody has to answer,
// and nobody else reads it. The desk asks in the same words where it is on paper (api/web/desk/social_words.py).

import { el } from "../dom.js";
import { t } from "../words.js";
import { actingFor } from "./acting.js";
import { choice } from "./controls.js";
import { button } from "./fields.js";
import { put } from "./outbox.js";
import { whatAndWhen } from "./prices.js";
import { ofKinds, strip, strips } from "./strips.js";

const KIND = "well-being";
const SKIPPED = "carehours.skipped";
const KEPT = 50;

const good = () => [t("not good"), t("not so good"), t("all right"), t("good"), t("very good")];
const QUESTIONS = {
  receiver: {
    visit: () => [t("How was this visit for you?"), good()],
    after: () => [
      t("How do you feel now, compared with before the visit?"),
      [t("much worse"), t("a little worse"), t("about the same"), t("a little better"), t("much better")],
    ],
  },
  provider: {
    visit: () => [t("How was giving this visit for you?"), good()],
    after: () => [
      t("Could you go on giving care like this?"),
      [t("no"), t("hardly"), t("perhaps"), t("yes"), t("yes, gladly")],
    ],
  },
};

// What was chosen so far, by visit: a screen that is drawn anew in the meantime does not lose it.
const drafts = new Map();

function skipped() {
  try {
    return JSON.parse(localStorage.getItem(SKIPPED) ?? "[]");
  } catch {
    return [];
  }
}

function skip(claim) {
  try {
    localStorage.setItem(SKIPPED, JSON.stringify([claim, ...skipped()].slice(0, KEPT)));
  } catch {
    // Refused: then it is asked again another day.
  }
}

/** What the question needs, for `live`: the visits that could be told about; of oneself only, never for another. */
export const readWellBeing = async (by) => (actingFor() ? { value: { visits: [] }, fresh: true, at: 0 } : by("/well-being"));

/** The people whose names the question needs. */
export const peopleAsked = ({ value }) => (value?.visits ?? []).map((each) => each.with_member);

/** One question about the visit confirmed last, folded together, or nothing; and what was said on this phone. */
export function howItWas({ told, names, policy, entries }) {
  const said = ofKinds(entries, KIND);
  const answered = new Set([...said.map((each) => each.about.claim), ...skipped()]);
  const visit = (told.value?.visits ?? []).find((each) => !answered.has(each.claim));
  const done = t("Done. Nobody else reads it; it counts in a group of five or more.");
  return [
    strips(t("How it was"), said, (each) => strip(each, each.about.says, done)),
    visit && card(visit, names[visit.with_member], policy.value?.rules),
  ].filter(Boolean);
}

function card(visit, who, rules) {
  const draft = drafts.get(visit.claim) ?? { open: false };
  drafts.set(visit.claim, draft);
  const problem = el("p.problem", { role: "alert" });
  const questions = ["visit", "after"].map((name) => {
    const [asked, words] = QUESTIONS[visit.side][name]();
    const options = Object.fromEntries(words.map((each, place) => [place + 1, each]));
    return choice(asked, `${name}-${visit.claim}`, options, draft[name], (value) => {
      draft[name] = Number(value);
      problem.textContent = "";
    });
  });
  const about = t("The visit with %(who)s", { who });
  const send = async () => {
    const { visit: first, after: second } = draft;
    if (!first && !second) {
      problem.textContent = t("Please choose an answer to one question or both, or skip it.");
      return;
    }
    await put({
      kind: KIND,
      path: `/claims/${visit.claim}/well-being`,
      body: { ...(first ? { visit: first } : {}), ...(second ? { after: second } : {}) },
      about: { says: t("You said how it was with %(who)s", { who }), claim: visit.claim },
    });
  };
  const part = el(
    "details.card",
    { open: draft.open, ontoggle: () => (draft.open = part.open) },
    el("summary", {}, t("How was it with %(who)s?", { who })),
    el("p", {}, whatAndWhen(rules, visit)),
    el("p.hint", {}, t("You need not answer. Nobody else reads what you say; your co-op hears it of five people or more together.")),
    ...questions,
    problem,
    button(t("Send"), send, { kind: ".main", about }),
    button(t("Skip"), () => (skip(visit.claim), part.remove()), { about }),
  );
  return part;
}
