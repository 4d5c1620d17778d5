// Signing in with a passkey, with the code on a card, or with a code by e-mail.

import { ask, inCommunity } from "./api.js";
import { byId } from "./dom.js";
import { onPress, remember, remembered, say, sayOfField, show, SLUG } from "./page.js";
import { failureInWords, showPasskey, whyNot } from "./passkeys.js";
import { inWords } from "./refused.js";
import { t } from "./words.js";
import { goOn, showYou } from "./you.js";

const words = {
  communityMissing: t("Please write the short name of your co-op."),
  communityUnknown: t("No co-op here has this short name. Please check it."),
  cardWrong: t("The code has ten letters and digits. Please check it."),
  cardFailed: t("This code does not work. Please check it; each card works once, and for three days."),
  emailWrong: t("Please write your e-mail address, such as ana@example.org."),
  mailWrong: t("The code has eight digits. Please check it."),
  mailFailed: t("This code does not work. Please check it, or ask for a new one."),
  passkeyFailed: t("This passkey does not open anything here. Use another way, or ask your co-ordinator for a card."),
};

const community = byId("community");
const cardCode = byId("card-code");
const email = byId("email");
const mailCode = byId("mail-code");

/** The short name as typed, or null after saying what is wrong with it. */
function wanted() {
  const slug = community.value.trim().toLowerCase();
  sayOfField(community, slug ? (SLUG.test(slug) ? "" : words.communityUnknown) : words.communityMissing);
  return SLUG.test(slug) ? slug : null;
}

async function findWays() {
  const slug = community.value.trim().toLowerCase();
  if (!SLUG.test(slug)) return;
  const answer = await ask("GET", inCommunity(slug, "/sign-in"));
  if (answer.problem === "not_found") {
    say("community-problem", words.communityUnknown);
    community.setAttribute("aria-invalid", "true");
  } else if (!answer.problem) {
    say("community-problem", "");
    community.removeAttribute("aria-invalid");
    byId("with-card").hidden = !answer.said.card;
    byId("with-passkey").hidden = !answer.said.passkey;
    byId("with-mail").hidden = !answer.said.code;
  }
}

/** Sign in by asking `path`; says what is wrong at `problem`. */
async function signIn(slug, path, body, fail) {
  const answer = await ask("POST", inCommunity(slug, path), body);
  if (answer.problem) return fail(answer);
  remember(slug);
  const refused = await showYou(slug);
  if (refused) fail(refused);
  else goOn();
}

async function usePasskey() {
  const slug = wanted();
  if (!slug) return;
  const fail = (answer) => say("with-passkey-problem", inWords(answer, { sign_in_failed: words.passkeyFailed }));
  say("with-passkey-problem", "");
  const options = await ask("POST", inCommunity(slug, "/sign-in/passkey/challenge"), {});
  if (options.problem === "not_found") return sayOfField(community, words.communityUnknown);
  if (options.problem) return fail(options);
  let credential;
  try {
    credential = await showPasskey(options.said);
  } catch (failure) {
    return say("with-passkey-problem", failureInWords(failure));
  }
  return signIn(slug, "/sign-in/passkey", { credential }, fail);
}

async function useCard() {
  const slug = wanted();
  if (!slug) return;
  const code = cardCode.value.trim();
  if (code.replace(/[^A-Za-z0-9]/g, "").length !== 10) return sayOfField(cardCode, words.cardWrong);
  sayOfField(cardCode, "");
  await signIn(slug, "/sign-in/card", { code }, (answer) => {
    sayOfField(cardCode, inWords(answer, { sign_in_failed: words.cardFailed, malformed_request: words.cardWrong }));
  });
}

async function requestCode() {
  const slug = wanted();
  if (!slug) return;
  const address = email.value.trim();
  sayOfField(email, /^[^\s@]+@[^\s@]+$/.test(address) ? "" : words.emailWrong);
  if (email.hasAttribute("aria-invalid")) return;
  const answer = await ask("POST", inCommunity(slug, "/sign-in/code/request"), { email: address });
  if (answer.problem) return sayOfField(email, inWords(answer, { malformed_request: words.emailWrong }));
  byId("mail-code-form").hidden = false;
  say("mail-told", t("If we know %(email)s, a code is on its way there. It may take a minute.", { email: address }));
  mailCode.focus();
}

async function useMailCode() {
  const slug = wanted();
  if (!slug) return;
  const code = mailCode.value.replace(/\D/g, "");
  if (code.length !== 8) return sayOfField(mailCode, words.mailWrong);
  sayOfField(mailCode, "");
  await signIn(slug, "/sign-in/code", { code }, (answer) => {
    sayOfField(mailCode, inWords(answer, { sign_in_failed: words.mailFailed }));
  });
}

onPress(byId("use-passkey"), usePasskey);
onPress(document.querySelector("#with-card button"), useCard);
onPress(document.querySelector("#mail-form button"), requestCode);
onPress(document.querySelector("#mail-code-form button"), useMailCode);
community.addEventListener("change", findWays);

const linked = new URLSearchParams(location.search).get("c") ?? "";
if (!community.value) community.value = SLUG.test(linked) ? linked : remembered();
const not = whyNot();
if (not) {
  say("with-passkey-problem", not);
  byId("use-passkey").hidden = true;
}
const slug = community.value;
if (!slug || (await showYou(slug, { quietly: true }))) {
  show("ways", { quietly: true });
  await findWays();
}
