"""DATABASE_URL as people paste it, made into what SQLAlchemy and asyncpg understand.

Hosting providers hand out URLs for libpq: `postgres://...?sslmode=require&channel_binding=prefer`. To
SQLAlchemy 2.1 a plain `postgresql://` means another driver, and asyncpg knows few of libpq's options.
No message from here repeats the URL, since it holds the password.
"""

from __future__ import annotations

import ssl
from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

DRIVER = "postgresql+asyncpg"
SCHEMES = ("postgres", "postgresql", DRIVER)
EXAMPLE = "postgresql://user:password@host:5432/database"

# asyncpg takes these names itself. The other two need certificates, so we make their context.
UNVERIFIED = ("disable", "allow", "prefer", "require")
VERIFIED = ("verify-ca", "verify-full")
CERTIFICATE_OPTIONS = ("sslrootcert", "sslcert", "sslkey")

# libpq allows these as options; SQLAlchemy has a place of their own for them, and hides the password there.
OWN_PLACE = ("user", "password", "dbname")
# Understood by SQLAlchemy's asyncpg dialect, or by asyncpg, under the same name.
KEPT = ("host", "port", "passfile", "prepared_statement_cache_size")
# Sent to the server when the connection opens.
SERVER_SETTINGS = ("application_name", "options", "search_path")

DROPPED = {
    "channel_binding": "asyncpg never uses it",
    "gssencmode": "asyncpg does not encrypt with GSS, whatever is preferred",
    "sslcompression": "no server offers it any more",
    "sslsni": "asyncpg always names the host",
    "sslnegotiation": "asyncpg always asks first, which every server answers",
    "keepalives": "asyncpg has none; a dead connection is dropped when it is found out",
    "keepalives_idle": "as keepalives",
    "keepalives_interval": "as keepalives",
    "keepalives_count": "as keepalives",
}


def normalise(url: str) -> tuple[URL, dict[str, Any]]:
    """Return the URL for `create_async_engine` and what to give it as `connect_args`."""
    parsed = _parse(url.strip())
    options = dict(parsed.query)
    kept = {name: options.pop(name) for name in KEPT if name in options}
    own = {name: _single(name, options.pop(name)) for name in OWN_PLACE if name in options}
    parsed = parsed.set(
        drivername=DRIVER,
        query=kept,
        username=own.get("user"),
        password=own.get("password"),
        database=own.get("dbname"),
    )

    connect: dict[str, Any] = {}
    settings = {name: _single(name, options.pop(name)) for name in SERVER_SETTINGS if name in options}
    if settings:
        connect["server_settings"] = settings
    if "connect_timeout" in options:
        connect["timeout"] = _seconds(_single("connect_timeout", options.pop("connect_timeout")))
    if "target_session_attrs" in options:
        # Among several hosts it picks the one that may be written to; asyncpg knows libpq's words.
        connect["target_session_attrs"] = _single("target_session_attrs", options.pop("target_session_attrs"))
    encryption = _encryption({name: options.pop(name) for name in _encryption_options(options)})
    if encryption is not None:
        connect["ssl"] = encryption

    unknown = sorted(set(options) - set(DROPPED))
    if unknown:
        raise ValueError(f"The database URL has an option that is not known here: {', '.join(unknown)}.")
    return parsed, connect


def _parse(url: str) -> URL:
    scheme, separator, _ = url.partition("://")
    if not separator:
        raise ValueError(f"The database URL must look like {EXAMPLE}.")
    if scheme not in SCHEMES:
        raise ValueError(f"The database must be PostgreSQL, with a URL like {EXAMPLE}.")
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        # Not chained: the cause may quote a piece of the password.
        raise ValueError(
            f"The database URL can't be read. It must look like {EXAMPLE}, with / : @ # % in the "
            "password written as %2F %3A %40 %23 %25, and several hosts as ?host=a:5432&host=b:5432."
        ) from None


def _single(option: str, value: str | tuple[str, ...]) -> str:
    if isinstance(value, tuple):
        raise ValueError(f"The database URL gives the option {option} more than once.")
    return value


def _seconds(text: str) -> int | None:
    if not text.isascii() or not text.isdigit():
        raise ValueError("The database URL's connect_timeout must be a whole number of seconds.")
    return int(text) or None


def _encryption_options(options: dict[str, str | tuple[str, ...]]) -> list[str]:
    return [name for name in ("sslmode", *CERTIFICATE_OPTIONS) if name in options]


def _encryption(given: dict[str, str | tuple[str, ...]]) -> str | ssl.SSLContext | None:
    """Translate sslmode and its certificates. None means asyncpg's own habit: try, without insisting."""
    files = {name: _single(name, given[name]) for name in CERTIFICATE_OPTIONS if name in given}
    mode = _single("sslmode", given["sslmode"]) if "sslmode" in given else None
    if mode not in (None, *UNVERIFIED, *VERIFIED):
        raise ValueError(f"The database URL's sslmode must be one of {', '.join(UNVERIFIED + VERIFIED)}.")
    if mode == "require" and "sslrootcert" in files:
        mode = "verify-ca"  # as in libpq: who names an authority wants it asked
    if files.get("sslrootcert") == "system":
        mode = "verify-full"  # as in libpq: any public authority signs anybody's name
    if mode in VERIFIED or (mode == "require" and files):
        return _context(mode, files)
    if mode != "disable" and files:
        raise ValueError("The database URL names certificates, so its sslmode must be require or stronger.")
    return mode


def _context(mode: str | None, files: dict[str, str]) -> ssl.SSLContext:
    authority = files.get("sslrootcert")
    try:
        # Without a file of its own, the authorities that this machine trusts.
        context = ssl.create_default_context(cafile=None if authority == "system" else authority)
        if "sslcert" in files:
            context.load_cert_chain(files["sslcert"], files.get("sslkey"))
    except OSError as error:
        raise ValueError(
            f"The database URL names certificates that can't be read ({', '.join(files)}): {error}."
        ) from None
    context.check_hostname = mode == "verify-full"
    if mode == "require":
        context.verify_mode = ssl.CERT_NONE
    return context
