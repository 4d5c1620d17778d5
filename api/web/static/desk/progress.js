// Follows long work as it goes on, and shows its result when it is done. Without it the page opens itself again.

import { n, number } from "../words.js";

const place = document.querySelector("[data-follow]");

function show({ done, total }) {
  const bar = place.querySelector("progress");
  const part = Math.floor((10 * done) / (total || 1));
  const said = Math.floor((10 * bar.value) / (bar.max || 1));
  bar.max = total || 1;
  bar.value = done;
  // Spoken aloud ten times at most, or nobody could listen to it.
  if (part === said && done < total) return;
  const text = n("%(done)s of %(count)s leaf is looked at.", "%(done)s of %(count)s leaves are looked at.", total, { done: number(done) });
  place.querySelector("[data-said]").textContent = text;
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
