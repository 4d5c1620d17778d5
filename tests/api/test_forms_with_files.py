"""Forms in parts, as browsers send those with files: what is taken, what is refused, and what a file is called."""

from urllib.parse import urlencode
from uuid import uuid4

import pytest

from api.web.forms import MAX_FORM_WITH_FILE
from tests.api.test_desk_rounds import Desk, text_of

BOUNDARY = "----a-boundary"
LIST = b"Giver;Receiver;Day;Hours\nBen;Rosa;2026-11-20;1:00\n"


@pytest.fixture
async def desk(people):
    return Desk(await people.coordinator())


def part(name, content, filename=None):
    """One part of a form, as a browser writes it."""
    disposition = f'form-data; name="{name}"'
    kind = b""
    if filename is not None:
        disposition += f'; filename="{filename}"'
        kind = b"content-type: application/octet-stream\r\n"
    head = f"--{BOUNDARY}\r\ncontent-disposition: {disposition}\r\n".encode()
    return head + kind + b"\r\n" + content + b"\r\n"


def whole(*parts):
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def usual(**more):
    return [
        part(name, value.encode()) for name, value in ({"source": "x", "key": str(uuid4())} | more).items()
    ]


async def send(desk, content, declared=f"multipart/form-data; boundary={BOUNDARY}"):
    return await desk.member.client.post(
        "/desk/oak/rounds/new", content=content, headers=desk.headers | {"content-type": declared}
    )


async def rounds(desk):
    return (await desk.member.get("/rounds")).json()["rounds"]


async def test_a_file_comes_with_the_fields_beside_it(desk):
    answer = await send(desk, whole(*usual(source="Gwirfoddolwyr Môn"), part("file", LIST, "sheets.csv")))
    assert answer.status_code == 303, text_of(answer)
    [found] = await rounds(desk)
    assert (found["source"], found["file_name"], found["file_size"]) == (
        "Gwirfoddolwyr Môn",
        "sheets.csv",
        len(LIST),
    )


@pytest.mark.parametrize(
    ("sent", "called"),
    [
        (r"C:\Users\rosa\Desktop\sheets.csv", "sheets.csv"),
        ("/home/rosa/sheets.csv", "sheets.csv"),
        ("../../etc/passwd", "passwd"),
        ("活動記録 令和7年.csv", "活動記録 令和7年.csv"),
        ("a" * 300 + ".csv", "a" * 116 + ".csv"),
        ("she\u202eets\u200b.csv", "sheets.csv"),
        ("folder/", "file"),
        (" . ", "file"),
    ],
)
async def test_a_file_is_called_as_it_was_without_its_folder(desk, sent, called):
    answer = await send(desk, whole(*usual(), part("file", LIST, sent)))
    assert answer.status_code == 303, text_of(answer)
    assert (await rounds(desk))[0]["file_name"] == called


@pytest.mark.parametrize(
    ("content", "declared"),
    [
        (whole(*usual(), part("file", LIST, "a.csv")), "multipart/form-data"),
        (whole(*usual(), part("file", LIST, "a.csv")), "multipart/form-data; boundary="),
        (whole(*usual(), part("file", LIST, "a.csv")), "multipart/form-data; boundary=another"),
        (b"".join([*usual(), part("file", LIST, "a.csv")])[:-20], None),
        (f"--{BOUNDARY}\r\ncontent-disposition: nonsense\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(), None),
        (f"--{BOUNDARY}\r\nnonsense\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(), None),
        (b"", None),
        (whole(part("source", b"\xff\xfe")), None),
        (b"source=x", "multipart/form-data; boundary=" + "b" * 5000),
    ],
)
async def test_a_form_that_is_cut_or_broken_is_refused_and_takes_nothing_in(desk, content, declared):
    answer = await send(desk, content, *([] if declared is None else [declared]))
    assert answer.status_code in (400, 422), text_of(answer)
    assert answer.headers["content-type"].startswith("text/html")
    assert await rounds(desk) == []


async def test_no_choice_is_no_file(desk):
    answer = await send(desk, whole(*usual(), part("file", b"", "")))
    assert answer.status_code == 422
    assert "Choose a file, or type the visits below." in text_of(answer)
    # A choice that is empty is a file, and says so.
    answer = await send(desk, whole(*usual(), part("file", b"", "empty.csv")))
    assert answer.status_code == 422 and "The file is empty." in text_of(answer)


async def test_of_two_files_or_fields_of_one_name_the_last_counts(desk):
    parts = [
        *usual(source="first"),
        part("source", b"last"),
        part("file", b"", "a.csv"),
        part("file", LIST, "b.csv"),
    ]
    answer = await send(desk, whole(*parts))
    assert answer.status_code == 303, text_of(answer)
    [found] = await rounds(desk)
    assert (found["source"], found["file_name"]) == ("last", "b.csv")
    # A file under the name of a field is no text of it, nor a text a file.
    answer = await send(desk, whole(part("source", b"evil", "x.txt"), part("file", LIST)))
    assert answer.status_code == 422
    assert "Please fill this in." in text_of(answer)


async def test_too_much_is_refused_before_it_is_read(desk):
    big = b"x" * (MAX_FORM_WITH_FILE + 1)
    answer = await send(desk, whole(*usual(), part("file", big, "a.csv")))
    assert answer.status_code == 413
    assert answer.headers["content-type"].startswith("text/html")
    # Where no file is asked for, far less is.
    headers = desk.headers | {"content-type": "application/x-www-form-urlencoded"}
    text = urlencode({"note": "x" * 20_000_000})
    answer = await desk.member.client.post("/desk/oak/rounds/assertions/new", content=text, headers=headers)
    assert answer.status_code == 413
    assert await rounds(desk) == []


async def test_many_small_parts_are_no_way_to_keep_the_service_busy(desk):
    answer = await send(desk, whole(*(part(f"f{number}", b"x") for number in range(6_000))))
    assert answer.status_code in (400, 413, 422)


async def test_a_plain_form_does_as_well_where_no_file_is_chosen(desk):
    lines = "Ben;Rosa;2026-11-20;1:00"
    answer = await desk.send("/rounds/new", {"source": "x", "lines": lines, "key": str(uuid4())})
    assert answer.status_code == 303, text_of(answer)
    other = await send(desk, b"{}", "application/json")
    assert other.status_code == 415
