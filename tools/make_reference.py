"""Write the pages of docs/reference that are made from the code.

    python tools/make_reference.py [--check]

`errors.md` lists every class of the family `RushesError`, `settings.md` every setting with its
reason and default, `events.md` every type of event; `states.md` draws the tables of steps;
`http.md` and `cli.md` list routes and commands.
`--check` writes nothing and names the pages that are not what the code says.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr, TypeAdapter
from pydantic.fields import FieldInfo

import rushes
from reference_faces import make_cli, make_http
from rushes.cli.voice import EXIT_CODES
from rushes.errors import RushesError
from rushes.events.event import EventType
from rushes.http.problem import STATUSES
from rushes.jobs import job
from rushes.library import asset
from rushes.renditions import rendition
from rushes.settings import Settings
from rushes.tiers import placement
from rushes.uploads import upload

REFERENCE: Final = Path(__file__).resolve().parent.parent / "docs" / "reference"

MEANINGS: Final = {
    "account.code_used": "A recovery code took the place of a second factor; it is good no more.",
    "account.codes_renewed": "New recovery codes took the place of the old ones.",
    "account.created": "Someone got an account.",
    "account.deleted": "An account was removed.",
    "account.factor_added": "A second factor is asked for when this account logs in.",
    "account.factor_removed": "An account has no second factor any more.",
    "account.locked_down": "Every session, token, link and share of an account ended at once.",
    "account.updated": "Role, name or password of an account changed, or it was locked.",
    "account.vouched_for": "A provider of identities vouched for an account for the first time.",
    "asset.colored": "Somebody chose other colours for an asset.",
    "asset.created": "An accepted upload was filed in the library.",
    "asset.deleted": "An asset was taken out of the library.",
    "asset.failed": "Nothing can be shown of an asset; its original stays downloadable.",
    "asset.playable": "The first rendition plays.",
    "asset.ready": "Every wanted rendition is made.",
    "asset.updated": "Name, tags, notes or metadata of an asset changed.",
    "field.created": "A field of custom metadata was defined.",
    "field.deleted": "A field was removed; values that assets have stay.",
    "field.updated": "Label or choices of a field changed.",
    "key.forgotten": "A key that closed nothing any more was deleted.",
    "key.rotated": "A new key closes what is kept sealed, or signs what is given out.",
    "link.created": "An upload link was made.",
    "link.deleted": "An upload link was removed; what came through it stays.",
    "link.updated": "An upload link was changed, switched off or on.",
    "link.used": "An upload began through a link.",
    "partner.asked": "An asset was handed to a partner; it is on its way there.",
    "partner.failed": "A partner took no asset, or made nothing of it; `data.code` says why.",
    "partner.ready": "An asset can be watched or looked at over at a partner.",
    "partner.removed": "A partner deleted what it had of an asset.",
    "partner.withdrawn": "An asset was taken back from a partner, which will delete it.",
    "placement.evicted": "An object left the edge; the archive has it, and `data.reason` says why.",
    "placement.lost": "A store lacks an object, or holds other bytes; another copy answers for it.",
    "placement.pinned": "Somebody keeps an asset on the edge until a time, or lets it go again.",
    "placement.present": "An object is on a tier and its digest was verified.",
    "placement.recalled": "An object that was read is on the edge again, verified.",
    "placement.repaired": "An object that was lost is there again, verified.",
    "placement.wished": "An object was read that is not on the edge; it is on its way there.",
    "project.created": "A client's project was made.",
    "project.deleted": "A project was deleted with all its assets; each of them is told as well.",
    "project.updated": "A project got another name or other members.",
    "rendition.failed": "One rendition could not be made; the reason is in `data`.",
    "rendition.ready": "One rendition is whole.",
    "rendition.wanted": "Qualities are to be made that rested, or that a new recipe makes anew.",
    "roll_out.wanted": "All that an older recipe made is to be made anew.",
    "scan.failed": "The virus scanner was away or broke, however often it was asked.",
    "scan.finished": "A file was scanned and is clean, or could not be scanned: `scan`, `why`.",
    "scan.infected": "The virus scan found something: `found`. The file is quarantined.",
    "scan.reopened": "An admin had a file looked through again, or let it in: `deed`, `reason`.",
    "session.created": "Someone logged in.",
    "session.ended": "Someone logged out, or a session was ended for them.",
    "session.refused": "An attempt to log in failed.",
    "share.created": "A share was made.",
    "share.deleted": "A share was removed; what it listed stays.",
    "share.downloaded": "A visitor of a share took a file, for the first time in their visit.",
    "share.updated": "A share was changed, switched off or on.",
    "share.viewed": "A visit of a share began.",
    "tier.alert": "Something is wrong with a tier, or is over; or a check found losses.",
    "tier.check_asked": "Somebody asked to compare rows and stores.",
    "tier.eviction_asked": "Somebody said yes to a plan of what leaves the edge.",
    "tier.mount_back": "The folder of the editors is there again; what waited is written.",
    "tier.mount_lost": "The folder of the editors is away or cannot be written; its work waits.",
    "tier.moved": "Everything that the archive kept has moved to its new store.",
    "token.created": "An API token was made.",
    "token.revoked": "An API token was withdrawn.",
    "upload.accepted": "The bytes are what they say they are; an asset exists.",
    "upload.cancelled": "An unfinished upload was taken back.",
    "upload.completed": "The last byte is durable; the file goes to the gate.",
    "upload.created": "An upload began.",
    "upload.expired": "An unfinished upload rested too long and was removed.",
    "upload.quarantined": "The gate refused the file; it is kept apart.",
    "upload.readable": "The first 64 KiB are committed; only the journey follows it.",
    "webhook.created": "A webhook was made.",
    "webhook.deleted": "A webhook was removed.",
    "webhook.paused": "A webhook's receiver was away for days, or for good; nothing is sent there.",
    "webhook.pinged": "Someone tried a webhook; only that one gets it.",
    "webhook.updated": "A webhook was changed, paused, let go on, or got a new secret.",
}


def main() -> None:
    """Write what changed, or say what would."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, name stale pages")
    check = parser.parse_args().check
    stale = [name for name, text in make_pages().items() if read_page(name) != text]
    if check and stale:
        sys.exit(f"Not what the code says: {', '.join(stale)}. Run `make reference`.")
    for name in stale:
        (REFERENCE / name).write_text(make_pages()[name], encoding="utf-8")
        print(f"written: {name}")


def make_pages() -> dict[str, str]:
    """Return the text of each page by its file name."""
    return {name: "\n".join(maker()) + "\n" for name, maker in PAGES.items()}


def read_page(name: str) -> str:
    """Return a page as it stands; empty where there is none."""
    page = REFERENCE / name
    return page.read_text(encoding="utf-8") if page.is_file() else ""


def make_errors() -> Iterator[str]:
    """Yield the page of the errors, in the order of their codes."""
    yield "# Errors"
    yield ""
    yield "Every error has a stable `code`, a kind, and a sentence that says what to do."
    yield "HTTP answers `application/problem+json` (RFC 9457); commands exit with the kind's code."
    yield "*Made from the code by `make reference`.*"
    yield ""
    yield "| kind | HTTP | exit |"
    yield "|---|---|---|"
    for kind, status in STATUSES.items():
        yield f"| {kind} | {status} | {EXIT_CODES[kind]} |"
    yield ""
    yield "| code | kind | what happened |"
    yield "|---|---|---|"
    for error in list_errors():
        yield f"| `{error.code}` | {error.kind} | {_first_sentence(error)} |"


def list_errors() -> list[type[RushesError]]:
    """Return every class of the family that bears a code of its own, sorted by it."""
    for module in pkgutil.walk_packages(rushes.__path__, "rushes."):
        if not module.name.endswith("__main__") and ".migrations" not in module.name:
            importlib.import_module(module.name)
    members = {member for member in _descend(RushesError) if "code" in vars(member)}
    ours = {member for member in members if member.__module__.startswith("rushes.")}
    return sorted(ours, key=lambda member: (member.code, member.__module__))


def _descend(error: type[RushesError]) -> Iterator[type[RushesError]]:
    yield error
    for child in error.__subclasses__():
        yield from _descend(child)


def _first_sentence(documented: type) -> str:
    return (inspect.getdoc(documented) or "").partition("\n\n")[0].replace("\n", " ")


NAME: Final = "NAME"
"""Stands for a name of the reader's own."""


def make_settings() -> Iterator[str]:
    """Yield the page of the settings, table by table."""
    yield "# Settings"
    yield ""
    yield "Read from the environment (`RUSHES_*`), else from `rushes.toml`, else the default."
    yield "Durations are seconds or ISO 8601 (`PT12H`, `P7D`); lists in the environment are JSON."
    yield "*Made from the code by `make reference`.*"
    tops = Settings.model_fields
    plain = {name: field for name, field in tops.items() if _section(field) is None}
    yield from _settings_table("General", (), plain)
    for name, field in tops.items():
        section = _section(field)
        if section is not None:
            named = (NAME,) if get_origin(field.annotation) is dict else ()
            yield from _settings_section((name, *named), section)


def _settings_section(path: tuple[str, ...], section: type[BaseModel]) -> Iterator[str]:
    """Yield a table of settings, and the tables in it."""
    about = (inspect.getdoc(section) or "").partition("\n\n")[0]
    fields = section.model_fields
    plain = {name: field for name, field in fields.items() if _section(field) is None}
    if plain:
        yield from _settings_table(f"`[{'.'.join(path)}]`", path, plain, about)
    for name, field in fields.items():
        inner = _section(field)
        if inner is not None:
            yield from _settings_section((*path, name), inner)


def _settings_table(
    title: str, above: tuple[str, ...], fields: dict[str, FieldInfo], about: str = ""
) -> Iterator[str]:
    yield from ("", f"## {title}", "")
    if about:
        yield from (about, "")
    yield "| setting | environment | takes | default | meaning |"
    yield "|---|---|---|---|---|"
    for name, field in fields.items():
        environment = "_".join(["RUSHES", *above, name]).upper()
        meaning = " ".join((field.description or "").split())
        cells = [f"`{name}`", f"`{environment}`", _takes(field.annotation), _default(field)]
        yield f"| {' | '.join(cells)} | {meaning} |"


def _section(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    if get_origin(kind) is dict:  # tables by names of the reader's own
        kind = get_args(kind)[1]
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


NAMES: Final[dict[Any, str]] = {
    NoneType: "nothing",
    SecretStr: "secret",
    Decimal: "number",
    bool: "true or false",
    float: "number",
    int: "whole number",
    str: "text",
    timedelta: "duration",
    Path: "path",
}


def _takes(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return ", ".join(f"`{word}`" for word in get_args(kind))
    if get_origin(kind) in {Union, UnionType}:
        return " or ".join(_takes(part) for part in get_args(kind) if part is not NoneType)
    if get_origin(kind) is dict:
        return "table"
    if get_origin(kind) is tuple:
        return f"list of {_takes(get_args(kind)[0])}"
    return NAMES.get(kind, getattr(kind, "__name__", str(kind)))


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value in (None, (), {}):
        return "none"
    if isinstance(value, timedelta):
        return f"`{TypeAdapter(timedelta).dump_python(value, mode='json')}`"
    if isinstance(value, tuple):
        return ", ".join(f"`{part}`" for part in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def make_events() -> Iterator[str]:
    """Yield the page of the events, in the order of their names.

    Raises:
        SystemExit: a type of event has no meaning here yet, or a meaning has no type.
    """
    strangers = {str(member) for member in EventType} ^ MEANINGS.keys()
    if strangers:
        sys.exit(f"tools/make_reference.py and EventType disagree about {', '.join(strangers)}")
    yield "# Events"
    yield ""
    yield "A fact in the past tense, written in the same transaction as the change it tells of."
    yield "`data` names `asset_id`, `client` and `project` where there are any."
    yield "*Made from the code by `make reference`.*"
    yield ""
    yield "| type | what happened |"
    yield "|---|---|"
    for name in sorted(MEANINGS):
        yield f"| `{name}` | {MEANINGS[name]} |"


MACHINES: Final[dict[str, Mapping[Any, StrEnum]]] = {
    "Upload": upload.STEPS,
    "Asset": asset.STEPS,
    "Rendition": rendition.STEPS,
    "Placement": placement.STEPS,
    "Job": job.STEPS,
}


def make_states() -> Iterator[str]:
    """Yield the page that draws each table of steps."""
    yield "# States"
    yield ""
    yield "What a thing may do next; any other step is refused and changes nothing."
    yield "*Drawn from the tables in the code by `make reference`.*"
    for name, steps in MACHINES.items():
        first = next(iter(steps))[0]
        led_to = {first, *steps.values()}
        starts = [first, *dict.fromkeys(state for state, _ in steps if state not in led_to)]
        yield from ("", f"## {name}", "", "```mermaid", "stateDiagram-v2")
        yield from (f"    [*] --> {start}" for start in starts)
        for (state, step), after in steps.items():
            yield f"    {state} --> {after}: {step}"
        yield "```"


PAGES: Final = {
    "errors.md": make_errors,
    "settings.md": make_settings,
    "events.md": make_events,
    "states.md": make_states,
    "http.md": make_http,
    "cli.md": make_cli,
}


if __name__ == "__main__":
    main()
