"""What the journeys of the phone share: a phone in somebody's hand, and looking at what the service has of it."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from playwright.async_api import expect

ENTRIES = """() => new Promise((resolve, reject) => {
  const opening = indexedDB.open("carehours");
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const all = opening.result.transaction("entries").objectStore("entries").getAll();
    all.onsuccess = () => resolve(all.result);
  };
})"""

WORKER_IS_THERE = """async () => {
  const registration = await navigator.serviceWorker.ready;
  if (registration.active.state !== "activated") {
    await new Promise((resolve) => registration.active.addEventListener("statechange", resolve));
  }
  return (await caches.keys()).length;
}"""

FULL = """
IDBObjectStore.prototype.put = new Proxy(IDBObjectStore.prototype.put, {
  apply(put, store, given) {
    const request = Reflect.apply(put, store, given);
    if (globalThis.storageIsFull && store.name === "entries") store.transaction.abort();
    return request;
  },
});
"""
"""A phone whose storage is full as soon as the page says `storageIsFull = true`: the transaction is aborted."""


def over_http(member):
    """The member's session as the service names it at an http address."""
    member.headers["cookie"] = member.headers["cookie"].removeprefix("__Host-")
    return member


def days_ago(count):
    """The ISO date by the clock of a co-op that has not said where it is."""
    return str(datetime.now(UTC).date() - timedelta(days=count))


async def visit(member, other, ago, seconds=3600, **more):
    """Log what `member` gave to `other` so many days ago."""
    body = {
        "provider": str(member.id),
        "receiver": str(other),
        "activity": "care",
        "service_on": days_ago(ago),
        "seconds": seconds,
    }
    answer = await member.post("/claims", body | more)
    assert answer.status_code == 201, answer.text
    return answer.json()["claim"]


async def claims_of(asker, **query):
    """What the service knows, the newest first, in short: (who gave, who received, seconds, state)."""
    answer = await asker.get("/claims", params=query)
    assert answer.status_code == 200, answer.text
    return [
        (each["provider"], each["receiver"], each["seconds"], each["state"])
        for each in answer.json()["claims"]
    ]


async def until(deed, wanted):
    """Ask again until the answer is the wanted one; for what no page shows."""
    for _ in range(150):
        found = await deed()
        if found == wanted:
            return
        await asyncio.sleep(0.1)
    assert found == wanted


class Phone:
    """The app in one browser, as its owner sees it."""

    def __init__(self, someone):
        self.someone = someone
        self.page = someone.page
        self.context = someone.page.context

    @classmethod
    async def of(cls, browsing, member=None, *, script=None, **context):
        """The app, opened and ready to be used; `script` runs before every page's own."""
        phone = cls(await browsing(member, **context))
        await phone.context.add_init_script("localStorage.setItem('carehours.community', 'oak');")
        if script:
            await phone.context.add_init_script(script)
        await phone.open()
        return phone

    async def open(self, screen=""):
        await self.page.goto(f"{self.someone.url}/app{screen}")
        await expect(self.page.get_by_role("heading", level=1)).not_to_have_text("Carehours")

    async def again(self):
        """Close the app and open it: a new page, which knows only what was kept."""
        url, old = self.someone.url, self.page
        self.page = self.someone.page = await self.context.new_page()
        self.page.set_default_timeout(10_000)
        await old.close()
        await self.page.goto(f"{url}/app")
        await expect(self.page.get_by_role("heading", level=1)).not_to_have_text("Carehours")

    async def kept(self):
        """Wait until the app is kept on the phone."""
        await until(lambda: self.page.evaluate(WORKER_IS_THERE), 1)

    async def entries(self):
        """(kind, state) of what is in the outbox, the oldest first."""
        found = sorted(await self.page.evaluate(ENTRIES), key=lambda entry: entry["at"])
        return [(entry["kind"], entry["state"]) for entry in found]

    async def press(self, name, **more):
        await self.page.get_by_role("button", name=name, **more).first.click()

    async def log(self, name, long=None):
        """Person, length, save."""
        await self.press(name)
        if long:
            await self.page.get_by_label(long, exact=True).check()
        await self.press("Save ")
        await expect(self.page.get_by_text("Saved on this phone", exact=True)).to_be_visible()

    def chip(self):
        return self.page.locator("#chip")

    def row(self, text):
        """The newest of the listed entries that say so."""
        return self.page.locator(".entry").filter(has_text=text).first


@asynccontextmanager
async def hearing_requests(site, method="GET"):
    """(path, bytes of the answer's body) of whatever the service is asked in this way until the block ends."""
    asked = []
    asgi = site.app.asgi_handler

    async def counted(scope, receive, send):
        size = 0

        async def counting(message):
            nonlocal size
            size += len(message.get("body", b""))
            await send(message)

        await asgi(scope, receive, counting)
        if scope["type"] == "http" and scope["method"] == method:
            asked.append((scope["path"], size))

    site.app.asgi_handler = counted
    yield asked
    site.app.asgi_handler = asgi
