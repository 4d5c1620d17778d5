// Acting for each other: whom one may act for, who may act for oneself, ending that, and naming somebody.

import { el } from "../dom.js";
import { day, duration, t } from "../words.js";
import { act, actingFor } from "./acting.js";
import { today } from "./clock.js";
import { choice, lengthChoice, sayOfChoice } from "./controls.js";
import { asOf, button, link, listed, textField, title } from "./fields.js";
import { live, named, soon } from "./live.js";
import { put } from "./outbox.js";
import { picker } from "./picker.js";
import { keptPeople, opened, people } from "./store.js";
import { ofKinds, strip, strips } from "./strips.js";

const CAP = 10 * 3600;

const scopes = () => ({
  see: t("see the hours"),
  request: t("ask for care"),
  confirm: t("confirm visits"),
  spend: t("give hours away"),
});

const relations = () => ({
  child: t("My child"),
  spouse: t("My husband or wife"),
  partner: t("My partner"),
  parent: t("My parent"),
  sibling: t("My brother or sister"),
  grandchild: t("My grandchild"),
  other_relative: t("Another relative"),
  friend: t("A friend"),
});

const inWords = (list) => listed(Object.entries(scopes()).filter(([scope]) => list.includes(scope)).map(([, words]) => words));

/** Whom one may act for, with a switch for each. */
export function actFor({ delegations }) {
  const acting = actingFor();
  if (!delegations.length) return null;
  return el(
    "section",
    {},
    el("h2", {}, t("Act for somebody")),
    delegations.map((each) =>
      el(
        "article.card",
        {},
        el("h3", {}, each.name),
        el("p", {}, t("You may: %(what)s.", { what: inWords(each.scopes) })),
        acting?.member_id === each.member_id
          ? button(t("Be yourself again"), () => act(null))
          : button(t("Act for %(name)s", { name: each.name }), () => act(each.member_id), { kind: acting ? "" : ".main" }),
      ),
    ),
  );
}

/** Who may act for oneself: a part that stays true. */
export async function actsForMe(screen, { member_id: memberId }) {
  const read = async (by) => {
    const given = await by(`/members/${memberId}/delegates`);
    const mine = (given.value?.delegations ?? []).filter((each) => each.member === memberId && !each.ended_at);
    return { given, mine, names: await named(mine.map((each) => each.delegate)) };
  };
  const asking = new Set();
  await live(screen, read, ({ given, mine, names, entries }) => {
    const done = ofKinds(entries, "delegation", "delegation-end");
    const busy = new Set(done.filter((each) => each.state !== "refused").map((each) => each.about.delegation));
    return [
      el("h2", {}, t("Who may act for you")),
      asOf(given),
      mine.length || done.length ? null : el("p", {}, t("Nobody. You can let somebody you trust act for you, such as your daughter.")),
      ...mine.filter((each) => !busy.has(each.id)).map((each) => card(each, names[each.delegate], asking)),
      strips(t("What you changed"), done, (each) => strip(each, each.about.says)),
      el("p", {}, link("#more/delegate", t("Let somebody act for you"))),
    ];
  });
}

function card(delegation, name, asking) {
  const until = delegation.until && t("Until %(day)s.", { day: day(delegation.until) });
  const cap = delegation.scopes.includes("spend") && t("At most %(time)s a month.", { time: duration(delegation.monthly_cap) });
  const part = el("div");
  const end = () => {
    asking.delete(delegation.id);
    return put({
      kind: "delegation-end",
      method: "DELETE",
      path: `/members/${delegation.member}/delegates/${delegation.id}`,
      body: undefined,
      about: { delegation: delegation.id, says: t("%(name)s may not act for you any more", { name }) },
    });
  };
  const draw = () => {
    const sure = asking.has(delegation.id);
    const turn = (to) => {
      if (to) asking.add(delegation.id);
      else asking.delete(delegation.id);
      draw();
      part.querySelector("p, button").focus();
    };
    part.replaceChildren(
      ...(sure
        ? [
            el("p", { tabindex: -1 }, t("Shall %(name)s not act for you any more? It ends at once.", { name })),
            button(t("Yes, end it"), end, { about: name }),
            button(t("No, leave it"), () => turn(false), { about: name }),
          ]
        : [button(t("End it"), () => turn(true), { about: name })]),
    );
  };
  draw();
  return el(
    "article.card",
    {},
    el("h3", {}, name),
    el("p", {}, t("May: %(what)s.", { what: inWords(delegation.scopes) }), cap && ` ${cap}`, until && ` ${until}`),
    part,
  );
}

// --- naming somebody ----------------------------------------------------------------------------------------------

/** The screen on which somebody is named who may act for oneself. */
export async function showNaming(screen) {
  const { me } = await opened();
  const chosen = { person: null, relation: null, scopes: new Set(["see", "request", "confirm"]), cap: CAP };
  screen.append(title(t("Let somebody act for you")));
  const part = el("div");
  screen.append(el("p", {}, t("Choose somebody you trust. You can end it at any time, and everything they do for you says so.")), part);

  const first = (found) => {
    part.replaceChildren(
      picker(t("Who?"), found, (person) => {
        chosen.person = person;
        second(found);
      }),
      link("#more", t("Go back")),
    );
  };

  const second = (found) => {
    const { person } = chosen;
    const cap = lengthChoice(t("How much may they give away in a month?"), chosen.cap, 900, (seconds) => (chosen.cap = seconds));
    cap.hidden = !chosen.scopes.has("spend");
    const until = textField(t("Until which day?"), { type: "date", optional: true, min: today(me.timezone) });
    const may = el(
      "fieldset.checks",
      {},
      el("legend", {}, t("What may they do?")),
      Object.entries(scopes()).map(([scope, words]) => {
        const box = el("input", { type: "checkbox", checked: chosen.scopes.has(scope) });
        box.addEventListener("change", () => {
          if (box.checked) chosen.scopes.add(scope);
          else chosen.scopes.delete(scope);
          cap.hidden = !chosen.scopes.has("spend");
          sayOfChoice(may, "");
        });
        return el("label.check", {}, box, el("span", {}, words));
      }),
    );
    const relation = choice(t("What are they to you?"), "relation", relations(), chosen.relation, (value) => {
      chosen.relation = value;
      sayOfChoice(relation, "");
    }, ".two");
    const send = async () => {
      sayOfChoice(relation, chosen.relation ? "" : t("Please choose what they are to you."));
      sayOfChoice(may, chosen.scopes.size ? "" : t("Please choose what they may do."));
      if (!chosen.relation || !chosen.scopes.size) {
        (chosen.relation ? may : relation).querySelector("input").focus();
        return;
      }
      const body = { delegate: person.id, relation: chosen.relation, scopes: [...chosen.scopes], from: today(me.timezone) };
      if (until.value()) body.until = until.value();
      if (chosen.scopes.has("spend")) body.monthly_cap = chosen.cap;
      const says = t("%(name)s may act for you: %(what)s", { name: person.name, what: inWords(body.scopes) });
      await put({ kind: "delegation", path: `/members/${me.member_id}/delegates`, body, about: { says } });
      location.hash = "#more";
    };
    part.replaceChildren(
      el("div.chosen", {}, el("h2", { tabindex: -1 }, person.name), button(t("Change"), () => first(found), { kind: ".quiet", about: person.name })),
      relation,
      may,
      cap,
      until.element,
      button(t("Let %(name)s act for me", { name: person.name }), send, { kind: ".main" }),
      link("#more", t("Go back")),
    );
    part.querySelector("h2").focus();
  };
  part.append(el("p.hint", { role: "status" }, t("One moment …")));
  const before = await keptPeople(me.member_id);
  if (before) first({ people: before, whole: false });
  else await soon(people(me.member_id).then(first));
}
