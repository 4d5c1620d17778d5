// Choosing a person: whom one met lately in large rows, everybody else by a search.

import { el } from "../dom.js";
import { t, weekday } from "../words.js";
import { choice } from "./controls.js";
import { byNearness } from "./log-data.js";
import { personRow, searchField } from "./picker.js";

const SHOWN = 5;
const FEW = 8;

/** `{alone, choose, turn, aside}`: `alone` when only what was received can be logged, `aside` what else can be done. */
export function peopleChoice(data, draft, { alone, choose, turn, aside }) {
  const everybody = byNearness(data);
  const met = everybody.filter(({ last_on }) => last_on);
  const few = everybody.length <= FEW;
  const near = few ? everybody : met.length ? met.slice(0, SHOWN) : everybody.slice(0, SHOWN);
  const question = draft.gave ? t("Who did you help?") : t("Who helped you?");
  const rows = el("div.people");
  const lastOn = ({ last_on: day }) => day && t("last on %(day)s", { day: weekday(day) });
  const fill = (list) => rows.replaceChildren(...list.map((each) => personRow(each, lastOn(each), choose)));
  fill(near);
  const among = { people: everybody, near, whole: data.whole, placeholder: t("Part of their name") };
  const { field, said } = searchField(t("Somebody else"), among, fill);
  const ways = { gave: t("I gave"), received: t("I received") };
  const way = draft.gave ? "gave" : "received";
  return [
    alone ? null : choice(t("Which way"), "way", ways, way, (value) => turn(value === "gave"), { kind: ".two.silent" }),
    el("h2", { tabindex: -1 }, alone ? t("Who helped?") : question),
    everybody.length ? rows : nobody(data),
    few ? null : field,
    said,
    aside,
  ];
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
