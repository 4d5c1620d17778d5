// What the lines of an account's ledger are called: one word or two for each reason why hours moved.

import { t } from "../words.js";
import { listed } from "./fields.js";

/** What a line of `GET /accounts/{id}/entries` was for, to the member whose screen it is; `names` are by id. */
export function lineInWords(entry, memberId, names) {
  const { kind, seconds, paid_for: visit, pot } = entry;
  const gained = seconds > 0;
  if (visit) return kind === "reverse" ? takenBack(visit, memberId, names) : visited(visit, memberId, names);
  const who = listed((entry.members ?? []).map((id) => names[id]));
  switch (kind) {
    case "care":
      return gained ? t("Care given") : t("Care received");
    case "gift":
      if (pot) return gained ? t("From the pot “%(pot)s”", { pot }) : t("Gift to the pot “%(pot)s”", { pot });
      if (!who) return t("Gift");
      return gained ? t("Gift from %(who)s", { who }) : t("Gift to %(who)s", { who });
    case "grant":
      return pot ? t("From the pot “%(pot)s”", { pot }) : t("From a pot");
    case "redeem":
      return t("Used");
    case "adjust":
      return t("Put right by a co-ordinator");
    case "reverse":
      return t("An earlier line taken back");
    case "settle":
      return t("Settled");
    case "import":
      return t("Brought along from earlier records");
    case "inherit":
      return gained ? t("Inherited") : t("Passed on");
    case "lapse":
      return t("Gone to the co-op’s pot");
    default:
      return gained ? t("Received") : t("Given");
  }
}

function visited({ provider, receiver }, memberId, names) {
  if (provider === memberId) return t("Given to %(who)s", { who: names[receiver] });
  if (receiver === memberId) return t("Received from %(who)s", { who: names[provider] });
  return t("%(provider)s for %(receiver)s", { provider: names[provider], receiver: names[receiver] });
}

function takenBack({ provider, receiver }, memberId, names) {
  if (provider === memberId) return t("Taken back: given to %(who)s", { who: names[receiver] });
  if (receiver === memberId) return t("Taken back: received from %(who)s", { who: names[provider] });
  return t("Taken back: %(provider)s for %(receiver)s", { provider: names[provider], receiver: names[receiver] });
}
