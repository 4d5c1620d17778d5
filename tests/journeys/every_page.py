"""Every page there is, for whom it is, and what a browser finds wrong with one."""

import importlib.util
import json
import re
from pathlib import Path
from urllib.parse import quote

AXE = (Path(importlib.util.find_spec("axe_playwright_python").origin).parent / "axe.min.js").read_text()

FIRST = ("/", "/demo", "/start", "/join", "/sign-in", "/v")
PHONE = ("log", "hours", "confirm", "ask", "give", "more")

# Where an id of each kind is found: a list of the API, the name of its rows, and the field.
SAMPLES = {
    "member_id": ("/members?limit=1", "members", "id"),
    "claim_id": ("/claims?limit=1", "claims", "id"),
    "account_id": ("/accounts?limit=1&kind=member", "accounts", "id"),
    "transfer_id": ("/transfers?limit=1", "transfers", "id"),
    "care_request_id": ("/care-requests?limit=1", "care_requests", "id"),
    "dispute_id": ("/disputes?limit=1", "disputes", "id"),
    "proposal_id": ("/proposals?limit=1", "proposals", "id"),
    "number": ("/periods?limit=1", "periods", "number"),
    "pot_id": ("/pots", "pots", "account"),
    "round_id": ("/rounds?limit=1", "rounds", "id"),
    "assertion_id": ("/assertions?limit=1", "assertions", "id"),
    "version": ("/policy/versions?limit=1", "versions", "version"),
    "name": ("/policy/presets", "presets", "name"),
    "measure": ("/social/report", "figures", "measure"),
}

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

# Texts that lie over each other. What is fixed lies over the page on purpose; a child lies within its parent.
OVERLAPS = """() => {
  const shown = [];
  const fixed = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const style = getComputedStyle(each);
      // Or it is for those who hear the page.
      if (["fixed", "sticky"].includes(style.position) || style.clipPath === "inset(50%)") return true;
    }
    return false;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const parent = node.parentElement;
    if (!node.data.trim() || !parent.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    if (parent.closest(".unseen, svg, option, script, .skip") || fixed(parent)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width > 2 && box.height > 2) shown.push([box, node]);
    }
  }
  shown.sort((a, b) => a[0].top - b[0].top);
  const found = [];
  for (let one = 0; one < shown.length; one += 1) {
    for (let two = one + 1; two < shown.length && shown[two][0].top < shown[one][0].bottom - 4; two += 1) {
      const [a, b] = [shown[one][0], shown[two][0]];
      if (shown[one][1] === shown[two][1]) continue;
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      // Lines of one paragraph may touch by what their letters leave free.
      if (across > 2 && down > 0.4 * Math.min(a.height, b.height)) {
        found.push(`${shown[one][1].data.trim().slice(0, 40)} | ${shown[two][1].data.trim().slice(0, 40)}`);
      }
    }
  }
  return found.slice(0, 5);
}"""

SMALL = """(least) => {
  const found = [];
  const targets = "button, select, input:not([type=hidden]), textarea, a.button, nav a, summary";
  for (const each of document.querySelectorAll(targets)) {
    if (!each.checkVisibility() || each.closest(".unseen")) continue;
    const ticked = each.type === "checkbox" || each.type === "radio";
    const box = ((ticked && each.closest("label, .field, td, li")) || each).getBoundingClientRect();
    if (box.width && Math.min(box.width, box.height) < least - 0.5) {
      const text = (each.textContent || each.name || "").trim().slice(0, 30);
      found.push(`${each.tagName} ${text} ${Math.round(box.width)}x${Math.round(box.height)}`);
    }
  }
  return found.slice(0, 8);
}"""


ALL_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
"""WCAG 2.0 to 2.2 at levels A and AA, and axe's own best practices."""

OF_COLOURS = ("color-contrast", "link-in-text-block")


async def violations(page, rules=ALL_RULES):
    """What axe says against the page."""
    await page.evaluate(AXE)
    found = (await page.evaluate("rules => axe.run(document, {runOnly: rules})", rules))["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found]


async def desk_pages(site, someone):
    """The address of every page of the desk that a co-ordinator may open, its ids filled in from what is there."""
    pages = set()
    known = {}
    for route in site.app.routes:
        if not route.path.startswith("/desk/{slug") or "GET" not in route.methods or "path}" in route.path:
            continue
        if "{audit_id" in route.path:
            continue  # an audit takes seconds: test_desk_books looks at the one it makes
        if "{matching_id" in route.path:
            continue  # a matching takes a moment: test_desk_rounds looks at the one it begins
        if "{run_id" in route.path:
            continue  # a run that is there: test_statements looks at the one it makes
        if "{pack_id" in route.path:
            continue  # an evidence pack takes seconds: test_desk_social looks at the one it makes
        if "{export_id" in route.path:
            continue  # a file that is there: test_desk_exports looks at the one it makes
        if "{import_id" in route.path:
            continue  # the invented co-op has none: test_desk_imports looks at the one it makes
        if route.path.endswith(".csv"):
            continue  # a file
        address = route.path.replace("{slug:str}", "demo")
        for name in re.findall(r"\{(\w+)(?::\w+)?\}", address):
            if name not in known:
                known[name] = await sample(site, someone, name)
            address = re.sub(rf"\{{{name}(:\w+)?\}}", quote(str(known[name])), address)
        pages.add(address)
    return sorted(pages)


async def sample(site, someone, name):
    """An id of that kind which is there. A page whose kind of id is not listed above fails its test here."""
    path, rows, field = SAMPLES[name]
    answer = await someone.page.context.request.get(f"{site.url}/v1/communities/demo{path}")
    said = json.loads(await answer.text())
    assert answer.ok, said
    return said[rows][0][field]
