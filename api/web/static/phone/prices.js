// What care is called and what it costs, by the rules of the policy as the API tells them (`rules`).

import { duration, t } from "../words.js";
import { dayName } from "./fields.js";
import { titleOf } from "./log-data.js";

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
const hardFloor = (rules) => (rules?.floor && !rules.floor.soft ? rules.floor.seconds : null);

/** Seconds of an account that can be used, set aside or given: down to its floor, and to the policy's hard one. */
export function spendable(account, rules) {
  const floors = [account.floor, hardFloor(rules)].filter((floor) => floor !== null && floor !== undefined);
  return floors.length ? account.balance - account.held - Math.max(...floors) : null;
}

/** "Shopping, tomorrow, from 10:00": what a visit or a request was or is to be about, and when. */
export function whatAndWhen(rules, { activity, service_on: visited, care_on: asked, from, to }) {
  const words = { what: titleOf(rules, activity), day: dayName(visited ?? asked), from, to };
  if (from && to) return t("%(what)s, %(day)s, from %(from)s to %(to)s", words);
  if (from) return t("%(what)s, %(day)s, from %(from)s", words);
  return t("%(what)s, %(day)s", words);
}

/** The same with its length. */
export const inShort = (visit, rules) => t("%(what)s, %(time)s", { what: whatAndWhen(rules, visit), time: duration(visit.seconds) });
