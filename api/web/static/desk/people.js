// Suggestions while somebody types a member's name, in a community with more members than a page offers at once.

import { ask } from "../api.js";

const PAUSE = 200;

let list = null;
let waiting = 0;
let asked = "";

async function suggest(text) {
  const slug = location.pathname.split("/")[2];
  const answer = await ask("GET", `/v1/communities/${slug}/members?limit=20&name=${encodeURIComponent(text)}`);
  if (answer.problem || text !== asked) return;
  list.replaceChildren(
    ...answer.said.members.map((row) => {
      const option = document.createElement("option");
      option.value = `${row.name} (${row.number})`;
      return option;
    }),
  );
}

function listen(event) {
  if (!event.target.matches("[data-person]")) return;
  asked = event.target.value.trim();
  clearTimeout(waiting);
  if (asked.length > 1 && !asked.endsWith(")")) waiting = setTimeout(suggest, PAUSE, asked);
}

/** Look for members on the server while somebody types, where the page does not offer all of them. */
export function suggestPeople() {
  list = document.getElementById("people");
  if (list && "more" in list.dataset) document.addEventListener("input", listen);
}

