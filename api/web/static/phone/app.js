// The phone app: shows the screen the address names, and says the truth about the connection.

import { el, byId } from "../dom.js";
import { t } from "../words.js";

function show() {
  byId("screen").replaceChildren(el("h1", { tabindex: -1 }, t("Log an hour")));
}

window.addEventListener("hashchange", show);
show();
