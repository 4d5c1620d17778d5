"""Five true stories of a co-op, from the hour that was given to a clean audit, through the real service over HTTP.

Every sum is worked out by hand. What silence confirms is not among them: it takes days, and nobody moves the
service's clock.
"""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from ledger.book.refusals import Refusal
from tests.journeys.hours_stories import (
    HOUR,
    MINUTE,
    CoOp,
    hang_up,
    running_service,
    send_until_answered,
    together,
    transfers_of,
    visit,
)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with running_service(tmp_path_factory.mktemp("stories")) as service:
        yield service


@pytest.fixture
def co_op(service, request):
    """A co-op of the story's own."""
    slug = request.node.name.removeprefix("test_").replace("_", "-")[:40].strip("-")
    founded = CoOp(service, slug)
    yield founded
    founded.leave()


# --- 1: paper -----------------------------------------------------------------------------------------------------


def test_paper_sheets_are_typed_by_a_coordinator(co_op, service, tmp_path):
    ana, today = co_op.ana, co_op.today

    def day(ago):
        return today - timedelta(days=ago)

    co_op.apply()
    berta = co_op.enrol("Berta Voss", joined_on=day(60), phone=False)
    carl = co_op.enrol("Carl Hughes", joined_on=day(60))
    dora = co_op.enrol("Dora Lind", joined_on=day(60))
    emil = co_op.enrol("Emil Novak", joined_on=day(5), phone=False)

    # The pile. Each sheet was signed by the receiver, so what Ana types is confirmed and paid at once.
    times = {"from": "10:00", "to": "11:30"}
    sheet = visit(berta, carl, day(10), 90 * MINUTE, confirmed=True, note="Sheet 1", **times)
    # She presses Enter twice.
    first = ana.post_twice("/claims", sheet)
    assert (first["claim"]["state"], first["claim"]["logged_via"]) == ("posted", "coordinator")
    # Fifty minutes are an hour on the grid of a quarter of an hour.
    short = ana.post("/claims", visit(berta, dora, day(9), 50 * MINUTE, confirmed=True))
    assert (short["claim"]["seconds"], short["claim"]["credited_seconds"]) == (50 * MINUTE, HOUR)
    long = ana.post("/claims", visit(dora, carl, day(8), 2 * HOUR, confirmed=True))

    # Emil was not a member yet on the day that stands on his sheet: it was another day.
    wrong = visit(berta, emil, day(8), HOUR, confirmed=True)
    ana.refused(Refusal.BEFORE_JOINING, "/claims", wrong)
    ana.post("/claims", wrong | {"service_on": str(day(4))})

    # Dora read aloud to three for an hour and a half, which they share.
    session = {
        "providers": [dora.id],
        "receivers": [berta.id, carl.id, emil.id],
        "activity": "reading-aloud",
        "service_on": str(day(3)),
        "seconds": 90 * MINUTE,
        "confirmed": True,
    }
    group = ana.post_twice("/claims/sessions", session)
    assert [each["credited_seconds"] for each in group["claims"]] == [30 * MINUTE] * 3
    assert len({each["session"] for each in group["claims"]}) == 1

    # The third sheet lies in the pile twice. Of the second one Ana is not sure, and does not confirm it.
    doubt = ana.post("/claims", visit(dora, carl, day(8), 2 * HOUR))["claim"]
    assert (doubt["state"], doubt["overlaps"]) == (
        "submitted",
        [{"claim": long["claim"]["id"], "kind": "duplicate"}],
    )
    # The first one too, and that is paid before anybody looks.
    twice = ana.post("/claims", sheet)["claim"]
    assert twice["overlaps"] == [{"claim": first["claim"]["id"], "kind": "duplicate"}]
    assert carl.balance() == (-(90 + 120 + 30 + 90) * MINUTE, 0)
    seen = ana.get("/claims?overlapping=true")["claims"]
    assert {each["id"] for each in seen} == {twice["id"], doubt["id"]}
    # What was not paid is withdrawn, what was paid is taken back by a dispute.
    gone = ana.post(f"/claims/{doubt['id']}/withdrawal", {"reason": "Typed twice"}, 200)
    assert gone["claim"]["state"] == "withdrawn"
    ana.refused(Refusal.CLAIM_DECIDED, f"/claims/{twice['id']}/withdrawal")
    dispute = ana.post(f"/claims/{twice['id']}/disputes", {"statement": "The sheet was in the pile twice."})
    outcome = {"outcome": "reversed", "statement": "Typed twice"}
    decided = ana.post(f"/disputes/{dispute['dispute']['id']}/outcome", outcome, 200)
    [reversal] = transfers_of(decided)
    for each in (twice, doubt):
        ana.post(f"/claims/{each['id']}/overlaps/seen", status=200)
    assert ana.get("/claims?overlapping=true")["claims"] == []
    states = [each["state"] for each in carl.get(f"/claims?member={carl.id}")["claims"]]
    assert sorted(states) == ["posted", "posted", "posted", "reversed", "withdrawn"]

    # Both sides can check what was given, when and for whom, without the service.
    trust = tmp_path / "trust.json"
    trust.write_bytes(co_op.trust_file())
    [transfer] = transfers_of(first)
    # Ana prints Berta's copy, which shows no more than Berta's side; Carl has his on his phone.
    copies = {
        "berta": (ana.receipt(transfer, berta.account), berta, "received 1:30 hours", "1:30"),
        "carl": (carl.receipt(transfer), carl, "gave 1:30 hours", "-1:30"),
    }
    for name, (receipt, person, did, stood) in copies.items():
        (tmp_path / f"{name}.txt").write_text(receipt)
        checked = service.run("verify", str(tmp_path / f"{name}.txt"), "--trust", str(trust))
        assert checked.returncode == 0, checked.stdout + checked.stderr
        said = checked.stdout
        assert "The receipt is valid." in said
        assert f"It says: care, recorded {today}" in said
        assert f", for {day(10)}, transfer {transfer}." in said
        assert (
            f"An account of {co_op.slug} {did}: account {person.account}, which then stood at {stood}."
            in said
        )
        assert "Posted by a co-ordinator" in said
    assert "Sheet 1" not in copies["berta"][0]
    mine = carl.reads(transfer)
    assert mine.note == "shopping, 1:30 recorded, 10:00 to 11:30: Sheet 1"
    assert carl.reads(twice["transfer"]).says == ("care", str(day(10)), -90 * MINUTE, -330 * MINUTE)
    back = carl.reads(reversal)
    assert back.says == ("reverse", None, 90 * MINUTE, -240 * MINUTE)
    assert back.payload["rev"] == twice["transfer"]

    co_op.ends_clean(
        {
            # 1:30 and 1:00 and 1:00 given, half an hour listened.
            berta.account: (90 + 60 + 60 - 30) * MINUTE,
            carl.account: -(90 + 120 + 30) * MINUTE,
            # Two hours and three times half an hour given, one received.
            dora.account: (120 + 3 * 30 - 60) * MINUTE,
            emil.account: -(60 + 30) * MINUTE,
        }
    )


# --- 2: offline ---------------------------------------------------------------------------------------------------

NEW_RULES = """
# From today on full hours are counted, and no more than two a week.
grid = "1:00"
[caps.weekly]
hours = "2:00"
above = "refuse"
"""


def test_a_phone_was_offline_for_three_weeks(co_op, service):
    ana, today = co_op.ana, co_op.today
    joined_on = today - timedelta(days=60)
    ben = co_op.enrol("Ben Ode", joined_on=joined_on)
    cora = co_op.enrol("Cora Blum", joined_on=joined_on)
    dan = co_op.enrol("Dan Weir", joined_on=joined_on)

    # What Ben wrote down in the valley, each with the key that his phone invented. Nothing of it is of this week but
    # the last two: a week's cap looks at the whole week.
    notes = [
        (21, cora, 60),
        (20, dan, 60),
        (19, cora, 90),
        (18, cora, 30),
        (16, dan, 120),
        (15, cora, 60),
        (14, cora, 45),
        (13, dan, 90),
        (11, cora, 25),
        (10, dan, 60),
    ]
    queue = {
        uuid4(): visit(ben, receiver, today - timedelta(days=ago), minutes * MINUTE)
        for ago, receiver, minutes in notes
    }
    *_, quarter_key, mistaken_key = queue
    # His clock is three minutes ahead, so that the visit of today seems not to be over.
    ahead = datetime.now(ZoneInfo(co_op.zone)) + timedelta(minutes=3)
    times = {"from": f"{ahead - timedelta(minutes=45):%H:%M}", "to": f"{ahead:%H:%M}"}
    fresh_key, too_long_key = uuid4(), uuid4()
    queue[fresh_key] = visit(ben, dan, today, 45 * MINUTE, **times)
    queue[too_long_key] = visit(ben, cora, today, 3 * HOUR)
    assert len(queue) == 12

    # Back in the village, half of it goes out, in no order, and no answer comes through.
    order = random.Random(4)
    early = list(queue)[:-2]
    order.shuffle(early)
    early, late = early[:5], [*early[5:], fresh_key, too_long_key]
    # First of all that he takes one back which is not there yet. No is the answer for ever, so the phone tries again
    # with a new key, once the claim was sent.
    withdrawal, taken_back, key = f"/claims/{mistaken_key}/withdrawal", {"reason": "Wrong day"}, uuid4()
    ben.refused(Refusal.CLAIM_UNKNOWN, withdrawal, taken_back, key)
    assert ben.refused(Refusal.CLAIM_UNKNOWN, withdrawal, taken_back, key)["replayed"]
    for key in early:
        hang_up(ben, "/claims", queue[key], key)
    for key in early:
        assert ben.ask("POST", "/claims", queue[key], key).status_code in (200, 201)

    # Meanwhile the co-op has other rules, from today on.
    applied = co_op.apply(NEW_RULES)
    assert (applied["version"], applied["from"]) == (1, str(today))

    # The rest goes out three times, some at once, and in the middle of it the service is cut off.
    sending = late * 3
    order.shuffle(sending)
    answered = threading.Semaphore(0)

    def send(key):
        answer = send_until_answered(ben, "/claims", queue[key], key)
        answered.release()
        return key, answer

    with ThreadPoolExecutor(3) as pool:
        answers = [pool.submit(send, key) for key in sending]
        for _ in range(4):
            assert answered.acquire(timeout=60)
        service.kill()
        service.start()
        answers = [each.result() for each in answers]
    for key, answer in answers:
        if key == too_long_key:
            said = answer.json()
            assert (answer.status_code, said["title"]) == (409, Refusal.OVER_WEEKLY_CAP.says)
        else:
            assert answer.status_code in (200, 201), answer.text
    made = [key for key, answer in answers if answer.status_code == 201]
    assert len(made) == len(set(made))

    # It is all there now: whatever comes once more is answered as before, and does nothing.
    for key, body in queue.items():
        if key == too_long_key:
            again = ben.refused(Refusal.OVER_WEEKLY_CAP, "/claims", body, key)
            assert (again["replayed"], again["about"]) == (True, ben.id)
        else:
            ben.repeat("/claims", body, key)
    assert ben.post_twice(withdrawal, taken_back, 200)["claim"]["state"] == "withdrawn"
    claims = ben.get(f"/claims?member={ben.id}&limit=100")["claims"]
    assert {each["id"] for each in claims} == {str(key) for key in queue} - {str(too_long_key)}
    assert ana.get("/claims?overlapping=true")["claims"] == []
    # The day of the visit says which rules count, whenever it arrives.
    assert {each["id"]: each["policy_version"] for each in claims} == {
        str(key): int(key == fresh_key) for key in queue if key != too_long_key
    }

    # Those who were helped confirm, on phones that hear the answer no better.
    ben.refused(Refusal.OWN_HOURS, f"/claims/{quarter_key}/confirmation")
    cora.refused(Refusal.CLAIM_UNKNOWN, f"/claims/{too_long_key}/confirmation")
    dan.refused(Refusal.CLAIM_DECIDED, f"/claims/{mistaken_key}/confirmation")
    transfers = {}
    for key, body in queue.items():
        if key in (mistaken_key, too_long_key):
            continue
        receiver = cora if body["receiver"] == cora.id else dan
        path, once = f"/claims/{key}/confirmation", uuid4()
        hang_up(receiver, path, {}, once)
        [transfers[key]] = transfers_of(receiver.post_twice(path, status=200, key=once))
        # Another tap, under a new key, finds it done.
        receiver.refused(Refusal.CLAIM_DECIDED, path)

    # Cora: 60 + 90 + 30 + 60 + 45 + 25, and 25 minutes are half an hour on the old grid.
    of_cora = (60 + 90 + 30 + 60 + 45 + 30) * MINUTE
    # Dan: 60 + 120 + 90, and today's 45 are a full hour on the new one.
    of_dan = (60 + 120 + 90 + 60) * MINUTE
    # Nothing was booked twice: ten visits, ten entries.
    assert ben.get(f"/accounts/{ben.account}")["entry_count"] == 10
    eleven_ago = str(today - timedelta(days=11))
    given, received = ben.reads(transfers[quarter_key]), cora.reads(transfers[quarter_key])
    assert received.says == ("care", eleven_ago, -30 * MINUTE, -of_cora)
    assert (given.says[:3], given.note) == (("care", eleven_ago, 30 * MINUTE), "shopping, 0:25 recorded")
    assert ben.reads(transfers[fresh_key]).says == ("care", str(today), HOUR, of_cora + of_dan)
    assert dan.reads(transfers[fresh_key]).says == ("care", str(today), -HOUR, -of_dan)
    assert len(set(transfers.values())) == 10
    for key, transfer in transfers.items():
        assert ben.reads(transfer).says[1] == queue[key]["service_on"]
    co_op.ends_clean({ben.account: of_cora + of_dan, cora.account: -of_cora, dan.account: -of_dan})


# --- 3: abroad ----------------------------------------------------------------------------------------------------

LIKE_NALC = """
# Nobody goes below zero; who has nothing is helped with new hours. Gifts go to one's parents, and to nobody else.
funders = ["receiver", "issuance"]
on_death = "lapse"
[floor]
hours = "0:00"
[gifts]
relations = ["parent"]
[activities.shopping]
title = "Shopping"
[activities.body-care]
title = "Body care"
needs = ["police-check"]
"""


def test_a_mother_abroad_is_cared_for(co_op):
    """Through her daughter's credits.

    Transfers between two co-ops do not exist yet, so the mother belongs to the daughter's co-op, and so does whoever
    goes to see her there.
    """
    ana, today = co_op.ana, str(co_op.today)
    co_op.apply(LIKE_NALC)
    ulla = co_op.second_coordinator("Ulla Brandt")
    mei, otto = co_op.enrol("Mei Tanaka"), co_op.enrol("Otto Falk")
    haru = co_op.enrol("Haru Tanaka", phone=False)
    kenji, lea = co_op.enrol("Kenji Mori"), co_op.enrol("Lea Sand")

    # Mei helps Otto for three hours, who has saved nothing: the hours are new.
    claim = mei.post("/claims", visit(mei, otto, today, 3 * HOUR))["claim"]
    earned = otto.post(f"/claims/{claim['id']}/confirmation", status=200)
    [transfer] = transfers_of(earned)
    assert mei.reads(transfer).says == ("care", today, 3 * HOUR, 3 * HOUR)

    # She gives to her mother, once the co-op knows that it is her mother.
    given = {"from": mei.account, "to": haru.id, "seconds": 150 * MINUTE, "note": "For your back"}
    mei.refused(Refusal.GIFT_NOT_ALLOWED, "/gifts", given)
    ana.post(f"/members/{mei.id}/relatives", {"relative": haru.id, "relation": "parent"})
    mei.refused(Refusal.GIFT_NOT_ALLOWED, "/gifts", given | {"to": otto.id})
    gift = mei.post_twice("/gifts", given)
    mei.refused(Refusal.BELOW_FLOOR, "/gifts", given)

    # Haru cannot do it herself: two co-ordinators name her daughter to act for her.
    asked = {
        "receiver": haru.id,
        "activity": "body-care",
        "care_on": today,
        "seconds": 2 * HOUR,
        "area": "Harbour",
        "note": "Second floor. She hears badly.",
    }
    assert mei.ask("POST", "/care-requests", asked).status_code == 403
    delegation = {
        "member": haru.id,
        "delegate": mei.id,
        "relation": "child",
        "scopes": ["see", "request", "confirm"],
        "from": today,
    }
    proposed = ana.post("/proposals", {"action": "delegation"} | delegation)
    ana.refused(Refusal.PROPOSER_CANNOT_APPROVE, f"/proposals/{proposed['id']}/approval")
    ulla.refused(Refusal.NOT_FRAIL, f"/proposals/{proposed['id']}/approval")
    co_op.record_frail(haru)
    ulla.post(f"/proposals/{proposed['id']}/approval", status=200)

    # Mei asks, and what it will cost is set aside on her mother's account.
    [wish] = mei.post_twice("/care-requests", asked)["care_requests"]
    assert (wish["state"], wish["payer"], wish["held_seconds"]) == ("open", haru.account, 2 * HOUR)
    assert mei.balance(haru.account) == (150 * MINUTE, 2 * HOUR)

    # Whoever has not shown a police check neither sees nor gets it.
    taking = f"/care-requests/{wish['id']}/taking"
    assert lea.get("/care-requests")["care_requests"] == []
    assert lea.refused(Refusal.CLEARANCE_NEEDED, taking)["about"] == "police-check"
    ends_on = str(co_op.today + timedelta(days=20))
    check = {"kind": "police-check", "issued_on": "2024-03-01", "expires_on": ends_on}
    ana.post(f"/members/{kenji.id}/clearances", check)
    [shown] = kenji.get("/care-requests")["care_requests"]
    assert (shown["id"], shown["area"], shown["needs"], "note" in shown) == (
        wish["id"],
        "Harbour",
        ["police-check"],
        False,
    )
    taken = kenji.post_twice(taking, status=200)
    assert taken["warning"] == [{"kind": "police-check", "expires_on": ends_on}]
    assert taken["care_request"]["note"] == "Second floor. She hears badly."

    # The visit is shorter than what was asked for.
    came = visit(kenji, haru, today, 75 * MINUTE, activity="body-care", care_request=wish["id"])
    claim = kenji.post("/claims", came)["claim"]
    lea.refused(Refusal.CLAIM_UNKNOWN, f"/claims/{claim['id']}/confirmation")
    paid = mei.post_twice(f"/claims/{claim['id']}/confirmation", status=200)
    assert (paid["claim"]["paid_seconds"], paid["claim"]["credited_seconds"]) == (75 * MINUTE, 75 * MINUTE)
    # What was set aside and not needed is free again.
    assert mei.balance(haru.account) == (75 * MINUTE, 0)
    assert mei.get(f"/care-requests/{wish['id']}")["state"] == "settled"
    steps = mei.get(f"/claims/{claim['id']}")["claim"]["events"]
    assert [(each["kind"], each["via"], each.get("by")) for each in steps] == [
        ("logged", "member", kenji.id),
        ("posted", "delegate", mei.id),
    ]
    assert steps[1]["acting_for"] == haru.id

    [transfer] = transfers_of(paid)
    hers, his = mei.reads(transfer, haru.account), kenji.reads(transfer)
    assert hers.says == ("redeem", today, -75 * MINUTE, 75 * MINUTE)
    assert his.says == ("redeem", today, 75 * MINUTE, 75 * MINUTE)
    assert (hers.via, hers.payload["hold"]) == ("delegate", wish["hold"])
    assert hers.note == his.note == "Body care, 1:15 recorded"
    assert mei.reads(gift["id"]).says == ("gift", None, -150 * MINUTE, 30 * MINUTE)
    from_mei = mei.reads(gift["id"], haru.account)
    assert (from_mei.says, from_mei.note) == (("gift", None, 150 * MINUTE, 150 * MINUTE), "For your back")
    co_op.ends_clean(
        {
            co_op.account("issuance"): -3 * HOUR,
            mei.account: 30 * MINUTE,
            haru.account: 75 * MINUTE,
            kenji.account: 75 * MINUTE,
        }
    )


# --- 4: the pot ---------------------------------------------------------------------------------------------------

POT_HELPS = """
funders = ["receiver", "pot"]
pot = "hardship"
[floor]
hours = "0:00"
"""


def test_a_frail_man_without_credits_is_helped(co_op):
    ana, today = co_op.ana, str(co_op.today)
    co_op.apply(POT_HELPS)
    ulla = co_op.second_coordinator("Ulla Brandt")
    josef, rosa = co_op.enrol("Josef Klein", phone=False), co_op.enrol("Rosa Lenz", phone=False)
    kira = co_op.enrol("Kira Holm")
    pot, issuance = co_op.account("hardship"), co_op.account("issuance")

    # Two people put twenty hours into the pot, and say whom it helps and how far.
    entries = [{"account": issuance, "seconds": -20 * HOUR}, {"account": pot, "seconds": 20 * HOUR}]
    ana.refused(Refusal.SECOND_PERSON_NEEDED, "/transfers", {"kind": "adjust", "entries": entries})
    together(ana, ulla, "transfer", kind="adjust", entries=entries, note="The town's gift")
    rule = {
        "purpose": "hardship",
        "eligible": "frail",
        "monthly_budget": 6 * HOUR,
        "signature_limit": 2 * HOUR,
    }
    ana.refused(Refusal.SECOND_PERSON_NEEDED, f"/pots/{pot}/rule", rule)
    together(ulla, ana, "pot_rule", account=pot, **rule)

    # Josef has no credits and no phone. Ana asks for him, and the pot pays once it is on record that he is frail.
    asked = {"receiver": josef.id, "activity": "cooking", "care_on": today, "seconds": 2 * HOUR}
    ana.refused(Refusal.NOT_ELIGIBLE, "/care-requests", asked)
    co_op.record_frail(josef)
    [wish] = ana.post("/care-requests", asked)["care_requests"]
    assert (wish["payer"], wish["held_seconds"]) == (pot, 2 * HOUR)
    assert ana.balance(pot) == (20 * HOUR, 2 * HOUR)
    kira.post(f"/care-requests/{wish['id']}/taking", status=200)
    came = visit(kira, josef, today, 2 * HOUR, activity="cooking", care_request=wish["id"])
    claim = kira.post("/claims", came)["claim"]
    kira.refused(Refusal.OWN_HOURS, f"/claims/{claim['id']}/confirmation")
    paid = ana.post(f"/claims/{claim['id']}/confirmation", status=200)
    [transfer] = transfers_of(paid)
    assert paid["claim"]["receiver"] == josef.id
    assert ana.balance(pot) == (18 * HOUR, 0)
    assert ana.balance(josef.account) == (0, 0)

    # What is given to him in his own hand takes a second signature above two hours.
    grant = {"pot": pot, "member": josef.id, "seconds": 3 * HOUR, "reason": "For the weeks after hospital"}
    ana.refused(Refusal.SECOND_PERSON_NEEDED, "/grants", grant)
    proposed = ana.post("/proposals", {"action": "grant"} | grant)
    ana.refused(Refusal.PROPOSER_CANNOT_APPROVE, f"/proposals/{proposed['id']}/approval")
    ulla.post_twice(f"/proposals/{proposed['id']}/approval", status=200)
    [granted] = ana.get(f"/accounts/{josef.account}/entries")["entries"]

    # Five of the month's six hours are gone, and the next one who needs two is told what can be done.
    [left] = ana.get("/pots")["pots"]
    assert (left["balance"], left["spent_seconds"], left["left_seconds"]) == (15 * HOUR, 5 * HOUR, HOUR)
    co_op.record_frail(rosa)
    ana.refused(Refusal.OVER_POT_BUDGET, "/care-requests", asked | {"receiver": rosa.id})
    over = ana.refused(Refusal.OVER_POT_BUDGET, "/grants", grant | {"member": rosa.id, "seconds": 2 * HOUR})
    assert over["remedy"] == "Wait for the next month, or change the pot's rule with a second person."
    # Nobody gives what is in the pot away by hand.
    given = {"from": pot, "to": rosa.id, "seconds": HOUR}
    assert ana.ask("POST", "/gifts", given).status_code == 403

    hers, of_pot = kira.reads(transfer), ana.reads(transfer, pot)
    assert hers.says == ("redeem", today, 2 * HOUR, 2 * HOUR)
    assert of_pot.says == ("redeem", today, -2 * HOUR, 18 * HOUR)
    assert (hers.via, hers.note) == ("coordinator", "cooking, 2:00 recorded")
    his = ana.reads(granted["transfer"], josef.account)
    assert his.says == ("grant", None, 3 * HOUR, 3 * HOUR)
    assert his.note == "For the weeks after hospital"
    assert ana.reads(granted["transfer"], pot).says == ("grant", None, -3 * HOUR, 15 * HOUR)
    co_op.ends_clean({issuance: -20 * HOUR, pot: 15 * HOUR, kira.account: 2 * HOUR, josef.account: 3 * HOUR})


# --- 5: disputed --------------------------------------------------------------------------------------------------

FIVE_A_WEEK = """
[caps.weekly]
hours = "5:00"
above = "refuse"
"""


def test_a_disputed_visit_is_corrected(co_op):
    ana, today = co_op.ana, str(co_op.today)
    co_op.apply(FIVE_A_WEEK)
    vera, willi = co_op.enrol("Vera Amsel"), co_op.enrol("Willi Bach")

    # Willi confirms four hours before he has looked at the clock.
    claim = vera.post("/claims", visit(vera, willi, today, 4 * HOUR))["claim"]
    posted = willi.post(f"/claims/{claim['id']}/confirmation", status=200)
    [original] = transfers_of(posted)
    of_claim = f"/claims/{claim['id']}"
    statement = {"statement": "It was two hours: she left at noon."}
    opened = willi.post_twice(f"{of_claim}/disputes", statement)["dispute"]
    assert (opened["opened_side"], opened["overdue"]) == ("receiver", False)
    assert vera.get(of_claim)["claim"]["state"] == "disputed"
    of_dispute = f"/disputes/{opened['id']}"
    vera.post(f"{of_dispute}/statements", {"statement": "I stayed for the washing up."})
    # As long as it is open nobody does anything else with the claim, and neither of the two decides.
    willi.refused(Refusal.CLAIM_DECIDED, f"{of_claim}/refusal", {"reason": "No"})
    corrected = {"outcome": "corrected", "seconds": 2 * HOUR, "statement": "Both agree on noon."}
    for side in (vera, willi):
        assert side.ask("POST", f"{of_dispute}/outcome", corrected).status_code == 403

    ana.refused(Refusal.CORRECTION_SAME, f"{of_dispute}/outcome", corrected | {"seconds": 4 * HOUR})
    decided = ana.post_twice(f"{of_dispute}/outcome", corrected, 200)
    ana.refused(Refusal.DISPUTE_DECIDED, f"{of_dispute}/outcome", corrected)
    willi.refused(Refusal.DISPUTE_DECIDED, f"{of_claim}/disputes", statement)
    reversal, anew = transfers_of(decided)
    record = willi.get(of_dispute)["dispute"]
    assert [(each["side"], each["statement"]) for each in record["statements"]] == [
        ("receiver", "It was two hours: she left at noon."),
        ("provider", "I stayed for the washing up."),
        ("coordinator", "Both agree on noon."),
    ]
    assert (record["outcome"], record["seconds"], record["corrected_seconds"], record["postings"]) == (
        "corrected",
        4 * HOUR,
        2 * HOUR,
        [reversal, anew],
    )

    # All three stay visible on both sides, each with a receipt.
    shown = vera.get(of_claim)
    assert transfers_of(shown) == [original, reversal, anew]
    assert [each["kind"] for each in shown["claim"]["events"]] == [
        "logged",
        "posted",
        "disputed",
        "reversed",
        "corrected",
    ]
    assert (shown["claim"]["state"], shown["claim"]["seconds"], shown["claim"]["credited_seconds"]) == (
        "posted",
        4 * HOUR,
        2 * HOUR,
    )
    for person, sign in ((vera, 1), (willi, -1)):
        read = [person.reads(each) for each in (original, reversal, anew)]
        assert [each.says for each in read] == [
            ("care", today, sign * 4 * HOUR, sign * 4 * HOUR),
            ("reverse", None, -sign * 4 * HOUR, 0),
            ("care", today, sign * 2 * HOUR, sign * 2 * HOUR),
        ]
        assert read[1].payload["rev"] == original
        assert [each.via for each in read] == ["member", "coordinator", "coordinator"]
        assert read[2].note == "shopping, 2:00 recorded"

    # What was taken back does not fill the week: there is room for three hours, and for no minute more.
    more = visit(vera, willi, today, 3 * HOUR, confirmed=True, activity="gardening")
    assert willi.post("/claims", more)["claim"]["state"] == "posted"
    willi.refused(Refusal.OVER_WEEKLY_CAP, "/claims", more | {"seconds": 1})
    co_op.ends_clean({vera.account: 5 * HOUR, willi.account: -5 * HOUR})
