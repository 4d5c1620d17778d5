// The answer about the proof of a balance at the end of a period in plain words.

import { inWords, verdict } from "./verify-words.js";
import { day, duration, moment, number, t } from "./words.js";

/** All there is to say of it, as of a receipt. */
export function tellBalance(found) {
  const headings = {
    yes: t("This proof of a balance is genuine."),
    no: t("This is not a genuine proof of a balance."),
    unconfirmed: t("This proof of a balance cannot be confirmed here."),
    unchecked: t("This proof of a balance could not be checked."),
  };
  const told = verdict(found, headings, balanceInWords, inShort);
  if (!found.valid) return told;
  return { ...told, title: t("What the proof says"), contents: contents(found.says), limits: limits(found.says) };
}

function inShort({ balance, through, origin }) {
  const said = { day: day(through), hours: duration(balance), log: origin };
  return t("When everything up to %(day)s was closed in %(log)s, the account stood at %(hours)s.", said);
}

/** What a check found, as one sentence. */
function balanceInWords(check) {
  const { name, ok, index, size } = check;
  if (name === "form") {
    return ok
      ? t("It is a complete proof, written as Carehours writes it.")
      : t("It is not a proof as Carehours writes it, or it was changed or cut short. Please take all of it.");
  }
  if (name === "inclusion") {
    if (!ok) return t("That the period was closed in this way is not proven to stand in the public log.");
    const place = { place: number(index + 1), size: number(BigInt(size)) };
    return t("That the period was closed stands in the public log, as number %(place)s of %(size)s.", place);
  }
  if (name === "closing") {
    return ok
      ? t("What it says about the closed period is what the log says.")
      : t("What it says about the closed period is not what the log says.");
  }
  if (name === "balance") {
    return ok
      ? t("The balance is one of those in the closing.")
      : t("The balance is not one of those in the closing.");
  }
  if (name === "disclosure") {
    if (ok === null) return t("It does not show whose balance this is.");
    return ok ? t("The account it names is that of this balance.") : t("The account it names is not that of this balance.");
  }
  if (name === "total") {
    return ok
      ? t("All balances in the closing are zero together, as they must be.")
      : t("All balances in the closing are not zero together, as they must be.");
  }
  return inWords(check);
}

/** What a genuine proof says, as pairs of a name and a text. */
function contents({ origin, number: closing, through, closedSeconds, accounts, account, balance, entries }) {
  const said = [[t("Balance"), duration(balance)], [t("Entries"), number(entries)], [t("Last day"), day(through)]];
  said.push([t("Closed"), moment(closedSeconds * 1000)], [t("Number of the closing"), number(closing)], [t("Log"), origin]);
  said.push([t("Accounts in the closing"), number(accounts)]);
  if (account !== null) said.push([t("Account"), account]);
  return said;
}

/** What nobody should take it for. */
function limits({ account }) {
  const said = [t("It counts each visit on the day of care, and shows the books as they stood when the period was closed. Whether it was opened again since, the co-op can tell.")];
  if (account !== null) said.push(t("It names an account and no person, and does not show that whoever has it holds the account."));
  return said;
}
