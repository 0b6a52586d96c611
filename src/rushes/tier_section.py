"""The table `[tiers]` of the settings: which store each tier uses, and how much moves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from rushes.sections import GIB, MIB, Rung, Section, unfold

OUR_FOLDER: Final = "folder"
"""Name of the default folder of the archive, where the name of a store is asked for."""


class ArchiveSettings(Section):
    """Where originals and all that is made of them are kept for good."""

    store: str | None = None
    """Name of a store; by default the folder `archive` in the data folder."""
    former: str | None = None
    """The store from which the archive moves: what is there is read from there, and copied here.
    `folder` is the folder `archive` in the data folder. Take it out when all is moved."""
    on_conflict: Literal["keep_both", "leave"] = "keep_both"
    """While it moves: what becomes of ours whose name another object has in the new store.
    `keep_both`: it gets another name there. `leave`: it stays in the former store, and is told."""


class EdgeSettings(Section):
    """Near to viewers: pictures, and of what is played only what is watched. Never originals."""

    store: str | None = None
    """Name of a store, not the archive's; by default the folder `edge` in the data folder."""
    on_ingest: Literal["all", "none"] | tuple[Rung, ...] = ("360p", "540p")
    """Qualities that go there as soon as they are made: names, `all`, or `none`. The others come
    when they are watched."""

    @field_validator("on_ingest", mode="before")
    @classmethod
    def _split(cls, given: object) -> object:
        """Take the names from the environment, parted by commas."""
        return given if given in ("all", "none") else split(given)


RegionName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{0,31}$")]


class RegionSettings(Section):
    """A further edge, `[tiers.edges.REGION]`, near to viewers elsewhere: it holds what they watch.

    A region's name is of small letters and digits. In the environment:
    `RUSHES_TIERS_EDGES_REGION_STORE`.
    """

    store: str
    """Name of a store that no other tier uses."""
    countries: tuple[Annotated[str, Field(pattern="^[A-Z]{2}$")], ...] = ()
    """Countries whose viewers get their bytes from there: `US`, as ISO 3166-1 names them."""
    cap_bytes: int | None = Field(default=None, gt=0)
    """How much of it may be full; none by default."""

    @field_validator("countries", mode="before")
    @classmethod
    def _split(cls, given: object) -> object:
        """Take the names from the environment, parted by commas."""
        return split(given)


class EditingSettings(Section):
    """Where editors find the best proxy of each asset, in a folder of its project."""

    path: Path | None = None
    """A folder, mostly of a mount, that `rushes tiers prepare` made ours; none by default."""


class TierSettings(Section):
    """Which store each tier uses."""

    archive: ArchiveSettings = ArchiveSettings()
    edge: EdgeSettings = EdgeSettings()
    edges: dict[RegionName, RegionSettings] = Field(default={})
    """Further edges, each by the name of its region."""
    editing: EditingSettings = EditingSettings()
    scratch_bytes: int = Field(default=50 * GIB, ge=0)
    """What local copies of objects may take together that lie in a store without paths (S3)."""
    bandwidth_bytes: int | None = Field(default=None, ge=MIB)
    """Most bytes a second that one process moves between tiers; none by default."""
    scrub_bytes: int = Field(default=20 * GIB, ge=0)
    """How much of each tier the daily check reads again, on from where the last one ended."""
    import_daily: str | None = None
    """Where others put files into the archive, to be taken in daily: `old/{client}/{project}`."""

    @model_validator(mode="before")
    @classmethod
    def _unfold(cls, given: object) -> object:
        return unfold(given, {"archive", "edge", "edges", "editing"})

    @field_validator("edges", mode="before")
    @classmethod
    def _unfold_edges(cls, given: object) -> object:
        return unfold(given)

    @model_validator(mode="after")
    def _require_one_edge_a_country(self) -> Self:
        named = [country for edge in self.edges.values() for country in edge.countries]
        if len(set(named)) < len(named):
            raise ValueError("a country is led to one edge: tiers.edges names one twice")
        if "home" in self.edges:
            raise ValueError("tiers.edges.home is the name of the edge in [tiers.edge]")
        return self


def split(given: object) -> object:
    """Return words from the environment, parted by commas; all else as it is."""
    if not isinstance(given, str):
        return given
    return tuple(word.strip() for word in given.split(",") if word.strip())


def list_chosen(tiers: TierSettings) -> list[tuple[str | None, str]]:
    """Return the store of the archive, of the edge, and the former one of the archive if it moves.

    Each by its name, or None and the folder in the data folder.
    """
    chosen: list[tuple[str | None, str]] = [
        (tiers.archive.store, "archive"),
        (tiers.edge.store, "edge"),
    ]
    former = tiers.archive.former
    if former is not None:
        chosen.append((None if former == OUR_FOLDER else former, "archive"))
    return chosen
