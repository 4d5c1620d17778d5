"""The service under granian instead of uvicorn, for `scripts/bench --server granian` only."""

import sys

from api.app import create_app
from api.settings import read_settings


def made() -> object:
    return create_app(read_settings())


if __name__ == "__main__":
    from granian import Granian
    from granian.constants import Interfaces, Loops

    Granian(
        "scripts.measure.granian_service:made",
        factory=True,
        interface=Interfaces.ASGI,
        address="127.0.0.1",
        port=int(sys.argv[1]),
        workers=1,
        runtime_threads=1,
        loop=Loops.uvloop,
        log_access=False,
    ).serve()
