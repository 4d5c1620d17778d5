// The answer about a receipt in plain words: what is true of it on top, each check in a line, and what it says.

import { day, duration, moment, number, t } from "./words.js";

/**
 * All there is to say: `{mark, heading, text, checks, title, contents, lines, limits}`. `mark` is "yes", "no" or "unknown",
 * each check a pair of its `ok` and a sentence, `contents` pairs of a name and a text. A receipt of somebody else's is not
 * called a forgery: these keys cannot tell.
 */
export function tellReceipt(found) {
  const headings = {
    yes: t("This receipt is genuine."),
    no: t("This is not a genuine receipt."),
    unconfirmed: t("This receipt cannot be confirmed here."),
    unchecked: t("This receipt could not be checked."),
  };
  const told = verdict(found, headings, inWords, recorded);
  if (!found.valid) return told;
  return { ...told, title: t("What the receipt says"), contents: contents(found.says), limits: limits(found.checks) };
}

/** What is true of any text that was checked: its mark, its heading, the sentence below, and its checks. */
export function verdict({ valid, checks, says }, headings, inWords_, inShort) {
  const told = { checks: checks.map((each) => [each.ok, inWords_(each)]), title: "", contents: [], lines: [], limits: [] };
  if (valid) return { ...told, mark: "yes", heading: headings.yes, text: inShort(says) };
  const first = checks.find((check) => check.ok === false);
  const text = inWords_(first);
  if (valid === null) return { ...told, mark: "unknown", heading: headings.unchecked, text };
  if (first.name === "issuer") return { ...told, mark: "unknown", heading: headings.unconfirmed, text };
  return { ...told, mark: "no", heading: headings.no, text };
}

/** The sentence on top of a genuine receipt. */
function recorded({ kind, recordedSeconds, origin, entries }) {
  const gained = entries.reduce((sum, { seconds }) => sum + Math.max(seconds, 0), 0);
  const said = { day: day(new Date(recordedSeconds * 1000)), log: origin, hours: duration(gained) };
  if (kind === "care") return t("On %(day)s the log of %(log)s recorded %(hours)s for care that was given.", said);
  if (kind === "redeem") return t("On %(day)s the log of %(log)s recorded %(hours)s spent on care.", said);
  if (kind === "gift") return t("On %(day)s the log of %(log)s recorded a gift of %(hours)s.", said);
  if (kind === "grant") return t("On %(day)s the log of %(log)s recorded %(hours)s granted from a pot.", said);
  if (kind === "adjust") return t("On %(day)s the log of %(log)s recorded a correction of %(hours)s.", said);
  if (kind === "reverse") return t("On %(day)s the log of %(log)s took back an earlier transfer of %(hours)s.", said);
  return t("On %(day)s the log of %(log)s recorded a transfer of %(hours)s.", said);
}

/** What a check found, as one sentence, and what to do where something can be done. */
export function inWords({ name, ok, reason, issuer, origin, index, size }) {
  if (name === "browser") {
    return isSecureContext
      ? t("This browser cannot check signatures. Please open this page in a newer one.")
      : t("Signatures can be checked only over a safe connection: an address that begins with https.");
  }
  if (name === "trust") return t("The file of keys is not one. Please choose another.");
  if (name === "form") {
    return ok
      ? t("It is a complete receipt, written as Carehours writes it.")
      : t("It is not a receipt as Carehours writes it, or it was changed or cut short. Please copy all of it.");
  }
  if (name === "issuer") {
    return ok
      ? t("It was issued by %(issuer)s.", { issuer })
      : t("It says it was issued by %(issuer)s, and the keys used here are not theirs. Please choose their file of keys below.", { issuer });
  }
  if (name === "signature") {
    if (ok) return t("The signature is genuine: nothing was changed since it was signed.");
    return reason === "unknown_key"
      ? t("It was signed with a key that is not among the keys used here.")
      : t("The signature is wrong: the receipt was changed after it was signed.");
  }
  if (name === "balance") {
    return ok
      ? t("The time given and the time received are the same.")
      : t("The time given and the time received are not the same.");
  }
  if (name === "disclosures") {
    if (ok === null) return t("It does not show whose time this was.");
    return ok
      ? t("What it shows about people belongs to this receipt.")
      : t("What it shows about people does not belong to this receipt.");
  }
  if (name === "checkpoint") {
    if (ok === null) return t("It came without the log's signed summary.");
    if (ok) return t("The signed summary of the log %(log)s is genuine.", { log: origin });
    if (reason === "unknown_log") return t("Its log %(log)s is not among those whose keys are used here.", { log: origin });
    return t("The summary that came with it is not one that the log %(log)s has signed.", { log: origin });
  }
  if (ok === null) return t("It came without proof of its place in the public log.");
  if (ok) {
    const place = { place: number(index + 1), size: number(BigInt(size)) };
    return t("It stands in the public log, as number %(place)s of %(size)s.", place);
  }
  return reason === "no_checkpoint"
    ? t("Its place in the public log is not proven without a genuine summary.")
    : t("The proof does not lead from this receipt to the log's summary.");
}

/** What a genuine receipt says, as pairs of a name and a text. */
function contents(receipt) {
  const said = [[t("Recorded"), moment(receipt.recordedSeconds * 1000)]];
  if (receipt.serviceOn !== null) said.push([t("Day of care"), day(receipt.serviceOn)]);
  for (const entry of receipt.entries) {
    said.push(entry.seconds > 0 ? [t("One side received"), side(entry)] : [t("One side gave"), side(entry)]);
  }
  if (receipt.via !== null) said.push([t("Posted by"), poster(receipt)]);
  if (receipt.note !== null) said.push([t("Note"), receipt.note]);
  if (receipt.reverses !== null) said.push([t("Takes back transfer"), receipt.reverses]);
  said.push([t("Transfer"), receipt.transfer]);
  return said;
}

function side({ seconds, account, balanceAfter, entryNumber }) {
  const hours = duration(Math.abs(seconds));
  if (account === null) return hours;
  const said = { hours, account, balance: duration(balanceAfter), number: number(entryNumber) };
  return t("%(hours)s; account %(account)s, which then stood at %(balance)s, in its entry number %(number)s", said);
}

function poster({ via, author }) {
  if (author === null) {
    if (via === "member") return t("a member");
    return via === "delegate" ? t("a delegate, for somebody else") : t("a co-ordinator");
  }
  const said = { member: author.member, other: author.actingFor };
  if (via === "member") return t("member %(member)s", said);
  if (via === "coordinator") return t("co-ordinator %(member)s", said);
  return author.actingFor === null
    ? t("delegate %(member)s", said)
    : t("delegate %(member)s, for member %(other)s", said);
}

/** What nobody should take it for. */
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
