// Choosing somebody from the directory: those met lately first, everybody else by a part of their name.

import { el } from "../dom.js";
import { t } from "../words.js";
import { initial } from "./signs.js";
import { search } from "./store.js";

const SHOWN = 6;
const MOST = 20;
const LEAST_LETTERS = 2;
const PAUSE_MS = 300;

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase().trim();

/**
 * An element in which one of `people`, `[{id, name, hint?}]`, is chosen by a press, or one of those that are `always`
 * offered. Where they are not all (`whole` is false) the service is asked for others.
 */
export function picker(question, { people, whole, always = [] }, choose) {
  const rows = el("div.people");
  const said = el("p.hint", { role: "status" });
  const fill = (list) => rows.replaceChildren(...list.map((each) => row(each, choose)));
  const near = [...people.slice(0, SHOWN), ...always];
  fill(near);
  const few = whole && people.length <= SHOWN;
  const input = el("input", { id: "picker", type: "search", autocomplete: "off" });
  let asking;
  input.addEventListener("input", () => {
    clearTimeout(asking);
    const text = plain(input.value);
    const here = text ? [...people, ...always].filter(({ name }) => plain(name).includes(text)).slice(0, MOST) : near;
    const show = (list) => {
      fill(list);
      said.textContent = list.length ? "" : t("Nobody is called so.");
    };
    show(here);
    if (whole || text.length < LEAST_LETTERS) return;
    asking = setTimeout(async () => {
      const more = await search(input.value.trim());
      if (more === null || plain(input.value) !== text) return;
      const known = new Set(here.map(({ id }) => id));
      show([...here, ...more.filter(({ id }) => !known.has(id))].slice(0, MOST));
    }, PAUSE_MS);
  });
  const box = el("div.field", { hidden: few }, el("label", { for: "picker" }, t("Part of their name")), input);
  return el("section.picker", { "aria-label": question }, el("h2", { tabindex: -1 }, question), box, rows, said);
}

function row(person, choose) {
  return el(
    "button.person",
    { type: "button", onclick: () => choose(person) },
    initial(person.name, person.id),
    el("span", {}, el("strong", {}, person.name), person.hint && el("small", {}, person.hint)),
  );
}
