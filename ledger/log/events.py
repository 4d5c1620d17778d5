"""Leaves of the admin trail: that a privileged act was done, and when, without saying to whom.

An event's leaf stands in the log among those of the transfers, told apart by its member `e`. It carries the
digest of one disclosure, which says who did what to whom; deleting its salt erases that for ever.
"""

import json
from collections.abc import Mapping

from ledger.log.encoding import base64url, canonical_json


def event_disclosure(
    salt: str, *, via: str, author_id: str | None, member_id: str | None, details: Mapping[str, object]
) -> str:
    """The disclosure of an event: `by` and `via` say who acted, `of` whom it concerns, `what` the rest."""
    said: dict[str, object] = {"via": via, "what": {k: v for k, v in details.items() if v is not None}}
    if author_id is not None:
        said["by"] = author_id
    if member_id is not None:
        said["of"] = member_id
    return base64url(b'["%s","event",%s]' % (salt.encode("ascii"), canonical_json(said)))


def author_disclosure(salt: str, member_id: str, for_member_id: str | None) -> str:
    """The disclosure of who posted a transfer, and for whom when that was somebody else; ids are uuids."""
    acting_for = "" if for_member_id is None else f',"for":"{for_member_id}"'
    return base64url(f'["{salt}","author",{{"by":"{member_id}"{acting_for}}}]'.encode("ascii"))


def render_event_leaf(
    *, issuer: str, origin: str, leaf_index: int, event_id: str, recorded_seconds: int, kind: str, digest: str
) -> bytes:
    """The leaf of one event, version 1. Its texts need no escaping, as those of a transfer's leaf."""
    return (
        f'{{"_sd":["{digest}"],"e":"{kind}","iat":{recorded_seconds},"iss":"{issuer}","jti":"{event_id}",'
        f'"log":"{origin}","n":{leaf_index},"v":1}}'
    ).encode("ascii")


def details_text(details: Mapping[str, object]) -> str:
    """An event's details as they are stored: canonical JSON, what is None left out."""
    return canonical_json({k: v for k, v in details.items() if v is not None}).decode()


def read_details(text: str) -> dict[str, object]:
    """The inverse of `details_text`."""
    read: dict[str, object] = json.loads(text)
    return read
