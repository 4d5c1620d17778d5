// Controls for thumbs: a choice of a few, and a length that goes up and down.

import { el } from "../dom.js";
import { duration, t } from "../words.js";

const PRESETS = [1800, 3600, 5400, 7200];
// Said in full, but shown so that all four stand side by side.
const SHORT = () => ({ 5400: t("1 h 30") });
const QUARTER = 900;
const LONGEST = 86_400;

/** One of a few: radio buttons as large as buttons. `options` are texts by value, `short` shorter ones to be shown. */
export function choice(legend, name, options, value, onchange, { kind = "", short = {} } = {}) {
  return el(
    `fieldset.choice${kind}`,
    {},
    el("legend", {}, legend),
    el(
      "div.options",
      {},
      Object.entries(options).map(([each, text]) =>
        el(
          "label",
          {},
          el("input", {
            type: "radio",
            name,
            value: each,
            checked: each === String(value),
            "aria-label": short[each] ? text : null,
            onchange: () => onchange(each),
          }),
          el("span", {}, short[each] ?? text),
        ),
      ),
    ),
  );
}

/** Say beside a choice what is wrong with it; an empty text takes it back. */
export function sayOfChoice(fieldset, text) {
  fieldset.querySelector(".problem")?.remove();
  if (text) fieldset.querySelector("legend").after(el("p.problem", { role: "alert" }, text));
}

/** How long, in seconds: presets, and quarters of an hour more or less; the co-op's own steps when they are longer. */
export function lengthChoice(legend, seconds, grid, onchange) {
  const step = grid > QUARTER && grid % QUARTER === 0 ? grid : QUARTER;
  const shown = el("output", { "aria-live": "polite" }, duration(seconds));
  const set = (to) => {
    seconds = Math.min(Math.max(to, step), LONGEST);
    shown.textContent = duration(seconds);
    for (const each of presets.querySelectorAll("input")) each.checked = each.value === String(seconds);
    onchange(seconds);
  };
  const offered = PRESETS.filter((each) => each % step === 0);
  const presets = choice(
    legend,
    "length",
    Object.fromEntries(offered.map((each) => [each, duration(each)])),
    seconds,
    (value) => set(Number(value)),
    { kind: ".four", short: SHORT() },
  );
  // From the timer it may lie between two steps: the next one is meant.
  const less = () => set((Math.ceil(seconds / step) - 1) * step);
  const more = () => set((Math.floor(seconds / step) + 1) * step);
  const long = duration(step);
  presets.append(
    el(
      "div.stepper",
      {},
      el("button", { type: "button", "aria-label": t("%(long)s less", { long }), onclick: less }, "−"),
      shown,
      el("button", { type: "button", "aria-label": t("%(long)s more", { long }), onclick: more }, "+"),
    ),
  );
  return presets;
}
