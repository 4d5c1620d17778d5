// Texts, days and durations in the reader's language. The texts stand in English where they are said.

import { CATALOGUE } from "./catalogue.js";

const { texts, locale, names } = CATALOGUE;
// Some browsers know no dates of some languages (Chromium none of Welsh); the names then come with the texts.
const isKnown = Intl.DateTimeFormat.supportedLocalesOf([locale]).length > 0;

/** The locale of Intl for days, numbers and lists: the reader's, or the nearest a browser knows. */
export const INTL = isKnown ? locale : "en-GB";
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

const numbers = new Intl.NumberFormat(INTL);

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

/** A function that writes a Date as Intl.DateTimeFormat does with these options. */
function dates(options) {
  const form = new Intl.DateTimeFormat(INTL, options);
  if (isKnown || !names) return (date) => form.format(date);
  const months = options.dateStyle === "medium" ? names.short : names.months;
  return (date) =>
    form
      .formatToParts(date)
      .map(({ type, value }) => {
        if (type === "month") return months[date.getMonth()];
        return type === "weekday" ? names.weekdays[date.getDay()] : value;
      })
      .join("");
}

const days = new Map();

/** An ISO date, or the day of a Date, as it is written here; `form` as dateStyle of Intl.DateTimeFormat. */
export function day(date, form = "long") {
  if (!days.has(form)) days.set(form, dates({ dateStyle: form }));
  return days.get(form)(typeof date === "string" ? new Date(`${date.slice(0, 10)}T12:00`) : date);
}

const weekdays = dates({ weekday: "long", day: "numeric", month: "long" });

/** "Tuesday, 24 November", for days that are near. */
export function weekday(date) {
  return weekdays(new Date(`${date}T12:00`));
}

const moments = dates({ dateStyle: "medium", timeStyle: "short" });

/** A moment (ISO text or Date), by the clock of this device. */
export function moment(at) {
  return moments(new Date(at));
}
