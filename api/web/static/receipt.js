// A receipt's page: passing the receipt on as a file with its place in the log, and printing it.

import { byId } from "./dom.js";
import { t } from "./words.js";

const { receipt: address, name } = document.querySelector("main").dataset;

/**
 * The receipt as `carehours verify` and the page /v take it: with its place in the log, or as it stands on the page for
 * who has no side in it. Null when it cannot be fetched just now.
 */
async function fetchReceipt() {
  if (!address) return byId("receipt-text").textContent;
  try {
    const response = await fetch(address, { headers: { accept: "text/plain" }, credentials: "same-origin" });
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  }
}

// Fetched before it is asked for: a browser opens its share sheet only right after a press.
let fetched = fetchReceipt();

const asFile = (text) => new File([text], name, { type: "text/plain" });

function say(told, problem = "") {
  byId("receipt-told").textContent = told;
  byId("receipt-problem").textContent = problem;
}

function onPress(id, deed) {
  byId(id).addEventListener("click", async () => {
    const text = await fetched;
    if (text === null) {
      fetched = fetchReceipt();
      say("", t("There is no connection just now. Nothing is lost: please try again in a moment."));
      return;
    }
    say("");
    try {
      await deed(text);
    } catch (failure) {
      // Who closes the share sheet has changed their mind, and that is all.
      if (failure.name !== "AbortError") say("", t("This device could not do that. Please try another way."));
    }
  });
}

function print(paper) {
  document.body.classList.remove("small", "large");
  document.body.classList.add(paper);
  window.print();
}

onPress("share", (text) => navigator.share({ files: [asFile(text)], title: t("Receipt") }));

onPress("save", (text) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(asFile(text));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
  say(t("The receipt is saved as %(name)s.", { name }));
});

onPress("copy", async (text) => {
  await navigator.clipboard.writeText(text);
  say(t("The receipt is copied. You can paste it into a message."));
});

byId("print-small").addEventListener("click", () => print("small"));
byId("print-large").addEventListener("click", () => print("large"));

const canShare = Boolean(navigator.canShare?.({ files: [asFile("receipt")] }));
byId("share").hidden = !canShare;
byId("save").classList.toggle("main", !canShare);
byId("receipt-actions").hidden = false;
