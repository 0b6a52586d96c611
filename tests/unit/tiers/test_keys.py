"""The edge takes keys of renditions, and none of an original."""

from __future__ import annotations

import pytest

from rushes.ids import Prefix, new
from rushes.tiers.keys import EdgeKey, edge_key
from rushes.tiers.placement import OriginalRefused
from tests.support.moments import NOON

RENDITION = new(Prefix.RENDITION, NOON, bytes(16))


@pytest.mark.covers("CF-06", "M-ST-05")
def test_keys_of_the_edge_have_the_layout_of_the_house() -> None:
    """Proxies and stills, by the id of the asset."""
    keys = (
        edge_key(RENDITION, "ast_1", "720p.mp4", is_still=False).text,
        edge_key(RENDITION, "ast_1", "poster.jpg", is_still=True).text,
    )

    assert ("proxies/ast_1/720p.mp4", "stills/ast_1/poster.jpg") == keys


@pytest.mark.covers("T-TI-03")
@pytest.mark.parametrize("prefix", sorted(set(Prefix) - {Prefix.RENDITION}))
def test_no_key_of_the_edge_is_made_of_anything_but_a_rendition(prefix: Prefix) -> None:
    """Neither of a content, which is an original, nor of anything else."""
    with pytest.raises(OriginalRefused):
        edge_key(new(prefix, NOON, bytes(16)), "ast_1", "clip.mov", is_still=False)


@pytest.mark.covers("T-TI-03")
@pytest.mark.parametrize("text", ["originals/acme/spring/ast_1/a.mov", "a", "xproxies/a"])
def test_no_text_but_that_of_a_rendition_is_a_key_of_the_edge(text: str) -> None:
    """Even where somebody builds the key by hand."""
    with pytest.raises(OriginalRefused):
        EdgeKey(text)
