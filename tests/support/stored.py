"""Objects for tests of stores: content, what is known of it, and what a store holds."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

from rushes.stores.blocks import BLOCK_BYTES, Fingerprint
from rushes.stores.filesystem import FolderStore
from rushes.stores.provider import Abilities, PartProof
from rushes.stores.s3 import S3Store

AnyStore = FolderStore | S3Store

CLIP = bytes(range(256)) * 9_000
KEY = "proxies/acme/spring/ast_1/720p.mp4"

FOUND = {
    "ceph": Abilities(part_proof=PartProof.SHA256, refuses_taken_put=True, cors=True),
    "swift": Abilities(part_proof=PartProof.SHA256, refuses_taken_complete=True),
}
"""What a probe finds on the two servers of our tests (tests/integration proves it)."""


async def pieces(content: bytes, step: int = 100_000) -> AsyncIterator[bytes]:
    """Give the content in pieces."""
    for at in range(0, len(content), step):
        yield content[at : at + step]


def known_of(content: bytes) -> Fingerprint:
    """Return what is known of content whose blocks nobody computed."""
    return Fingerprint(len(content), whole=hashlib.sha256(content).digest())


def blocks_of(content: bytes) -> Fingerprint:
    """Return what is known of content that came in through us."""
    cuts = range(0, len(content), BLOCK_BYTES)
    digests = tuple(hashlib.sha256(content[at : at + BLOCK_BYTES]).digest() for at in cuts)
    return Fingerprint(len(content), blocks=digests)


async def read(store: AnyStore, key: str, start: int = 0, end: int | None = None) -> bytes:
    """Return bytes of an object."""
    return b"".join([piece async for piece in store.get(key, start, end)])


async def list_unfinished(store: AnyStore) -> list[object]:
    """Return what writers began and did not end."""
    if isinstance(store, S3Store):
        return list(await store.list_multiparts())
    return list((store.root / ".rushes" / "part").iterdir())
