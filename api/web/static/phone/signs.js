// The signs on the tabs and beside words: drawn here, in the colour of the text, and silent since a word says the same.

const SVG = "http://www.w3.org/2000/svg";

const LINES = {
  log: "M12 5v14M5 12h14",
  hours: "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M12 7.5V12l3 2",
  confirm: "M5 12.5l4.5 4.5L19 7.5",
  ask: "M4 5h16v11H11l-4.5 4v-4H4z",
  give: "M12 20C5 15 3.5 11.5 4.5 8.5c1-3 5-3.5 7.5-.5c2.5-3 6.5-2.5 7.5.5c1 3-.5 6.5-7.5 11.5z",
  more: "M4 7h16M4 12h16M4 17h16",
  again: "M19 12a7 7 0 1 1-2.2-5.1M17 3v4h-4",
  timer: "M12 6a7.5 7.5 0 1 0 0 15a7.5 7.5 0 1 0 0-15M12 10v3.5M9.5 2.5h5",
  phone: "M8 3h8v18H8zM11 18h2",
  sent: "M4 12l16-7l-6 15l-3-6z",
  no: "M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16M12 8v5M12 15.8v.2",
};

/** A sign, as an element: one of the names above. */
export function sign(name) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("aria-hidden", "true");
  picture.setAttribute("class", "sign");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", LINES[name]);
  picture.append(path);
  return picture;
}

/** The first letter of a name in a circle, in one of six tints that stays a person's own. */
export function initial(name, id) {
  const circle = document.createElement("span");
  circle.className = `initial tint-${Number.parseInt(id.slice(-2), 16) % 6}`;
  circle.setAttribute("aria-hidden", "true");
  circle.textContent = [...name.trim()][0]?.toLocaleUpperCase() ?? "?";
  return circle;
}
