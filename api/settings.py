"""What the service is told by its environment and command line. The only reader of the environment."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from api.mail import check_sender, read_smtp_url
from ledger.log.receipts import check_plain

LOG_LEVELS = ("debug", "info", "warning", "error", "critical")


@dataclass(frozen=True, slots=True)
class Settings:
    """`url` is where the public reaches the service; `data` the folder of keys, checkpoints and embedded database.

    `database_url` None means the embedded PostgreSQL below `data`. `metrics_token` None means no metrics.
    `smtp_url` None means that nobody signs in with a code sent by e-mail; `mail_from` None the default sender.
    With `demo` anybody may enter the invented co-op as any of its people. `trusted_proxies` are the addresses and
    networks whose word counts for where a request comes from.
    """

    url: str
    data: Path
    database_url: str | None = field(default=None, repr=False)
    metrics_token: str | None = field(default=None, repr=False)
    smtp_url: str | None = field(default=None, repr=False)
    mail_from: str | None = None
    trusted_proxies: tuple[str, ...] = ()
    demo: bool = False
    pool_size: int = 8
    log_level: str = "info"
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    @property
    def host(self) -> str:
        """The name in front of each log's origin."""
        return urlsplit(self.url).netloc

    @property
    def sender(self) -> str:
        """The address our e-mail comes from."""
        return self.mail_from or f"carehours@{urlsplit(self.url).hostname}"

    @property
    def keys_folder(self) -> Path:
        return self.data / "keys"

    @property
    def checkpoints_folder(self) -> Path:
        return self.data / "checkpoints"


def service_url(text: str, name: str) -> str:
    """The URL of a service, from a text that `name` gives. Raises ValueError when it cannot stand in a receipt."""
    url = text.rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query:
        raise ValueError(f"{name} is {url!r}; it must look like https://carehours.example.org")
    check_plain(url)
    return url


def read_settings(
    environ: Mapping[str, str] = os.environ, *, url: str | None = None, data: Path | None = None
) -> Settings:
    """Settings from the environment; `url` and `data` from the command line come first.

    Raises ValueError, in words for the person who set it, for a URL that cannot stand in a receipt and for any
    value that cannot be what was meant. Never repeats the mail server's password.
    """
    url = service_url(environ.get("CAREHOURS_URL") or url or "http://localhost:8000", "CAREHOURS_URL")
    log_level = environ.get("CAREHOURS_LOG_LEVEL", "info")
    if log_level not in LOG_LEVELS:
        raise ValueError(f"CAREHOURS_LOG_LEVEL is {log_level!r}; it is one of {', '.join(LOG_LEVELS)}")
    pool_size = environ.get("CAREHOURS_POOL_SIZE", "8")
    if not pool_size.isascii() or not pool_size.isdigit() or not 2 <= int(pool_size) <= 500:
        raise ValueError(f"CAREHOURS_POOL_SIZE is {pool_size!r}; it is a number from 2 to 500")
    smtp_url = environ.get("CAREHOURS_SMTP_URL") or None
    if smtp_url is not None:
        read_smtp_url(smtp_url)
    mail_from = environ.get("CAREHOURS_MAIL_FROM") or None
    if mail_from is not None:
        check_sender(mail_from)
    return Settings(
        url=url,
        data=data or Path(environ.get("CAREHOURS_DATA") or default_data_folder(environ)),
        database_url=environ.get("DATABASE_URL") or None,
        metrics_token=environ.get("CAREHOURS_METRICS_TOKEN") or None,
        smtp_url=smtp_url,
        mail_from=mail_from,
        demo=_read_demo(environ.get("CAREHOURS_DEMO"), urlsplit(url).hostname),
        trusted_proxies=read_proxies(environ.get("CAREHOURS_TRUSTED_PROXIES", "")),
        pool_size=int(pool_size),
        log_level=log_level,
        environ=environ,
    )


def _read_demo(text: str | None, host: str | None) -> bool:
    """On by itself only where nobody else comes: on one's own machine."""
    if text in (None, ""):
        return host in ("localhost", "127.0.0.1", "::1")
    if text not in ("on", "off"):
        raise ValueError(f"CAREHOURS_DEMO is {text!r}; it is on or off")
    return text == "on"


def read_proxies(text: str) -> tuple[str, ...]:
    """The addresses and networks in a list with commas. Raises ValueError for anything else, and for everybody."""
    proxies: list[str] = []
    for each in text.split(",") if text.strip() else ():
        try:
            network = ipaddress.ip_network(each.strip())
        except ValueError:
            raise ValueError(
                f"CAREHOURS_TRUSTED_PROXIES has {each.strip()!r}; it is a list of addresses and networks such as"
                " 10.0.0.5,172.18.0.0/16"
            ) from None
        if network.prefixlen == 0:
            raise ValueError(
                f"CAREHOURS_TRUSTED_PROXIES has {each.strip()!r}: then anybody could say they are anybody"
            )
        proxies.append(str(network))
    return tuple(proxies)


def default_data_folder(environ: Mapping[str, str]) -> Path:
    """`/var/lib/carehours` as root, else `carehours` in the user's own data folder: never inside a checkout."""
    if os.geteuid() == 0:
        return Path("/var/lib/carehours")
    base = environ.get("XDG_DATA_HOME") or str(Path(environ.get("HOME") or Path.home()) / ".local" / "share")
    return Path(base) / "carehours"
