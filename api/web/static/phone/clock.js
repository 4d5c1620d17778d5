// What day it is. The co-op's own clock decides, and the service knows better than a phone whose clock is wrong.

import { connection } from "./connection.js";

const WRONG_MS = 3 * 60 * 60 * 1000;

/** By how many milliseconds the phone's clock is behind the service's, when that is hours; else 0. */
export function clockError() {
  const { offset } = connection();
  return Math.abs(offset) > WRONG_MS ? offset : 0;
}

/** The present moment in milliseconds, as well as it is known. */
export const now = () => Date.now() + clockError();

/** The ISO date of a moment by the co-op's clock. */
export function dayOf(moment, timezone) {
  const form = { year: "numeric", month: "2-digit", day: "2-digit" };
  let parts;
  try {
    parts = new Intl.DateTimeFormat("en-GB", { ...form, timeZone: timezone }).formatToParts(moment);
  } catch {
    // A browser that does not know the zone: its own is the best guess.
    parts = new Intl.DateTimeFormat("en-GB", form).formatToParts(moment);
  }
  const part = (type) => parts.find((each) => each.type === type).value;
  return `${part("year")}-${part("month")}-${part("day")}`;
}

export const today = (timezone) => dayOf(now(), timezone);

/** The ISO date so many days after another. */
export function daysAfter(date, count) {
  const moment = new Date(`${date}T12:00Z`);
  moment.setUTCDate(moment.getUTCDate() + count);
  return moment.toISOString().slice(0, 10);
}
