"""Sending e-mail, apart from the request that asks for it: nobody waits for a mail server, or learns how it went."""

import asyncio
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from enum import Enum
from urllib.parse import unquote, urlsplit

import structlog

log = structlog.get_logger()

SECONDS = 30
"""How long a mail server may take for each of its answers."""

AT_ONCE = 4
MOST_WAITING = 200
"""More than these waiting for the mail server, and new ones are dropped: whoever wants one asks again."""

PORTS = {"smtp": 25, "smtps": 465}
_FORM = "smtp://user:password@host:port, smtps://..., or smtp://...?starttls=1"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A mail server. `tls` from the first byte on, `starttls` before anything is said; the certificate is checked."""

    host: str
    port: int
    tls: bool = False
    starttls: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def read_smtp_url(url: str) -> SmtpServer:
    """The server a URL names: `smtp://user:password@host:port`, `smtps://`, `?starttls=1`; %-escapes are undone.

    Raises ValueError in words for the person who set it, without the URL, which holds a password.
    """
    form = f"CAREHOURS_SMTP_URL is not of the form {_FORM}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        # Its message quotes the URL.
        raise ValueError(form) from None
    starttls = parts.query == "starttls=1"
    odd = parts.query not in ("", "starttls=0", "starttls=1") or parts.path.strip("/") or parts.fragment
    if parts.scheme not in PORTS or not parts.hostname or odd:
        raise ValueError(form)
    if parts.scheme == "smtps" and starttls:
        raise ValueError("CAREHOURS_SMTP_URL asks for smtps and starttls; it is one or the other")
    if (parts.username is None) != (parts.password is None):
        raise ValueError("CAREHOURS_SMTP_URL has a user without a password, or a password without a user")
    return SmtpServer(
        parts.hostname,
        port or PORTS[parts.scheme],
        tls=parts.scheme == "smtps",
        starttls=starttls,
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
    )


def check_sender(address: str) -> None:
    """Raise ValueError unless this can be the sender of an e-mail: one plain address, without a name."""
    name, at, host = address.rpartition("@")
    plain = address.isascii() and address.isprintable() and not set(address) & set(' <>,;:"\\()[]')
    if not (name and at and host) or "@" in name or not plain:
        raise ValueError(f"CAREHOURS_MAIL_FROM is {address!r}; it must look like carehours@example.org")


class Sent(Enum):
    """What became of an e-mail that was sent while its sender waited."""

    YES = "yes"
    NO = "no"
    """The mail server did not take it."""
    UNKNOWN = "unknown"
    """The connection broke after the e-mail was on its way: it may have arrived."""


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    media_type: str
    content: bytes


def message_to(
    sender: str, recipient: str, subject: str, text: str, attachments: Sequence[Attachment] = ()
) -> EmailMessage:
    """An e-mail that a machine sends. Raises ValueError for an address that cannot stand in a header."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notice in return
    message.set_content(text)
    for each in attachments:
        main, _, sub = each.media_type.partition("/")
        message.add_attachment(each.content, maintype=main, subtype=sub, filename=each.name)
    return message


def code_message(sender: str, recipient: str, community_name: str, code: str) -> EmailMessage:
    """The e-mail with a one-time code. No links: whoever gets used to them follows a forged one some day."""
    text = (
        f"{code} is your code for {community_name}.\n\n"
        "Type it into the page where you asked for it. It works once, for ten minutes.\n\n"
        "If you did not ask for it, ignore this message. Never tell the code to anybody.\n"
    )
    return message_to(sender, recipient, "Your sign-in code", text)


class Mailer:
    """Sends e-mail through one server, a few at a time. Without a server it sends nothing."""

    def __init__(self, server: SmtpServer | None, sender: str) -> None:
        self._server = server
        self._sender = sender
        self._sending: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(AT_ONCE)

    @property
    def can_send(self) -> bool:
        return self._server is not None

    def send_code_soon(self, recipient: str, community_name: str, code: str) -> None:
        """Send a code in the background. A failure is logged, without the address, and not tried again."""
        if self._server is None:
            return
        if len(self._sending) >= MOST_WAITING:
            log.warning("mail_dropped", waiting=len(self._sending))
            return
        task = asyncio.create_task(self._send(self._server, recipient, community_name, code))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def send(
        self, recipient: str, subject: str, text: str, attachments: Sequence[Attachment] = ()
    ) -> Sent:
        """Send an e-mail, wait for the mail server, and say what became of it. A failure is logged as for a code."""
        if self._server is None:
            return Sent.NO
        async with self._turns:
            try:
                message = message_to(self._sender, recipient, subject, text, attachments)
                connection = await asyncio.to_thread(_connect, self._server)
            except (OSError, smtplib.SMTPException, ValueError) as problem:
                _log_failure(problem)
                return Sent.NO
            try:
                await asyncio.to_thread(_hand_over, connection, message)
            except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, ValueError) as problem:
                _log_failure(problem)
                return Sent.NO
            except (OSError, smtplib.SMTPException) as problem:
                _log_failure(problem)
                return Sent.UNKNOWN
        return Sent.YES

    async def _send(self, server: SmtpServer, recipient: str, community_name: str, code: str) -> None:
        async with self._turns:
            try:
                message = code_message(self._sender, recipient, community_name, code)
                await asyncio.to_thread(_send, server, message)
            except (OSError, smtplib.SMTPException, ValueError) as problem:
                _log_failure(problem)

    async def close(self) -> None:
        """Wait for what is being sent, and drop what is still waiting after a while."""
        if not self._sending:
            return
        _, late = await asyncio.wait(self._sending, timeout=5)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


def _log_failure(problem: Exception) -> None:
    # Not the message of the exception: a mail server's answers quote addresses. ValueError is of an address that
    # cannot stand in a header, or of a name that is none.
    log.warning("mail_failed", error=type(problem).__name__, smtp_code=getattr(problem, "smtp_code", None))


def _send(server: SmtpServer, message: EmailMessage) -> None:
    """Hand the message over, blocking. Raises OSError and smtplib.SMTPException."""
    _hand_over(_connect(server), message)


def _connect(server: SmtpServer) -> smtplib.SMTP:
    """A connection that is ready to take a message."""
    context = ssl.create_default_context()
    if server.tls:
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=SECONDS, context=context
        )
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
    try:
        if server.starttls:
            connection.starttls(context=context)
        if server.user is not None and server.password is not None:
            connection.login(server.user, server.password)
    except BaseException:
        connection.close()
        raise
    return connection


def _hand_over(connection: smtplib.SMTP, message: EmailMessage) -> None:
    with connection:
        connection.send_message(message)
