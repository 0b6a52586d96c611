"""The boxed child that reads what xLights writes as XML: sequences, layouts, networks, models.

Runs as `python -I xlights.py` with the file as descriptor 0, and prints one JSON line of facts. The
file is read as a stream: no document type, no entities, bounded depth, text and counts. It imports
nothing of ours, because the box holds nothing of ours.

Elements as xLights writes them (its sources `XmlSerializer`, `SequenceFile`, `Model`): a sequence
has the root `xsequence`, what it is in `head` as ELEMENTS, its models and timing tracks as
`DisplayElements/Element`, and its effects as `ElementEffects/Element/EffectLayer/Effect`; a layout
has the root `xrgb`, the controllers `Networks`, a single model a root that ends in `model`.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat

INVALID, DTD, TOO_DEEP, TRUNCATED, OUT_OF_MEMORY = 73, 77, 78, 70, 75

FILE_BYTES_AT_MOST: Final = 200 * 2**20
DEPTH_AT_MOST: Final = 64
TEXT_AT_MOST: Final = 2**20
SHOWN_AT_MOST: Final = 512
NAMES_AT_MOST: Final = 1_000
READ_BYTES: Final = 256 * 1024

HEAD: Final = {
    "version": "version",
    "author": "author",
    "song": "song",
    "artist": "artist",
    "album": "album",
    "comment": "comment",
    "sequenceTiming": "timing",
    "sequenceType": "sequence_type",
    "mediaFile": "media_file",
    "sequenceDuration": "duration",
}
"""Element of `head` -> our word."""
ROOTS: Final = {"xsequence": "xsq", "xrgb": "layout", "Networks": "networks"}


class Refused(Exception):
    """It is not read to its end; `status` says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(slots=True)
class Reading:
    """What has been seen so far. `path` is where the reader stands, from the root."""

    format: str = ""
    path: list[str] = field(default_factory=list)
    head: dict[str, str] = field(default_factory=dict)
    text: list[str] = field(default_factory=list)
    text_length: int = 0
    models: list[str] = field(default_factory=list)
    model_count: int = 0
    timings: list[str] = field(default_factory=list)
    effects: int = 0
    is_in_model: bool = False
    groups: int = 0
    controllers: int = 0
    submodels: int = 0
    faces: int = 0

    def open(self, name: str, attributes: dict[str, str]) -> None:
        """Take the start of an element."""
        if len(self.path) >= DEPTH_AT_MOST:
            raise Refused(TOO_DEEP, f"Its elements are nested deeper than {DEPTH_AT_MOST}.")
        if not self.path:
            self._root(name, attributes)
        self.path.append(name)
        self.text.clear()
        self.text_length = 0
        match self.format:
            case "xsq":
                self._sequence(attributes)
            case "layout":
                self._layout(name, attributes)
            case "networks":
                self.controllers += name in {"Controller", "network"} and len(self.path) == 2  # noqa: PLR2004
            case _:
                self.submodels += name == "subModel"
                self.faces += name == "faceInfo"

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        self.format = ROOTS.get(name) or ("xmodel" if name.endswith("model") else "")
        if not self.format:
            raise Refused(INVALID, f"Its root is <{name[:64]}>, which is none of xLights.")
        if self.format == "xmodel":
            self.head = {
                word: attributes[key][:SHOWN_AT_MOST]
                for key, word in (
                    ("name", "name"),
                    ("parm1", "parm1"),
                    ("parm2", "parm2"),
                    ("StringType", "string_type"),
                )
                if key in attributes
            }

    def _sequence(self, attributes: dict[str, str]) -> None:
        match self.path[1:]:
            case ["DisplayElements", "Element"]:
                self._display(attributes)
            case ["ElementEffects", "Element"]:
                self.is_in_model = attributes.get("type") == "model"
            case [
                "ElementEffects",
                "Element",
                *_,
                "EffectLayer" | "Strand" | "Node" | "SubModelEffectLayer",
                "Effect",
            ]:
                self.effects += self.is_in_model

    def _display(self, attributes: dict[str, str]) -> None:
        name = attributes.get("name", "")[:SHOWN_AT_MOST]
        if attributes.get("type") == "timing":
            self.timings += [name][: NAMES_AT_MOST - len(self.timings)]
        elif attributes.get("type") == "model":
            self._model(name)

    def _model(self, name: str) -> None:
        self.model_count += 1
        self.models += [name][: NAMES_AT_MOST - len(self.models)]

    def _layout(self, name: str, attributes: dict[str, str]) -> None:
        match self.path[1:]:
            case ["models", "model"]:
                self._model(attributes.get("name", "")[:SHOWN_AT_MOST])
            case ["modelGroups", "modelGroup"]:
                self.groups += 1
            case _:
                self.submodels += name == "subModel"

    def close(self, _name: str) -> None:
        """Take the end of an element."""
        match self.path[1:]:
            case ["head", word] if word in HEAD and self.format == "xsq":
                said = "".join(self.text).strip()[:SHOWN_AT_MOST]
                if said:
                    self.head.setdefault(HEAD[word], said)
        self.path.pop()

    def take(self, text: str) -> None:
        """Take text between two elements."""
        self.text_length += len(text)
        if self.text_length > TEXT_AT_MOST:
            raise Refused(INVALID, "A text in it is longer than 1 MiB.")
        if self.path[1:2] == ["head"]:
            self.text.append(text)

    def facts(self) -> dict[str, Any]:
        """Return plain values for the answer."""
        return {
            "format": self.format,
            **self.head,
            "models": self.models,
            "model_count": self.model_count,
            "timings": self.timings,
            "effects": self.effects,
            "groups": self.groups,
            "controllers": self.controllers,
            "submodels": self.submodels,
            "faces": self.faces,
        }


def main() -> int:
    """Print the facts of descriptor 0 and return an exit status."""
    reading = Reading()
    try:
        with open(0, "rb", closefd=False) as raw:
            warnings = read(raw, reading)
    except Refused as refused:
        print(refused, file=sys.stderr)  # noqa: T201 - the last words
        return refused.status
    except MemoryError:
        return OUT_OF_MEMORY
    print(json.dumps({"sequence": reading.facts(), "warnings": warnings}))  # noqa: T201 - the answer
    return 0


def read(raw: Any, reading: Reading) -> list[str]:
    """Read a whole file; return what is wrong with it that does not matter.

    Raises:
        Refused: it is no file of xLights, or one that nobody should read.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reading.open
    parser.EndElementHandler = reading.close
    parser.CharacterDataHandler = reading.take
    parser.StartDoctypeDeclHandler = _refuse_doctype
    size = 0
    try:
        while piece := raw.read(READ_BYTES):
            size += len(piece)
            if size > FILE_BYTES_AT_MOST:
                raise Refused(INVALID, "It is longer than 200 MiB; its facts are not read.")
            parser.Parse(piece)
        parser.Parse(b"", True)  # noqa: FBT003 - the parser's own interface
    except expat.ExpatError as error:
        if not reading.format:
            raise Refused(INVALID, "It is not well-formed XML.") from error
        return [f"It is broken in line {error.lineno}; what stands before it was read."]
    except (ValueError, LookupError) as error:  # an encoding that nobody knows
        raise Refused(INVALID, "Its encoding cannot be read.") from error
    return []


def _refuse_doctype(*_told: object) -> None:
    raise Refused(DTD, "It declares a document type, which no file of xLights does.")


if __name__ == "__main__":
    sys.exit(main())
