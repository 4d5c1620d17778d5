// The same as last week: the visits of seven to thirteen days ago once more, each a week later, with a look before.

import { el } from "../dom.js";
import { duration, n, t, weekday } from "../words.js";
import { daysAfter } from "./clock.js";
import { activities, titleOf, visits } from "./log-data.js";
import { initial } from "./signs.js";

/**
 * What was given (or received) a week before the last seven days, as it would be logged now: `[{gave, person, seconds,
 * day, activity}]`. Without what was logged for that day already, and without who is not in the directory any more.
 */
export function lastWeek(data, gave, personId = null) {
  const all = visits(data).filter((each) => each.gave === gave);
  const people = new Map((data.people ?? []).map((each) => [each.id, each]));
  const taken = new Set(all.map(({ other, day }) => `${other} ${day}`));
  const offered = activities(data.rules);
  const [from, until] = [daysAfter(data.today, -13), daysAfter(data.today, -7)];
  return all
    .filter(({ other, day }) => day >= from && day <= until && people.has(other) && (!personId || other === personId))
    .map(({ other, day, seconds, activity }) => ({
      gave,
      person: people.get(other),
      seconds,
      day: daysAfter(day, 7),
      activity: activity in offered ? activity : Object.keys(offered)[0],
    }))
    .filter(({ person, day }) => !taken.has(`${person.id} ${day}`))
    .reverse();
}

/** The look before saving. `{back, save}`; `save` gets those that are ticked, and throws when there is no room. */
export function weekLook(data, proposals, { back, save }) {
  const problem = el("p.problem", { role: "alert" });
  const button = el("button.main", { type: "button" });
  const boxes = proposals.map((_, place) =>
    el("input", { type: "checkbox", id: `visit-${place}`, checked: true, onchange: () => name() }),
  );
  const chosen = () => proposals.filter((_, place) => boxes[place].checked);
  const name = () => {
    button.textContent = n("Save %(count)s visit", "Save %(count)s visits", chosen().length);
    if (chosen().length) button.removeAttribute("aria-disabled");
    else button.setAttribute("aria-disabled", "true");
  };
  name();
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    try {
      await save(chosen());
    } catch {
      problem.textContent = t("This was not saved: there is no room left on this phone. Free some room, such as by deleting videos, and press Save again.");
      name();
    }
  });
  return [
    el("h2", { tabindex: -1 }, t("Same as last week")),
    el("p", {}, t("Untick what was different this week, then save the rest.")),
    el(
      "ul.visits",
      {},
      proposals.map(({ person, seconds, day, activity }, place) =>
        el(
          "li",
          {},
          boxes[place],
          el(
            "label",
            { for: `visit-${place}` },
            initial(person.name, person.id),
            el(
              "span",
              {},
              el("strong", {}, person.name),
              el("small", {}, [duration(seconds), titleOf(data.rules, activity), weekday(day)].join(" · ")),
            ),
          ),
        ),
      ),
    ),
    problem,
    button,
    el("button.quiet", { type: "button", onclick: back }, t("Back")),
  ];
}
