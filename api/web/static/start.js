// Founding the first co-op with the link the service printed at its first start.

import { ask } from "./api.js";
import { byId } from "./dom.js";
import { onPress, remembered, say, sayOfField, show, SLUG } from "./page.js";
import { inWords } from "./refused.js";
import { t } from "./words.js";
import { showYou } from "./you.js";

const SPENT = t("This link does not work any more: it works once, and for three days. Stop the service and start it again to get a new one.");

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

function wrongSlug(typed) {
  if (!typed) return t("Please write a short name.");
  return SLUG.test(typed) ? "" : t("Only small letters a to z, digits and hyphens, up to 40, and not a hyphen first.");
}

/** What is wrong with each field, in words. The first wrong one gets the focus. */
function checked() {
  const typed = slug.value.trim();
  const wrong = [
    [yourName, yourName.value.trim() ? "" : t("Please write your own name.")],
    [slug, wrongSlug(typed)],
    [name, name.value.trim() ? "" : t("Please write the name of your co-op.")],
  ];
  for (const [input, text] of wrong) sayOfField(input, text);
  return wrong.every(([, text]) => !text);
}

async function found() {
  say("found-problem", "");
  if (!checked()) return;
  const body = { secret, slug: slug.value.trim(), name: name.value.trim(), your_name: yourName.value.trim() };
  const answer = await ask("POST", "/v1/start", body);
  if (answer.problem) return say("found-problem", inWords(answer, { sign_in_failed: SPENT }));
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
