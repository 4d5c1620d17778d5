"""Receipts for people: the page of one, for those who may see it, and the page on which anybody checks any."""

from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import segno
from litestar import Router, get
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.problems import Problem
from api.routes.common import AnyRequest, base_url
from api.web import assets
from api.web.asking import Answer, Api
from api.web.language import Language, language_of, mark
from api.web.pages import page_response, redirect, render

Row = dict[str, Any]

MAX_QR_VERSION = 25
"""117 modules a side: what an old phone's camera still reads from a card of A6."""

KINDS = {
    "care": mark("Hours of care"),
    "redeem": mark("Credits spent on care"),
    "gift": mark("Gift"),
    "grant": mark("Grant from a pot"),
    "adjust": mark("Correction"),
    "reverse": mark("Taken back"),
    "settle": mark("Settlement"),
    "import": mark("Brought over from earlier books"),
    "inherit": mark("Inheritance"),
    "lapse": mark("Lapsed to the pot"),
}


@get("/v", opt=PUBLIC, include_in_schema=False)
async def get_verify_page(request: AnyRequest) -> ASGIResponse:
    """Checking any receipt, in the browser. The same bytes for everybody: what is checked stands behind the `#`."""
    spoken = language_of(request)
    page = assets.asset(render(spoken, "verify.html", {"path": "/v"}), "text/html")
    response = assets.asset_response(dict(request.headers), page, "no-cache")
    response.headers["content-language"] = spoken.tag
    response.headers["vary"] = "accept-encoding, accept-language, cookie"
    return response


@get("/r/{slug:str}/{transfer_id:str}", opt=PUBLIC, include_in_schema=False)
async def get_receipt_page(request: AnyRequest) -> ASGIResponse:
    """A transfer's receipt, as the reader's own side has it: to look at, to print, to pass on.

    With `?account=` it is that account's copy, for whoever acts for its owner.
    """
    slug, transfer_id = str(request.path_params["slug"]), str(request.path_params["transfer_id"])
    spoken, api = language_of(request), Api(request, slug)
    me = await api.get("/me")
    if me.problem is not None:
        return redirect(f"/sign-in?{urlencode({'c': slug, 'next': request.url.path})}")
    transfer = await api.get(f"/transfers/{transfer_id}")
    if transfer.problem is not None:
        return _refused(request, spoken, transfer)
    account = _whose(me.said, transfer.said, request.query_params.get("account"))
    address = f"/transfers/{transfer_id}/receipt"
    receipt = await api.get(address, account=account)
    if receipt.problem is not None:
        return _refused(request, spoken, receipt)
    entries = transfer.said["entries"]
    text = receipt.said["receipt"]
    balance = None
    # Who sees the accounts of others is not handed what these people would show of themselves.
    if account is not None:
        text = "~".join([text, *receipt.said["disclosures"], ""])
        balance = next(each["balance_after"] for each in entries if each.get("account") == account)
    url = base_url(request)
    square, holds_receipt = _square(f"{url}/v#{text}", f"{url}/r/{slug}/{transfer_id}")
    copy = f"/v1/communities/{slug}{address}?{urlencode({'account': account})}" if account else None
    return page_response(
        request,
        "receipt.html",
        200,
        spoken,
        me=me.said,
        zone=ZoneInfo(me.said["timezone"]),
        transfer=transfer.said,
        kind=KINDS[transfer.said["kind"]],
        sides=[await _side(api, spoken, me.said, each) for each in entries],
        balance=balance,
        poster=await _poster(api, spoken, me.said, transfer.said.get("author")),
        text=text,
        square=square,
        holds_receipt=holds_receipt,
        address=copy,
        file_name=f"receipt-{transfer.said['recorded_at'][:10]}-{transfer_id[:8]}.txt",
    )


def _refused(request: AnyRequest, spoken: Language, answer: Answer) -> ASGIResponse:
    """The page for whoever may not see it, or for what is not there. Raises Problem for anything else."""
    if answer.status != 404 and answer.problem is not None:
        raise Problem(answer.problem)
    return page_response(request, "no-receipt.html", 404, spoken)


def _whose(me: Row, transfer: Row, wanted: str | None) -> str | None:
    """The account whose copy it is: the one asked for, else the reader's own, else one of whom they act for.

    None for who sees it without having a part in it.
    """
    if wanted is not None:
        return wanted.lower()
    delegated = [account for each in me["delegations"] for account in each["accounts"]]
    visible = [entry["account"] for entry in transfer["entries"] if "account" in entry]
    return next((each for each in (*me["accounts"], *delegated) if each in visible), None)


async def _side(api: Api, spoken: Language, me: Row, entry: Row) -> str:
    """Whose account it is, by a name where the reader may read it, and what came or went, with its sign.

    Not who "gave": whoever gives care receives the hours.
    """
    hours = spoken.duration(entry["seconds"], signed=True)
    account = entry.get("account")
    if account is None:
        return spoken.gettext("The other side’s account: %(hours)s", hours=hours)
    if account in me["accounts"]:
        return spoken.gettext("Your account: %(hours)s", hours=hours)
    return spoken.gettext("%(name)s: %(hours)s", name=await _name_of(api, spoken, me, account), hours=hours)


async def _name_of(api: Api, spoken: Language, me: Row, account: str) -> str:
    for each in me["delegations"]:
        if account in each["accounts"] and each["name"]:
            return str(each["name"])
    answer = await api.get(f"/accounts/{account}")
    if answer.problem is not None:
        return account
    if answer.said["kind"] == "issuance":
        return spoken.gettext("The co-op")
    return str(answer.said.get("name") or answer.said["code"])


async def _poster(api: Api, spoken: Language, me: Row, author: Row | None) -> str | None:
    """Who posted it, by name where the reader may read it; None when a machine did."""
    if author is None:
        return None
    if author["member"] == me["member_id"]:
        return spoken.gettext("you")
    answer = await api.get("/directory", ids=author["member"])
    named = answer.said["people"] if answer.problem is None else []
    if named:
        return str(named[0]["name"])
    if author["via"] == "coordinator":
        return spoken.gettext("a co-ordinator")
    return (
        spoken.gettext("a delegate, for somebody else")
        if author["via"] == "delegate"
        else spoken.gettext("a member")
    )


def _square(receipt: str, here: str) -> tuple[str, bool]:
    """The QR code of the link that holds the receipt, and True; or that of the page, for a receipt too long for one.

    SVG without styles, in black on white whatever the page looks like: not every camera reads it the other way.
    """
    code = _code(receipt)
    holds_receipt = code is not None and int(code.version) <= MAX_QR_VERSION
    if code is None or not holds_receipt:
        code = segno.make(here, error="m", micro=False)
    svg = code.svg_inline(border=4, omitsize=True, dark="#000", light="#fff", svgclass=None, lineclass=None)
    return svg, holds_receipt


def _code(text: str) -> segno.QRCode | None:
    try:
        return segno.make(text, error="l", micro=False)
    except segno.DataOverflowError:
        return None


receipt_pages = Router("/", route_handlers=[get_verify_page, get_receipt_page])
