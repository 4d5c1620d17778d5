"""Writes PDFs for a service: `python -m api.statements`. See `api.statements.writer`.

Each line of standard input is an order, a line of JSON; each is answered by one on standard output. When standard
input ends, whoever asked is gone, and it stops.
"""

import json
import os
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

from api.languages import language
from api.statements.fonts import Fonts, NoPdf
from api.statements.pdf import statement_pdf

LOWER_PRIORITY = 10
"""By so much it stands behind the service (nice)."""


def main() -> None:
    os.nice(LOWER_PRIORITY)
    for line in sys.stdin.buffer:
        sys.stdout.write(json.dumps(_obey(json.loads(line))) + "\n")
        sys.stdout.flush()


def _obey(order: dict[str, Any]) -> dict[str, str]:
    fonts = Fonts(tuple([Path(path) for path in order["fonts"]]))
    try:
        pdf = statement_pdf(
            language(order["tag"]),
            order["said"],
            order["text"],
            order["address"],
            fonts,
            large=order["large"],
        )
    except NoPdf as why:
        return {"no": str(why)}
    return {"pdf": b64encode(pdf).decode()}


if __name__ == "__main__":
    main()
