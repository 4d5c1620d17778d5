// Asking the service, and saying what went wrong. Used by pages and by the service worker alike.

import { t } from "./words.js";

/** Ask the service. `status` is 0 when nothing was heard; `problem` is the name of what went wrong, or null. */
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
    return { status: response.status, said, problem, wait: Number(response.headers.get("retry-after")) || 0 };
  } catch {
    return { status: 0, said: {}, problem: "offline", wait: 0 };
  }
}

export const inCommunity = (slug, path) => `/v1/communities/${slug}${path}`;

/** A problem in plain words: what is wrong and what to do next; `own` are texts by problem name, and come first. */
export function inWords(answer, own = {}) {
  if (own[answer.problem]) return own[answer.problem];
  if (answer.problem === "offline") return t("There is no connection just now. Nothing is lost: please try again in a moment.");
  if (!answer.said.title) return t("Something went wrong here. Please try again in a moment.");
  return [answer.said.title, answer.said.detail, answer.said.remedy].filter(Boolean).map((text) => t(text)).join(" ");
}
