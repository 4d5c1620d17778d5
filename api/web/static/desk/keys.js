// The desk by keyboard. Single letters can be switched off (WCAG 2.1.4): for those who speak instead of typing.

import { el } from "../dom.js";
import { t } from "../words.js";

const OFF = "carehours.desk.keys-off";
const WAIT_FOR_LETTER = 2000;

const typing = (element) => element.matches("input, textarea, select, [contenteditable]");
const rows = () => [...document.querySelectorAll("main tbody tr, main [data-row]")].filter((row) => row.querySelector("a, button"));

let going = 0;
let hint = null;

// A browser may refuse to keep anything; then the keys are on.
function switchedOff() {
  try {
    return localStorage.getItem(OFF) === "1";
  } catch {
    return false;
  }
}

function keep(off) {
  try {
    localStorage.setItem(OFF, off ? "1" : "");
  } catch {
    // Refused.
  }
}

/** Listen to the keys that `showKeys` lists. */
export function listenToKeys() {
  const button = document.querySelector("[data-keys]");
  if (button) {
    button.hidden = false;
    button.addEventListener("click", showKeys);
  }
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form) {
      event.preventDefault();
      event.target.form.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") return leave(event);
    if (typing(event.target) || document.querySelector("dialog[open]") || switchedOff()) return;
    if (going) return go(event);
    const deed = { "/": search, "?": showKeys, j: () => step(1), k: () => step(-1), g: startGoing, Enter: openRow }[event.key] ?? press;
    if (deed && deed(event) !== false) event.preventDefault();
  });
}

function leave(event) {
  stopGoing();
  if (typing(event.target) && event.target.closest("[role=search]")) event.target.blur();
}

function search() {
  const field = document.querySelector("main [data-search]") ?? document.querySelector("[data-find]");
  if (!field) return false;
  const rooms = field.closest("[popover]");
  // On a narrow screen it is behind the button "Rooms".
  if (rooms && !field.checkVisibility()) rooms.showPopover();
  field.focus();
  field.select();
  return true;
}

function step(by) {
  const all = rows();
  if (!all.length) return false;
  const here = all.findIndex((row) => row.classList.contains("here"));
  const there = Math.min(Math.max(here < 0 && by < 0 ? all.length - 1 : here + by, 0), all.length - 1);
  for (const row of all) row.classList.toggle("here", row === all[there]);
  const link = all[there].querySelector("th a, a, button");
  // The link has the focus, so that a screen reader says where one is.
  link.focus({ preventScroll: true });
  all[there].scrollIntoView({ block: "nearest" });
  return true;
}

function openRow(event) {
  // A link or a button that has the focus opens by itself.
  if (event.target.closest("a, button, summary")) return false;
  const link = document.querySelector("main .here a");
  if (!link) return false;
  link.click();
  return true;
}

// A button of the row that has a letter of its own; a fold is opened, and its first field waits for what is typed.
function press(event) {
  const found = document.querySelector(`main .here [data-key="${CSS.escape(event.key)}"]`);
  if (!found) return false;
  if (found.matches("summary")) {
    found.parentElement.open = true;
    found.parentElement.querySelector("input:not([type=hidden]), select").focus();
  } else {
    found.click();
  }
  return true;
}

function startGoing() {
  stopGoing();
  going = setTimeout(stopGoing, WAIT_FOR_LETTER);
  hint = el("p.go-hint", { role: "status" }, t("Go to … the letter of a room"));
  document.body.append(hint);
}

function stopGoing() {
  clearTimeout(going);
  going = 0;
  hint?.remove();
}

function go(event) {
  stopGoing();
  const link = document.querySelector(`[data-go="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!link) return;
  event.preventDefault();
  location.assign(link.href);
}

// What the letters do that rows of this page have, each told once.
const letters = () => [...new Map([...document.querySelectorAll("main [data-key]")].map((each) => [each.dataset.key, each.dataset.keyName]))];

// A dialog with all keys, and the switch for them.
function showKeys() {
  const line = (text, ...keys) => el("li", {}, ...keys.flatMap((key) => [el("kbd", {}, key), " "]), el("span", {}, text));
  const places = [...document.querySelectorAll("[data-go]")].map((link) => line(link.textContent, "g", link.dataset.go));
  const choice = el("input", { type: "checkbox", id: "keys-on", ...(switchedOff() ? {} : { checked: true }) });
  choice.addEventListener("change", () => keep(!choice.checked));
  const dialog = el(
    "dialog",
    { "aria-labelledby": "keys-title" },
    el("h2", { id: "keys-title" }, t("Keys of the desk")),
    el(
      "ul.key-list",
      {},
      line(t("search"), "/"),
      line(t("next row"), "j"),
      line(t("row before"), "k"),
      line(t("open the row"), "Enter"),
      ...letters().map(([letter, text]) => line(text, letter)),
      line(t("send the form"), "Ctrl", "Enter"),
      line(t("leave the search"), "Escape"),
      line(t("these keys"), "?"),
    ),
    el("h3", {}, t("Go to a room")),
    el("ul.key-list", {}, ...places),
    el("p.check", {}, choice, el("label", { for: "keys-on" }, t("Single letters do this on the desk"))),
    el("form", { method: "dialog" }, el("button.main", {}, t("Close"))),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
