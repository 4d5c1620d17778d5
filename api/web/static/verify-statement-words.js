// The answer about a statement in plain words.

import { inWords, verdict } from "./verify-words.js";
import { day, duration, moment, number, t } from "./words.js";

/** All there is to say of it, as of a receipt. */
export function tellStatement(found) {
  const headings = {
    yes: t("This statement is genuine."),
    no: t("This is not a genuine statement."),
    unconfirmed: t("This statement cannot be confirmed here."),
    unchecked: t("This statement could not be checked."),
  };
  const told = verdict(found, headings, statementInWords, inShort);
  if (!found.valid) return told;
  const { says } = found;
  const lines = says.lines === null ? [] : linesInWords(says.lines);
  return { ...told, title: t("What the statement says"), contents: contents(says), lines, limits: limits(found.checks) };
}

function inShort({ closing, until, community }) {
  return t("At the end of %(day)s the account stood at %(hours)s in the books of %(name)s.", { day: day(until), hours: duration(closing), name: community });
}

/** What a check found, as one sentence. */
function statementInWords(check) {
  const { name, ok, reason } = check;
  if (name === "form") {
    return ok
      ? t("It is a statement, written as Carehours writes it.")
      : t("It is not a statement as Carehours writes it, or it was changed or cut short. Please copy all of it.");
  }
  if (name === "signature" && reason === "wrong_signature") {
    return t("The signature is wrong: the statement was changed after it was signed.");
  }
  if (name === "sums") {
    return ok
      ? t("What it opened with, with what came and went, is what it closes with.")
      : t("What it opened with, with what came and went, is not what it closes with.");
  }
  if (name === "lines") {
    if (ok === null) return t("It came without its lines: its balances and sums are checked, its lines are not.");
    if (ok) return t("Its lines are those that were signed, and lead from the opening to the closing balance.");
    return reason === "others"
      ? t("Its lines are not those that were signed.")
      : t("Its lines do not lead from the opening to the closing balance.");
  }
  if (name === "checkpoint" && ok === null) return t("It came without the signed summary of the log that it names.");
  if (reason === "other") return t("The summary that came with it is not the one the statement names.");
  return inWords(check);
}

/** What a genuine statement says, as pairs of a name and a text. */
function contents(said) {
  const pairs = [[t("Whose"), said.names.length ? said.names.join(", ") : t("account %(code)s", { code: said.code })]];
  pairs.push([t("First day"), day(said.from)], [t("Last day"), day(said.until)]);
  pairs.push([t("Opening balance"), duration(said.opening)], [t("Came"), duration(said.gained)]);
  pairs.push([t("Went"), duration(said.given)], [t("Closing balance"), duration(said.closing)]);
  if (said.held > 0) pairs.push([t("Set aside when it was made"), duration(said.held)]);
  pairs.push([t("Entries"), number(said.count)], [t("Made"), moment(said.madeSeconds * 1000)]);
  pairs.push([t("Account"), said.account]);
  return pairs;
}

/** Its lines, each as a text. */
function linesInWords(lines) {
  return lines.map(({ recordedOn, seconds, balanceAfter, what, who }) => {
    const about = [what, ...who].filter((each) => each !== null).join(", ");
    const said = { day: day(recordedOn), hours: duration(Math.abs(seconds)), balance: duration(balanceAfter), about };
    if (about === "") {
      return seconds > 0
        ? t("%(day)s: %(hours)s came, balance %(balance)s", said)
        : t("%(day)s: %(hours)s went, balance %(balance)s", said);
    }
    return seconds > 0
      ? t("%(day)s: %(hours)s came, balance %(balance)s (%(about)s)", said)
      : t("%(day)s: %(hours)s went, balance %(balance)s (%(about)s)", said);
  });
}

/** What nobody should take it for. */
function limits(checks) {
  const said = [t("It shows the books as they stood when it was made. What was posted or taken back since then is not in it.")];
  if (checks.some((check) => check.name === "lines" && check.ok === null)) {
    said.push(t("The square holds its balances and sums, not its lines. The statement's file does: ask for it."));
  }
  return said;
}
