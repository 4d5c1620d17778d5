// Signing in with a card's QR code. Only the button uses the card: who merely looks at the link does not.

import { ask, inCommunity } from "./api.js";
import { byId } from "./dom.js";
import { onPress, remembered, say, show } from "./page.js";
import { inWords } from "./refused.js";
import { showYou } from "./you.js";

const CARD = /^#([a-z0-9][a-z0-9-]{0,39})\.([A-Za-z0-9_-]{22})$/;

async function useCard(slug, secret) {
  say("welcome-problem", "");
  const answer = await ask("POST", inCommunity(slug, "/sign-in/card"), { secret });
  if (answer.problem === "sign_in_failed") return show("spent");
  if (answer.problem) return say("welcome-problem", inWords(answer));
  // Out of the address bar, now that it is used.
  history.replaceState(null, "", location.pathname);
  const refused = await showYou(slug);
  if (refused) say("welcome-problem", inWords(refused));
}

let pressed = () => {};
onPress(byId("use-card"), () => pressed());

async function open() {
  const card = CARD.exec(location.hash);
  if (card) {
    pressed = () => useCard(card[1], card[2]);
    say("welcome-problem", "");
    show("welcome", { quietly: true });
  } else if (!remembered() || (await showYou(remembered(), { quietly: true }))) {
    show("no-card", { quietly: true });
  }
}

// Another card scanned on the same page changes only what follows the #, which loads nothing.
window.addEventListener("hashchange", open);
await open();
