// Showing a passkey for what matters, and sending the form again as it is: with the same key, so it is done once.

import { ask, inCommunity } from "../api.js";
import { el } from "../dom.js";
import { failureInWords, showPasskey, whyNot } from "../passkeys.js";
import { inWords } from "../refused.js";
import { t } from "../words.js";

/** Have every button with `data-step-up` ask for the passkey and then send its form. */
export function listenToStepUp(community) {
  for (const button of document.querySelectorAll("[data-step-up]")) {
    const told = el("p.problem", { role: "alert" });
    button.parentElement.after(told);
    const not = whyNot();
    if (not) {
      told.textContent = not;
      continue;
    }
    button.hidden = false;
    button.closest(".step-up").querySelector("[data-without-passkey]").hidden = true;
    button.addEventListener("click", async () => {
      if (button.getAttribute("aria-disabled")) return;
      const text = button.textContent;
      button.setAttribute("aria-disabled", "true");
      button.textContent = t("One moment …");
      told.textContent = await stepUp(community);
      button.removeAttribute("aria-disabled");
      button.textContent = text;
      if (!told.textContent) button.form.requestSubmit();
    });
  }
}

/** Show the passkey; returns what went wrong, or an empty text. */
async function stepUp(community) {
  const options = await ask("POST", inCommunity(community, "/step-up/challenge"), {});
  if (options.problem) return inWords(options);
  let credential;
  try {
    credential = await showPasskey(options.said);
  } catch (failure) {
    return failureInWords(failure);
  }
  const answer = await ask("POST", inCommunity(community, "/step-up"), { credential });
  if (!answer.problem) return "";
  return inWords(answer, { sign_in_failed: t("The passkey could not be checked. Please try again.") });
}
