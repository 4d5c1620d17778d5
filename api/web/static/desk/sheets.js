// The grid for paper sheets: keys, pasting from a spreadsheet, the sum while one types, and a draft that survives a
// reload. Without all this the grid works too: the server checks, adds rows, and keeps what was typed.

import { n, t, duration } from "../words.js";
import { byId } from "../dom.js";
import { newId } from "../ids.js";
import { suggestPeople } from "./people.js";

const COLUMNS = ["giver", "receiver", "day", "length", "activity", "note"];
const WAIT_TO_KEEP = 300;

const form = byId("sheet");
const place = `carehours.sheet${location.pathname}`;

// --- reading ---------------------------------------------------------------------------------------------------

const rows = () => [...form.querySelectorAll("table.grid tr.typed")];
const cells = (row) => [...row.querySelectorAll("td input")];
const columnOf = (input) => COLUMNS.indexOf(input.name.split("-")[0]);
const isBlank = (row) => cells(row).every((cell) => !cell.value.trim());

/** Seconds of "1:30", "1h30", "90 min", "1.5" or "1,5", as the server reads them; null for anything else. */
function seconds(text) {
  const written = text.trim();
  let found = /^(\d{1,5})\s*(?:m|min|mins|minutes?|'|′)$/i.exec(written);
  if (found) return Number(found[1]) * 60;
  found = /^(\d{1,3})\s*[:h]\s*(\d{1,2})?\s*(?:m|min)?$/i.exec(written);
  if (found) return Number(found[2] ?? 0) > 59 ? null : Number(found[1]) * 3600 + Number(found[2] ?? 0) * 60;
  found = /^(\d{1,3})(?:[.,](\d{1,2}))?\s*(?:h|hrs?|hours?)?$/i.exec(written);
  return found ? Number(found[1]) * 3600 + Math.round(Number(`0.${found[2] ?? 0}`) * 3600) : null;
}

function add() {
  let sum = [...form.querySelectorAll("input[name=saved]")].reduce((all, each) => all + Number(each.dataset.seconds), 0);
  let unread = 0;
  for (const row of rows()) {
    const written = cells(row)[COLUMNS.indexOf("length")].value;
    if (!written.trim()) continue;
    const length = seconds(written);
    if (length === null) unread += 1;
    sum += length ?? 0;
  }
  const said = [t("The rows make %(sum)s.", { sum: duration(sum) })];
  if (unread) said.push(n("%(count)s length cannot be read.", "%(count)s lengths cannot be read.", unread));
  const paper = byId("says").value.trim();
  const wanted = paper ? seconds(paper) : null;
  if (wanted !== null) {
    const missing = wanted - sum;
    if (missing > 0) said.push(t("%(difference)s are missing.", { difference: duration(missing) }));
    else if (missing < 0) said.push(t("%(difference)s are too many.", { difference: duration(-missing) }));
    else said.push(t("That is what the paper says."));
  }
  byId("sum").textContent = said.join(" ");
}

// --- rows ------------------------------------------------------------------------------------------------------

/** A blank row behind the last one; null when there are as many as a sheet may have. */
function addRow() {
  const last = rows().at(-1);
  if (rows().length >= Number(form.dataset.most)) return null;
  const number = Number(last.querySelector("th input").name.split("-")[1]) + 1;
  const row = last.cloneNode(true);
  row.className = "typed";
  for (const gone of row.querySelectorAll("select")) gone.remove();
  row.querySelector("th").firstChild.data = number;
  for (const input of row.querySelectorAll("input")) {
    const column = input.name.split("-")[0];
    const label = input.getAttribute("aria-label");
    if (label) input.setAttribute("aria-label", label.replace(/\d+(?=\D*$)/, number));
    input.name = `${column}-${number}`;
    if (input.id) input.id = input.name;
    input.value = column === "key" ? newId() : "";
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
  }
  last.parentElement.append(row);
  return row;
}

const below = (row) => rows()[rows().indexOf(row) + 1] ?? addRow();

/** Fill the fields from a text as spreadsheets copy it: columns between tabs, rows between line ends. */
function fill(start, text) {
  let row = start.closest("tr");
  const first = columnOf(start);
  const lines = text.replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n");
  for (const [at, line] of lines.entries()) {
    if (at) row = below(row);
    if (!row) return;
    for (const [column, value] of line.split("\t").entries()) {
      const cell = cells(row)[first + column];
      if (cell) cell.value = value.trim();
    }
  }
}

// --- drafts ----------------------------------------------------------------------------------------------------

// A browser may refuse to keep anything; then a reload forgets, as without this script.
function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(place) ?? "null");
  } catch {
    return null;
  }
}

function keep() {
  const fields = [...new FormData(form)];
  try {
    if (rows().every(isBlank) && !form.querySelector("input[name=saved]")) sessionStorage.removeItem(place);
    else sessionStorage.setItem(place, JSON.stringify(fields));
  } catch {
    // Refused.
  }
}

function forget() {
  try {
    sessionStorage.removeItem(place);
  } catch {
    // Refused.
  }
}

/** Put a draft back into the empty grid of a page that was loaded anew; the ids of its rows too. */
function restore(draft) {
  const most = Math.max(...draft.map(([name]) => Number(/^giver-(\d+)$/.exec(name)?.[1] ?? 0)));
  while (rows().length < most && addRow());
  const signed = byId("signed");
  signed.checked = draft.some(([name]) => name === "signed");
  for (const [name, value] of draft) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement && field !== signed && name !== "saved") field.value = value;
  }
  byId("restored").hidden = false;
}

// --- keys ------------------------------------------------------------------------------------------------------

function press(event) {
  const input = event.target;
  if (!input.matches("table.grid input")) return;
  const row = input.closest("tr");
  const above = rows()[rows().indexOf(row) - 1];
  if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.isComposing) {
    event.preventDefault();
    const next = below(row);
    if (next) cells(next)[0].focus();
    else form.querySelector("button[value=check]").focus();
  } else if (event.key.toLowerCase() === "d" && (event.ctrlKey || event.metaKey) && above) {
    event.preventDefault();
    input.value = cells(above)[columnOf(input)].value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function paste(event) {
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!event.target.matches("table.grid input") || !/[\t\n]/.test(text.replace(/\n$/, ""))) return;
  event.preventDefault();
  fill(event.target, text);
  add();
  keep();
}

let waiting = 0;
let discarded = false;

function discard() {
  discarded = true;
  clearTimeout(waiting);
  forget();
  location.assign(location.pathname);
}

if (form) {
  const draft = kept();
  // What came back from the server says more than the draft.
  if (draft && rows().every(isBlank) && !form.querySelector("input[name=saved]")) restore(draft);
  else keep();
  suggestPeople();
  form.addEventListener("keydown", press);
  form.addEventListener("paste", paste);
  form.addEventListener("input", () => {
    add();
    clearTimeout(waiting);
    waiting = setTimeout(keep, WAIT_TO_KEEP);
  });
  byId("discard").addEventListener("click", discard);
  window.addEventListener("pagehide", () => discarded || keep());
  if (draft) add();
} else if (document.querySelector("[data-done]")) {
  forget();
}
