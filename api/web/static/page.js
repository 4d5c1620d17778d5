// What the first pages share: showing a section, saying what is wrong, one press at a time, remembering the co-op.

import { byId } from "./dom.js";
import { t } from "./words.js";

export const SLUG = /^[a-z0-9][a-z0-9-]{0,39}$/;

const BUSY = t("One moment …");

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
    button.textContent = BUSY;
    try {
      await deed();
    } finally {
      button.removeAttribute("aria-disabled");
      // Unless the deed gave it another text.
      if (button.textContent === BUSY) button.textContent = text;
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
