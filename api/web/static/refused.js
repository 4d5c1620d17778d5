// Saying what the service refused: with this module come the words of every refusal, in the reader's language.

import { n, t } from "./words.js";

/** A problem in plain words: what is wrong and what to do next; `own` are texts by problem name, and come first. */
export function inWords(answer, own = {}) {
  const { problem, said } = answer;
  if (own[problem]) return own[problem];
  if (problem === "offline") return t("There is no connection just now. Nothing is lost: please try again in a moment.");
  if (problem === "rate_limited") return tooOften(answer.wait || 60);
  if (problem === "cross_site" && said.type) {
    const address = new URL(said.type).origin + location.pathname;
    return t("This page works only at its own address. Please open %(address)s and try again.", { address });
  }
  if (problem === "malformed_request") return t("This cannot be taken as it is written. Please look at it again.");
  if (!said.title) return t("Something went wrong here. Please try again in a moment.");
  return [said.title, said.detail, said.remedy].filter(Boolean).map((text) => t(text)).join(" ");
}

function tooOften(seconds) {
  if (seconds < 90) {
    return n(
      "That was too often in too short a time. Please try again in %(count)s second.",
      "That was too often in too short a time. Please try again in %(count)s seconds.",
      seconds,
    );
  }
  return n(
    "That was too often in too short a time. Please try again in %(count)s minute.",
    "That was too often in too short a time. Please try again in %(count)s minutes.",
    Math.ceil(seconds / 60),
  );
}
