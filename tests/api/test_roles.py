"""Who may come to which route: every route, every kind of caller, one table.

A line is a route and the letters of those it opens to; everybody else is turned away. A route that is missing from
the table fails the test, as does a line without a route.

    m  a member, for what is their own             a  an auditor
    o  a member, for what is another's             d  an administrator
    c  a co-ordinator                              r  a token that reads
    w  one who showed their passkey an hour ago    p  a token that posts
    g  one who has not shown it in this session    n  a token that manages accounts
    *  everybody, signed in or not                 e  a token that reads members

The pages of the desk are not in it: each asks the API on behalf of its reader, which a test of its own holds.
"""

from datetime import timedelta
from uuid import uuid4

import pytest

from ledger.people.roles import Role, Scope
from tests.api.conftest import Caller, a_token

TABLE = """
GET    /                                                  *
GET    /app                                               *
GET    /icon-192.png                                      *
GET    /icon-512.png                                      *
GET    /service-worker.js                                         *
GET    /manifest.webmanifest                              *
GET    /web/{version}/{tag}/{name}                        *
GET    /demo                                              *
POST   /demo                                              *
POST   /demo/visit                                        *
POST   /language                                          *
GET    /health/live                                       *
GET    /health/ready                                      *
GET    /metrics                                           *
GET    /problems/{name}                                   *
GET    /schema                                            *
GET    /schema/{path}                                     *
GET    /schema/openapi.json                               *
GET    /.well-known/jwks.json                             *
GET    /.well-known/carehours-trust.json                  *
GET    /log/{slug}/checkpoint                             *
GET    /log/{slug}/tile/{tile_name}                       *
GET    /log/{slug}/consistency                            *
GET    /start                                             *
GET    /join                                              *
GET    /sign-in                                           *
GET    /v                                                 *
GET    /r/{slug}/{transfer_id}                            *
GET    /statement/{slug}/{account_id}                     *
POST   /statement/{slug}/{account_id}                     *
POST   /v1/start                                          *
GET    :/sign-in                                          *
POST   :/sign-in/card                                     *
POST   :/sign-in/passkey/challenge                        *
POST   :/sign-in/passkey                                  *
POST   :/sign-in/code/request                             *
POST   :/sign-in/code                                     *

GET    :/                                                 m o c w g a d r
GET    :/me                                               m o c w g a d
POST   :/sign-out                                         m o c w g a d
GET    :/sessions                                         m o c w g a d
DELETE :/sessions/{session_id}                            m o c w g a d
GET    :/passkeys                                         m o c w g a d
POST   :/passkeys                                         m o c w g a d
POST   :/passkeys/challenge                               m o c w g a d
DELETE :/passkeys/{passkey_id}                            m o c w g a d
POST   :/step-up                                          m o c w g a d
POST   :/step-up/challenge                                m o c w g a d

GET    :/accounts/{account_id}/statement                  m c w a r
POST   :/statement-runs                                   c w
GET    :/statement-runs                                   c w
GET    :/statement-runs/{run_id}                          c w
GET    :/statement-runs/{run_id}/progress                 c w
GET    :/statement-runs/{run_id}/file                     c w
GET    :/members/{member_id}/statement-wish               m c w
PUT    :/members/{member_id}/statement-wish               m c w
POST   :/transfers                                        m o c w g p
POST   :/transfers:batch                                  p
GET    :/transfers/{transfer_id}                          m o c w g a d r
GET    :/transfers/{transfer_id}/receipt                  m o c w g a d r
POST   :/transfers/{transfer_id}/reversal                 c p
POST   :/holds                                            p
GET    :/holds/{hold_id}                                  c w a r
POST   :/holds/{hold_id}/void                             p

GET    :/accounts                                         c w a r
POST   :/accounts                                         c n
GET    :/accounts/{account_id}                            m c w a r
PUT    :/accounts/{account_id}/limits                     c n
POST   :/accounts/{account_id}/closing                    c n
GET    :/accounts/{account_id}/entries                    m c w a r
GET    :/accounts/{account_id}/balance                    m c w a r
GET    :/accounts/{account_id}/closings                   m c w a r
GET    :/accounts/{account_id}/closings/{number}          m c w a r
GET    :/accounts/{account_id}/holders                    m c w a e
POST   :/accounts/{account_id}/holders                    m c
DELETE :/accounts/{account_id}/holders/{member_id}        c

GET    :/trial-balance                                    c w a d r
GET    :/transfers                                        c w a d r
GET    :/assertions                                       c w a r
POST   :/assertions                                       c w
POST   :/assertions/batch                                 c w
POST   :/assertions/reading                               c w
GET    :/assertions/{assertion_id}                        c w a r
GET    :/assertions/{assertion_id}/entries                c w a r
POST   :/assertions/{assertion_id}/withdrawal             c w
GET    :/audits                                           c w a d
POST   :/audits                                           c w a d
GET    :/audits/{audit_id}                                c w a d
GET    :/audits/{audit_id}/progress                       c w a d

GET    :/members                                          c w a d e
POST   :/members                                          c
GET    :/members/{member_id}                              m c w a d
PUT    :/members/{member_id}/person                       m c
PUT    :/members/{member_id}/standing                     c
PUT    :/members/{member_id}/classes                      c w
POST   :/members/{member_id}/roles                        c d
DELETE :/members/{member_id}/roles                        c d
GET    :/members/{member_id}/cards                        m c w
POST   :/members/{member_id}/cards                        c d
DELETE :/members/{member_id}/cards/{card_id}              m c w
POST   :/members/{member_id}/erasure                      c
GET    :/members/{member_id}/events                       m c w a d
GET    :/members/{member_id}/delegates                    m c w a
POST   :/members/{member_id}/delegates                    m
DELETE :/members/{member_id}/delegates/{delegation_id}    m o c w g a d
GET    :/members/{member_id}/relatives                    m c w a
POST   :/members/{member_id}/relatives                    c
DELETE :/members/{member_id}/relatives/{relative_id}      c
GET    :/events                                           c w a d
GET    :/directory                                        m o c w g d e

GET    :/policy                                           m o c w g a d r
POST   :/policy                                           c
GET    :/policy/versions                                  m o c w g a d r
GET    :/policy/versions/{version}                        m o c w g a d r
GET    :/policy/presets                                   m o c w g a d r
POST   :/policy/simulation                                c w a
GET    :/exports                                          c w a
POST   :/exports                                          c w a
GET    :/exports/{export_id}                              c w a
GET    :/exports/{export_id}/progress                     c w a
GET    :/exports/{export_id}/file                         c w a
POST   :/imports                                          c w
POST   :/imports/{import_id}/checking                     c w
POST   :/imports/{import_id}/posting                      c
POST   :/imports/{import_id}/undoing                      c
POST   :/imports/{import_id}/abandoning                   c w
GET    :/imports                                          c a w
GET    :/imports/{import_id}                              c a w
GET    :/imports/{import_id}/undoing                      c a w
GET    :/imports/{import_id}/progress/{work_id}           c a w
GET    :/periods                                          m o c w g a d r
POST   :/periods                                          c
GET    :/periods/checklist                                c w a d
GET    :/periods/{number}                                 c w a d r
GET    :/periods/{number}/balances                        c w a r
GET    :/pots                                             m o c w g a d r
POST   :/pots/{account_id}/rule                           c

GET    :/claims                                           m o c w g a d r
POST   :/claims                                           m o c w g p
POST   :/claims/sessions                                  m o c w g p
GET    :/claims/{claim_id}                                m o c w g a d r
POST   :/claims/{claim_id}/confirmation                   m o c w g p
POST   :/claims/{claim_id}/refusal                        m o c w g p
POST   :/claims/{claim_id}/withdrawal                     m o c w g p
POST   :/claims/{claim_id}/overlaps/seen                  c w
POST   :/claims/{claim_id}/disputes                       m o c w g
GET    :/disputes                                         m o c w g a d
GET    :/disputes/{dispute_id}                            m o c w g a d
POST   :/disputes/{dispute_id}/statements                 m o c w g
POST   :/disputes/{dispute_id}/withdrawal                 m o c w g
POST   :/disputes/{dispute_id}/outcome                    c
GET    :/tasks                                            c w
POST   :/tasks/{task_id}/done                             c w
GET    :/care-requests                                    m o c w g a d r
POST   :/care-requests                                    m o c w g p
GET    :/care-requests/{care_request_id}                  m o c w g a d r
POST   :/care-requests/{care_request_id}/taking           m o c w g p
POST   :/care-requests/{care_request_id}/giving-back      m o c w g p
POST   :/care-requests/{care_request_id}/cancellation     m o c w g p
GET    :/members/{member_id}/clearances                   m c w a
POST   :/members/{member_id}/clearances                   c
POST   :/members/{member_id}/clearances/{clearance_id}/revocation c
GET    :/clearances/expiring                              c w a
GET    :/liability                                        c w a d r
GET    :/reports/weeks                                    c w a d r
GET    :/reports/reciprocity                              c w a d r
GET    :/reports/balances                                 c w a d r
GET    :/reports/inactive                                 c w a d r
GET    :/social/report                                    c w a d r
GET    :/social/scorecard                                 c w a d r
GET    :/social/rows/{measure}                            c w a r
GET    :/social/targets                                   c w a d r
PUT    :/social/targets/{measure}                         c w
GET    :/social/texts                                     c w a d
PUT    :/social/texts                                     c w
GET    :/social/packs                                     c w a d
POST   :/social/packs                                     c w
GET    :/social/packs/{pack_id}                           c w a d
GET    :/social/packs/{pack_id}/progress                  c w a d
GET    :/social/packs/{pack_id}/file                      c w a d
GET    :/well-being                                       m o c w g a d
GET    :/claims/{claim_id}/well-being                     m o c w g a d
POST   :/claims/{claim_id}/well-being                     m o c w g a d

POST   :/gifts                                            m o c w g
POST   :/grants                                           c
POST   :/members/{member_id}/settlement                   c

GET    :/proposals                                        c w a d
POST   :/proposals                                        c d
GET    :/proposals/{proposal_id}                          c w a d
POST   :/proposals/{proposal_id}/approval                 c d
POST   :/proposals/{proposal_id}/refusal                  c d
GET    :/tokens                                           c w a
POST   :/tokens                                           c
DELETE :/tokens/{token_id}                                c w

POST   :/rounds                                           c w
POST   :/rounds/typed                                     c w
GET    :/rounds                                           c w a
GET    :/rounds/{round_id}                                c w a
GET    :/rounds/{round_id}/preview                        c w
PUT    :/rounds/{round_id}/mapping                        c w
PUT    :/rounds/{round_id}/names                          c w
POST   :/rounds/{round_id}/matching                       c w
GET    :/rounds/matchings/{matching_id}                   c w
GET    :/rounds/matchings/{matching_id}/progress          c w
GET    :/rounds/{round_id}/lines                          c w a
GET    :/rounds/{round_id}/only-in-ledger                 c w a
POST   :/rounds/{round_id}/decisions                      c w
POST   :/rounds/{round_id}/splits                         c w
POST   :/rounds/{round_id}/sign-off                       c w
POST   :/rounds/{round_id}/abandonment                    c w
"""

COMMUNITY = "/v1/communities/{slug}"
DESK = "/desk/{slug"
FORM = {"content-type": "application/x-www-form-urlencoded"}
TURNED_AWAY = ("sign_in_required", "not_allowed", "passkey_required", "step_up_required", "cross_site")


def table():
    for line in TABLE.strip().splitlines():
        if line.strip():
            method, path, *letters = line.split()
            yield (method, path.replace(":/", f"{COMMUNITY}/", 1) if path.startswith(":/") else path), letters


def routes(app):
    """Every route but the desk's pages, which have no rule of their own: what they ask the API decides."""
    for route in app.routes:
        if route.path.startswith(DESK):
            continue
        for method in route.methods - {"OPTIONS", "HEAD"}:
            path = route.path_format
            yield method, path if path != COMMUNITY else COMMUNITY + "/"


@pytest.fixture
async def actors(app, anonymous, oak, people):
    member = await people.member()
    made = {"m": member, "o": member, "c": await people.coordinator()}
    made["w"] = await people.with_role(Role.COORDINATOR, ago=timedelta(hours=1))
    made["g"] = await people.with_role(Role.COORDINATOR, strong=False)
    made["a"] = await people.with_role(Role.AUDITOR)
    made["d"] = await people.with_role(Role.ADMINISTRATOR)
    for letter, scope in zip("rpne", (Scope.READ, Scope.POST, Scope.MANAGE, Scope.MEMBERS), strict=True):
        made[letter] = Caller(anonymous, "oak", await a_token(app, oak, [scope]))
    made["-"] = Caller(anonymous, "oak", "")
    made["-"].headers = {}
    return made


async def turned_away(actor, method, path, ids, opens):
    """Whether the caller was sent away from this address, naming this member and this account."""
    concrete = path.replace("{slug}", "oak").replace("{name}", "x").replace("{tile_name}", "0/000")
    concrete = concrete.replace("{member_id}", str(ids[0])).replace("{account_id}", str(ids[1]))
    while "{" in concrete:
        before, _, rest = concrete.partition("{")
        concrete = before + str(uuid4()) + rest.partition("}")[2]
    answer = await actor.client.request(method, concrete, headers=actor.headers)
    assert answer.status_code < 500, (method, path, answer.text)
    problem = answer.headers["content-type"].startswith("application/problem+json")
    kind = answer.json()["type"].rpartition("/")[2] if problem else ""
    # What is another's answers as what is not there; where the route opens, it was its own look for a random id.
    return kind in TURNED_AWAY or (answer.status_code == 404 and not opens)


async def test_every_route_opens_to_those_in_the_table_and_to_nobody_else(app, actors, people, unlimited):
    lines = dict(table())
    found = set(routes(app))
    assert found - lines.keys() == set(), "routes that the table does not know"
    assert lines.keys() - found == set(), "lines without a route"

    somebody = await people.member()
    others = (somebody.id, somebody.account)
    wrong = []
    for (method, path), letters in sorted(lines.items()):
        for letter, actor in actors.items():
            if path == f"{COMMUNITY}/sign-out" and letter != "-":
                continue  # would end the actor's session; tests/api/test_sign_in.py signs out
            opens = "*" in letters or letter in letters
            ids = (actor.id, actor.account) if letter == "m" else others
            away = await turned_away(actor, method, path, ids, opens)
            names_nobody = "{member_id}" not in path and "{account_id}" not in path
            if letter == "o" and (names_nobody or "delegation_id" in path):
                continue  # there is nothing of another's to name
            if away == opens and path != "/metrics":
                wrong.append((letter, method, path, "is turned away" if away else "may come"))
    assert not wrong, "\n".join(" ".join(each) for each in wrong)


async def test_the_desk_opens_to_those_with_a_role_and_leads_the_others_on(app, actors, unlimited):
    pages = [
        (method, "/desk/oak" + route.path_format.removeprefix("/desk/{slug}"))
        for route in app.routes
        if route.path.startswith(DESK)
        for method in route.methods - {"OPTIONS", "HEAD"}
    ]
    assert len(pages) > 40
    for method, path in sorted(pages):
        while "{" in path:
            before, _, rest = path.partition("{")
            path = (
                before
                + ("1" if rest.startswith(("version", "number")) else str(uuid4()))
                + rest.partition("}")[2]
            )
        for letter, statuses in (("-", {303, 401}), ("r", {303, 401}), ("m", {403}), ("g", {403})):
            actor = actors[letter]
            answer = await actor.client.request(method, path, headers=actor.headers | FORM)
            assert answer.status_code in statuses, (letter, method, path, answer.status_code)
            assert "problem+json" not in answer.headers["content-type"], (letter, method, path)
            if answer.status_code == 303:
                assert answer.headers["location"].startswith("/sign-in?c=oak"), (letter, method, path)
        # For the eyes of a role; what is done with it the API decides.
        for letter in "cad":
            actor = actors[letter]
            answer = await actor.client.request(method, path, headers=actor.headers | FORM)
            assert answer.status_code < 500, (letter, method, path, answer.text[:2000])
        # Nothing is done for another site's page.
        if method == "POST":
            crossed = actors["c"].headers | FORM | {"sec-fetch-site": "cross-site"}
            answer = await actors["c"].client.request(method, path, headers=crossed)
            assert 400 <= answer.status_code < 500, (method, path, answer.status_code)


async def test_nobody_comes_by_another_method_or_by_head(app, actors):
    member = actors["m"]
    for _, path in sorted(dict(table())):
        concrete = path.replace("{slug}", "oak").replace("{", "").replace("}", "")
        for other in ("HEAD", "PATCH", "TRACE"):
            if (other, path) in dict(table()):
                continue
            answer = await member.client.request(other, concrete, headers=member.headers)
            assert answer.status_code in (400, 401, 403, 404, 405), (other, path, answer.status_code)
            assert answer.status_code != 200
        answer = await member.client.request("OPTIONS", concrete)
        assert answer.status_code in (204, 401, 404, 405), (path, answer.status_code)
        assert answer.content == b"" or answer.status_code != 204


async def test_the_description_says_who_may_come(app, anonymous):
    paths = (await anonymous.get("/schema/openapi.json")).json()["paths"]
    for (method, path), letters in table():
        for documented in (path, path.rstrip("/")):
            operation = paths.get(documented, {}).get(method.lower())
            if operation is not None:
                ways = {each for way in operation["security"] for each in way}
                wanted = {"token"} if set("rpne") & set(letters) else set()
                wanted |= {"session"} if set("mcwgad") & set(letters) else set()
                assert ways == wanted, (method, path)
