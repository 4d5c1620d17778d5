"""Transfers as clients send them, and whether what came back can be trusted."""

import random
import urllib.request
from collections.abc import Callable, Iterable, Iterator

import msgspec

from ledger.log.trust import Trust
from ledger.log.verification import verify
from scripts.measure.house import SLUG, House, Service, random_id
from scripts.measure.load import Answer

PATH = f"/v1/communities/{SLUG}/transfers"


class Pairs:
    """Who gives to whom: two of the accounts, or one of them and the hot account."""

    def __init__(self, house: House, rng: random.Random, *, hot: bool) -> None:
        self._texts = [str(account_id) for account_id in house.accounts]
        self._hot = str(house.hot) if hot else None
        self._random = rng.random

    def next(self) -> tuple[str, str]:
        count = len(self._texts)
        payer = int(self._random() * count)
        if self._hot is not None:
            return self._hot, self._texts[payer]
        payee = (payer + 1 + int(self._random() * (count - 1))) % count
        return self._texts[payer], self._texts[payee]


def singles(house: House, seed: str, *, hot: bool) -> Iterator[bytes]:
    """One transfer a request, for ever; each with a new id."""
    rng = random.Random(seed)
    pairs, draw = Pairs(house, rng, hot=hot), rng.getrandbits
    before = (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {house.token}\r\n"
        "Content-Type: application/json\r\nIdempotency-Key: "
    )
    while True:
        payer, payee = pairs.next()
        seconds = 900 * (1 + draw(4))
        key = f"{draw(128):032x}"
        body = (
            f'{{"kind":"care","entries":[{{"account":"{payer}","seconds":-{seconds}}},'
            f'{{"account":"{payee}","seconds":{seconds}}}],"service_on":"2026-01-15"}}'
        )
        yield (
            f"{before}{key[:8]}-{key[8:12]}-4{key[13:16]}-8{key[17:20]}-{key[20:]}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()


def batches(house: House, seed: str, size: int) -> Iterator[bytes]:
    """So many transfers a request, for ever."""
    rng = random.Random(seed)
    pairs = Pairs(house, rng, hot=False)
    before = (
        f"POST {PATH}:batch HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {house.token}\r\n"
        "Content-Type: application/json\r\nContent-Length: "
    )
    while True:
        items = []
        for _ in range(size):
            payer, payee = pairs.next()
            seconds = 900 * (1 + rng.getrandbits(4))
            items.append(
                f'{{"id":"{random_id(rng)}","kind":"care","entries":[{{"account":"{payer}","seconds":-{seconds}}},'
                f'{{"account":"{payee}","seconds":{seconds}}}],"service_on":"2026-01-15"}}'
            )
        body = f'{{"transfers":[{",".join(items)}]}}'
        yield f"{before}{len(body)}\r\n\r\n{body}".encode()


def is_posted(answer: Answer) -> bool:
    return answer.status == 201


def all_posted(size: int) -> Callable[[Answer], bool]:
    """Whether each of so many items of a batch was posted."""
    return lambda answer: answer.status == 200 and answer.body.count(b'"outcome":"posted"') == size


def trust_of(service: Service) -> Trust:
    """What the service publishes for those who verify."""
    with urllib.request.urlopen(
        f"http://127.0.0.1:{service.port}/.well-known/carehours-trust.json"
    ) as answer:
        return Trust.from_json(answer.read())


def transfers_in(answer: Answer) -> list[dict[str, object]]:
    """The transfers an answer shows, single or batch."""
    told = msgspec.json.decode(answer.body)
    if "outcomes" in told:
        return [outcome["transfer"] for outcome in told["outcomes"] if "transfer" in outcome]
    return [told]


def false_receipts(answers: Iterable[Answer], trust: Trust) -> tuple[int, list[str]]:
    """How many receipts were verified, with every disclosure they came with, and the ids of those that failed."""
    count, failed = 0, []
    for answer in answers:
        for transfer in transfers_in(answer):
            if "receipt" not in transfer:
                continue  # a batch leaves them out
            count += 1
            disclosures = [entry["disclosure"] for entry in transfer["entries"]]  # type: ignore[attr-defined]  # as the API says
            result = verify("~".join([str(transfer["receipt"]), *disclosures, ""]).encode(), trust)
            if not result.valid or result.payload is None or result.payload["jti"] != transfer["id"]:
                failed.append(str(transfer["id"]))
    return count, failed
