"""The five stories of `test_hours.py` again, through the screens: a phone in each hand, and co-ordinators at the desk.

Whatever somebody does is pressed and typed. Only enrolling and time travel go around the screens, and the town's gift
to a pot, for which there is no form. Every sum is worked out by hand.
"""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from tests.journeys.on_screen import OakHill
from tests.journeys.test_desk_sheets import type_rows

HOUR, MINUTE = 3600, 60


@pytest.fixture
async def oak(site, coop, people, browsing, tmp_path):
    return OakHill(site, coop, people, browsing, tmp_path)


# --- 1: paper -----------------------------------------------------------------------------------------------------


async def test_paper_sheets_are_typed_by_a_coordinator(oak):
    ana = await oak.appoint("Ana Iles")
    await oak.apply(ana)
    for name in ("Berta Voss", "Carl Hughes", "Dora Lind"):
        await oak.enrol(name)

    def day(ago):
        return f"{oak.today - timedelta(days=ago):%d/%m}"

    # Emil is new, and Carl gets a card for his phone.
    desk = await oak.desk(ana)
    await desk.room("Members")
    await desk.follow("Enrol a member")
    await desk.fill("Name", "Emil Novak")
    await desk.page.get_by_label("Joined on").fill(str(oak.today - timedelta(days=5)))
    await desk.press("Enrol")
    await desk.told("Enrolled.")
    await desk.member("Carl Hughes")
    await desk.follow("Print a card")
    await desk.press("Make a card, and show it")
    code = await desk.page.locator(".card .secret").inner_text()

    # The pile, as she types it. The sum on the paper counts what is written on it.
    await desk.room("Sheets")
    await desk.page.get_by_label("Sum on the paper").fill("5:20")
    await desk.page.get_by_label("Giver, row 1", exact=True).focus()
    await type_rows(
        desk.page,
        [
            ("Berta Voss", "Carl Hughes", day(10), "1:30", "shopping", "Sheet 1"),
            ("Berta Voss", "Dora Lind", day(9), "50 min", "^"),
            ("Dora Lind", "Carl Hughes", day(8), "2", "^"),
            ("Berta Voss", "Emil Novak", "^", "1", "^"),
        ],
    )
    await desk.press("Check first")
    # Emil was not a member yet on the day that stands on his sheet: it was another day.
    await desk.refused("1 row needs another look", "Row 4")
    await desk.fill("Day, row 4", day(4))
    await desk.press("Save all")
    await desk.told("4 rows were saved.")
    await desk.sees("The paper and the rows agree: 5 h 20 min.")

    # The first sheet lies in the pile twice, and is paid before anybody looks.
    await desk.follow("Type the next sheet")
    await desk.page.get_by_label("Giver, row 1", exact=True).focus()
    await type_rows(desk.page, [("Berta Voss", "Carl Hughes", day(10), "1:30", "shopping", "Sheet 1")])
    await desk.press("Save all")
    await desk.told("1 row was saved.")
    await desk.sees("overlaps")
    # The third one, too. Of that one Ana is not sure, and leaves it to Carl.
    await desk.follow("Type the next sheet")
    await desk.page.get_by_label("Signed by the receiver").uncheck()
    await desk.page.get_by_label("Giver, row 1", exact=True).focus()
    await type_rows(desk.page, [("Dora Lind", "Carl Hughes", day(8), "2", "shopping")])
    await desk.press("Save all")
    await desk.sees("waits for the receiver")

    # Dora read aloud to three for an hour and a half, which they share.
    await desk.follow("Type the next sheet")
    await desk.follow("One who helped a group")
    await desk.fill("Who gave", "Dora Lind")
    await desk.fill("Who received", "Berta Voss\nCarl Hughes\nEmil Novak")
    await desk.fill("Day", str(oak.today - timedelta(days=3)))
    await desk.fill("How long", "1:30")
    await desk.fill("Activity", "Reading aloud")
    await desk.press("Log the session")
    await desk.told("3 claims were made.")

    # Carl signs in with his card, and finds what waits for him.
    carl = await oak.stranger()
    await carl.page.goto(f"{oak.site.url}/sign-in")
    await carl.page.get_by_label("Code on the card").fill(code.lower())
    await carl.press("Sign in with this code")
    await carl.follow("My hours")
    await carl.heading("Log an hour")
    await carl.my_hours("You are 5 h 30 min below zero. That is all right")
    await carl.follow("1 visit waits for an answer")
    await expect(carl.card("Dora Lind", "2 h")).to_have_count(1)

    # At the desk both overlaps are seen: what was not paid is withdrawn, what was paid is taken back by a dispute.
    await desk.room("Today")
    await desk.follow("All hours that overlap")
    await desk.follow("Dora Lind for Carl Hughes")
    await desk.sees("Looks like the same visit, logged twice.")
    await desk.page.locator("#withdrawal-reason").fill("Typed twice")
    await desk.press("Withdraw")
    await desk.press("I have looked at it")
    await desk.room("Today")
    await desk.follow("All hours that overlap")
    await desk.follow("Berta Voss for Carl Hughes")
    await desk.press("I have looked at it")
    await desk.page.locator("#disputes-statement").fill("The sheet was in the pile twice.")
    await desk.press("Open a dispute")
    await desk.page.get_by_label("It did not take place").check()
    await desk.page.get_by_label("Why").fill("Typed twice")
    await desk.press("Decide")
    await desk.sees("What was posted because of it")
    await desk.room("Today")
    await expect(desk.page.get_by_text("Hours that overlap")).to_have_count(0)

    # Carl has nothing left to answer, and sees each line with its receipt, which he checks himself.
    await carl.go("Confirm", "Confirm")
    await carl.sees("Nothing waits for your answer.")
    await carl.my_hours("You are 4 h below zero. That is all right")
    await expect(carl.line("Taken back: received from Berta Voss")).to_contain_text("+1 h 30 min")
    await expect(carl.line("Received from Berta Voss")).to_have_count(3)
    await carl.follow("Receipt", carl.line("Received from Berta Voss").last)
    await carl.heading("Hours of care")
    await carl.sees("Your account: −1 h 30 min", "Sheet 1")
    async with carl.page.expect_download() as saving:
        await carl.press("Save as a file")
    await carl.follow("Check it")
    await expect(carl.page.get_by_role("heading", name="This receipt is genuine.")).to_be_visible()
    await carl.sees("This one does not show that it stands in the public log. The receipt's file does")
    await carl.page.get_by_label("choose the receipt's file").set_input_files(
        await (await saving.value).path()
    )
    await carl.sees("It stands in the public log", "1 h 30 min; account", "which then stood at −1 h 30 min")

    # Berta has no phone: Ana prints her copy. 1:30 and 1:00 and 1:00 given, half an hour listened.
    await desk.balance("Berta Voss", "3 h")
    await desk.page.get_by_role("row").filter(has_text="helped Dora Lind").get_by_role("link").click()
    await desk.follow("Transfer", exact=True)
    await desk.page.get_by_role("paragraph").get_by_role("link", name="Berta Voss").click()
    await desk.sees(
        "Berta Voss: +1 h", "Dora Lind: −1 h", "Balance after it", "2 h 30 min", "Print on a card"
    )
    await desk.balance("Emil Novak", "−1 h 30 min")
    await desk.room("Audit")
    await desk.sees("All balances together are zero, as they must be")
    await desk.press("Start the audit")
    await desk.heading("The books are in order")
    await oak.ends_clean(
        ana,
        {
            "Berta Voss": 3 * HOUR,
            "Carl Hughes": -4 * HOUR,
            "Dora Lind": (120 + 90 - 60) * MINUTE,
            "Emil Novak": -90 * MINUTE,
        },
    )


# --- 2: offline ---------------------------------------------------------------------------------------------------

NEW_RULES = """
# From today on full hours are counted, and no more than two a week.
grid = "1:00"
[caps.weekly]
hours = "2:00"
above = "refuse"
"""


async def test_a_phone_was_offline_for_three_weeks(oak):
    ana = await oak.appoint("Ana Iles")
    await oak.apply(ana)
    ben, cora, dan = [await oak.enrol(name) for name in ("Ben Ode", "Cora Blum", "Dan Weir")]
    phone = await oak.phone(ben)
    await phone.kept()
    await phone.context.set_offline(True)
    now = datetime.now(UTC)

    async def days_later(ago):
        """Another day in the valley: the app was closed meanwhile, and opens without a connection."""
        await phone.page.clock.set_fixed_time(now - timedelta(days=ago))
        await phone.again()
        await expect(phone.chip()).to_contain_text("No connection")

    # What Ben writes down: none of it is of this week but the last two, since a week's cap looks at the whole week.
    await days_later(21)
    await phone.log("Cora Blum", "1 h 30 min")
    await days_later(16)
    await phone.log("Dan Weir", "2 h")
    await phone.log("Cora Blum", "30 min")
    # That was a mistake, which nobody ever hears of.
    await phone.press("Undo", phone.page.locator(".told.saved"))
    await phone.sees("Taken back. Nothing was sent.")
    await days_later(11)
    await phone.press("Cora Blum")
    await phone.press("15 min less")
    await phone.press("Save 45 min")
    await days_later(0)
    await phone.press("Dan Weir")
    await phone.press("15 min less")
    await phone.page.get_by_text("Add a note").click()
    await phone.page.get_by_label("Note").fill("The boiler")
    await phone.press("Save 45 min")
    await phone.page.clock.set_fixed_time(now + timedelta(minutes=1))
    await phone.press("Cora Blum")
    await phone.page.get_by_label("2 h", exact=True).check()
    await phone.press("Save 2 h")
    await expect(phone.chip()).to_have_text("No connection. 5 waiting to be sent")

    # Meanwhile the co-op has other rules, from today on, which Ana writes without a script.
    desk = await oak.desk(ana, java_script_enabled=False)
    await desk.room("Policy")
    await desk.follow("Change the rules")
    await desk.fill("The rules as a file", f'name = "Our rules"\ntimezone = "{oak.zone}"\n{NEW_RULES}')
    await desk.press("See what it says")
    await desk.sees("You can earn up to 2 hours a week, from Monday to Sunday.")
    await desk.press("Apply these rules")
    await desk.told("The rules are applied.")
    await desk.room("Claims")
    await desk.sees("Nothing waits to be confirmed.")

    # Back in the village all of it goes out by itself.
    await phone.context.set_offline(False)
    await expect(phone.chip()).to_have_text("1 was not taken", timeout=20_000)
    # Two hours are too many beside what counts as one now: he reads it, and it was one in truth.
    refused = phone.row("2 h with Cora Blum")
    await expect(refused).to_contain_text("Not taken")
    await expect(refused).to_contain_text("week")
    await phone.press("Change and send again", refused)
    await phone.page.get_by_label("1 h", exact=True).check()
    await phone.press("Save 1 h")
    await expect(phone.chip()).to_have_text("Online")
    await expect(phone.row("1 h with Cora Blum")).to_contain_text("Cora Blum can confirm it now")

    # Ana sees all five with their days, and that the days decide which rules count.
    await desk.room("Claims")
    await expect(desk.page.locator("tbody tr")).to_have_count(5)
    fresh = desk.page.get_by_role("row").filter(has_text="for Dan Weir").filter(has_text="45 min")
    await fresh.get_by_role("link").click()
    await desk.sees("The boiler", "version 2")

    # Those who were helped confirm on their phones.
    for member, told, yes in ((cora, "3 visits", 3), (dan, "2 visits", 2)):
        receiver = await oak.phone(member)
        await receiver.go("Confirm", "Confirm")
        await receiver.sees(f"{told} wait for your answer.")
        for left in reversed(range(yes)):
            await receiver.press("Yes, that’s right", receiver.card("Ben Ode").first)
            await expect(receiver.card("Ben Ode")).to_have_count(left)
        await receiver.sees("Done. It is paid.", "Nothing waits for your answer.")
        # Cora: 90 + 45 + 60. Dan: 120, and today's 45 are a full hour on the new grid.
        below = "3 h 15 min" if member is cora else "3 h"
        await receiver.my_hours(f"You are {below} below zero.")
    await phone.my_hours("You have 6 h 15 min to use.")
    await expect(phone.page.locator(".lines li")).to_have_count(5)
    await phone.go("Log", "Log an hour")
    await expect(phone.row("1 h with Cora Blum")).to_contain_text("Confirmed")
    await expect(phone.page.get_by_text("Saved on this phone")).to_have_count(0)
    await desk.room("Claims")
    await desk.sees("Nothing waits to be confirmed.")
    await desk.page.get_by_label("State").select_option("posted")
    await desk.press("Filter")
    await expect(desk.page.locator("tbody tr")).to_have_count(5)
    await desk.balance("Ben Ode", "6 h 15 min")
    await oak.ends_clean(
        ana, {"Ben Ode": 375 * MINUTE, "Cora Blum": -195 * MINUTE, "Dan Weir": -180 * MINUTE}
    )


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


async def test_a_mother_abroad_is_cared_for(oak):
    """Through her daughter's credits; both are members of the same co-op, as in the story over HTTP."""
    ana = await oak.appoint("Ana Iles")
    await oak.apply(ana, LIKE_NALC)
    ulla = await oak.appoint("Ulla Brandt")
    people = {}
    for name in ("Mei Tanaka", "Otto Falk", "Haru Tanaka", "Kenji Mori", "Lea Sand"):
        people[name] = await oak.enrol(name)
    desk = await oak.desk(ana)

    # Mei helps Otto for three hours, who has saved nothing: the hours are new.
    mei = await oak.phone(people["Mei Tanaka"])
    await mei.press("Otto Falk")
    for _ in range(8):
        await mei.press("15 min more")
    await mei.press("Save 3 h")
    await expect(mei.row("3 h with Otto Falk")).to_contain_text("Otto Falk can confirm it now")
    otto = await oak.phone(people["Otto Falk"])
    await otto.go("Confirm", "Confirm")
    await otto.press("Yes, that’s right")
    await otto.sees("Done. It is paid.")
    await otto.my_hours("You have no hours to use just now.")

    # She gives to her mother, once the co-op knows that it is her mother.
    await mei.my_hours("You have 3 h to use.")
    await mei.follow("Give hours to somebody")
    await mei.sees("By your co-op’s rules there is nobody here to whom hours could be given.")
    await desk.member("Mei Tanaka")
    await desk.page.locator("section").filter(has_text="Family among the members").get_by_role("link").click()
    await desk.fill("Who", "Haru Tanaka")
    await desk.page.get_by_label("What they are to").select_option("parent")
    await desk.press("Record")
    await mei.my_hours("You have 3 h to use.")
    await mei.follow("Give hours to somebody")
    await mei.press("Haru Tanaka")
    await mei.page.get_by_label("2 h", exact=True).check()
    await mei.press("15 min more")
    await mei.press("15 min more")
    await mei.sees("After that, 30 min are left to use.")
    await mei.page.get_by_label("A word with it").fill("For your back")
    await mei.press("Look at it once more")
    await mei.press("Give 2 h 30 min to Haru Tanaka")
    await mei.sees("You have 30 min to use.", "Gift to Haru Tanaka")

    # Haru cannot do it herself: two co-ordinators name her daughter to act for her.
    await desk.member("Haru Tanaka")
    await desk.follow("Name one")
    await desk.follow("Record first that they are frail")
    await desk.page.get_by_label("Frail").check()
    await desk.press("Save")
    await desk.follow("Name one")
    await desk.fill("Delegate", "Mei Tanaka")
    await desk.page.get_by_label("What they are to them").select_option("child")
    for scope in ("see", "request", "confirm"):
        await desk.page.locator(f"[name=scopes][value={scope}]").check()
    await desk.press("Propose")
    await desk.sees("You proposed it, so that somebody else approves it")
    second = await oak.desk(ulla)
    await second.room("Proposals")
    await second.page.locator("tbody a").first.click()
    await second.sees("Mei Tanaka", "Haru Tanaka")
    await second.press("Approve, and do it")
    await second.sees("Decided by Ulla Brandt")

    # Mei asks for her, and what it will cost is set aside on her mother's account.
    await mei.go("More", "More")
    await mei.press("Act for Haru Tanaka")
    await expect(mei.page.locator("#acting")).to_contain_text("You are acting for Haru Tanaka")
    await mei.go("My hours", "The hours of Haru Tanaka")
    await mei.sees("Haru Tanaka: 2 h 30 min to use.")
    await mei.go("Ask", "Care for Haru Tanaka")
    await mei.follow("Ask for care")
    await mei.page.get_by_label("Body care").check()
    await mei.page.get_by_label("Today", exact=True).check()
    await mei.page.get_by_label("2 h", exact=True).check()
    await mei.page.get_by_label("Roughly where?").fill("Harbour")
    await mei.page.get_by_label("What should whoever comes know?").fill("Second floor. She hears badly.")
    await mei.sees("After that, 30 min are left to use.")
    await mei.press("Ask for it")
    await mei.sees("Nobody has taken it yet.", "2 h are set aside for it.")

    # Whoever has not shown a police check does not see it. Kenji's ends soon, which he is told.
    lea = await oak.phone(people["Lea Sand"])
    await lea.go("Ask", "Asking and helping")
    await lea.sees("Nobody needs help that you could give just now.")
    await desk.member("Kenji Mori")
    await desk.page.locator("section").filter(has_text="Clearances").get_by_role("link").click()
    await desk.fill("Kind", "police-check")
    await desk.fill("First day", "2024-03-01")
    await desk.page.get_by_label("Last day").fill(str(oak.today + timedelta(days=20)))
    await desk.press("Record")
    await desk.sees("ends soon")
    kenji = await oak.phone(people["Kenji Mori"])
    await kenji.go("Ask", "Asking and helping")
    offered = kenji.card("Harbour")
    await expect(offered).not_to_contain_text("Second floor")
    await kenji.press("I will come", offered)
    await kenji.sees("Your check “police-check” ends on", "Second floor. She hears badly.")

    # The visit is shorter than what was asked for.
    await kenji.press("Log this visit")
    for _ in range(3):
        await kenji.press("15 min less")
    await kenji.press("Save 1 h 15 min")
    await expect(kenji.row("1 h 15 min with Haru Tanaka")).to_contain_text("Sent")
    await mei.go("My hours", "The hours of Haru Tanaka")
    await mei.go("Ask", "Care for Haru Tanaka")
    await mei.sees("Kenji Mori will come.")
    await mei.follow("The visit waits for your answer")
    await mei.press("Yes, that’s right", mei.card("Kenji Mori", "1 h 15 min"))
    await mei.sees("Done. It is paid.")

    # What was set aside and not needed is free again.
    await mei.go("My hours", "The hours of Haru Tanaka")
    await mei.sees("Haru Tanaka: 1 h 15 min to use.")
    await expect(mei.line("Received from Kenji Mori")).to_contain_text("−1 h 15 min")
    await mei.press("Be yourself again")
    await mei.my_hours("You have 30 min to use.")
    await kenji.my_hours("You have 1 h 15 min to use.")
    await kenji.follow("Receipt", kenji.line("Given to Haru Tanaka"))
    await kenji.sees(
        "Your account: +1 h 15 min", "The other side’s account: −1 h 15 min", "Body care, 1:15 recorded"
    )
    await desk.room("Requests")
    await desk.follow("Haru Tanaka")
    await desk.sees("2 h, not any more", "Mei Tanaka")
    await desk.balance("Haru Tanaka", "1 h 15 min")
    await oak.ends_clean(
        ana,
        {
            "issuance": -3 * HOUR,
            "Mei Tanaka": 30 * MINUTE,
            "Haru Tanaka": 75 * MINUTE,
            "Kenji Mori": 75 * MINUTE,
        },
    )


# --- 4: the pot ---------------------------------------------------------------------------------------------------

POT_HELPS = """
funders = ["receiver", "pot"]
pot = "hardship"
[floor]
hours = "0:00"
"""


async def test_a_frail_man_without_credits_is_helped(oak):
    ana = await oak.appoint("Ana Iles")
    await oak.apply(ana, POT_HELPS)
    ulla = await oak.appoint("Ulla Brandt")
    for name in ("Josef Klein", "Rosa Lenz"):
        await oak.enrol(name)
    kira = await oak.phone_by_card(ana, await oak.enrol("Kira Holm"))
    await oak.fill_pot(ana, ulla, "hardship", 20 * HOUR)
    desk = await oak.desk(ana)
    second = await oak.desk(ulla, java_script_enabled=False)

    # Two people say whom the pot helps and how far: one proposes it without a script, the other approves it.
    await second.room("Pots")
    await second.follow("hardship")
    await second.page.get_by_text("Change the rule").click()
    await second.page.get_by_label("Purpose").select_option("hardship")
    await second.page.get_by_label("Helps").select_option("frail")
    await second.page.get_by_label("A month in all").fill("6")
    await second.page.get_by_label("One person alone grants up to").fill("2")
    await second.press("Set the rule")
    await second.told("This takes a second person, so it was proposed.")
    await desk.approve()

    async def asks_for(name):
        await desk.room("Requests")
        await desk.follow("Ask for a family")
        await desk.fill("For whom", name)
        await desk.fill("What is needed", "Cooking")
        await desk.fill("Day", str(oak.today))
        await desk.fill("How long", "2")
        await desk.press("Ask")

    async def record_frail(name):
        await desk.member(name)
        await desk.follow("Change standing")
        await desk.page.get_by_label("Frail").check()
        await desk.press("Save")
        await desk.sees("frail")

    # Josef has no credits and no phone. Ana asks for him, and the pot pays once it is on record that he is frail.
    await asks_for("Josef Klein")
    await desk.refused("The pot's rule is not for this member.")
    await record_frail("Josef Klein")
    await asks_for("Josef Klein")
    await desk.sees("2 h, on a pot")

    await kira.go("Ask", "Asking and helping")
    await kira.press("I will come", kira.card("2 h"))
    await kira.press("Log this visit")
    await kira.press("Save 2 h")
    await expect(kira.row("2 h with Josef Klein")).to_contain_text("Sent")
    await desk.room("Claims")
    await desk.follow("Kira Holm for Josef Klein")
    await desk.press("Confirm")
    await desk.told("Confirmed")
    await kira.my_hours("You have 2 h to use.")
    await expect(kira.line("Given to Josef Klein")).to_contain_text("+2 h")
    await desk.balance("Josef Klein", "0 min")

    # What is given to him in his own hand takes a second signature above two hours.
    await desk.room("Pots")
    await desk.follow("hardship")
    await desk.fill("To whom", "Josef Klein")
    await desk.fill("How much", "3")
    await desk.fill("Why", "For the weeks after hospital")
    await desk.press("Grant")
    await desk.sees("This takes a second person, so it was proposed.", "somebody else approves it")
    await second.approve()

    # Five of the month's six hours are gone, and the next one who needs two is told what can be done.
    await desk.room("Pots")
    await desk.sees("5 h of 6 h given this month, 1 h left.")
    await record_frail("Rosa Lenz")
    await asks_for("Rosa Lenz")
    await desk.refused("Wait for the next month, or change the pot's rule with a second person.")

    # Kira gives an hour back, so that it helps the next one.
    await kira.follow("Give hours to somebody")
    await kira.press("hardship")
    await kira.press("Look at it once more")
    await kira.press("Give 1 h to")
    await kira.sees("You have 1 h to use.", "Gift to the pot “hardship”")
    await desk.balance("Josef Klein", "3 h")
    await desk.room("Pots")
    await desk.follow("hardship")
    await desk.sees("16 h", "Josef Klein", "Kira Holm")
    await oak.ends_clean(
        ana,
        {"issuance": -20 * HOUR, "hardship": 16 * HOUR, "Kira Holm": HOUR, "Josef Klein": 3 * HOUR},
    )


# --- 5: disputed --------------------------------------------------------------------------------------------------

FIVE_A_WEEK = """
[caps.weekly]
hours = "5:00"
above = "refuse"
"""


async def test_a_disputed_visit_is_corrected(oak):
    ana = await oak.appoint("Ana Iles")
    await oak.apply(ana, FIVE_A_WEEK)
    members = [await oak.enrol(name) for name in ("Vera Amsel", "Willi Bach")]
    vera, willi = [await oak.phone(each) for each in members]

    # Willi confirms four hours before he has looked at the clock, and says so when he has.
    await vera.press("Willi Bach")
    await vera.page.get_by_label("2 h", exact=True).check()
    for _ in range(8):
        await vera.press("15 min more")
    await vera.press("Save 4 h")
    await expect(vera.row("4 h with Willi Bach")).to_contain_text("Willi Bach can confirm it now")
    await willi.go("Confirm", "Confirm")
    await willi.press("Yes, that’s right", willi.card("Vera Amsel", "4 h"))
    await willi.sees("Done. It is paid.")
    await willi.my_hours("You are 4 h below zero.")
    await willi.follow("Not right?", willi.line("Received from Vera Amsel"))
    await willi.heading("Something is not right")
    await willi.page.get_by_label("What is not right?").fill("It was two hours: she left at noon.")
    await willi.press("Send it to a co-ordinator")
    await willi.sees("A co-ordinator looks at it now.")

    # Vera reads it, and says more.
    await vera.go("Confirm", "Confirm")
    await vera.sees("It was two hours: she left at noon.")
    await vera.page.get_by_text("Say more").first.click()
    await vera.page.get_by_label("Say more").fill("I stayed for the washing up.")
    await vera.press("Send")
    await vera.sees("You said more about: 4 h for Willi Bach")

    # Ana hears both, and corrects it.
    desk = await oak.desk(ana, java_script_enabled=False)
    await desk.room("Today")
    await desk.follow("Vera Amsel and Willi Bach")
    await desk.sees(
        "It was two hours: she left at noon.", "I stayed for the washing up.", "now stands at 4 h"
    )
    await desk.page.get_by_label("It was another length").check()
    await desk.page.get_by_label("How long it really was").fill("4:00")
    await desk.page.get_by_label("Why").fill("Both agree on noon.")
    await desk.press("Decide")
    await desk.refused("same")
    await desk.page.get_by_label("How long it really was").fill("2:00")
    await desk.press("Decide")
    await desk.sees("length corrected", "now stands at 2 h", "now stands at −2 h")

    # All three transfers stay visible on both sides, each with a receipt.
    for phone, given, taken_back, said in (
        (vera, "Given to Willi Bach", "Taken back: given to Willi Bach", "You have 2 h to use."),
        (
            willi,
            "Received from Vera Amsel",
            "Taken back: received from Vera Amsel",
            "You are 2 h below zero.",
        ),
    ):
        await phone.my_hours(said)
        await expect(phone.page.locator(".lines li")).to_have_count(3)
        plus, minus = ("+", "−") if phone is vera else ("−", "+")
        newest, reversal, first = [phone.page.locator(".lines li").nth(place) for place in range(3)]
        await expect(newest).to_contain_text(f"{given}{plus}2 h")
        await expect(reversal).to_contain_text(f"{taken_back}{minus}4 h")
        await expect(first).to_contain_text(f"{given}{plus}4 h")
    await vera.follow("Receipt", vera.page.locator(".lines li").nth(1))
    await vera.heading("Taken back")
    await vera.sees("Your account: −4 h")
    await vera.follow("My hours")

    # What was taken back does not fill the week: there is room for three hours, and for no minute more.
    await willi.go("Log", "Log an hour")
    await willi.page.get_by_label("I received").check()
    await willi.press("Vera Amsel")
    await willi.page.get_by_label("2 h", exact=True).check()
    for _ in range(4):
        await willi.press("15 min more")
    await willi.press("Save 3 h")
    await expect(willi.row("3 h from Vera Amsel")).to_contain_text("Confirmed")
    await willi.press("Vera Amsel")
    await willi.press("Save 1 h")
    await expect(willi.row("1 h from Vera Amsel")).to_contain_text("Not taken")
    await willi.press("Remove", willi.row("1 h from Vera Amsel"))
    await willi.my_hours("You are 5 h below zero.")
    await vera.my_hours("You have 5 h to use.")
    await desk.balance("Vera Amsel", "5 h")
    await oak.ends_clean(ana, {"Vera Amsel": 5 * HOUR, "Willi Bach": -5 * HOUR})
