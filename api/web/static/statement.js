// A statement's page: printing it. Everything else works without a script.

for (const each of document.querySelectorAll("[data-print]")) {
  each.hidden = false;
  each.addEventListener("click", () => print());
}
