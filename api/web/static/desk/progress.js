// Follows long work as it goes on, and shows its result when it is done. Without it the page opens itself again.

import { n, number } from "../words.js";

const place = document.querySelector("[data-follow]");

let said = -1;

function inWords(done, total) {
  const said = { done: number(done) };
  switch (place.dataset.counts) {
    case "lines":
      return n("%(done)s of %(count)s line is done.", "%(done)s of %(count)s lines are done.", total, said);
    case "statements":
      return n("%(done)s of %(count)s statement is made.", "%(done)s of %(count)s statements are made.", total, said);
    case "steps":
      return n("%(done)s of %(count)s step is done.", "%(done)s of %(count)s steps are done.", total, said);
    default:
      return n("%(done)s of %(count)s leaf is looked at.", "%(done)s of %(count)s leaves are looked at.", total, said);
  }
}

function show({ done, total }) {
  const bar = place.querySelector("progress");
  bar.max = total || 1;
  bar.value = done;
  // Spoken aloud about ten times, or nobody could listen to it.
  const part = Math.floor((10 * done) / (total || 1));
  if (part === said || !total) return;
  said = part;
  place.querySelector("[data-said]").textContent = inWords(done, total);
}

if (place) {
  const stream = new EventSource(place.dataset.follow);
  stream.addEventListener("progress", (event) => show(JSON.parse(event.data)));
  stream.addEventListener("end", () => {
    stream.close();
    location.reload();
  });
  // A stream that was refused is not asked for again by the browser: the page itself says why, or begins anew.
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
  });
}
