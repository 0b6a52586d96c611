"""The chain over events: each link names the one before, so that no row can be changed unseen.

    hash(n) = SHA-256(hash(n - 1) + canonical(event n)), hash(0) = 32 zero bytes

1. Canonical is JSON with sorted keys, no spaces, UTF-8 (as RFC 8785 has it, for the values that
   events hold); times are UTC with microseconds.
2. From where somebody acted is no part of it: addresses are forgotten after a while. A salted
   digest of it is, so that it cannot be changed as long as it is there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rushes.events.event import Event

START: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Origin:
    """From where somebody acted: address, program, and the id of the request."""

    address: str
    agent: str
    request_id: str
    salt: bytes

    def digest(self) -> bytes:
        """Return what the chain holds of it."""
        told = json.dumps([self.address, self.agent, self.request_id], ensure_ascii=False)
        return hashlib.sha256(self.salt + told.encode()).digest()


@dataclass(frozen=True, slots=True)
class Link:
    """One link; `number` counts from 1 without a gap."""

    number: int
    event_id: str
    origin_digest: bytes | None
    hash: bytes


@dataclass(frozen=True, slots=True)
class Row:
    """What the tables hold of one link: its event and its origin, where they are there still."""

    link: Link
    event: Event | None
    origin: Origin | None


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends; put away elsewhere, it proves that nothing was cut off."""

    number: int = 0
    hash: bytes = START


def canonical(event: Event, origin_digest: bytes | None) -> bytes:
    """Return an event as the chain has it."""
    document: Mapping[str, object] = {
        "id": event.id,
        "type": event.type.value,
        "created_at": format_moment(event.created_at),
        "actor": event.actor,
        "subject": event.subject,
        "project_id": event.project_id,
        "asset_id": event.asset_id,
        "data": dict(event.data),
        "origin": None if origin_digest is None else origin_digest.hex(),
    }
    return json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode("utf-8", "surrogatepass")  # SQLite keeps half of a pair: it must not stop the chain


def format_moment(moment: datetime) -> str:
    """Return a time as the chain has it."""
    return moment.isoformat(timespec="microseconds")


def join(head: Head, event: Event, origin_digest: bytes | None) -> Link:
    """Return the link that joins an event to a chain."""
    digest = hashlib.sha256(head.hash + canonical(event, origin_digest)).digest()
    return Link(head.number + 1, event.id, origin_digest, digest)


def find_fault(head: Head, row: Row) -> str | None:
    """Say what is wrong with the link behind a chain's head; None where nothing is."""
    link = row.link
    if link.number != head.number + 1:
        return f"The links {head.number + 1} to {link.number - 1} are missing."
    if row.event is None:
        return f"The event {link.event_id} of link {link.number} is missing."
    if join(head, row.event, link.origin_digest).hash != link.hash:
        return f"Link {link.number} does not fit: event {link.event_id} or its link was changed."
    if row.origin is not None and row.origin.digest() != link.origin_digest:
        return f"From where event {link.event_id} of link {link.number} came was changed."
    return None
