import { el } from "../dom.js";
import { t } from "../words.js";

export async function showMore(screen) {
  screen.append(el("h1", { tabindex: -1 }, t("More")));
}
