// Founding the first co-op with the link the service printed at its first start.

import { ask, byId, inWords, onPress, remembered, say, sayOfField, show, SLUG } from "./page.js";
import { showYou } from "./you.js";

const words = {
  nameMissing: "Please write the name of your co-op.",
  slugMissing: "Please write a short name.",
  slugWrong: "Only small letters a to z, digits and hyphens, up to 40, and not a hyphen first.",
  yourNameMissing: "Please write your own name.",
  problems: {
    sign_in_failed: "This link does not work any more: it works once, and for three days. Stop the service and start it again to get a new one.",
  },
};

const name = byId("name");
const slug = byId("slug");
const yourName = byId("your_name");

/** The link's secret, out of the address bar. It stays with this page's place in the history, for a reload. */
function takeSecret() {
  const secret = location.hash.slice(1) || history.state?.secret || "";
  history.replaceState({ secret }, "", location.pathname);
  return secret;
}

const secret = takeSecret();

/** "Café Öl & Co" becomes "cafe-ol-co". */
function suggested(text) {
  const plain = text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, "-").replace(/^-/, "").slice(0, 40).replace(/-$/, "");
}

name.addEventListener("input", () => {
  if (!slug.dataset.typed) slug.value = suggested(name.value);
});
slug.addEventListener("input", () => {
  slug.dataset.typed = slug.value;
});

/** What is wrong with each field, in words. The first wrong one gets the focus. */
function checked() {
  const typed = slug.value.trim();
  const wrong = [
    [yourName, yourName.value.trim() ? "" : words.yourNameMissing],
    [slug, SLUG.test(typed) ? "" : typed ? words.slugWrong : words.slugMissing],
    [name, name.value.trim() ? "" : words.nameMissing],
  ];
  for (const [input, text] of wrong) sayOfField(input, text);
  return wrong.every(([, text]) => !text);
}

async function found() {
  say("found-problem", "");
  if (!checked()) return;
  const body = { secret, slug: slug.value.trim(), name: name.value.trim(), your_name: yourName.value.trim() };
  const answer = await ask("POST", "/v1/start", body);
  if (answer.problem) return say("found-problem", inWords(answer, words.problems));
  history.replaceState(null, "", location.pathname);
  const refused = await showYou(body.slug, { welcome: true });
  if (refused) say("found-problem", inWords(refused));
}

onPress(document.querySelector("#found-form button"), found);
// Opened again after founding, it goes on where it was left.
if (secret) show("found", { quietly: true });
else if (!remembered() || (await showYou(remembered(), { welcome: true, quietly: true }))) {
  show("no-link", { quietly: true });
}
