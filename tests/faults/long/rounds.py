"""Rounds of a fault: many senders, a server that dies again and again, and the reckoning."""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from tests.faults.long.house import House
from tests.faults.long.journal import MIB, Journal, Lost, Parcel, make_parcel
from tests.faults.long.line import Gone, Line
from tests.faults.long.ways import BUSY, WAYS, Desk, Refused, Way

PACE = 0.03
"""Seconds after each 64 KiB: slow enough for a middle to die in."""

PAUSE = 0.05
"""Seconds after a refusal."""

REST_EVERY = 20
"""After so many deaths all work is done and looked at."""

REST_SECONDS = 600.0
LIFE_SECONDS = 30.0
"""A life ends after this time in any case."""
SETTLED = frozenset({"ready", "failed"})


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is made of."""

    faults: int
    uploads: int
    ways: Sequence[str]
    largest: int = 24 * MIB
    pace: float = PACE
    seconds: float = 3600.0
    """No more faults are made after this time."""
    tell: Callable[[str], object] = field(default=lambda _: None, repr=False)
    """Who hears how far it is."""
    forgiven: frozenset[int] = BUSY
    """Answers that say no more than `come again`; any other refusal ends the run."""


@dataclass(slots=True)
class Run:
    """A run: who sends what, what was acknowledged, and what was done to the server."""

    plan: Plan
    house: House
    chance: random.Random
    journal: Journal = field(default_factory=Journal)
    sent: list[Parcel] = field(default_factory=list)
    """Complete, and not looked at yet."""
    verified: int = 0
    verified_bytes: int = 0
    faults: int = 0
    is_last: bool = False
    """No new file is begun any more."""
    under_way: dict[int, Parcel] = field(default_factory=dict)
    _number: int = 0
    _ways: dict[str, Way] = field(default_factory=dict)

    async def play(self, strike: Callable[[], Awaitable[None]]) -> None:
        """Send all the time, strike again and again, and look at everything at the end.

        Raises:
            Lost: something that was acknowledged is not there.
        """
        await self.house.start()
        self.employ()
        deadline = time.monotonic() + self.plan.seconds
        while self.faults < self.plan.faults and time.monotonic() < deadline:
            await self.live(strike)
            self.faults += 1
            await self.house.start()
            await self.recheck()
            self.plan.tell(f"{self.faults}: {self.journal.acknowledgements} acknowledgements")
            if self.faults % REST_EVERY == 0:
                await self.verify()
        self.is_last = True
        await self.send_all()
        await self.recheck()
        await self.verify()
        await self.house.stop()

    def employ(self) -> None:
        """Make the senders of each protocol."""
        token, link = self.house.make_senders()
        line = Line(self.house.served.url, self.plan.pace)
        proof = {"Authorization": f"Bearer {token}"}
        desk = Desk(line, self.journal, self.chance, proof, link)
        self._ways = {name: WAYS[name](desk) for name in self.plan.ways}

    async def live(self, strike: Callable[[], Awaitable[None]]) -> None:
        """Let everybody send until some bytes more are acknowledged, then strike.

        Acknowledgements are counted and no time is, so a slow machine has lives of the same kind.
        """
        most = 2 * self.plan.uploads if self.chance.random() < 0.8 else 6 * self.plan.uploads
        wanted = self.journal.acknowledgements + self.chance.randrange(1, most)
        sending = asyncio.create_task(self.send_all())
        deadline = time.monotonic() + LIFE_SECONDS
        while self.journal.acknowledgements < wanted and time.monotonic() < deadline:
            await asyncio.wait([sending], timeout=self.chance.uniform(0.001, 0.1))
        await strike()
        await sending

    async def send_all(self) -> None:
        """Let each sender send, file after file, until the server is gone or all is sent."""
        async with asyncio.TaskGroup() as group:
            for place in range(self.plan.uploads):
                group.create_task(self.send_at(place))

    async def send_at(self, place: int) -> None:
        """Send the file of one place, and the next."""
        with suppress(Gone):
            while True:
                parcel = self.under_way.get(place) or self.take(place)
                if parcel is None:
                    return
                await carry(self._ways[parcel.way], parcel, self.plan.forgiven)
                self.sent.append(parcel)
                del self.under_way[place]

    def take(self, place: int) -> Parcel | None:
        """Return the next file of a place, of its protocol."""
        if self.is_last:
            return None
        self._number += 1
        way = self.plan.ways[place % len(self.plan.ways)]
        parcel = make_parcel(self._number, way, self.chance, self.plan.largest)
        self.under_way[place] = parcel
        return parcel

    async def recheck(self) -> None:
        """Ask for every file that is not verified; what was acknowledged has to be there."""
        for parcel in [*self.under_way.values(), *self.sent]:
            if parcel.path or parcel.paths:
                told = await self._ways[parcel.way].look(parcel)
                self.journal.check(parcel, told)

    async def verify(self) -> None:
        """Compare all that was sent with what is kept: the digest that is told, and the bytes."""
        desk = next(iter(self._ways.values())).desk
        for parcel in self.sent:
            asset_id = await self.settle(desk, parcel)
            await self.compare(desk, parcel, asset_id)
            self.verified += 1
            self.verified_bytes += len(parcel.content)
        self.sent.clear()

    async def settle(self, desk: Desk, parcel: Parcel) -> str:
        """Return the asset of a file, once all is known of it.

        Raises:
            Lost: there never was one.
        """
        deadline = time.monotonic() + REST_SECONDS
        while time.monotonic() < deadline:
            upload = await desk.read(parcel.upload_id)
            if upload["asset_id"] is not None:
                answer = await desk.line.ask(
                    "GET", f"/api/v1/assets/{upload['asset_id']}", headers=desk.proof
                )
                asset = answer.json() if answer.status == 200 else {}
                if asset.get("state") in SETTLED and asset.get("digest"):
                    if asset["digest"] != parcel.digest:
                        raise Lost(f"{parcel.name} ({parcel.way}) is kept with other bytes")
                    return str(asset["id"])
            await asyncio.sleep(0.5)
        raise Lost(f"{parcel.name} ({parcel.way}) never became an asset")

    async def compare(self, desk: Desk, parcel: Parcel, asset_id: str) -> None:
        """Fetch the original, wherever it lies, and compare its bytes."""
        way = f"/api/v1/assets/{asset_id}/download?quality=original"
        told = await desk.line.ask("GET", way, headers=desk.proof)
        address = str(told.json()["url"])
        answer = await desk.line.ask("GET", address)
        if answer.status in {302, 303, 307}:
            answer = await desk.line.ask("GET", answer.headers["location"])
        kept = hashlib.sha256(answer.body).digest()
        if kept != hashlib.sha256(parcel.content).digest():
            raise Lost(f"{parcel.name} ({parcel.way}) gives other bytes: {answer.status}")


async def carry(way: Way, parcel: Parcel, forgiven: frozenset[int]) -> None:
    """Send what is missing of a file, as often as it takes.

    Raises:
        Gone: there is no server any more.
        Refused: an answer that is not forgiven.
    """
    journal = way.desk.journal
    while not parcel.is_sent:
        try:
            if not parcel.path and not parcel.paths:
                await way.begin(parcel)
            told = await way.ask(parcel)
            journal.check(parcel, told)
            await way.send(parcel, told)
        except Refused as refused:
            journal.refusals[f"{parcel.way}: {refused}"] += 1
            if refused.answer.status not in forgiven:
                raise
            await asyncio.sleep(PAUSE)
