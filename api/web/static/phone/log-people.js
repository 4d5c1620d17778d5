// Choosing a person: whom one met lately in large rows, everybody else by a search.

import { el } from "../dom.js";
import { t, weekday } from "../words.js";
import { choice } from "./controls.js";
import { byNearness } from "./log-data.js";
import { initial } from "./signs.js";
import { search } from "./store.js";

const SHOWN = 5;
const FEW = 8;
const MOST = 20;
const LEAST_LETTERS = 2;
const PAUSE_MS = 300;

// As people type: without accents, and in small letters.
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase().trim();

/** `{alone, choose, turn, aside}`: `alone` when only what was received can be logged, `aside` what else can be done. */
export function peopleChoice(data, draft, { alone, choose, turn, aside }) {
  const everybody = byNearness(data);
  const met = everybody.filter(({ last_on }) => last_on);
  const few = everybody.length <= FEW;
  const near = few ? everybody : met.length ? met.slice(0, SHOWN) : everybody.slice(0, SHOWN);
  const question = draft.gave ? t("Who did you help?") : t("Who helped you?");
  const rows = el("div.people");
  const found = el("p.hint", { role: "status" });
  const fill = (list) => rows.replaceChildren(...list.map((each) => row(each, choose)));
  fill(near);
  const ways = { gave: t("I gave"), received: t("I received") };
  const way = draft.gave ? "gave" : "received";
  return [
    alone ? null : choice(t("Which way"), "way", ways, way, (value) => turn(value === "gave"), { kind: ".two.silent" }),
    el("h2", { tabindex: -1 }, alone ? t("Who helped?") : question),
    everybody.length ? rows : nobody(data),
    few ? null : searchBox(data, everybody, { fill, near, found }),
    found,
    aside,
  ];
}

function row(person, choose) {
  return el(
    "button.person",
    { type: "button", onclick: () => choose(person) },
    initial(person.name, person.id),
    el(
      "span",
      {},
      el("strong", {}, person.name),
      person.last_on ? el("small", {}, t("last on %(day)s", { day: weekday(person.last_on) })) : null,
    ),
  );
}

function nobody({ problem }) {
  if (problem === "sign_in_required") {
    return el("p.told", {}, t("Your co-op’s names are not on this phone yet. Sign in once, and they come here."));
  }
  if (problem) {
    return el("p.told", {}, t("Your co-op’s names are not on this phone yet. They come here when there is a connection; then this works without one."));
  }
  return el("p.told", {}, t("Nobody else is in your co-op yet. Your co-ordinator can enrol more members; then you find them here."));
}

function searchBox(data, everybody, { fill, near, found }) {
  let asking;
  const look = (input) => {
    clearTimeout(asking);
    const text = plain(input.value);
    if (!text) {
      found.textContent = "";
      return fill(near);
    }
    const here = everybody.filter(({ name }) => plain(name).includes(text)).slice(0, MOST);
    fill(here);
    found.textContent = here.length ? "" : t("Nobody here is called so.");
    if (data.whole || text.length < LEAST_LETTERS) return;
    // In a large co-op not everybody is on the phone.
    asking = setTimeout(async () => {
      const more = await search(input.value.trim());
      if (plain(input.value) !== text || more === null) return;
      const known = new Map(here.map((each) => [each.id, each]));
      for (const each of more) if (!known.has(each.id)) known.set(each.id, each);
      fill([...known.values()].slice(0, MOST));
      found.textContent = known.size ? "" : t("Nobody here is called so.");
    }, PAUSE_MS);
  };
  return el(
    "div.field",
    {},
    el("label", { for: "search" }, t("Somebody else")),
    el("input", {
      id: "search",
      type: "search",
      autocomplete: "off",
      placeholder: t("Part of their name"),
      oninput: (event) => look(event.target),
    }),
  );
}
