// Give: hours to somebody or to a pot, as far as the co-op's rules allow; looked at once more before it is done.

import { el } from "../dom.js";
import { duration, t } from "../words.js";
import { actingFor, may } from "./acting.js";
import { lengthChoice } from "./controls.js";
import { button, empty, link, textField, title } from "./fields.js";
import { judged, leftOf, whatIsKnown } from "./give-data.js";
import { toTop } from "./home.js";
import { soon } from "./live.js";
import { put } from "./outbox.js";
import { picker } from "./picker.js";
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
  part.append(el("p.hint", { role: "status" }, t("One moment …")));
  await soon(whatIsKnown(acting).then((known) => giveIn(part, known)));
}

/** The three steps: to whom, how much, and a look at it before it is done. */
function giveIn(part, known) {
  const gift = { to: null, account: known.accounts[0] ?? null, seconds: HOUR, note: "" };
  // What to draw again when the service has told what is true now.
  let step = () => {};
  const show = (...children) => part.replaceChildren(...children.filter(Boolean));
  const turn = (to) => {
    to();
    toTop();
    part.querySelector("[tabindex='-1']")?.focus();
  };

  const first = () => {
    step = first;
    const { allowed, problem } = known;
    if (!known.accounts.length) return show(problem ?? empty(t("There is no account here yet. Please ask your co-ordinator to open one.")));
    if (!allowed.people.length && !allowed.pots.length) {
      return show(problem, empty(t("By your co-op’s rules there is nobody here to whom hours could be given.")), link("#hours", t("Go back")));
    }
    return show(
      problem,
      el("p", {}, allowed.says),
      picker(t("To whom?"), { people: allowed.people, always: allowed.pots, whole: allowed.whole }, (chosen) => {
        gift.to = chosen;
        turn(second);
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
      if (!wrong) turn(third);
    };
    show(
      chosen(gift.to, () => turn(first)),
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
      el(
        "section.card",
        { tabindex: -1 },
        el("p.balance", {}, t("%(time)s to %(name)s", words)),
        gift.note && el("blockquote", {}, gift.note),
        leftOf(gift, known).map((each) => el("p", {}, each)),
      ),
      el("p.told", {}, t("Once it has been sent you cannot take it back yourself: only %(name)s can give it back, or a co-ordinator can put it right.", words)),
      button(t("Give %(time)s to %(name)s", words), give, { kind: ".main" }),
      button(t("Change it"), () => turn(second)),
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
  el(
    "div.chosen",
    {},
    el("h2", { tabindex: -1 }, person.name, person.hint && el("small", {}, person.hint)),
    button(t("Change"), back, { kind: ".quiet", about: person.name }),
  );

function nameOfAccount({ kind, name }) {
  if (kind === "household") return name ?? t("Household");
  return actingFor()?.name ?? t("My own account");
}

function accountField(accounts, gift, tell) {
  const select = el(
    "select",
    { id: "from-account", onchange: () => {
      gift.account = accounts.find(({ id }) => id === select.value);
      tell();
    } },
    accounts.map((each) => el("option", { value: each.id }, nameOfAccount(each))),
  );
  return el("div.field", {}, el("label", { for: select.id }, t("From which account?")), select);
}
