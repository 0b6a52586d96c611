"""Mail by SMTP: a message is made, and handed to the server that the settings name.

The form of a message is that of RFC 5322; `Auto-Submitted` is of RFC 3834, `List-Unsubscribe` of
RFC 2369.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
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

PERMANENT: Final = range(500, 600)


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
    """Hand messages to the server over one connection; say of each why it was not taken, or None.

    It waits for the network: call it in a thread.
    """
    outcomes: list[Failed | None] = []
    try:
        with _connected(settings) as server:
            outcomes.extend(_send(server, message) for message in messages)
    except (smtplib.SMTPException, OSError) as lost:  # whoever is left has to wait
        failed = Failed(_words_of(lost), is_final=False)
        outcomes += [failed] * (len(messages) - len(outcomes))
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


def _send(server: smtplib.SMTP, message: EmailMessage) -> Failed | None:
    try:
        server.send_message(message)
    except smtplib.SMTPRecipientsRefused as refused:
        code, words = next(iter(refused.recipients.values()))
        return Failed(f"{code} {words.decode('utf-8', 'replace')}", code in PERMANENT)
    except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as refused:
        return Failed(_words_of(refused), refused.smtp_code in PERMANENT)
    return None


def _words_of(lost: Exception) -> str:
    if isinstance(lost, smtplib.SMTPResponseException):
        told = lost.smtp_error
        words = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
        return f"{lost.smtp_code} {words}"
    return f"The mail server cannot be reached: {lost}"
