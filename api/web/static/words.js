// Texts, days and durations in the reader's language. The texts stand in English where they are said.

import { CATALOGUE } from "./catalogue.js";

const { texts, locale } = CATALOGUE;
const rules = new Intl.PluralRules(locale);
// The order in which CLDR names the forms a language counts in, and gettext's files with it.
const ORDER = ["zero", "one", "two", "few", "many", "other"];
const CATEGORIES = ORDER.filter((each) => rules.resolvedOptions().pluralCategories.includes(each));

const filled = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);

/** The text in the reader's language, its `%(name)s` filled in. */
export function t(text, values = {}) {
  return filled(texts[text]?.[0] || text, values);
}

/** The form of a text for `count`, which stands in it as `%(count)s`. */
export function n(one, many, count, values = {}) {
  const forms = texts[one] ?? [one, many];
  const rule = rules.select(count);
  // A browser may know fewer forms of a language than its file has.
  const place = forms.length === CATEGORIES.length ? CATEGORIES.indexOf(rule) : rule === "one" ? 0 : forms.length - 1;
  return filled(forms[place], { count: number(count), ...values });
}

const numbers = new Intl.NumberFormat(locale);

export function number(value) {
  return numbers.format(value);
}

/** Seconds as hours and minutes, such as "1 h 30 min"; with `signed` a plus stands before what was gained. */
export function duration(seconds, { signed = false } = {}) {
  const whole = Math.abs(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = whole % 60;
  const parts = [];
  if (hours) parts.push(t("%(hours)s h", { hours: number(hours) }));
  if (minutes || !(hours || rest)) parts.push(t("%(minutes)s min", { minutes }));
  if (rest) parts.push(t("%(seconds)s s", { seconds: rest }));
  const sign = seconds < 0 ? "−" : signed && seconds ? "+" : "";
  return sign + parts.join(" ");
}

const days = new Map();

/** An ISO date, or the day of a Date, as it is written here; `form` as dateStyle of Intl.DateTimeFormat. */
export function day(date, form = "long") {
  if (!days.has(form)) days.set(form, new Intl.DateTimeFormat(locale, { dateStyle: form }));
  const local = typeof date === "string" ? new Date(`${date.slice(0, 10)}T12:00`) : date;
  return days.get(form).format(local);
}

const weekdays = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });

/** "Tuesday, 24 November", for days that are near. */
export function weekday(date) {
  return weekdays.format(new Date(`${date}T12:00`));
}

const moments = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });

/** A moment (ISO text or Date), by the clock of this device. */
export function moment(at) {
  return moments.format(new Date(at));
}
