"""A real SMTP server on loopback, which keeps what it takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope


@dataclass(slots=True)
class Postbox:
    """The mail that came; `refused` says with what a recipient is refused, once for each."""

    port: int = 0
    mail: list[EmailMessage] = field(default_factory=list)
    refused: dict[str, list[str]] = field(default_factory=dict)

    async def handle_RCPT(self, *told: Any) -> str:  # noqa: N802 - the name that aiosmtpd calls
        """Take a recipient, or refuse it."""
        _server, _session, envelope, address, _options = told
        answers = self.refused.get(address, [])
        if answers:
            return answers.pop()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the same
        self, _server: SMTP, _session: object, envelope: Envelope
    ) -> str:
        """Take a message."""
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content).encode()
        self.mail.append(message_from_bytes(raw, _class=EmailMessage, policy=default))
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        """Return what came for somebody."""
        return [each for each in self.mail if each["To"] == address]


@asynccontextmanager
async def postbox() -> AsyncIterator[Postbox]:
    """Run it."""
    box = Postbox()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(box, hostname="here.example"), "127.0.0.1", 0
    )
    async with server:
        box.port = server.sockets[0].getsockname()[1]
        yield box
