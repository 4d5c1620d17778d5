// Ask: what one asked for, what one has promised to others, and whom one could help; and the form to ask.

import { el } from "../dom.js";
import { t } from "../words.js";
import { actingFor, may, subject } from "./acting.js";
import { showAskForm } from "./ask-form.js";
import { openCard, ownCard, takenCard } from "./ask-cards.js";
import { asOf, dayName, empty, link, title } from "./fields.js";
import { live, named } from "./live.js";
import { opened } from "./store.js";
import { ofKinds, strip, strips } from "./strips.js";

const KINDS = ["request", "taking", "giving-back", "cancellation"];
const EARLIER = 5;

export async function showAsk(screen) {
  const acting = actingFor();
  if (location.hash.split("/")[1] === "new" && may("request")) {
    await showAskForm(screen);
    return;
  }
  screen.append(title(acting ? t("Care for %(name)s", { name: acting.name }) : t("Asking and helping")));
  if (!may("request") && !may("see")) {
    screen.append(empty(t("You act for %(name)s, but may not ask for care in their name. They can allow it.", { name: acting.name })));
    return;
  }
  const { me } = await opened();
  const { member_id: memberId } = subject();
  const state = { me, memberId, acting, leaving: new Set() };
  await live(screen, (by) => readRequests(by, state), (data) => drawRequests(data, state));
}

export async function readRequests(by, { memberId, acting }) {
  const [policy, mine, waiting, open] = await Promise.all([
    by("/policy"),
    by("/care-requests?mine=true&limit=50"),
    // A visit that waits for an answer belongs to a request that cannot be cancelled any more.
    may("see") || may("confirm") ? by(`/claims?member=${memberId}&state=submitted&limit=100`) : null,
    acting ? null : by("/care-requests?limit=50"),
  ]);
  const all = [...(mine.value?.care_requests ?? []), ...(open?.value?.care_requests ?? [])];
  return { policy, mine, waiting, open, names: await named(all.flatMap((each) => [each.receiver, each.taken_by])) };
}

function drawRequests(data, state) {
  const { me, memberId, acting } = state;
  const done = ofKinds(data.entries, ...KINDS);
  const busy = new Set(done.filter((each) => each.state !== "refused" && each.state !== "sent").map((each) => each.about.request));
  const mine = data.mine.value?.care_requests ?? [];
  const isOpen = (each) => each.state === "open" || each.state === "taken";
  const asked = mine.filter((each) => each.receiver === memberId);
  const current = asked.filter((each) => isOpen(each) && !busy.has(each.id)).reverse();
  const earlier = asked.filter((each) => !isOpen(each)).slice(0, EARLIER);
  const promised = acting ? [] : mine.filter((each) => each.taken_by === me.member_id && each.state === "taken" && !busy.has(each.id)).reverse();
  const others = (data.open?.value?.care_requests ?? []).filter((each) => !busy.has(each.id));
  const stale = asOf(...Object.values(data).filter((each) => each && "fresh" in each));
  const parts = [
    may("request") && el("p", {}, link("#ask/new", t("Ask for care"), ".main")),
    stale,
    strips(t("What you did here"), done, doneStrip),
  ];
  if (promised.length) {
    parts.push(el("h2", {}, t("You will come")), promised.map((each) => takenCard(each, data, state)));
  }
  parts.push(el("h2", {}, acting ? t("What was asked for") : t("What you asked for")));
  if (current.length) parts.push(current.map((each) => ownCard(each, data, state)));
  else parts.push(el("p", {}, t("Nothing is asked for just now.")));
  if (earlier.length) {
    parts.push(el("details", {}, el("summary", {}, t("Earlier")), earlier.map((each) => ownCard(each, data, state))));
  }
  if (!acting) {
    parts.push(el("h2", {}, t("Who needs help")));
    if (others.length) parts.push(others.map((each) => openCard(each, data)));
    else parts.push(empty(t("Nobody needs help that you could give just now. Look again in a day or two.")));
  }
  return parts.flat();
}

function doneStrip(entry) {
  const { says, result } = entry.about;
  if (entry.kind !== "taking") return strip(entry, says);
  const ending = (result?.warning ?? []).map((each) =>
    el("p", {}, t("Your check “%(kind)s” ends on %(day)s. Please tell your co-ordinator.", { kind: each.kind, day: dayName(each.expires_on) })),
  );
  return strip(entry, says, el("span", {}, t("Done. They can see that you will come."), ending));
}
