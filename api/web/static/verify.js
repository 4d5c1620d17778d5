// The page that checks a receipt, a statement, or the proof of a balance. It is pasted, dropped, chosen as a file, or stands
// behind the # of the address, which no browser sends; and from here it goes nowhere.

import { byId, el } from "./dom.js";
import { isBalanceProof, verifyBalance } from "./verifier-balance.js";
import { canVerify } from "./verifier-checking.js";
import { isStatement, verifyStatement } from "./verifier-statement.js";
import { readTrust } from "./verifier-trust.js";
import { verify } from "./verifier.js";
import { tellBalance } from "./verify-balance-words.js";
import { tellStatement } from "./verify-statement-words.js";
import { inWords, tellReceipt } from "./verify-words.js";
import { t } from "./words.js";

const KEYS = "/.well-known/carehours-trust.json";
const MARKS = { true: ["yes", "✓"], false: ["no", "✗"], null: ["none", "–"] };

const text = byId("receipt");
const answer = byId("answer");

/** The keys in use: octets, and where they are from. */
let keys = null;
/** What was checked last, a text or octets. */
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

async function check(given) {
  last = given;
  if (isPdf(given)) {
    return show("unknown", t("This is a PDF."), el("p", {}, t("Please choose the signed file that came with it. Its name ends in .txt.")));
  }
  keys ??= await ownKeys();
  if (keys === null) {
    const why = t("The keys of this service could not be fetched, and are not kept on this device yet. Please try again with a connection, or choose a file of keys below.");
    return show("unknown", t("This receipt could not be checked."), el("p", {}, why));
  }
  const [ask, tell] = kindOf(given);
  const { mark, heading, text: said, ...more } = tell(await ask(given, keys.octets));
  show(mark, heading, el("p.said", {}, said), ...details(more), el("p.hint", {}, whoseKeys()));
}

/** Paper for people, in octets: what is signed stands in the file beside it. */
const isPdf = (given) => typeof given !== "string" && String.fromCharCode(...given.subarray(0, 5)) === "%PDF-";

/** How it is checked, and how the answer is put into words. What says nothing of itself is taken for a receipt. */
function kindOf(given) {
  if (isBalanceProof(given)) return [verifyBalance, tellBalance];
  return isStatement(given) ? [verifyStatement, tellStatement] : [verify, tellReceipt];
}

function show(mark, heading, ...children) {
  const title = el("h2", { tabindex: -1 }, heading);
  answer.className = `answer ${mark}`;
  answer.replaceChildren(title, ...children);
  title.focus();
  answer.scrollIntoView({ block: "start" });
}

function details({ checks, title, contents, lines, limits }) {
  // A single check is the whole answer, and was said already.
  if (checks.length === 1) return [];
  const shown = [el("h3", {}, t("What was checked")), el("ul.checks", {}, checks.map(line))];
  if (contents.length > 0) {
    const pairs = contents.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)));
    shown.push(el("h3", {}, title), el("dl", {}, pairs));
    if (lines.length > 0) shown.push(el("ol.said-lines", {}, lines.map((each) => el("li", {}, each))));
    shown.push(el("h3", {}, t("What this does not show")), ...limits.map((each) => el("p", {}, each)));
  }
  return shown;
}

function line([ok, said]) {
  const [kind, sign] = MARKS[ok];
  const mark = el("span.mark", { "aria-hidden": "true" }, sign);
  return el(`li.${kind}`, {}, mark, el("span", {}, el("strong", {}, word(ok)), el("br"), said));
}

/** A word for how a check came out. */
function word(ok) {
  if (ok === null) return t("Not included");
  return ok ? t("Right") : t("Wrong");
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
