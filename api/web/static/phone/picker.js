// Choosing somebody from the directory: those met lately first, everybody else by a part of their name.

import { el } from "../dom.js";
import { t } from "../words.js";
import { initial } from "./signs.js";
import { search } from "./store.js";

const SHOWN = 6;
const MOST = 20;
const LEAST_LETTERS = 2;
const PAUSE_MS = 300;

// As people type: without accents, and in small letters.
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase().trim();

/**
 * An element in which one of `people`, `[{id, name, hint?}]`, is chosen by a press, or one of those that are `always`
 * offered. Where they are not all (`whole` is false) the service is asked for others.
 */
export function picker(question, { people, whole, always = [] }, choose) {
  const rows = el("div.people");
  const near = [...people.slice(0, SHOWN), ...always];
  const fill = (list) => rows.replaceChildren(...list.map((each) => personRow(each, each.hint, choose)));
  fill(near);
  const few = whole && people.length <= SHOWN;
  const { field, said } = searchField(t("Part of their name"), { people: [...people, ...always], near, whole }, fill);
  field.hidden = few;
  return el("section.picker", { "aria-label": question }, el("h2", { tabindex: -1 }, question), field, rows, said);
}

/** A person in a large row; `hint` is said below the name. */
export function personRow(person, hint, choose) {
  return el(
    "button.person",
    { type: "button", onclick: () => choose(person) },
    initial(person.name, person.id),
    el("span", {}, el("strong", {}, person.name), hint && el("small", {}, hint)),
  );
}

/**
 * `{field, said}`: a field that fills a list with those of `people` whose name has the text in it, and with those who are
 * `near` while it is empty; and where it says that there is nobody. In a large co-op not everybody is on the phone
 * (`whole` is false), and the service is asked.
 */
export function searchField(label, { people, near, whole, ...attributes }, fill) {
  const said = el("p.hint", { role: "status" });
  const input = el("input", { id: "search", type: "search", autocomplete: "off", ...attributes });
  const show = (list) => {
    fill(list);
    said.textContent = list.length ? "" : t("Nobody is called so.");
  };
  let asking;
  input.addEventListener("input", () => {
    clearTimeout(asking);
    const text = plain(input.value);
    const here = text ? people.filter(({ name }) => plain(name).includes(text)).slice(0, MOST) : near;
    show(here);
    if (whole || text.length < LEAST_LETTERS) return;
    asking = setTimeout(async () => {
      const more = await search(input.value.trim());
      if (more === null || plain(input.value) !== text) return;
      const known = new Set(here.map(({ id }) => id));
      show([...here, ...more.filter(({ id }) => !known.has(id))].slice(0, MOST));
    }, PAUSE_MS);
  });
  return { field: el("div.field", {}, el("label", { for: "search" }, label), input), said };
}
