// More: acting for somebody, who may act for me, the language, this phone, help, and leaving.

import { CATALOGUE } from "../catalogue.js";
import { ask, inCommunity } from "../api.js";
import { el } from "../dom.js";
import { inWords } from "../refused.js";
import { n, t } from "../words.js";
import { actingFor } from "./acting.js";
import { actFor, actsForMe, showNaming } from "./delegates.js";
import { button, link, title } from "./fields.js";
import { install, installable } from "./home.js";
import { flush, unsent } from "./outbox.js";
import { forget, opened } from "./store.js";

// What each language calls itself; no reader has to know another one for finding theirs.
const LANGUAGES = { en: "English", cy: "Cymraeg", it: "Italiano", es: "Español", ca: "Català", ja: "日本語" };

export async function showMore(screen) {
  const { slug, me } = await opened();
  if (location.hash.split("/")[1] === "delegate" && !actingFor()) {
    await showNaming(screen);
    return;
  }
  const role = me.role ?? me.granted_role;
  const parts = el("div");
  screen.append(title(t("More")), el("p", {}, t("%(name)s, %(coop)s", { name: me.name ?? "", coop: me.community_name })), parts);
  parts.append(...[role && el("p", {}, link(`/desk/${slug}`, t("To the co-op’s desk"), ".main")), actFor(me)].filter(Boolean));
  if (!actingFor()) await actsForMe(screen, me);
  screen.append(
    el("h2", {}, t("Hours")),
    el("p.ways", {}, link("#give", t("Give hours")), link("/v", t("Check a receipt"))),
    help(me),
    el("h2", {}, t("This phone")),
    installable() ? el("p", {}, button(t("Put it on the home screen"), install)) : "",
    language(),
    el("p.ways", {}, link(`/sign-in?c=${slug}&next=/app`, t("Passkeys, and where you are signed in"))),
    leaving(slug, me.member_id),
  );
}

function help({ community_name: coop }) {
  return el(
    "section",
    {},
    el("h2", {}, t("How it works")),
    el(
      "ol.help",
      {},
      el("li", {}, t("You help somebody, and write down for how long.")),
      el("li", {}, t("They say that it is right, and the hours are yours.")),
      el("li", {}, t("With your hours you ask for help yourself, today or in years.")),
      el("li", {}, t("Nobody gets money for it: time is paid with time.")),
      el("li", {}, t("Every hour has a receipt, which anybody can check.")),
    ),
    el("p", {}, t("Is something unclear or not right? Ask the co-ordinator of %(coop)s; they help gladly.", { coop })),
  );
}

/** A form and no script: the choice is the service's to remember, and the page is another one then. */
function language() {
  return el(
    "form.language",
    { method: "post", action: "/language" },
    el("input", { type: "hidden", name: "back", value: "/app" }),
    el("label", { for: "language" }, t("Language")),
    el(
      "select",
      { id: "language", name: "language" },
      Object.entries(LANGUAGES).map(([tag, name]) => el("option", { value: tag, lang: tag, selected: tag === CATALOGUE.language }, name)),
    ),
    el("button", {}, t("Change")),
  );
}

// --- leaving ------------------------------------------------------------------------------------------------------

function leaving(slug, memberId) {
  const part = el("section.leaving");
  const problem = el("p.problem", { role: "alert" });
  const begin = (focus) => {
    part.replaceChildren(problem, button(t("Sign out on this phone"), look));
    if (focus) part.querySelector("button").focus();
  };
  const look = async () => {
    problem.textContent = "";
    const count = (await unsent()).length;
    if (count) question(count);
    else await leave();
  };
  const question = (count) => {
    part.replaceChildren(
      el(
        "p.told",
        { tabindex: -1 },
        n("%(count)s entry has not been sent.", "%(count)s entries have not been sent.", count),
        " ",
        t("What shall become of it?"),
      ),
      problem,
      button(t("Send first, then sign out"), sendFirst, { kind: ".main" }),
      button(t("Keep it on this phone until I sign in again"), () => leave({ keep: true })),
      button(t("Throw it away"), () => leave()),
      button(t("Stay signed in"), () => begin(true)),
    );
    part.firstChild.focus();
  };
  const sendFirst = async () => {
    await flush();
    const count = (await unsent()).length;
    if (!count) await leave();
    else {
      problem.textContent = n(
        "%(count)s entry could not be sent just now. Look at it under Log, or try again when there is a connection.",
        "%(count)s entries could not be sent just now. Look at them under Log, or try again when there is a connection.",
        count,
      );
    }
  };
  /** End the session and wipe what is kept here. Without a connection nothing is done: the session would live on. */
  const leave = async ({ keep = false } = {}) => {
    const answer = await ask("POST", inCommunity(slug, "/sign-out"));
    if (answer.problem && answer.problem !== "sign_in_required") {
      const own = { offline: t("There is no connection just now. Signing out needs one, so that nobody can go on in your name.") };
      problem.textContent = inWords(answer, own);
      return;
    }
    // What somebody else who uses this phone has not sent yet is not for this one to throw away.
    await forget({ stays: ({ owner, state }) => state !== "sent" && (keep || owner !== `${slug}/${memberId}`) });
    location.assign(`/sign-in?c=${slug}&next=/app`);
  };
  begin(false);
  return part;
}
