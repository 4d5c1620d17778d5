// The phone's own database: what was asked of the service before (`kept`), what waits to be sent (`entries`), and a few
// facts. The page and the service worker share it.

const NAME = "carehours";
let opening = null;
let wiped = false;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("entries", { keyPath: "id" });
      request.result.createObjectStore("kept");
      request.result.createObjectStore("facts");
    };
    request.onsuccess = () => {
      // Wiping it, or a later version in another tab, must not wait for this one.
      request.result.onversionchange = () => {
        request.result.close();
        opening = null;
      };
      request.result.onclose = () => {
        opening = null;
      };
      resolve(request.result);
    };
    request.onerror = () => {
      opening = null;
      reject(request.error);
    };
  });
  return opening;
}

/**
 * Run `deed(stores)` in one transaction and answer what it returned, once all of it is on the disk. `deed` makes its
 * requests at once or in the callbacks of others; what it returns may be a request, whose result is then the answer.
 * Throws the browser's DOMException when nothing was written, such as a QuotaExceededError.
 */
export async function transact(names, mode, deed) {
  const database = await open();
  if (wiped && mode === "readwrite") return undefined;
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(names, mode, { durability: mode === "readwrite" ? "strict" : "default" });
    let returned;
    transaction.oncomplete = () => resolve(returned instanceof IDBRequest ? returned.result : returned);
    transaction.onabort = () => reject(transaction.error ?? new DOMException("", "AbortError"));
    try {
      returned = deed(Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)])));
    } catch (failure) {
      reject(failure);
      transaction.abort();
    }
  });
}

export const read = (name, key) => transact([name], "readonly", (stores) => stores[name].get(key));
export const readAll = (name) => transact([name], "readonly", (stores) => stores[name].getAll());
export const write = (name, value, key) => transact([name], "readwrite", (stores) => void stores[name].put(value, key));
export const remove = (name, key) => transact([name], "readwrite", (stores) => void stores[name].delete(key));

/** Empty it, for whoever signs out, but for entries that are to stay. Whatever comes later on this page is too late. */
export async function wipe({ stays = () => false } = {}) {
  const emptied = transact(["entries", "kept", "facts"], "readwrite", ({ entries, kept, facts }) => {
    // From here on: an answer that is still on its way would else be kept behind it.
    wiped = true;
    kept.clear();
    facts.clear();
    const all = entries.getAll();
    all.onsuccess = () => {
      for (const each of all.result) if (!stays(each)) entries.delete(each.id);
    };
  });
  await emptied.catch((failure) => {
    wiped = false;
    throw failure;
  });
}
