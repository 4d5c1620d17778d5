// What is known about the connection: whether the service was heard, whether it knows who asks, and what it did last.
// Every tab and the service worker tell each other.

const channel = new BroadcastChannel("carehours");
const listeners = new Set();
const SLOW_MS = 20_000;
const ROUGHLY_MS = 120_000;

const known = { heard: null, signedOut: false, sending: false, full: false, offset: 0 };

/**
 * `{heard, signedOut, sending, full, offset}`. `heard` is null before anything was tried; `offset` is by how many
 * milliseconds this device's clock is behind the service's.
 */
export const connection = () => ({ ...known });

/** Call back with what has changed: "entries", "connection", "me" or "acting". Answers how to stop that. */
export function listen(callback) {
  listeners.add(callback);
  return () => listeners.delete(callback);
}

/** Say, here and in every other tab, that something has changed. */
export function tell(what) {
  channel.postMessage({ what, known });
  for (const each of listeners) each(what);
}

channel.onmessage = ({ data }) => {
  // What does not fit into one tab's storage does not fit into another's; all else may differ, and the newest counts.
  Object.assign(known, data.known);
  for (const each of listeners) each(data.what);
};

/** Note what is known now, and tell when that is news. */
export function note(news) {
  const changed = Object.entries(news).some(([name, value]) => known[name] !== value);
  Object.assign(known, news);
  if (changed) tell("connection");
}

/** The answer, or one that nothing was heard: a connection that hangs must not keep others waiting. Notes which. */
export async function heard(asking) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, SLOW_MS, { status: 0, said: {}, problem: "offline", wait: 0, at: null });
  });
  const answer = await Promise.race([asking, late]);
  clearTimeout(timer);
  // The sign-in page of a café's network also answers, but never as this service does.
  const ours = answer.problem ? Boolean(answer.said.type) : Object.keys(answer.said).length > 0;
  const told = ours ? answer : { ...answer, status: 0, problem: "offline" };
  const news = { heard: told.status > 0 };
  if (told.problem === "sign_in_required") news.signedOut = true;
  // Only minutes are news: the answer was on its way for seconds.
  const offset = told.status > 0 && answer.at ? answer.at - Date.now() : known.offset;
  if (Math.abs(offset - known.offset) > ROUGHLY_MS) news.offset = offset;
  note(news);
  return told;
}
