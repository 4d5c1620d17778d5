// What the pages share: asking the service, saying what went wrong, and remembering the co-op.

const words = {
  offline: "There is no connection just now. Nothing is lost: please try again in a moment.",
  busy: "One moment …",
  wait: (seconds) => `That was too often in too short a time. Please try again in ${seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`}.`,
  elsewhere: (address) => `This page works only at its own address. Please open ${address} and try again.`,
  unknown: "Something went wrong here. Please try again in a moment.",
  problems: {
    sign_in_required: "You are not signed in any more. Please sign in again.",
    not_found: "There is nothing like that here.",
    passkey_taken: "This passkey is known here already. Sign in with it.",
    step_up_required: "Please sign in with a card first: a new one from your co-ordinator, or a passkey you have.",
    last_passkey: "Your role needs a passkey, and this is your last one.",
    database_unavailable: "The service is busy just now. Please try again in a moment.",
    overloaded: "The service is busy just now. Please try again in a moment.",
    log_read_only: "The service can only be read just now. Please try again later, or tell your co-ordinator.",
  },
};

export const SLUG = /^[a-z0-9][a-z0-9-]{0,39}$/;

export const byId = (id) => document.getElementById(id);

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

/** A problem in plain words; `own` are the page's own words by problem name, and come first. */
export function inWords(answer, own = {}) {
  if (own[answer.problem]) return own[answer.problem];
  if (answer.problem === "offline") return words.offline;
  if (answer.problem === "rate_limited") return words.wait(answer.wait || 60);
  if (answer.problem === "cross_site") return words.elsewhere(new URL(answer.said.type).origin + location.pathname);
  return words.problems[answer.problem] ?? (answer.said.detail || words.unknown);
}

export const inCommunity = (slug, path) => `/v1/communities/${slug}${path}`;

/** Show one section of the page and no other, and go to its heading, so that it is read out. */
export function show(section, { quietly = false } = {}) {
  for (const each of document.querySelectorAll("main > section")) each.hidden = each.id !== section;
  if (!quietly) {
    window.scrollTo(0, 0);
    document.querySelector(`#${section} h1`).focus();
  }
}

/** Say a text in the place kept for it; screen readers hear it because it changes. */
export function say(id, text) {
  byId(id).textContent = text;
}

/** Say beside a field what is wrong with it and go there; an empty text takes it back. */
export function sayOfField(input, text) {
  say(input.getAttribute("aria-describedby").split(" ").pop(), text);
  if (text) {
    input.setAttribute("aria-invalid", "true");
    input.focus();
  } else {
    input.removeAttribute("aria-invalid");
  }
}

/** Run `deed` when the button is pressed, once at a time, and let the button say so meanwhile. */
export function onPress(button, deed) {
  const form = button.form;
  button.type = form ? "submit" : "button";
  (form ?? button).addEventListener(form ? "submit" : "click", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled")) return;
    const text = button.textContent;
    // Not `disabled`, which would take the focus away.
    button.setAttribute("aria-disabled", "true");
    button.textContent = words.busy;
    try {
      await deed();
    } finally {
      button.removeAttribute("aria-disabled");
      // Unless the deed gave it another text.
      if (button.textContent === words.busy) button.textContent = text;
    }
  });
}

const KEPT = "carehours.community";

// A browser may refuse to keep anything; then the co-op is asked for again, and that is all.
export function remember(slug) {
  try {
    localStorage.setItem(KEPT, slug);
  } catch {
    // Refused.
  }
}

export function remembered() {
  try {
    const slug = localStorage.getItem(KEPT) ?? "";
    return SLUG.test(slug) ? slug : "";
  } catch {
    return "";
  }
}
