"""The vaults: what keeps the edge small, brings back what is watched, and tells of both."""

from __future__ import annotations

from dataclasses import dataclass

from rushes.tiers.by_hand import ByHand
from rushes.tiers.check import Checking
from rushes.tiers.doubts import Doubts
from rushes.tiers.evict import Evicting
from rushes.tiers.overview import Overview
from rushes.tiers.reads import Reads
from rushes.tiers.recall import Recalling
from rushes.tiers.retain import Retaining
from rushes.tiers.upkeep import Upkeep


@dataclass(frozen=True, slots=True)
class Vaults:
    """Everything that moves objects between the edge and the archive."""

    reads: Reads
    doubts: Doubts
    recalling: Recalling
    evicting: Evicting
    retaining: Retaining
    by_hand: ByHand
    overview: Overview
    checking: Checking
    upkeep: Upkeep
