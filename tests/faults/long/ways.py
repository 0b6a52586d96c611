"""How files are sent: every protocol, each with what it says of the bytes that are there.

A way begins an upload, asks what is there, and sends what is missing, in pieces of any size. It
writes every acknowledgement into the journal. Whatever else is answered is `Refused`.
"""

from __future__ import annotations

import asyncio
import base64
import json
import random
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from tests.faults.long.journal import MIB, Journal, Lost, Parcel
from tests.faults.long.line import Answer, Line

TUS = {"Tus-Resumable": "1.0.0"}
JSON = {"Content-Type": "application/json"}
BYTES = "application/offset+octet-stream"
LIVING = frozenset({"receiving", "completed", "accepted"})
BUSY = frozenset({423, 429, 503})
"""Come again later: these answers say nothing about the bytes."""

BROKEN = BUSY | {500, 507}
"""What a disk that fails makes the server say."""


class Refused(Exception):
    """The server did not take it."""

    def __init__(self, answer: Answer) -> None:
        """Keep what was answered."""
        code = ""
        if answer.headers.get("content-type", "").startswith("application/problem+json"):
            code = answer.json().get("code", "") if answer.body else ""
        super().__init__(f"{answer.status} {code}".strip())
        self.answer = answer


def require(answer: Answer, *statuses: int) -> Answer:
    """Return an answer that has one of these statuses."""
    if answer.status not in statuses:
        raise Refused(answer)
    return answer


@dataclass(frozen=True, slots=True)
class Desk:
    """What every way stands on."""

    line: Line
    journal: Journal
    chance: random.Random
    proof: dict[str, str]
    """The header of an account, or of whoever has the link."""
    link: str
    """The token of an upload link."""
    project: str = "acme-corp/spring"

    async def read(self, upload_id: str) -> dict[str, object]:
        """Return an upload as the API tells it."""
        answer = await self.line.ask("GET", f"/api/v1/uploads/{upload_id}", headers=self.proof)
        if answer.status in {404, 410}:
            raise Lost(f"{upload_id} is gone: {answer.status}")
        told: dict[str, object] = require(answer, 200).json()
        return told


@dataclass(frozen=True, slots=True)
class Way(ABC):
    """A protocol, spoken by a sender."""

    desk: Desk

    @abstractmethod
    async def begin(self, parcel: Parcel) -> None:
        """Begin an upload."""

    @abstractmethod
    async def ask(self, parcel: Parcel) -> Mapping[str, int]:
        """Return how many bytes are there, by place."""

    @abstractmethod
    async def send(self, parcel: Parcel, told: Mapping[str, int]) -> None:
        """Send what is missing; the parcel is complete after it."""

    async def look(self, parcel: Parcel) -> Mapping[str, int]:
        """Return what the status of the upload tells, by place.

        Raises:
            Lost: it ended, though nobody ended it.
        """
        told = await self.desk.read(parcel.upload_id)
        if told["state"] not in LIVING:
            raise Lost(f"{parcel.name} ({parcel.way}) is {told['state']}: {told['reason']}")
        if parcel.is_sent and told["state"] == "receiving":
            raise Lost(f"{parcel.name} ({parcel.way}) was complete, and is not")
        return self.read_status(parcel, told)

    def read_status(self, parcel: Parcel, told: Mapping[str, object]) -> Mapping[str, int]:
        """Return the bytes that a status tells, by place."""
        if told["state"] != "receiving":
            return dict(parcel.acknowledged)
        return {"": int(str(told["offset"]))}

    def hear(self, parcel: Parcel, answer: Answer, place: str = "") -> None:
        """Write down an offset that was answered, by whatever answer."""
        if answer.offset is not None:
            self.desk.journal.hear(parcel, answer.offset, place)

    def cut(self, parcel: Parcel, offset: int, end: int) -> bytes:
        """Return the next piece, of any size."""
        size = self.desk.chance.randrange(1, max(2, min(8 * MIB, 2 * (end - offset))))
        return parcel.content[offset : min(end, offset + size)]


def encode(**words: str) -> str:
    """Return an Upload-Metadata header."""
    pairs = (f"{key} {base64.b64encode(word.encode()).decode()}" for key, word in words.items())
    return ",".join(pairs)


def path_of(answer: Answer) -> str:
    """Return the path of an answer's Location."""
    return "/" + answer.headers["location"].partition("://")[2].partition("/")[2]


class Tus(Way):
    """tus by an account, sometimes with the first bytes in the creation."""

    files = "/files/"

    def told(self) -> dict[str, str]:
        """Return the headers of each request."""
        return TUS | self.desk.proof

    def words(self, parcel: Parcel) -> str:
        """Return the metadata."""
        return encode(filename=parcel.name, project=self.desk.project)

    async def begin(self, parcel: Parcel) -> None:
        """POST, and remember the address."""
        first = self.cut(parcel, 0, len(parcel.content)) if self.desk.chance.random() < 0.5 else b""
        kind = {"Content-Type": BYTES} if first else {}
        answer = await self.desk.line.ask(
            "POST",
            self.files,
            first,
            {
                "Upload-Length": str(len(parcel.content)),
                "Upload-Metadata": self.words(parcel),
                **kind,
                **self.told(),
            },
            is_chunked=bool(first) and self.desk.chance.random() < 0.3,
        )
        require(answer, 201)
        parcel.path = path_of(answer)
        parcel.upload_id = parcel.path.rpartition("/")[2]
        self.hear(parcel, answer)

    async def ask(self, parcel: Parcel) -> Mapping[str, int]:
        """HEAD."""
        answer = await self.desk.line.ask("HEAD", parcel.path, headers=self.told())
        offset = require(answer, 200).offset
        return {"": offset or 0}

    async def send(self, parcel: Parcel, told: Mapping[str, int]) -> None:
        """PATCH until the end."""
        offset = told[""]
        while offset < len(parcel.content):
            piece = self.cut(parcel, offset, len(parcel.content))
            offset = await self.append(parcel, parcel.path, offset, piece)
        self.desk.journal.complete(parcel)

    async def append(
        self, parcel: Parcel, path: str, offset: int, piece: bytes, place: str = ""
    ) -> int:
        """PATCH a piece; return the offset after it."""
        answer = await self.desk.line.ask(
            "PATCH",
            path,
            piece,
            {"Upload-Offset": str(offset), "Content-Type": BYTES, **self.told()},
            is_chunked=self.desk.chance.random() < 0.2,
        )
        self.hear(parcel, answer, place)
        require(answer, 204)
        if answer.offset != offset + len(piece):
            raise Lost(f"{parcel.name}: 204 with {answer.offset}, not {offset + len(piece)}")
        return answer.offset


class TusLink(Tus):
    """tus by nothing but an upload link."""

    @property
    def files(self) -> str:  # type: ignore[override]
        """Return where uploads begin."""
        return f"/u/{self.desk.link}/files/"

    def told(self) -> dict[str, str]:
        """Return the headers of each request: who has the link has the right."""
        return TUS

    def words(self, parcel: Parcel) -> str:
        """Return the metadata."""
        return encode(filename=parcel.name)


class Joined(TusLink):
    """tus in two partial uploads that become one, in files of their own."""

    def cuts(self, parcel: Parcel) -> list[tuple[int, int]]:
        """Return where the partials begin and end."""
        middle = len(parcel.content) // 2
        return [(0, middle), (middle, len(parcel.content))]

    def group(self, parcel: Parcel, start: int) -> str:
        """Return the metadata of a partial that begins here."""
        return encode(part=f"{parcel.name} {start}")

    async def begin(self, parcel: Parcel) -> None:
        """POST both partials."""
        paths = []
        for start, end in self.cuts(parcel):
            answer = await self.desk.line.ask(
                "POST",
                self.files,
                headers={
                    "Upload-Length": str(end - start),
                    "Upload-Concat": "partial",
                    "Upload-Metadata": self.group(parcel, start),
                    **self.told(),
                },
            )
            paths.append(path_of(require(answer, 201)))
        parcel.paths = tuple(paths)

    async def ask(self, parcel: Parcel) -> Mapping[str, int]:
        """HEAD both."""
        told = {}
        for place, path in enumerate(parcel.paths):
            answer = await self.desk.line.ask("HEAD", path, headers=self.told())
            told[str(place)] = require(answer, 200).offset or 0
        return told

    async def send(self, parcel: Parcel, told: Mapping[str, int]) -> None:
        """PATCH both, then join them; asked for twice it is the same."""
        for place, (start, end) in enumerate(self.cuts(parcel)):
            offset = start + told[str(place)]
            while offset < end:
                piece = self.cut(parcel, offset, end)
                path = parcel.paths[place]
                offset = start + await self.append(
                    parcel, path, offset - start, piece, place=str(place)
                )
        answer = await self.desk.line.ask(
            "POST",
            self.files,
            headers={
                "Upload-Concat": f"final;{' '.join(parcel.paths)}",
                "Upload-Metadata": self.words(parcel),
                **self.told(),
            },
        )
        parcel.path = path_of(require(answer, 201))
        parcel.upload_id = parcel.path.rpartition("/")[2]
        self.desk.journal.complete(parcel)

    async def look(self, parcel: Parcel) -> Mapping[str, int]:
        """Ask for the final one, once there is one, else for the partials."""
        if parcel.upload_id:
            return await super().look(parcel)
        told = {}
        for place, path in enumerate(parcel.paths):
            status = await self.desk.read(path.rpartition("/")[2])
            told[str(place)] = int(str(status["offset"]))
        return told


class Grouped(Joined):
    """The same, where both partials lie in one file."""

    def cuts(self, parcel: Parcel) -> list[tuple[int, int]]:
        """Return where the partials begin and end: a place is a multiple of 16 MiB."""
        size = len(parcel.content)
        return [(start, min(size, start + 16 * MIB)) for start in range(0, size, 16 * MIB)]

    def group(self, parcel: Parcel, start: int) -> str:
        """Return the metadata of a partial that begins here."""
        number = int.from_bytes(parcel.content[:16])
        return encode(
            rushes_group=f"{number:032x}",
            rushes_start=str(start),
            rushes_total=str(len(parcel.content)),
        )


class Ietf(Way):
    """IETF resumable uploads, one of the versions; interim answers are acknowledgements."""

    def version(self, parcel: Parcel) -> str:
        """Return the version that this parcel speaks."""
        return str(5 + int(parcel.name[5:10]) % 4)

    def told(self, parcel: Parcel) -> dict[str, str]:
        """Return the headers of each request."""
        return {"Upload-Draft-Interop-Version": self.version(parcel)}

    def note(self, parcel: Parcel, answer: Answer) -> None:
        """Hear an interim answer."""
        if "location" in answer.headers:
            parcel.path = path_of(answer)
            parcel.upload_id = parcel.path.rpartition("/")[2]
        if answer.status == 104 and answer.offset is not None:
            self.desk.journal.interim += 1
        self.hear(parcel, answer)

    async def begin(self, parcel: Parcel) -> None:
        """POST, carefully or with all the bytes."""
        is_whole = self.desk.chance.random() < 0.4
        body = parcel.content if is_whole else b""
        length = {} if is_whole else {"Upload-Length": str(len(parcel.content))}
        answer = await self.desk.line.ask(
            "POST",
            f"/u/{self.desk.link}/uploads/",
            body,
            {
                "Upload-Complete": "?1" if is_whole else "?0",
                "Content-Disposition": f'inline; filename="{parcel.name}"',
                **length,
                **self.told(parcel),
            },
            on_interim=lambda heard: self.note(parcel, heard),
            is_chunked=is_whole and self.desk.chance.random() < 0.5,
        )
        require(answer, 201)
        self.note(parcel, answer)

    async def ask(self, parcel: Parcel) -> Mapping[str, int]:
        """HEAD."""
        answer = await self.desk.line.ask("HEAD", parcel.path, headers=self.told(parcel))
        return {"": require(answer, 204).offset or 0}

    async def send(self, parcel: Parcel, told: Mapping[str, int]) -> None:
        """PATCH until the end."""
        offset = told[""]
        is_complete = offset == len(parcel.content) and await self.is_complete(parcel)
        while not is_complete:
            piece = self.cut(parcel, offset, len(parcel.content))
            is_complete = offset + len(piece) == len(parcel.content)
            answer = await self.desk.line.ask(
                "PATCH",
                parcel.path,
                piece,
                {
                    "Upload-Offset": str(offset),
                    "Upload-Complete": "?1" if is_complete else "?0",
                    "Content-Type": "application/partial-upload",
                    **self.told(parcel),
                },
                on_interim=lambda heard: self.note(parcel, heard),
                is_chunked=self.desk.chance.random() < 0.2,
            )
            self.hear(parcel, answer)
            require(answer, 200, 201, 204)
            offset += len(piece)
        self.desk.journal.complete(parcel)

    async def is_complete(self, parcel: Parcel) -> bool:
        """Say whether the server knows that this is all."""
        answer = await self.desk.line.ask("HEAD", parcel.path, headers=self.told(parcel))
        return require(answer, 204).headers.get("upload-complete") == "?1"


class Chunks(Way):
    """Chunks, three at once."""

    async def begin(self, parcel: Parcel) -> None:
        """POST."""
        wish = {
            "file_name": parcel.name,
            "size_bytes": len(parcel.content),
            "project": self.desk.project,
            "mbit": 0.000001,
        }
        told = await self.post("/api/v1/uploads", wish, 201)
        parcel.upload_id = parcel.path = str(told["id"])
        parcel.paths = (str(told["chunk_size"]),)

    async def post(self, path: str, document: object, *statuses: int) -> dict[str, object]:
        """POST a document."""
        body = json.dumps(document).encode()
        headers = JSON | self.desk.proof
        answer = await self.desk.line.ask("POST", path, body, headers)
        told: dict[str, object] = require(answer, *statuses).json()
        return told

    def sizes(self, parcel: Parcel) -> list[int]:
        """Return the length of each chunk."""
        size, whole = int(parcel.paths[0]), len(parcel.content)
        return [min(size, whole - start) for start in range(0, whole, size)]

    async def ask(self, parcel: Parcel) -> Mapping[str, int]:
        """Read the status."""
        return await self.look(parcel)

    def read_status(self, parcel: Parcel, told: Mapping[str, object]) -> Mapping[str, int]:
        """Return the chunks that are here."""
        runs = told["received_chunks"]
        if told["state"] != "receiving" or not isinstance(runs, list):
            return dict(parcel.acknowledged)
        sizes = self.sizes(parcel)
        return {
            str(index): sizes[index] for first, last in runs for index in range(first, last + 1)
        }

    async def send(self, parcel: Parcel, told: Mapping[str, int]) -> None:
        """PUT what is missing, in any order; complete."""
        sizes = self.sizes(parcel)
        missing = [index for index in range(len(sizes)) if str(index) not in told]
        self.desk.chance.shuffle(missing)

        async def work() -> None:
            while missing:
                index = missing.pop()
                await self.put(parcel, index, sizes[index])

        ends = await asyncio.gather(work(), work(), work(), return_exceptions=True)
        for end in ends:
            if end is not None:
                raise end
        await self.post(f"/api/v1/uploads/{parcel.upload_id}/complete", {}, 202)
        self.desk.journal.complete(parcel)

    async def put(self, parcel: Parcel, index: int, size: int) -> None:
        """PUT a chunk."""
        start = index * int(parcel.paths[0])
        answer = await self.desk.line.ask(
            "PUT",
            f"/api/v1/uploads/{parcel.upload_id}/chunks/{index}",
            parcel.content[start : start + size],
            self.desk.proof,
            is_chunked=self.desk.chance.random() < 0.2,
        )
        require(answer, 200)
        self.desk.journal.hear(parcel, size, str(index))


class Direct(Chunks):
    """Past the server, into the bucket, by signed addresses."""

    async def begin(self, parcel: Parcel) -> None:
        """POST."""
        wish = {
            "filename": parcel.name,
            "type": "application/octet-stream",
            "metadata": {},
            "size": len(parcel.content),
        }
        told = await self.post(f"/u/{self.desk.link}/s3/multipart", wish, 200)
        parcel.upload_id = str(told["uploadId"])
        parcel.path = f"/u/{self.desk.link}/s3/multipart/{parcel.upload_id}"
        parcel.paths = (str(told["part_size"]),)

    async def ask(self, parcel: Parcel) -> Mapping[str, int]:
        """List the parts, as long as it is not complete."""
        status = await self.desk.read(parcel.upload_id)
        if status["state"] != "receiving":
            return self.whole(parcel)
        answer = await self.desk.line.ask("GET", f"{parcel.path}?key={parcel.upload_id}")
        parts = require(answer, 200).json()
        return {str(part["PartNumber"]): int(part["Size"]) for part in parts}

    async def look(self, parcel: Parcel) -> Mapping[str, int]:
        """Ask for the parts, and whether it still is what it was."""
        await super().look(parcel)
        return await self.ask(parcel)

    def read_status(self, parcel: Parcel, told: Mapping[str, object]) -> Mapping[str, int]:
        """Return nothing new: the bytes are not with the server."""
        del told
        return dict(parcel.acknowledged)

    def whole(self, parcel: Parcel) -> Mapping[str, int]:
        """Return all the parts."""
        return {str(number): size for number, size in enumerate(self.sizes(parcel), 1)}

    async def send(self, parcel: Parcel, told: Mapping[str, int]) -> None:
        """PUT parts into the bucket; complete."""
        place, start = f"?key={parcel.upload_id}", 0
        for number, size in enumerate(self.sizes(parcel), 1):
            piece = parcel.content[start : start + size]
            start += size
            if str(number) in told:
                continue
            signed = await self.desk.line.ask("GET", f"{parcel.path}/{number}{place}")
            address = require(signed, 200).json()["url"]
            require(await self.desk.line.ask("PUT", address, piece), 200)
            self.desk.journal.hear(parcel, size, str(number))
        body = b'{"parts": []}'
        answer = await self.desk.line.ask("POST", f"{parcel.path}/complete{place}", body, JSON)
        require(answer, 200)
        self.desk.journal.complete(parcel)


WAYS: Mapping[str, type[Way]] = {
    "tus": Tus,
    "tus-link": TusLink,
    "tus-parts": Joined,
    "tus-group": Grouped,
    "ietf": Ietf,
    "chunks": Chunks,
    "direct": Direct,
}
