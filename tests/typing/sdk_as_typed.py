"""The SDK as its users type it: mypy judges this file with all others; pyright runs over it too."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

from rushes.client import Asset, AsyncAsset, AsyncRushes, Download, Rushes, Sent, Upload


def use_it(rushes: Rushes) -> None:
    """What a program that waits gets."""
    assert_type(rushes.send("a.mov", project="acme/spring"), Upload)
    assert_type(rushes.upload(Path("a.mov")), Asset)
    assert_type(rushes.upload("a.mov").wait_until_playable(timeout=5), Asset)
    assert_type(rushes.send_all(["a.mov"], project="acme/spring"), list[Sent])
    assert_type(rushes.resume_all(), list[Sent])
    assert_type(rushes.uploads("receiving", limit=5), list[Upload])
    assert_type(rushes.asset("ast_1").reload(), Asset)
    assert_type(rushes.find_download("ast_1"), Download)
    assert_type(rushes.download("ast_1", to=".", quality="720p"), Path)
    assert_type(list(rushes.assets("interview", state="ready")), list[Asset])
    rushes.cancel("upl_1")


async def await_it(rushes: AsyncRushes) -> None:
    """What a program that awaits gets."""
    assert_type(await rushes.send("a.mov", project="acme/spring"), Upload)
    assert_type(await rushes.upload(Path("a.mov")), AsyncAsset)
    assert_type(await (await rushes.upload("a.mov")).wait_until_playable(timeout=5), AsyncAsset)
    assert_type(await rushes.send_all(["a.mov"]), list[Sent])
    assert_type(await rushes.download("ast_1"), Path)
    assert_type([asset async for asset in rushes.assets()], list[AsyncAsset])
    await rushes.cancel("upl_1")


def misuse_it(rushes: Rushes) -> None:
    """What a checker has to refuse; an ignore that is not needed is an error itself."""
    rushes.send(7)  # type: ignore[arg-type]
    rushes.send("a.mov", projekt="x")  # type: ignore[call-arg]
    rushes.asset()  # type: ignore[call-arg]
    Rushes("https://media.example.com", paralel=3)  # type: ignore[call-arg]
