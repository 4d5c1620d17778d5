// The list of claims: ticking all at once, and members' names while one types.

import { suggestPeople } from "./people.js";

suggestPeople();

const all = document.querySelector("[data-tick-all]");
if (all) {
  all.hidden = false;
  all.addEventListener("click", () => {
    const boxes = [...all.form.querySelectorAll("input[name=claim]")];
    const ticked = boxes.some((box) => !box.checked);
    for (const box of boxes) box.checked = ticked;
  });
}
