// The answer about a statement in plain words.

import { inWords } from "./verify-words.js";
import { day, duration, moment, number, t } from "./words.js";

/** What is true of the statement: `{mark, heading, text}`, as of a receipt. */
export function statementVerdict({ valid, checks, statement }) {
  if (valid) return { mark: "yes", heading: t("This statement is genuine."), text: inShort(statement) };
  const [first] = checks.filter((check) => check.ok === false);
  const text = first === undefined ? "" : statementInWords(first);
  if (valid === null) return { mark: "unknown", heading: t("This statement could not be checked."), text };
  if (first.name === "issuer") return { mark: "unknown", heading: t("This statement cannot be confirmed here."), text };
  return { mark: "no", heading: t("This is not a genuine statement."), text };
}

function inShort({ closing, until, community }) {
  return t("At the end of %(day)s the account stood at %(hours)s in the books of %(name)s.", { day: day(until), hours: duration(closing), name: community });
}

/** What a check found, as one sentence. */
export function statementInWords(check) {
  const { name, ok, reason } = check;
  if (name === "form") {
    return ok
      ? t("It is a statement, written as Carehours writes it.")
      : t("It is not a statement as Carehours writes it, or it was changed or cut short. Please copy all of it.");
  }
  if (name === "signature" && reason === "wrong_signature") {
    return t("The signature is wrong: the statement was changed after it was signed.");
  }
  if (name === "checkpoint" && ok === null) return t("It came without the signed summary of the log that it names.");
  if (reason === "other") return t("The summary that came with it is not the one the statement names.");
  return inWords(check);
}

/** What a genuine statement says, as pairs of a name and a text. */
export function statementContents(said) {
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
export function statementLines({ lines }) {
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
export function statementLimits(checks) {
  const said = [t("It shows the books as they stood when it was made. What was posted or taken back since then is not in it.")];
  if (checks.some((check) => check.name === "lines" && check.ok === null)) {
    said.push(t("The square holds its balances and sums, not its lines. The statement's file does: ask for it."));
  }
  return said;
}
