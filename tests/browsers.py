"""A browser for tests: it keeps cookies, says where its requests come from, and may have an authenticator."""

from datetime import date, timedelta
from uuid import uuid4

from ledger.people.members import NewMember, Person, insert_member
from ledger.people.sessions import start_session

URL = "https://care.example.org"
SESSION, WAITING = "__Host-carehours", "__Host-carehours-browser"


async def member(ledger, community, name="Ana", **more):
    """A member's id, enrolled without ceremony and without an event."""
    new = NewMember(uuid4(), Person(name, **more), date(2026, 1, 1))
    async with ledger.database.transaction(community.id) as db:
        await insert_member(db, community.id, new, ledger.now())
    return new.id


async def give_role(ledger, community, member_id, role):
    """Without a second person, and without an event."""
    async with ledger.database.transaction(community.id) as db:
        await db.run(
            "people/insert_role",
            community_id=community.id,
            member_id=member_id,
            role=role,
            granted_at=ledger.now(),
            granted_by=None,
            approved_by=None,
        )


class Browser:
    """Speaks of one community's addresses through a client whose cookies are its own."""

    def __init__(self, client, slug="oak", device=None):
        self.client = client
        self.base = f"/v1/communities/{slug}"
        self.device = device

    async def ask(self, method, path, body=None, **more):
        headers = {"sec-fetch-site": "same-origin", "origin": URL} | more.pop("headers", {})
        if body is not None:
            more["json"] = body
        return await self.client.request(method, self.base + path, headers=headers, **more)

    async def post(self, path, body=None, **more):
        return await self.ask("POST", path, {} if body is None else body, **more)

    async def options(self, path):
        answer = await self.post(f"{path}/challenge")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def role(self):
        """Whether the session opens anything, and the role in force."""
        answer = await self.ask("GET", "/me")
        return answer.json()["role"] if answer.status_code == 200 else answer.status_code

    @property
    def session(self):
        return self.client.cookies.get(SESSION)

    async def enter(self, ledger, community, member_id, *, method="card", strong=False, age=timedelta(0)):
        """Sign in as the member without any ceremony, as if `age` ago."""
        async with ledger.database.transaction(community.id) as db:
            new = await start_session(
                db,
                community.id,
                member_id,
                method=method,
                device="test",
                now=ledger.now() - age,
                strong=strong,
            )
        self.client.cookies.set(SESSION, new.text, domain="care.example.org", path="/")
        return new

    # The two halves of each ceremony, one after the other.

    async def register(self, label="Phone", key=None):
        credential = self.device.create(await self.options("/passkeys"), URL)
        return await self.add(credential, label, key)

    async def add(self, credential, label="Phone", key=None):
        headers = {"idempotency-key": str(key or uuid4())}
        return await self.post("/passkeys", {"credential": credential, "label": label}, headers=headers)

    async def sign_in(self, **bent):
        options = await self.options("/sign-in/passkey")
        return await self.post("/sign-in/passkey", {"credential": self.device.get(options, URL, **bent)})

    async def step_up(self, **bent):
        options = await self.options("/step-up")
        return await self.post("/step-up", {"credential": self.device.get(options, URL, **bent)})

    async def remove(self, passkey_id, key=None):
        headers = {"idempotency-key": str(key or uuid4())}
        return await self.ask("DELETE", f"/passkeys/{passkey_id}", headers=headers)
