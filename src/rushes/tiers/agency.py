"""The agency: lets an agent on another machine keep the editors' tree that is mounted there.

One tree is kept at a time. An agent shows the id of its tree; the first one that comes makes its
tree ours, another tree only if a person says so. An agent that comes anew takes the place of the
one before.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import dataclass, field
from typing import Final

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.errors import Kind, RushesError
from rushes.tiers import editing_records
from rushes.tiers.editing_far import FarHand, Sign
from rushes.tiers.locate import Locator
from rushes.tiers.mirror import Mirroring

ID_BYTES: Final = 12

LOG: Final = logging.getLogger(__name__)


class OtherTree(RushesError):
    """The folder of the agent is not the one that is kept."""

    code = "editing.other_tree"
    kind = Kind.CONFLICT


class AgentUnknown(RushesError):
    """The server does not know this agent any more; it comes anew."""

    code = "editing.agent_unknown"
    kind = Kind.GONE


@dataclass(frozen=True, slots=True)
class Session:
    """An agent that was let in, the hand that it lends, and the mirror that works with it."""

    id: str
    hand: FarHand
    mirroring: asyncio.Task[None] = field(repr=False)


@dataclass(slots=True)
class Agency:
    """Lets agents in; for one event loop."""

    database: Database
    clock: Clock
    locator: Locator
    _session: Session | None = None

    async def admit(self, tree_id: str, sign: Sign, *, replaces: bool = False) -> Session:
        """Let an agent in whose tree has this id.

        Args:
            tree_id: the id in the marker of its folder.
            sign: gives the addresses at which it reads proxies.
            replaces: whether its tree becomes the one that is kept, whatever was before.

        Raises:
            OtherTree: another tree is kept.
        """
        async with self.database.transaction() as connection:
            known = await editing_records.find_tree(connection)
            if known is not None and known.tree_id != tree_id and not replaces:
                raise OtherTree(
                    "The editing tier is kept in another folder. Start the agent with "
                    "`--replace` if this one is to take its place."
                )
            await editing_records.record_tree(connection, tree_id)
        if self._session is not None:
            self._session.mirroring.cancel()
        session_id, hand = secrets.token_hex(ID_BYTES), FarHand(sign)
        hand.hear()
        mirroring = Mirroring(
            self.database, self.clock, self.locator, hand.opened, f"agent {session_id}"
        )
        self._session = Session(session_id, hand, asyncio.create_task(mirroring.run()))
        return self._session

    def get(self, session_id: str) -> Session:
        """Return an agent's session.

        Raises:
            AgentUnknown: there is none, another agent took its place, or its mirror has failed.
        """
        self._let_go()
        if self._session is None or self._session.id != session_id:
            raise AgentUnknown("The server does not know this agent any more. Let it begin anew.")
        self._session.hand.hear()
        return self._session

    def _let_go(self) -> None:
        """Forget a session whose mirror has ended: its agent comes anew, and so does a mirror."""
        if self._session is None or not self._session.mirroring.done():
            return
        ended, self._session = self._session.mirroring, None
        error = None if ended.cancelled() else ended.exception()
        LOG.error("the mirror of an agent ended", exc_info=error)
