// The page that checks a receipt. The receipt is pasted, dropped, chosen as a file, or stands behind the # of the
// address, which no browser sends; and from here it goes nowhere.

import { byId, el } from "./dom.js";
import { contents, inWords, verdict, word } from "./verify-words.js";
import { statementContents, statementInWords, statementLimits, statementLines, statementVerdict } from "./verify-statement-words.js";
import { canVerify, verify } from "./verifier.js";
import { isStatement, verifyStatement } from "./verifier-statement.js";
import { readTrust } from "./verifier-trust.js";
import { t } from "./words.js";

const KEYS = "/.well-known/carehours-trust.json";
const BALANCE_PROOF = "carehours-balance-proof@v1";
const MARKS = { true: ["yes", "✓"], false: ["no", "✗"], null: ["none", "–"] };

const text = byId("receipt");
const answer = byId("answer");

/** The keys in use: octets, and where they are from. */
let keys = null;
/** The receipt that was checked last, a text or octets. */
let last = null;

/** The service's own keys; the service worker has them when there is no connection. Null when nobody has. */
async function ownKeys() {
  try {
    const response = await fetch(KEYS);
    if (!response.ok) return null;
    return { octets: new Uint8Array(await response.arrayBuffer()), file: null };
  } catch {
    return null;
  }
}

async function check(receipt) {
  last = receipt;
  if (isBalanceProof(receipt)) {
    const who = t("This page does not check it; “carehours verify” does.");
    return show("unknown", t("This is the proof of a balance at the end of a period."), el("p", {}, who));
  }
  keys ??= await ownKeys();
  if (keys === null) {
    const why = t("The keys of this service could not be fetched, and are not kept on this device yet. Please try again with a connection, or choose a file of keys below.");
    return show("unknown", t("This receipt could not be checked."), el("p", {}, why));
  }
  if (isStatement(receipt)) return showStatement(await verifyStatement(receipt, keys.octets));
  const found = await verify(receipt, keys.octets);
  const { mark, heading, text: said } = verdict(found);
  show(mark, heading, el("p.said", {}, said), ...details(found), el("p.hint", {}, whoseKeys()));
}

/** Whether the text, or its octets, says of itself that it is the proof of a balance, genuine or not. */
function isBalanceProof(given) {
  const said = typeof given === "string" ? given : new TextDecoder().decode(given);
  return said.startsWith("{") && said.includes(BALANCE_PROOF);
}

function showStatement(found) {
  const { mark, heading, text: said } = statementVerdict(found);
  const { checks, statement } = found;
  const shown = checks.length > 1 ? [el("h3", {}, t("What was checked")), el("ul.checks", {}, checks.map((each) => line(each, statementInWords)))] : [];
  if (statement !== null) {
    const pairs = statementContents(statement).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)));
    shown.push(el("h3", {}, t("What the statement says")), el("dl", {}, pairs));
    if (statement.lines?.length) shown.push(el("ol.said-lines", {}, statementLines(statement).map((each) => el("li", {}, each))));
    shown.push(el("h3", {}, t("What this does not show")), ...statementLimits(checks).map((each) => el("p", {}, each)));
  }
  show(mark, heading, el("p.said", {}, said), ...shown, el("p.hint", {}, whoseKeys()));
}

function show(mark, heading, ...children) {
  const title = el("h2", { tabindex: -1 }, heading);
  answer.className = `answer ${mark}`;
  answer.replaceChildren(title, ...children);
  title.focus();
  answer.scrollIntoView({ block: "start" });
}

function details({ checks, receipt }) {
  // A single check is the whole answer, and was said already.
  if (checks.length === 1) return [];
  const shown = [el("h3", {}, t("What was checked")), el("ul.checks", {}, checks.map((each) => line(each, inWords)))];
  if (receipt !== null) {
    const said = contents(receipt).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)));
    shown.push(el("h3", {}, t("What the receipt says")), el("dl", {}, said));
    shown.push(el("h3", {}, t("What this does not show")), ...limits(checks).map((each) => el("p", {}, each)));
  }
  return shown;
}

function line(check, said) {
  const [kind, sign] = MARKS[check.ok];
  const mark = el("span.mark", { "aria-hidden": "true" }, sign);
  return el(`li.${kind}`, {}, mark, el("span", {}, el("strong", {}, word(check.ok)), el("br"), said(check)));
}

function limits(checks) {
  const said = [
    t("A receipt holds no names, and does not show that whoever has it is one of the two sides."),
    t("It does not show how well the care was given, nor whether the transfer was taken back later: the co-op can tell."),
  ];
  if (checks.some((check) => check.name === "inclusion" && check.ok === null)) {
    said.push(t("This one does not show that it stands in the public log. The receipt's file does: ask for it."));
  }
  return said;
}

function whoseKeys() {
  return keys.file === null
    ? t("Checked with the keys of %(host)s, as this service gave them.", { host: location.host })
    : t("Checked with the keys in the file %(file)s.", { file: keys.file });
}

const octetsOf = async (file) => new Uint8Array(await file.arrayBuffer());

/** What was pasted: a receipt, or a link with one. */
function pasted(given) {
  const [, linked] = given.trim().split("/v#");
  return linked === undefined ? given.trim() : unescaped(linked);
}

/** Some apps write %7E for the tilde when they open a link. */
function unescaped(fragment) {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

function checkAddress() {
  const linked = unescaped(location.hash.slice(1));
  if (linked === "") return;
  text.value = linked;
  check(linked);
}

byId("check").addEventListener("submit", (event) => {
  event.preventDefault();
  const given = pasted(text.value);
  byId("receipt-problem").textContent = given === "" ? t("Please paste the receipt here first.") : "";
  if (given === "") text.focus();
  else check(given);
});

byId("receipt-file").addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  if (file) await check(await octetsOf(file));
});

byId("keys-file").addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  if (!file) return;
  const octets = await octetsOf(file);
  const read = await readTrust(octets).catch(() => null);
  byId("keys-problem").textContent = read === null ? t("This is not a file of keys. The keys are as they were.") : "";
  if (read === null) return;
  keys = { octets, file: file.name };
  byId("keys-told").textContent = t("From now on receipts are checked with the keys in %(file)s.", { file: file.name });
  if (last !== null) await check(last);
});

document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", async (event) => {
  event.preventDefault();
  const [file] = event.dataTransfer.files;
  const given = pasted(event.dataTransfer.getData("text/plain"));
  if (file) await check(await octetsOf(file));
  else if (given !== "") await check(given);
});

addEventListener("hashchange", checkAddress);

if (await canVerify()) checkAddress();
else show("unknown", t("Receipts cannot be checked here."), el("p", {}, inWords({ name: "browser" })));
