"""The evidence pack of a social report: a zip whose bytes follow from the report and its checkpoint.

    report.json      the report as canonical JSON (RFC 8785)
    measures.csv     each number with its definition and unit
    activities.csv   what the hours are made up of, by kind of care
    classes.csv      by stakeholder class of givers and receivers
    answers.csv      answers about visits, of months in which five people or more answered
    checkpoint.txt   the signed state of the log at which it was computed (C2SP tlog-checkpoint)
    README.txt       what this is and how to check it
    signature.jws    a compact JWS (RFC 7515) over the hashes of all of these, by the receipt key

No names, no members' numbers, no ids. Nothing is compressed, because not every zlib makes the same bytes. Pure: a
report in, bytes out. How a pack is checked is in `checking`.
"""

import csv
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from io import BytesIO, StringIO
from typing import Any

from ledger.desk.social.measures import ALL, MEASURES
from ledger.desk.social.report import Figure, SocialReport, StakeholderClass
from ledger.log.checkpoints import Checkpoint
from ledger.log.encoding import base64, base64url, canonical_json, read_base64url
from ledger.log.signing import SigningKey

EVIDENCE_TYPE = "carehours-evidence+jws"
SIGNATURE = "signature.jws"
SIGNED = (
    "README.txt",
    "activities.csv",
    "answers.csv",
    "checkpoint.txt",
    "classes.csv",
    "measures.csv",
    "report.json",
)
README = """\
An evidence pack of Carehours
=============================

The social report of {slug} for the days from {from_on} to {until_on}, computed as of {as_of} from the first
{size} leaves of the log {origin}.

measures.csv says what each number counts. A number marked "held" rests on something that changes without a
trace, such as the class a member is in: it is what it was when this pack was made. All others were counted from
what was recorded before that moment, and counting again gives the same: a claim that a dispute took back later, or
somebody who was erased since, still counts here as they did then.

To check it without trusting whoever gave it to you: carehours verify PACK.zip --trust trust.json
"""


@dataclass(frozen=True, slots=True)
class Definition:
    """A measure as it was when a pack was made."""

    code: str
    title: str
    definition: str
    unit: str
    held: bool


def definitions() -> tuple[Definition, ...]:
    """The measures as they are now."""
    return tuple(Definition(each.code, each.title, each.definition, each.unit, each.held) for each in ALL)


def pack_files(
    report: SocialReport,
    defined: Sequence[Definition],
    readme: str,
    slug: str,
    checkpoint: Checkpoint,
    note: str,
) -> dict[str, bytes]:
    """The files of a pack, its signature left out. `readme` is README as it was when the pack was made."""
    asked = report.asked
    as_of = asked.as_of.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    said = readme.format(
        slug=slug,
        from_on=asked.from_on,
        until_on=asked.until_on,
        as_of=as_of,
        size=checkpoint.size,
        origin=checkpoint.origin,
    )
    figures = {each.code: report.figures[each.code] for each in defined}
    answers = [
        [side, question, *found.counts, " ".join(f"{month:%Y-%m}" for month in found.months)]
        for (side, question), found in report.answers.items()
    ]
    activities = [[each.code, each.visits, each.seconds] for each in report.activities]
    classes = [class_value(each) for each in report.classes]
    whole = {
        "v": 1,
        "community": slug,
        "log": checkpoint.origin,
        "size": checkpoint.size,
        "from": str(asked.from_on),
        "until": str(asked.until_on),
        "as_of": as_of,
        "zone": asked.zone,
        "figures": {code: figure_value(figure) for code, figure in figures.items()},
        "activities": activities,
        "classes": classes,
        "answers": answers,
    }
    measures = [
        [
            each.code,
            each.title,
            each.definition,
            each.unit,
            figures[each.code].value,
            figures[each.code].count,
            figures[each.code].of,
            "held" if each.held else "counted",
        ]
        for each in defined
    ]
    return {
        "README.txt": said.encode(),
        "activities.csv": _csv(("activity", "visits", "seconds"), activities),
        "answers.csv": _csv(("side", "question", "1", "2", "3", "4", "5", "months"), answers),
        "checkpoint.txt": note.encode(),
        "classes.csv": _csv(
            (
                "class",
                "givers",
                "given_visits",
                "given_seconds",
                "receivers",
                "received_visits",
                "received_seconds",
            ),
            classes,
        ),
        "measures.csv": _csv(
            ("measure", "title", "definition", "unit", "value", "rows", "of", "basis"), measures
        ),
        "report.json": canonical_json(whole),
    }


def figure_value(figure: Figure) -> list[int | None]:
    return [figure.value, figure.count, figure.of]


def class_value(found: StakeholderClass) -> list[str | int]:
    return [
        found.code,
        found.givers,
        found.given_visits,
        found.given_seconds,
        found.receivers,
        found.received_visits,
        found.received_seconds,
    ]


def statement(
    files: Mapping[str, bytes],
    issuer: str,
    checkpoint: Checkpoint,
    from_on: date,
    until_on: date,
    as_of: datetime,
) -> bytes:
    """What is signed: whose log at which size, which days, and the hash of every file."""
    return canonical_json(
        {
            "v": 1,
            "iss": issuer,
            "log": checkpoint.origin,
            "size": checkpoint.size,
            "root": base64(checkpoint.root),
            "from": str(from_on),
            "until": str(until_on),
            "iat": int(as_of.timestamp()),
            "files": {name: sha256(content).hexdigest() for name, content in files.items()},
        }
    )


def sign(payload: bytes, key: SigningKey) -> str:
    """The compact JWS over a statement."""
    header = canonical_json({"alg": "EdDSA", "kid": key.kid, "typ": EVIDENCE_TYPE})
    signed = f"{base64url(header)}.{base64url(payload)}"
    return f"{signed}.{base64url(key.sign(signed.encode()))}"


def signed_payload(signature: str) -> bytes:
    """What a signature of ours was made over."""
    return read_base64url(signature.split(".")[1])


def zipped(files: Mapping[str, bytes], signature: str) -> bytes:
    """The pack: the same bytes for the same files."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as pack:
        for name, content in [*sorted(files.items()), (SIGNATURE, signature.encode())]:
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            pack.writestr(entry, content)
    return out.getvalue()


def _csv(titles: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(titles)
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
    return out.getvalue().encode()


def known_definitions(rows: Iterable[Sequence[Any]]) -> tuple[Definition, ...]:
    """Definitions as a pack keeps them; a measure that is counted no more is left out."""
    return tuple(Definition(*row) for row in rows if row[0] in MEASURES)
