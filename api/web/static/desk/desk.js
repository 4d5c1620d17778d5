// Comfort for the desk, all of which works without it: keys, and showing a passkey without typing anything again.

import { byId } from "../dom.js";

document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    const search = document.querySelector("[data-search]");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  }
});

byId("problems")?.focus();
