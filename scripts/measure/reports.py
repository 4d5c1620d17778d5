"""What the social report costs beside the reciprocity report: over HTTP, of the same 100,000 claims, in the same round.

The claims are written straight into the tables of a community of their own, one logged behind the other, as a year of
some hundred households would leave them: nine of ten confirmed by somebody, some declined, disputed or left to silence.
"""

import statistics
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

import asyncpg
import uvloop

from api.app import open_ledger
from ledger.book.authors import SHELL
from ledger.people.roles import Scope
from ledger.people.tokens import create_token
from scripts.measure.house import URL, House, Service, running

MEMBERS, CLAIMS, ANSWERS_EVERY, REQUESTS_EVERY, DISPUTES_EVERY = 1_000, 100_000, 5, 10, 50
SLUG = "reports"
REFERENCE = "reciprocity"
ASKED = {
    REFERENCE: "/reports/reciprocity?from={first}&until={last}",
    "social report": "/social/report?from={first}&until={last}",
    "scorecard": "/social/scorecard?from={first}&until={last}",
    "rows behind a number of members": "/social/rows/both?from={first}&until={last}",
    "rows behind a number of claims": "/social/rows/by_receiver?from={first}&until={last}",
}
FILL = f"""
SET session_replication_role = replica;
INSERT INTO member SELECT $1, md5('m' || m)::uuid, m, 'active', current_date - 1000, current_date - 1000, false, 1,
    now()
FROM generate_series(1, {MEMBERS}) m;
INSERT INTO member_class SELECT $1, md5('m' || m)::uuid, (ARRAY['worker', 'service_user', 'volunteer'])[1 + m % 3],
    current_date - 1000, NULL
FROM generate_series(1, {MEMBERS}) m;
INSERT INTO clearance SELECT $1, md5('k' || m)::uuid, md5('m' || m)::uuid, 'background', current_date - 1000, NULL,
    NULL, now() - interval '900 days', NULL, NULL
FROM generate_series(1, {MEMBERS} / 2) m;
INSERT INTO account SELECT $1, md5('a' || m)::uuid, 'member', 'a' || m, NULL, now()
FROM generate_series(1, {MEMBERS}) m;
INSERT INTO claim SELECT $1, md5('c' || c)::uuid, md5('m' || 1 + c * 7 % {MEMBERS})::uuid,
    md5('m' || 1 + (c * 13 + 1) % {MEMBERS})::uuid,
    (ARRAY['shopping', 'transport', 'garden', 'cooking', 'companionship'])[1 + c % 5],
    current_date - 365 + c * 364 / {CLAIMS}, NULL, NULL, 900 * (1 + c % 16), 1,
    md5('a' || 1 + c * 7 % {MEMBERS})::uuid, md5('a' || 1 + (c * 13 + 1) % {MEMBERS})::uuid,
    NULL, NULL, NULL, 'member', current_date - 365 + c * interval '364 days' / {CLAIMS} + interval '1 hour', NULL,
    CASE WHEN c % (2 * {DISPUTES_EVERY}) = 0 THEN 'reversed' WHEN c % 40 = 1 THEN 'declined' ELSE 'posted' END,
    CASE WHEN c % {DISPUTES_EVERY} = 0 THEN 4 ELSE 2 END, 1, 900, 900
FROM generate_series(1, {CLAIMS}) c;
INSERT INTO claim_event SELECT community_id, claim_id, e.number, e.kind,
    c.logged_at + (e.number - 1) * interval '20 minutes', NULL,
    CASE WHEN e.number = 2 AND c.claim_id < '10000000-0000-0000-0000-000000000000' THEN 'silence' ELSE 'member' END
FROM claim c
CROSS JOIN LATERAL (VALUES (1, 'logged'), (2, CASE c.state WHEN 'reversed' THEN 'posted' ELSE c.state END),
    (3, 'disputed'), (4, CASE c.state WHEN 'reversed' THEN 'reversed' ELSE 'corrected' END)) AS e (number, kind)
WHERE c.community_id = $1 AND e.number <= c.event_count;
INSERT INTO dispute SELECT community_id, claim_id, claim_id, provider_id, receiver_id, 3, receiver_id, 'receiver',
    logged_at + interval '40 minutes', service_on + 14, 'posted',
    CASE state WHEN 'reversed' THEN 'reversed' ELSE 'corrected' END, receiver_id, logged_at + interval '1 hour',
    CASE state WHEN 'reversed' THEN NULL ELSE 1800 END
FROM claim WHERE community_id = $1 AND event_count = 4;
INSERT INTO care_request SELECT $1, md5('c' || c)::uuid, NULL, md5('m' || 1 + c % {MEMBERS})::uuid, NULL, 'member',
    'shopping', current_date - 365 + c * 364 / {CLAIMS}, NULL, 3600, md5('a' || 1 + c % {MEMBERS})::uuid, NULL, 0, 1,
    current_date - 367 + c * interval '364 days' / {CLAIMS}, current_date + interval '1 day', 'settled', 3,
    md5('m' || 1 + c * 7 % {MEMBERS})::uuid
FROM generate_series({REQUESTS_EVERY}, {CLAIMS}, {REQUESTS_EVERY}) c;
INSERT INTO care_request_event SELECT $1, r.care_request_id, e.number, e.kind,
    r.asked_at + e.number * interval '3 hours', NULL, 'member', NULL,
    CASE e.kind WHEN 'settled' THEN r.care_request_id END
FROM care_request r CROSS JOIN (VALUES (1, 'asked'), (2, 'taken'), (3, 'settled')) AS e (number, kind)
WHERE r.community_id = $1;
INSERT INTO well_being SELECT $1, md5('c' || c)::uuid, md5('m' || 1 + (c * 13 + 1) % {MEMBERS})::uuid, 'receiver',
    1 + c % 5, 4, md5('c' || c)::uuid, 'member',
    current_date - 365 + c * interval '364 days' / {CLAIMS} + interval '1 day'
FROM generate_series({ANSWERS_EVERY}, {CLAIMS}, {ANSWERS_EVERY}) c;
INSERT INTO entry SELECT $1, account_id, row_number() OVER (PARTITION BY account_id ORDER BY leaf_index), leaf_index,
    place, 900, 900 * row_number() OVER (PARTITION BY account_id ORDER BY leaf_index), repeat('d', 43)
FROM (
    SELECT c AS leaf_index, 0 AS place, md5('a' || 1 + c * 7 % {MEMBERS})::uuid AS account_id
    FROM generate_series(1, {CLAIMS}) c
    UNION ALL
    SELECT c, 1, md5('a' || 1 + (c * 13 + 1) % {MEMBERS})::uuid FROM generate_series(1, {CLAIMS}) c
) e;
-- A power of two: its edge is one hash, as that of one leaf is.
UPDATE log_head SET tree_size = 131072 WHERE community_id = $1;
"""


@dataclass(slots=True)
class Reports:
    """Seconds of each report in each round."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def ratio(self, name: str) -> float:
        """The median, over the rounds, of what it takes to what the reciprocity report takes in the same round."""
        pairs = zip(self.seconds[name], self.seconds[REFERENCE], strict=True)
        return statistics.median([ours / other for ours, other in pairs])


def measure_reports(house: House, rounds: int, say: Callable[[str], None]) -> Reports:
    """Ask for each report once to warm up, then once in every round, one after another."""
    say(f"writing {CLAIMS:,} claims")
    token, first, last = uvloop.run(_filled(house))
    measured = Reports({name: [] for name in ASKED})
    with running(house) as [service]:
        for number in range(rounds + 1):
            say(f"round {number} of {rounds}: reports")
            for name, path in ASKED.items():
                began = time.perf_counter()
                try:
                    _ask(service, path.format(first=first, last=last), token)
                except OSError as problem:
                    measured.wrong.append(f"{name}: {problem}")
                if number:
                    measured.seconds[name].append(time.perf_counter() - began)
    return measured


def _ask(service: Service, path: str, token: str) -> None:
    address = f"http://127.0.0.1:{service.port}/v1/communities/{SLUG}{path}"
    headers = {"authorization": f"Bearer {token}"}
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=60) as answer:
        answer.read()


async def _filled(house: House) -> tuple[str, str, str]:
    """The community with its year: a token that reads it, and the first and the last day."""
    ledger = open_ledger(house.settings, pool_size=1)
    db = await asyncpg.connect(host=str(house.server.socket_folder), user="carehours", database="carehours")
    try:
        community = await ledger.found(SLUG, "A year of reports", URL, f"measure.example/{SLUG}")
        _, made = await create_token(ledger, community, SHELL, uuid4(), "measuring", [Scope.READ])
        if made is None:
            raise RuntimeError("no token was made")
        await db.execute(FILL.replace("$1", str(community.id)))
        await db.execute("VACUUM ANALYZE")
        first, last = await db.fetchrow("SELECT (current_date - 365)::text, (current_date - 1)::text")
        return made.text, first, last
    finally:
        await db.close()
        await ledger.database.close()


def told_of_reports(measured: Reports) -> list[str]:
    lines = [f"| of {CLAIMS:,} claims | ms, median | least | to {REFERENCE} |", "|---|---:|---:|---:|"]
    for name, seconds in measured.seconds.items():
        median, least = 1000 * statistics.median(seconds), 1000 * min(seconds)
        lines.append(f"| {name} | {median:,.0f} | {least:,.0f} | {measured.ratio(name):.2f} |")
    return lines
