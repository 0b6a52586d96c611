"""The same request, asked twice by its key, is done once; the second time gets the first answer.

Rules of this file (draft-ietf-httpapi-idempotency-key-header-07):
1. A key belongs to its caller, for 24 hours. With another request it is refused.
2. While the first request is at work, the second is refused. If the server dies in between, nobody
   knows what was done: the key stays refused, and nothing is ever done twice.
3. Only successes are kept. What was refused made nothing, so it may be tried again by its key.
4. Answers are kept sealed, and requests as a digest by a key: some hold a secret or a password.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias

from rushes.access import answer_records
from rushes.access.answer_records import Kept, Place
from rushes.access.seal import Sealer
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.errors import Kind, RushesError

KEPT_FOR: Final = timedelta(hours=24)
RETRY_SECONDS: Final = 1.0
PURPOSE: Final = "kept_answers.digest"

Headers: TypeAlias = Sequence[tuple[str, str]]


class KeyUsedOtherwise(RushesError):
    """The same `Idempotency-Key` came with another request before."""

    code = "idempotency.used_otherwise"
    kind = Kind.UNUSABLE


class StillAtWork(RushesError):
    """The first request with this `Idempotency-Key` is still at work, or the server died in it."""

    code = "idempotency.at_work"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Answers:
    """Keeps answers."""

    database: Database
    clock: Clock
    sealer: Sealer

    async def begin(self, place: Place, digest: bytes) -> Answer | None:
        """Return the answer of an earlier request; None: this one is the first, and may go on.

        Raises:
            KeyUsedOtherwise: the earlier request was another one.
            StillAtWork: it has not been answered yet.
        """
        now, seals = self.clock.now(), self._seal(digest)
        async with self.database.transaction() as connection:
            await answer_records.delete_old_answers(connection, now - KEPT_FOR, place)
            if await answer_records.begin_answer(connection, place, seals[-1], now):
                return None
            kept = await answer_records.find_answer(connection, place)
        if kept is not None and kept.digest not in seals:
            raise KeyUsedOtherwise(
                "This `Idempotency-Key` was sent with another request. Choose a new one."
            )
        if kept is None or kept.status is None or kept.sealed is None:
            raise StillAtWork(
                "The first request with this `Idempotency-Key` has no answer yet. Ask again; if it "
                "stays so, look whether the thing was made, and choose a new key.",
                retry_after=RETRY_SECONDS,
            )
        return self._open(place, kept.status, kept)

    async def finish(self, place: Place, answer: Answer) -> None:
        """Keep an answer for those who ask the same again."""
        document = {
            "headers": [list(pair) for pair in answer.headers],
            "body": base64.b64encode(answer.body).decode(),
        }
        sealed = self.sealer.close(_name(place), json.dumps(document))
        async with self.database.transaction() as connection:
            await answer_records.finish_answer(connection, place, answer.status, sealed)

    async def give_up(self, place: Place) -> None:
        """Free a place: the request was refused, and made nothing."""
        async with self.database.transaction() as connection:
            await answer_records.delete_answer(connection, place)

    async def forget(self) -> None:
        """Forget what was kept for long enough."""
        async with self.database.transaction() as connection:
            await answer_records.delete_old_answers(connection, self.clock.now() - KEPT_FOR)

    def _seal(self, digest: bytes) -> list[bytes]:
        """Return what may be kept of a request by each key, the newest last.

        Without a key a body with a password in it could be guessed from what is kept.
        """
        keys = [key.derive(PURPOSE) for key in self.sealer.ring.keys]
        return [hmac.digest(key, digest, "sha256") for key in keys]

    def _open(self, place: Place, status: int, kept: Kept) -> Answer:
        document = json.loads(self.sealer.open(_name(place), kept.sealed or b""))
        headers = tuple((name, value) for name, value in document["headers"])
        return Answer(status, headers, base64.b64decode(document["body"]))


def _name(place: Place) -> str:
    return f"kept_answers.sealed.{place.caller}.{place.key}"
