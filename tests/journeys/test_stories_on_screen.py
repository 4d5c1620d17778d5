"""The five stories of `test_hours.py` again, through the screens: a phone in each hand, and co-ordinators at the desk.

Whatever somebody does is pressed and typed. Only enrolling and time travel go around the screens, and the town's gift
to a pot, for which there is no form. Every sum is worked out by hand.
"""

import re
from datetime import timedelta

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
    await carl.says("Sign in with this code")
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
    await carl.my_hours("You are 4 h below zero. That is all right")
    await carl.go("Confirm", "Confirm")
    await carl.sees("Nothing waits for your answer.")
    await carl.my_hours("You are 4 h below zero. That is all right")
    await expect(carl.line("Taken back: received from Berta Voss")).to_contain_text("+1 h 30 min")
    await expect(carl.line("Received from Berta Voss")).to_have_count(3)
    await carl.follow("Receipt", carl.line("Received from Berta Voss").last)
    await carl.heading("Hours of care")
    await carl.sees("You gave 1 h 30 min.", "Sheet 1")
    async with carl.page.expect_download() as saving:
        await carl.says("Save as a file")
    await carl.follow("Check it")
    await expect(carl.page.get_by_role("heading", name="This receipt is genuine.")).to_be_visible()
    await carl.sees("This one does not show that it stands in the public log. The receipt's file does")
    await carl.page.get_by_label("choose the receipt's file").set_input_files(await (await saving.value).path())
    await carl.sees("It stands in the public log", "shopping, 1:30 recorded: Sheet 1")

    # Berta has no phone: Ana looks for her. 1:30 and 1:00 and 1:00 given, half an hour listened.
    await desk.balance("Berta Voss", "3 h")
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

