"""Visitors of a share: let in, counted once, and given what the share lists and nothing else.

1. A visit is counted when it begins, in the transaction that judges its limit; whoever shows the
   pass of a visit is not counted again.
2. Each call judges the share anew; addresses that were signed for it are judged while they are
   served, from what was read at most `standing.LOOK_SECONDS` ago.
3. A visitor becomes an actor for one asset, after the share was found to list it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rushes.access import records as access_records
from rushes.access.hashing import Hashing
from rushes.access.keys import Ring
from rushes.access.permit import Actor, ActorKind, Scope
from rushes.access.project import Project
from rushes.access.rates import Rates, Rule, subject_of
from rushes.access.telling import tell
from rushes.access.token import TokenKind, digest_of, is_token
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.db.statements import After
from rushes.delivery import share_pass
from rushes.delivery import share_records as records
from rushes.delivery.download import Download, Downloading
from rushes.delivery.medium import Medium, get_medium, unknown_asset
from rushes.delivery.playback import Playback, Playing, Waiting
from rushes.delivery.quality import AUTO, Hints
from rushes.delivery.share import (
    PASS_LIFE,
    NotShared,
    Share,
    ShareLocked,
    ShareState,
    judge,
    may_take,
    refusal,
    require_open,
    unknown_share,
)
from rushes.events.event import EventType
from rushes.intake.verdict import Scan
from rushes.library.asset import Asset
from rushes.renditions.rendition import PLAYED, WHOLE, State

PURPOSE: Final = "share-pass"
"""What the signing key is derived for."""

UNKNOWN_SHARES: Final = Rule("unknown-share", 10)
SHARE_PASSWORDS: Final = Rule("share-password", 5)


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody who is inside; `token` is that of the share with their pass behind it."""

    share: Share
    visitor: str
    token: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that may be downloaded of an asset; `progress` 0 to 1, size in bytes.

    The state of an original that is still looked through for viruses is `pending`.
    """

    quality: str
    state: str
    width: int | None
    height: int | None
    size_bytes: int | None
    progress: float


@dataclass(frozen=True, slots=True)
class Visiting:
    """Lets visitors in, and gives them what is shared."""

    database: Database
    clock: Clock
    signing: Ring
    hashing: Hashing
    rates: Rates
    playing: Playing
    downloading: Downloading

    async def find_facts(self, text: str, address: str) -> tuple[Share, Project, bool]:
        """Return a share, its project and whether its holder still has to come in by a password.

        Raises:
            ShareNotFound: no share has this token.
            ShareExpired, ShareRevoked, ShareUsedUp: it opens nothing any more.
            TooOften: the address has tried too many tokens.
        """
        token, proof = share_pass.split(text)
        share = await self._find(token, address)
        visitor = self._read(share, proof)
        state = judge(share, self.clock.now())
        if state is not ShareState.LIVE and not (
            state is ShareState.USED_UP and visitor is not None
        ):
            raise refusal(state)
        async with self.database.reading() as connection:
            project = await access_records.get_project(connection, share.project_id)
        return share, project, share.password_hash is not None and visitor is None

    async def begin(self, text: str, password: str | None, address: str) -> Visit:
        """Let a visitor in, and count the visit; one whose pass is good goes on with it.

        Raises:
            ShareNotFound, ShareExpired, ShareRevoked, ShareUsedUp: it opens nothing.
            ShareLocked: the password is missing or wrong.
            TooOften: it was tried too often from this address.
        """
        token, proof = share_pass.split(text)
        share = await self._find(token, address)
        visitor = self._read(share, proof)
        if visitor is not None:
            require_open(share, self.clock.now())
            return Visit(share, visitor, text)
        state = judge(share, self.clock.now())
        if state is not ShareState.LIVE:
            raise refusal(state)
        await self._check_password(share, password, address)
        await self._count(share)
        now, chance = self.clock.now(), self.clock.entropy(share_pass.VISITOR_BYTES)
        key = self.signing.newest.derive(PURPOSE)
        made = share_pass.make_pass(key, share.id, share.password_hash, chance, now + PASS_LIFE)
        opened = f"{token}{share_pass.SEPARATOR}{made}"
        return Visit(share, self._read(share, made) or "", opened)

    async def enter(self, text: str, address: str) -> Visit:
        """Return the visit of a token with its pass.

        Raises:
            ShareNotFound, ShareExpired, ShareRevoked: it opens nothing.
            ShareLocked: there is no visit, or it is over.
            TooOften: the address has tried too many tokens.
        """
        token, proof = share_pass.split(text)
        share = await self._find(token, address)
        require_open(share, self.clock.now())
        visitor = self._read(share, proof)
        if visitor is None:
            raise ShareLocked("Open the share's page first: a visit begins there.")
        return Visit(share, visitor, text)

    async def list_assets(self, visit: Visit, after: After, limit: int) -> Sequence[Asset]:
        """Return a page of what the share shows, newest first, and one more if there is."""
        async with self.database.reading() as connection:
            return await records.list_shown(connection, visit.share, after, limit + 1)

    async def get_asset(self, visit: Visit, asset_id: str) -> tuple[Asset, list[Choice]]:
        """Return one asset, and what of it may be downloaded.

        Raises:
            AssetNotFound: the share does not list it.
        """
        medium = await self._medium(visit, asset_id)
        return medium.asset, _list_choices(visit.share, medium)

    async def play(
        self, visit: Visit, asset_id: str, base: str, *, quality: str = AUTO, hints: Hints
    ) -> Playback | Waiting:
        """Say how to play an asset, or when to ask again.

        Raises:
            AssetNotFound: the share does not list it.
            NotShared: the share plays nothing.
            NotPlayable: it is no video or sound, or it failed.
        """
        actor = await self.find_viewer(visit, asset_id)
        return await self.playing.ask(actor, asset_id, base, quality=quality, hints=hints)

    async def find_viewer(self, visit: Visit, asset_id: str) -> Actor:
        """Return who looks at one asset.

        Raises:
            AssetNotFound: the share does not list it.
            NotShared: the share shows no more than names.
        """
        await self._medium(visit, asset_id)
        if not visit.share.may_play:
            raise NotShared("This share plays nothing. Download what it gives.")
        return actor_of_share(visit.share)

    async def download(
        self, visit: Visit, asset_id: str, base: str, *, quality: str
    ) -> Download | Waiting:
        """Return the address of a file, counted once for each visitor, or when to ask again.

        Raises:
            AssetNotFound: the share does not list it.
            NotShared: the share does not give this quality.
            QualityNotFound, QualityFailed: it is not, and will not be there.
        """
        share = visit.share
        medium = await self._medium(visit, asset_id)
        found = medium.renditions.get(quality)
        is_seen = found is not None and found.kind not in PLAYED
        if is_seen or not may_take(share, quality):
            raise NotShared("This share does not give this quality. Ask whoever sent it.")
        actor = actor_of_share(share)
        answer = await self.downloading.ask(actor, asset_id, base, quality=quality)
        if isinstance(answer, Download):
            async with self.database.transaction() as connection:
                await count_taken(connection, self.clock, visit, [asset_id], quality)
        return answer

    async def _medium(self, visit: Visit, asset_id: str) -> Medium:
        """Return an asset that the share lists."""
        async with self.database.reading() as connection:
            medium = await get_medium(connection, asset_id)
            is_there = medium.asset.project_id == visit.share.project_id
            if is_there and not visit.share.is_whole_project:
                is_there = await records.is_listed(connection, visit.share.id, asset_id)
        if not is_there:
            raise unknown_asset()
        return medium

    async def _find(self, token: str, address: str) -> Share:
        share = None
        if is_token(TokenKind.SHARE, token):
            digest = digest_of(token)
            share = await self.database.snapshot(
                lambda connection: records.find_share_by_digest(connection, digest)
            )
        if share is None:
            await self.rates.take(UNKNOWN_SHARES, subject_of(address))
            raise unknown_share()
        return share

    def _read(self, share: Share, proof: str) -> str | None:
        now, kept = self.clock.now(), share.password_hash
        keys = (key.derive(PURPOSE) for key in self.signing.keys)
        found = (share_pass.read_pass(key, proof, share.id, kept, now) for key in keys)
        return next((visitor for visitor in found if visitor is not None), None)

    async def _check_password(self, share: Share, password: str | None, address: str) -> None:
        if share.password_hash is None:
            return
        if password is None:
            raise ShareLocked("This share has a password. Open its page and give it there.")
        await self.rates.take(SHARE_PASSWORDS, f"{share.id}:{subject_of(address)}")
        if not await self.hashing.verify(share.password_hash, password):
            raise ShareLocked("That is not the password of this share. Ask whoever sent it.")

    async def _count(self, share: Share) -> None:
        now = self.clock.now()
        async with self.database.transaction() as connection:
            if not await records.count_view(connection, share.id, now):
                raise refusal(ShareState.USED_UP)
            await tell(
                connection,
                self.clock,
                EventType.SHARE_VIEWED,
                actor_id=share.id,
                subject=share.id,
                project=await access_records.get_project(connection, share.project_id),
                share_id=share.id,
                title=share.title,
            )


def actor_of_share(share: Share) -> Actor:
    """Return who acts when a visitor looks at something of a share."""
    return Actor(
        kind=ActorKind.SHARE,
        id=share.id,
        project_ids=frozenset({share.project_id}),
        scopes=frozenset({Scope.READ}),
        epoch=share.epoch,
    )


async def count_taken(
    connection: Connection, clock: Clock, visit: Visit, asset_ids: Sequence[str], quality: str
) -> None:
    """Count what a visitor takes, and tell of it; each asset in each quality once."""
    share, now = visit.share, clock.now()
    project = await access_records.get_project(connection, share.project_id)
    for asset_id in asset_ids:
        is_new = await records.count_download(
            connection, share.id, visit.visitor, asset_id, quality=quality, now=now
        )
        if is_new:
            await tell(
                connection,
                clock,
                EventType.SHARE_DOWNLOADED,
                actor_id=share.id,
                subject=share.id,
                project=project,
                share_id=share.id,
                asset_id=asset_id,
                quality=quality,
            )


def _list_choices(share: Share, medium: Medium) -> list[Choice]:
    """Return what may be downloaded: the original first, then the best quality first."""
    asset, choices = medium.asset, []
    if share.may_get_original:
        is_pending = asset.scan is Scan.PENDING
        state = asset.scan.value if is_pending else State.READY.value
        choices.append(
            Choice(
                "original",
                state,
                asset.width,
                asset.height,
                asset.size_bytes,
                0.0 if is_pending else 1.0,
            )
        )
    shown = [each for each in medium.renditions.values() if each.kind in WHOLE]
    for each in sorted(shown, key=lambda each: each.height or 0, reverse=True):
        if may_take(share, each.name) and each.state is not State.FAILED:
            part = each.done_segments / (each.all_segments or 1)
            choices.append(
                Choice(
                    each.name,
                    each.state.value,
                    each.width,
                    each.height,
                    each.size_bytes,
                    1.0 if each.state is State.READY else min(1.0, part),
                )
            )
    return choices
