// Bits that the phone's screens share: headings, what is not fresh, forms whose fields say what is wrong with them.

import { CATALOGUE } from "../catalogue.js";
import { el } from "../dom.js";
import { inWords } from "../refused.js";
import { INTL, day, moment, t, weekday } from "../words.js";
import { now } from "./clock.js";

let count = 0;
const newId = () => `field-${(count += 1)}`;

/** The heading of a screen, which is read out when it appears. */
export const title = (text) => el("h1", { tabindex: -1 }, text);

const clock = new Intl.DateTimeFormat(INTL, { timeStyle: "short" });
// Not the "and" of another language, where the browser does not know the reader's.
const lists = new Intl.ListFormat(INTL, { type: INTL === CATALOGUE.locale ? "conjunction" : "unit" });

/** Several as one: "Ana, Ben and Rosa". */
export const listed = (texts) => lists.format(texts);

/** What to say when an answer of `load` is not what is true now; null when all of them are fresh. */
export function asOf(...answers) {
  const stale = answers.filter((answer) => answer && !answer.fresh);
  if (!stale.length) return null;
  const [{ problem, answer }] = stale;
  if (problem === "sign_in_required") return signInFirst();
  if (problem && problem !== "offline" && answer) return el("p.problem", {}, inWords(answer));
  const at = stale.every((each) => each.at) ? Math.min(...stale.map((each) => each.at)) : null;
  if (!at) return el("p.told", {}, t("There is no connection, and this was never fetched before. It comes as soon as there is one."));
  const today = day(new Date(at)) === day(new Date());
  const when = today ? clock.format(new Date(at)) : moment(at);
  return el("p.told", {}, t("There is no connection. This is as of %(when)s.", { when }));
}

/** Said where the service does not know any more who asks. */
function signInFirst() {
  return el(
    "p.problem",
    {},
    t("You are not signed in any more. What you see was kept on this phone."),
    " ",
    el("a", { href: "/sign-in?next=/app" }, t("Sign in again")),
  );
}

/** A list that is empty: what to do next, and how to get there. */
export const empty = (text, way = null) => el("div.empty", {}, el("p", {}, text), way);

export const link = (href, text, kind = "") => el(`a.button${kind}`, { href }, text);

/** A button that does `deed` when it is pressed, once at a time; says so when there is no room to keep what it does. */
export function button(text, deed, { kind = "", about = null } = {}) {
  const made = el(`button${kind}`, { type: "button", "aria-label": about && `${text}: ${about}` }, text);
  made.addEventListener("click", async () => {
    if (made.getAttribute("aria-disabled")) return;
    // Not `disabled`, which would take the focus away.
    made.setAttribute("aria-disabled", "true");
    try {
      await deed(made);
    } catch (failure) {
      if (!(failure instanceof DOMException)) throw failure;
      made.after(el("p.problem", { role: "alert" }, t("This was not saved: there is no room left on this phone. Free some room, such as by deleting videos, and try again.")));
    } finally {
      made.removeAttribute("aria-disabled");
    }
  });
  return made;
}

/** Say beside a field what is wrong with it; an empty text takes it back. */
function sayer(input, problem) {
  return (text) => {
    problem.textContent = text;
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };
}

/** A field for text: `{element, input, value(), say(problem)}`. */
export function textField(label, given = {}) {
  const { hint, value = "", maxlength = 500, lines = 1, optional = false, type = "text", ...more } = given;
  const id = newId();
  const attributes = { id, maxlength, autocomplete: "off", "aria-describedby": `${id}-hint ${id}-problem`, ...more };
  const input = lines > 1 ? el("textarea", { ...attributes, rows: lines }) : el("input", { ...attributes, type });
  input.value = value;
  const problem = el("p.problem", { id: `${id}-problem` });
  const element = el(
    "div.field",
    {},
    el("label", { for: id }, label, optional && el("span.optional", {}, " ", t("(optional)"))),
    el("p.hint", { id: `${id}-hint`, hidden: !hint }, hint),
    problem,
    input,
  );
  return { element, input, value: () => input.value.trim(), say: sayer(input, problem) };
}

/** The ISO date on which a moment falls, by this device's clock. */
export function localDay(at) {
  const then = new Date(at);
  return [then.getFullYear(), then.getMonth() + 1, then.getDate()].map((each) => String(each).padStart(2, "0")).join("-");
}

/** An ISO date as people say it: today, tomorrow, a weekday and date, or a full date when it is another year. */
export function dayName(date) {
  const today = localDay(now());
  const apart = Math.round((Date.parse(date) - Date.parse(today)) / 86_400_000);
  if (apart === 0) return t("today");
  if (apart === -1) return t("yesterday");
  if (apart === 1) return t("tomorrow");
  return date.slice(0, 4) === today.slice(0, 4) ? weekday(date) : day(date, "full");
}
