// What care costs and what can be asked for, by the rules of the policy as the API tells them (`rules`).

import { t } from "../words.js";

/** What care is often about, where a co-op keeps no list of its own. */
const USUAL = () => [
  { code: "company", title: t("Company") },
  { code: "shopping", title: t("Shopping") },
  { code: "cooking", title: t("Cooking") },
  { code: "household", title: t("Housework") },
  { code: "transport", title: t("A lift") },
  { code: "garden", title: t("Garden") },
  { code: "paperwork", title: t("Paperwork") },
  { code: "other", title: t("Something else") },
];

/** The activities one can choose from: `[{code, title}]`, those of the policy first. */
export function activities(rules) {
  const listed = rules?.activities ?? [];
  if (listed.length && !rules.open_activities) return listed;
  const codes = new Set(listed.map(({ code }) => code));
  return [...listed, ...USUAL().filter(({ code }) => !codes.has(code))];
}

/** What an activity is called. */
export function activityName(rules, code) {
  return activities(rules).find((each) => each.code === code)?.title ?? code;
}

function rounded(rules, seconds) {
  const grid = rules.grid_seconds;
  if (rules.rounding === "exact") return seconds;
  if (rules.rounding === "down") return Math.floor(seconds / grid) * grid;
  if (rules.rounding === "up") return Math.ceil(seconds / grid) * grid;
  return Math.max(Math.floor((2 * seconds + grid) / (2 * grid)), 1) * grid;
}

/** Seconds that an activity of this length costs its receiver: on the grid, times the tariff, half up. */
export function price(rules, code, seconds) {
  const { tariff } = rules.activities.find((each) => each.code === code) ?? { tariff: rules.default_tariff };
  const [over, under = 1] = tariff.split("/").map(Number);
  return Math.floor((2 * rounded(rules, seconds) * over + under) / (2 * under));
}

/** The least an account may be let down to by a request or a gift; null when nothing but its own floor counts. */
export const hardFloor = (rules) => (rules?.floor && !rules.floor.soft ? rules.floor.seconds : null);

/** Seconds of an account that can be used, set aside or given: down to its floor, and to the policy's hard one. */
export function spendable(account, rules) {
  const floors = [account.floor, hardFloor(rules)].filter((floor) => floor !== null && floor !== undefined);
  return floors.length ? account.balance - account.held - Math.max(...floors) : null;
}
