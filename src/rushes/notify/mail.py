"""Mail by SMTP: a message is made, and handed to the server that the settings name.

The form of a message is that of RFC 5322; `Auto-Submitted` is of RFC 3834, `List-Unsubscribe` of
RFC 2369.
"""

from __future__ import annotations

import smtplib
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from rushes.errors import Kind, RushesError
from rushes.mailing import MailSettings
from rushes.notify.letter import on_one_line

SECONDS: Final = 30.0
"""How long the server may be silent."""

ROUND_SECONDS: Final = 120.0
"""Well within the time after which a letter that was taken is taken again."""

PERMANENT: Final = range(500, 600)

UNWRITABLE: Final = (AttributeError, LookupError, MessageError, TypeError, ValueError)
"""What `email` raises at an address or a header that it cannot parse; of one letter alone."""


class MailOff(RushesError):
    """No SMTP server is named."""

    code = "mail.off"
    kind = Kind.CONFLICT


class MailRefused(RushesError):
    """The SMTP server took a mail not."""

    code = "mail.refused"
    kind = Kind.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a message was not taken; `is_final` where another attempt cannot help."""

    words: str
    is_final: bool


@dataclass(frozen=True, slots=True)
class Words:
    """What a mail says, to whom, and by which id it is known."""

    id: str
    recipient: str
    subject: str
    body: str


def compose_message(words: Words, sender: str, now: datetime) -> EmailMessage:
    """Return the message; a second attempt makes the same `Message-ID`."""
    message = EmailMessage(policy=SMTP)
    domain = sender.rpartition("@")[2]
    message["From"] = Address("Rushes", addr_spec=sender)
    message["To"] = words.recipient
    message["Subject"] = on_one_line(words.subject)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{words.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["List-Unsubscribe"] = f"<mailto:{sender}?subject=unsubscribe>"
    message.set_content(words.body)
    return message


def send_all(settings: MailSettings, messages: Sequence[EmailMessage]) -> list[Failed | None]:
    """Hand messages to the server; say of each why it was not taken, or None.

    A message whose connection is lost has missed, and those behind it go over another. Where the
    server is slow, what was not begun within `ROUND_SECONDS` is not told of: it stays as it was.

    It waits for the network: call it in a thread.
    """
    outcomes: list[Failed | None] = []
    until = time.monotonic() + ROUND_SECONDS
    while len(outcomes) < len(messages) and time.monotonic() < until:
        is_connected = False
        try:
            with _connected(settings) as server:
                is_connected = True
                outcomes.extend(_send_in_time(server, messages[len(outcomes) :], until))
        except (smtplib.SMTPException, OSError, ValueError) as lost:
            missed = min(1 if is_connected else len(messages), len(messages) - len(outcomes))
            outcomes += [Failed(_words_of(lost), is_final=False)] * missed
    return outcomes


@contextmanager
def _connected(settings: MailSettings) -> Iterator[smtplib.SMTP]:
    if settings.host is None:
        raise MailOff("No mail is sent: set RUSHES_MAIL_HOST to your SMTP server.")
    context = ssl.create_default_context()
    if settings.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            settings.host, settings.port, timeout=SECONDS, context=context
        )
    else:
        server = smtplib.SMTP(settings.host, settings.port, timeout=SECONDS)
    with server:
        if settings.security == "starttls":
            server.starttls(context=context)
        if settings.user is not None:
            password = settings.password
            server.login(settings.user, "" if password is None else password.get_secret_value())
        yield server


def _send_in_time(
    server: smtplib.SMTP, messages: Sequence[EmailMessage], until: float
) -> Iterator[Failed | None]:
    for message in messages:
        if time.monotonic() > until:
            return
        yield _send(server, message)


def _send(server: smtplib.SMTP, message: EmailMessage) -> Failed | None:
    try:
        server.send_message(message)
    except smtplib.SMTPRecipientsRefused as refused:
        code, words = next(iter(refused.recipients.values()))
        return Failed(f"{code} {words.decode('utf-8', 'replace')}", code in PERMANENT)
    except smtplib.SMTPSenderRefused as refused:  # of settings and limits, not of this letter
        return Failed(_words_of(refused), is_final=False)
    except smtplib.SMTPDataError as refused:
        return Failed(_words_of(refused), refused.smtp_code in PERMANENT)
    except smtplib.SMTPNotSupportedError as refused:  # an address beyond ASCII
        return Failed(str(refused), is_final=True)
    except OSError:  # the connection's trouble
        raise
    except UNWRITABLE as wrong:
        return Failed(f"It cannot be written: {wrong}", is_final=True)
    return None


def _words_of(lost: Exception) -> str:
    if isinstance(lost, smtplib.SMTPResponseException):
        told = lost.smtp_error
        words = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
        return f"{lost.smtp_code} {words}"
    return f"The mail server cannot be reached: {lost}"
