// The rest of an hour: how long, when, what. One screen, filled in already as it most likely was.

import { el } from "../dom.js";
import { duration, t, weekday } from "../words.js";
import { daysAfter } from "./clock.js";
import { choice, lengthChoice } from "./controls.js";
import { activities } from "./log-data.js";
import { initial, sign } from "./signs.js";

const MAX_NOTE = 500;

/** `{week, lookAtWeek, back, save}`; `save` throws when there is no room on the phone, and the form stays as it is. */
export function hourForm(data, draft, { week, lookAtWeek, back, save }) {
  const problem = el("p.problem", { role: "alert" });
  const button = el("button.main.save", {});
  const name = () => {
    const long = duration(draft.seconds);
    const about = [draft.person.name, dayInWords(data, draft.day)].join(" · ");
    button.replaceChildren(el("span", {}, t("Save %(long)s", { long })), " ", el("small", {}, about));
  };
  name();
  const submit = async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    problem.textContent = "";
    try {
      await save();
    } catch {
      button.removeAttribute("aria-disabled");
      problem.textContent = t("This was not saved: there is no room left on this phone. Nothing you filled in is lost as long as this page stays open. Free some room, such as by deleting videos, and press Save again.");
    }
  };
  const way = draft.gave ? t("You helped them") : t("They helped");
  return [
    el(
      "div.chosen",
      {},
      initial(draft.person.name, draft.person.id),
      el("h2", { id: "person", tabindex: -1 }, draft.person.name, el("small", {}, way)),
      el("button.quiet", { type: "button", onclick: back }, t("Change")),
    ),
    el(
      "form.hour",
      { novalidate: true, onsubmit: submit },
      draft.timed ? el("p.hint", {}, draft.timed) : null,
      lengthChoice(t("How long?"), draft.seconds, data.rules?.grid_seconds ?? 0, (seconds) => {
        draft.seconds = seconds;
        name();
      }),
      dayChoice(data, draft, name),
      activityChoice(data, draft),
      noteField(draft),
      problem,
      button,
    ),
    week.length
      ? el("button.quiet", { type: "button", onclick: () => lookAtWeek(week) }, sign("again"), t("Same as last week"))
      : null,
  ];
}

/** Today, yesterday or another day; a day chosen while it was today stays that day. */
function dayName(data, day) {
  if (day === null || day === data.today) return "today";
  return day === daysAfter(data.today, -1) ? "yesterday" : "other";
}

function dayInWords(data, day) {
  const name = dayName(data, day);
  return { today: t("today"), yesterday: t("yesterday") }[name] ?? weekday(day);
}

function dayChoice(data, draft, onchange) {
  const yesterday = daysAfter(data.today, -1);
  const value = dayName(data, draft.day);
  const said = el("p.hint", { "aria-live": "polite" }, weekday(draft.day ?? data.today));
  const within = data.rules?.log_within_days;
  const input = el("input", {
    id: "day",
    type: "date",
    max: data.today,
    min: within === undefined ? null : daysAfter(data.today, -within),
    value: value === "other" ? draft.day : null,
    onchange: () => set(input.value || null),
  });
  const other = el("div.field", { hidden: value !== "other" }, el("label", { for: "day" }, t("Which day?")), input);
  const set = (day) => {
    draft.day = day;
    said.textContent = weekday(day ?? data.today);
    onchange();
  };
  const turn = (to) => {
    other.hidden = to !== "other";
    if (to === "today") set(null);
    else if (to === "yesterday") set(yesterday);
    else {
      input.value ||= draft.day ?? yesterday;
      set(input.value);
      input.focus();
    }
  };
  const days = { today: t("Today"), yesterday: t("Yesterday"), other: t("Another day") };
  const chosen = choice(t("When?"), "when", days, value, turn, { kind: ".three" });
  chosen.append(other, said);
  return chosen;
}

function activityChoice(data, draft) {
  const offered = activities(data.rules);
  draft.activity ??= Object.keys(offered)[0];
  // What was asked for is what was done.
  if (Object.keys(offered).length === 1 || draft.request) return null;
  return el(
    "div.field",
    {},
    el("label", { for: "activity" }, t("What was it?")),
    el(
      "select",
      { id: "activity", onchange: (event) => (draft.activity = event.target.value) },
      Object.entries(offered).map(([value, title]) =>
        el("option", { value, selected: value === draft.activity }, title),
      ),
    ),
  );
}

function noteField(draft) {
  const text = el("textarea", {
    id: "note",
    rows: 3,
    maxlength: MAX_NOTE,
    "aria-describedby": "note-hint",
    oninput: (event) => (draft.note = event.target.value),
  });
  text.value = draft.note;
  return el(
    "details",
    { open: draft.note !== "" },
    el("summary", {}, t("Add a note")),
    el("label", { for: "note" }, t("Note")),
    el("p.hint", { id: "note-hint" }, t("They and your co-ordinator can read it. Nothing about health, please.")),
    text,
  );
}
