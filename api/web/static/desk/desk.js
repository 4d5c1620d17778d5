// Comfort for the desk, all of which works without it but passkeys: keys, suggestions, the sum of the books.

import { ask, inCommunity } from "../api.js";
import { byId } from "../dom.js";
import { duration, t } from "../words.js";
import { listenToKeys } from "./keys.js";
import { listenToStepUp } from "./step-up.js";

const { community } = document.body.dataset;

/** Write beside "Trial balance" what all balances of the community add up to: nought, or something is very wrong. */
async function sayTrialBalance(place) {
  const answer = await ask("GET", inCommunity(community, "/"));
  if (answer.problem) return;
  const { total } = answer.said;
  place.querySelector("output").textContent = duration(total, { signed: true });
  if (total === 0) return;
  place.classList.add("wrong");
  place.append(" ", t("The books do not add up to zero. Please call whoever runs the service."));
}

const QUICK = 3000;

// A form that is sent twice by two quick clicks is done once, by its key; the second page would only come later.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, QUICK);
});

for (const each of document.querySelectorAll("[data-all]")) each.hidden = false;

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-all]")) return;
  for (const each of event.target.form.querySelectorAll("input[type=checkbox][data-each]")) each.checked = event.target.checked;
});

for (const each of document.querySelectorAll("[data-print]")) {
  each.hidden = false;
  each.addEventListener("click", () => window.print());
}

if (community) {
  listenToKeys();
  listenToStepUp(community);
  const trial = document.querySelector("[data-trial]");
  if (trial) sayTrialBalance(trial);
}

// The rooms may be higher than the screen: the one somebody is in is shown.
document.querySelector(".rooms [aria-current]")?.scrollIntoView({ block: "nearest" });
byId("problems")?.focus();
