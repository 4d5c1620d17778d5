// Asking the service, and saying what went wrong. Used by pages and by the service worker alike.

import { n, t } from "./words.js";

/**
 * Ask the service. `status` is 0 when nothing was heard; `problem` is the name of what went wrong, or null. `at` is the
 * moment by the service's clock, in milliseconds and exact to the second; null when it was not said.
 */
export async function ask(method, path, body, headers = {}) {
  const options = { method, headers: { ...headers }, credentials: "same-origin", cache: "no-store" };
  if (body !== undefined) {
    options.headers["content-type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  try {
    const response = await fetch(path, options);
    const said = await response.json().catch(() => ({}));
    const problem = response.ok ? null : String(said.type ?? "").split("/").pop() || "unknown";
    const [wait, at] = [Number(response.headers.get("retry-after")), Date.parse(response.headers.get("date"))];
    return { status: response.status, said, problem, wait: wait || 0, at: at || null };
  } catch {
    return { status: 0, said: {}, problem: "offline", wait: 0, at: null };
  }
}

export const inCommunity = (slug, path) => `/v1/communities/${slug}${path}`;

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
