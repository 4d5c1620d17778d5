"""What people paste as DATABASE_URL, and what becomes of it."""

from __future__ import annotations

import re
import ssl
import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.ext.asyncio import create_async_engine

from ledger.database.urls import normalise

PLAIN = "postgresql+asyncpg://ana:s3cret@db:5433/book"

UNDERSTOOD: list[tuple[str, str, dict[str, Any]]] = [
    # scheme
    ("postgres://ana:s3cret@db:5433/book", PLAIN, {}),
    ("postgresql://ana:s3cret@db:5433/book", PLAIN, {}),
    ("postgresql+asyncpg://ana:s3cret@db:5433/book", PLAIN, {}),
    (" postgres://ana:s3cret@db:5433/book\n", PLAIN, {}),
    ("postgres://ana:p%40ss@db/book", "postgresql+asyncpg://ana:p%40ss@db/book", {}),
    # sockets, and the parts that libpq lets one write as options
    (
        "postgresql+asyncpg://carehours@/carehours?host=/run/x",
        "postgresql+asyncpg://carehours@/carehours?host=%2Frun%2Fx",
        {},
    ),
    ("postgresql:///book?host=/run/x&user=ana", "postgresql+asyncpg://ana@/book?host=%2Frun%2Fx", {}),
    ("postgresql://db/?user=ana&password=s3cret&dbname=book", "postgresql+asyncpg://ana:s3cret@db/book", {}),
    ("postgresql://db/book?host=a:1&host=b:2", "postgresql+asyncpg://db/book?host=a%3A1&host=b%3A2", {}),
    # encryption
    (PLAIN + "?sslmode=disable", PLAIN, {"ssl": "disable"}),
    (PLAIN + "?sslmode=allow", PLAIN, {"ssl": "allow"}),
    (PLAIN + "?sslmode=prefer", PLAIN, {"ssl": "prefer"}),
    (PLAIN + "?sslmode=require", PLAIN, {"ssl": "require"}),
    (PLAIN + "?sslmode=require&channel_binding=require&gssencmode=disable", PLAIN, {"ssl": "require"}),
    # settings
    (PLAIN + "?application_name=desk", PLAIN, {"server_settings": {"application_name": "desk"}}),
    (PLAIN + "?options=-c%20geqo%3Doff", PLAIN, {"server_settings": {"options": "-c geqo=off"}}),
    (PLAIN + "?connect_timeout=10", PLAIN, {"timeout": 10}),
    (PLAIN + "?connect_timeout=0", PLAIN, {"timeout": None}),
    (PLAIN + "?target_session_attrs=read-write", PLAIN, {"target_session_attrs": "read-write"}),
    (PLAIN + "?prepared_statement_cache_size=0", PLAIN + "?prepared_statement_cache_size=0", {}),
]

# mode, whether certificates are checked, whether the name in them is
CONTEXTS = [
    ("sslmode=verify-ca", ssl.CERT_REQUIRED, False),
    ("sslmode=verify-full", ssl.CERT_REQUIRED, True),
    ("sslrootcert=system", ssl.CERT_REQUIRED, True),
    ("sslmode=require&sslrootcert={root}", ssl.CERT_REQUIRED, False),
    ("sslmode=verify-full&sslrootcert={root}", ssl.CERT_REQUIRED, True),
]

REFUSED = [
    ("", "must look like"),
    ("s3cret", "must look like"),
    ("mysql://ana:s3cret@db/book", "must be PostgreSQL"),
    ("sqlite:///book.db?key=s3cret", "must be PostgreSQL"),
    ("postgresql+psycopg://ana:s3cret@db/book", "must be PostgreSQL"),
    ("postgres://ana:s3cret/@db:x/book", "can't be read"),
    ("postgres://ana:pass@a:1,b:s3cret/book", "can't be read"),
    (PLAIN + "?sslmode=maybe", "sslmode must be one of"),
    (PLAIN + "?sslmode=require&sslmode=disable", "more than once"),
    (PLAIN + "?sslpassword=s3cret", "not known here: sslpassword"),
    (PLAIN + "?connect_timeout=soon", "whole number of seconds"),
    (PLAIN + "?sslmode=verify-full&sslrootcert=/nowhere/root.crt", "can't be read (sslrootcert)"),
    (PLAIN + "?sslmode=require&sslcert=/nowhere/me.crt", "can't be read (sslcert)"),
    (PLAIN + "?sslmode=prefer&sslcert=/nowhere/me.crt", "require or stronger"),
]


@pytest.mark.parametrize(("pasted", "meant", "connect_args"), UNDERSTOOD)
def test_a_pasted_url_becomes_one_for_asyncpg(pasted: str, meant: str, connect_args: dict[str, Any]) -> None:
    url, connect = normalise(pasted)
    assert url.render_as_string(hide_password=False) == meant
    assert connect == connect_args
    assert "s3cret" not in repr(url)
    assert "s3cret" not in repr(connect)


@pytest.mark.parametrize(("pasted", "meant", "connect_args"), UNDERSTOOD)
async def test_what_was_understood_makes_an_engine(
    pasted: str, meant: str, connect_args: dict[str, Any]
) -> None:
    url, connect = normalise(pasted)
    engine = create_async_engine(url, connect_args=connect)
    await engine.dispose()


@pytest.mark.parametrize(("options", "verify", "check_name"), CONTEXTS)
def test_verifying_modes_get_a_context(
    options: str, verify: ssl.VerifyMode, check_name: bool, tmp_path: Path
) -> None:
    root = tmp_path / "root.crt"
    root.write_text(_certificate())
    _, connect = normalise(f"{PLAIN}?{options.format(root=root)}")
    context = connect["ssl"]
    assert isinstance(context, ssl.SSLContext)
    assert context.verify_mode is verify
    assert context.check_hostname is check_name


@pytest.mark.parametrize(("pasted", "words"), REFUSED)
def test_a_refusal_is_plain_and_keeps_the_password(pasted: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)) as refusal:
        normalise(pasted)
    assert "s3cret" not in "".join(traceback.format_exception_only(refusal.value))
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


def _certificate() -> str:
    """A certificate of nobody's, made here so that none has to be kept."""
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, None)
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()
