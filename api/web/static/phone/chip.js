// The truth about the connection, in the corner of every screen, and whom one is acting for, above all else.

import { el, byId } from "../dom.js";
import { n, t } from "../words.js";
import { act, actingFor } from "./acting.js";
import { connection } from "./connection.js";
import { entries } from "./outbox.js";
import { sign } from "./signs.js";

function words(waiting, refused) {
  const { heard, signedOut, sending, full } = connection();
  if (full) return ["bad", t("Storage is full: nothing more can be saved on this phone")];
  if (signedOut) {
    return ["bad", waiting ? n("Sign in to send %(count)s", "Sign in to send %(count)s", waiting) : t("Sign in again")];
  }
  if (!navigator.onLine || heard === false) {
    return [
      "off",
      waiting
        ? n("No connection. %(count)s waiting to be sent", "No connection. %(count)s waiting to be sent", waiting)
        : t("No connection"),
    ];
  }
  if (waiting && sending) return ["busy", t("Sending…")];
  if (waiting) return ["busy", n("%(count)s waiting to be sent", "%(count)s waiting to be sent", waiting)];
  if (refused) return ["bad", n("%(count)s was not taken", "%(count)s were not taken", refused)];
  return ["good", t("Online")];
}

/** Say how things stand. A link where there is something to do about it. */
export async function showChip() {
  const all = await entries();
  const acting = actingFor();
  const waiting = all.filter(({ state }) => state === "saved" || state === "sending");
  // While one acts for somebody, Log lists what was for them, and the rest when one is oneself again.
  const refused = all.filter(({ state, about }) => state === "refused" && (!acting || about.acting?.id === acting.member_id));
  const [mood, text] = words(waiting.length, refused.length);
  const chip = byId("chip");
  const where = connection().signedOut ? "/sign-in" : mood === "bad" && !connection().full ? "#log" : null;
  if (chip.textContent === text && chip.dataset.mood === mood) return;
  chip.dataset.mood = mood;
  chip.replaceChildren(where ? el("a", { href: where }, text) : el("span", {}, text));
}

/** The banner that says for whom one acts. */
export function showBanner() {
  const acting = actingFor();
  const banner = byId("acting");
  document.body.classList.toggle("acting", acting !== null);
  banner.replaceChildren(
    ...(acting
      ? [
          el("span", {}, sign("give"), t("You are acting for %(name)s", { name: acting.name ?? t("a member") })),
          el("button", { type: "button", onclick: () => act(null) }, t("Be yourself again")),
        ]
      : []),
  );
}
