"""The probe of an S3 server: what it really does, asked with wrong values on purpose.

Servers answer 200 to headers that they ignore, so each question ends with what happened to the
bytes. It writes some small objects below `.rushes-probe/`, and takes them
away again. A store that serves tampered, late or anonymous requests is not to be used:
`provider.find_faults` says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import httpx

from rushes.errors import RushesError
from rushes.stores.parts import Part
from rushes.stores.provider import Answer, Answers, Ask
from rushes.stores.s3 import S3Store
from rushes.stores.store import Broken, Changed, NotFound, Refused, Unreachable, Unsupported

FOLDER: Final = ".rushes-probe"
CONTENT: Final = bytes(range(256))
ORIGIN: Final = "https://rushes.example"
SECONDS: Final = 15
_EXPIRES: Final = 1
_EXPIRED_AFTER: Final = 2.5  # servers count whole seconds


class Probe:
    """One round of questions to one store; each is asked once."""

    def __init__(self, store: S3Store) -> None:
        self._store = store
        self._presign = store.presign_get
        self._place = f"{FOLDER}/{secrets.token_hex(8)}"
        self._key = f"{self._place}/there"

    async def ask_all(self) -> Answers:
        """Ask everything and tidy up.

        Raises:
            RushesError: the store cannot be written or read at all; the sentence says why.
        """
        questions: Mapping[Ask, Callable[[], Awaitable[Answer]]] = {
            Ask.SIGNED_SHA256: self._signed_sha256,
            Ask.CONTENT_MD5: self._content_md5,
            Ask.IF_NONE_MATCH_PUT: self._if_none_match_put,
            Ask.IF_NONE_MATCH_COMPLETE: self._if_none_match_complete,
            Ask.IF_MATCH_GET: self._if_match_get,
            Ask.RANGE: self._range,
            Ask.LIST_PARTS: self._list_parts,
            Ask.ABORT: self._abort,
            Ask.SMALL_PART: self._small_part,
            Ask.EXPIRED_URL: self._expired_url,
            Ask.TAMPERED_URL: self._tampered_url,
            Ask.ANONYMOUS: self._anonymous,
            Ask.CORS: self._cors,
            Ask.LIFECYCLE: self._lifecycle,
        }
        try:
            await self._put(self._key, CONTENT)
            return {ask: await _answered(question) for ask, question in questions.items()}
        finally:
            await self._tidy()

    async def _put(self, key: str, body: bytes, **more: object) -> None:
        digest = more.pop("digest", None)
        given = {"Key": self._store.name_of(key), "Body": body, **more}
        await self._call("put_object", given, digest)

    async def _call(
        self, operation: str, given: Mapping[str, Any], digest: object = None
    ) -> Mapping[str, Any]:
        proof = digest if isinstance(digest, bytes) else None
        return await self._store.call(operation, given, proof)

    async def _is_untouched(self) -> bool:
        return await self._read(self._key) == CONTENT

    async def _read(self, key: str) -> bytes:
        return b"".join([piece async for piece in self._store.get(key)])

    async def _signed_sha256(self) -> Answer:
        key = f"{self._place}/wrong-sha256"
        wrong = hashlib.sha256(b"other").digest()
        return await self._refused(self._put(key, CONTENT, digest=wrong))

    async def _content_md5(self) -> Answer:
        wrong = b64encode(hashlib.md5(b"other", usedforsecurity=False).digest()).decode()
        return await self._refused(self._put(f"{self._place}/wrong-md5", CONTENT, ContentMD5=wrong))

    async def _if_none_match_put(self) -> Answer:
        answer = await self._refused(self._put(self._key, b"over", IfNoneMatch="*"))
        if not answer.is_well:
            with contextlib.suppress(RushesError):
                await self._put(self._key, CONTENT)
        return answer

    async def _if_none_match_complete(self) -> Answer:
        upload_id, part = await self._begin_with_part(self._key)
        given = {
            "Key": self._store.name_of(self._key),
            "UploadId": upload_id,
            "IfNoneMatch": "*",
            "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": part.etag}]},
        }
        answer = await self._refused(self._call("complete_multipart_upload", given))
        if answer.is_well:
            await self._store.abort(self._key, upload_id)
        else:
            await self._put(self._key, CONTENT)
        return answer

    async def _if_match_get(self) -> Answer:
        given = {"Key": self._store.name_of(self._key), "IfMatch": '"0"'}
        return await self._refused(self._call("get_object", given))

    async def _range(self) -> Answer:
        piece = b"".join([piece async for piece in self._store.get(self._key, 10, 20)])
        return Answer(piece == CONTENT[10:20])

    async def _list_parts(self) -> Answer:
        key = f"{self._place}/parts"
        upload_id, part = await self._begin_with_part(key)
        held = await self._store.parts(key, upload_id)
        await self._store.abort(key, upload_id)
        return Answer([(1, part.size_bytes)] == [(one.number, one.size_bytes) for one in held])

    async def _abort(self) -> Answer:
        key = f"{self._place}/given-up"
        upload_id, _ = await self._begin_with_part(key)
        await self._store.abort(key, upload_id)
        try:
            held = await self._store.parts(key, upload_id)
        except NotFound:
            return Answer(is_well=True)
        return Answer(is_well=not held, detail="" if not held else "its parts are still listed")

    async def _small_part(self) -> Answer:
        key = f"{self._place}/small"
        upload_id, first = await self._begin_with_part(key)
        second = await self._store.part(key, upload_id, 2, CONTENT)
        listed = [{"PartNumber": part.number, "ETag": part.etag} for part in (first, second)]
        given = {
            "Key": self._store.name_of(key),
            "UploadId": upload_id,
            "MultipartUpload": {"Parts": listed},
        }
        answer = await self._refused(self._call("complete_multipart_upload", given))
        await self._store.abort(key, upload_id)
        return answer

    async def _expired_url(self) -> Answer:
        url = self._presign(self._key, _EXPIRES)
        await asyncio.sleep(_EXPIRED_AFTER)
        return await self._not_served(url)

    async def _tampered_url(self) -> Answer:
        url = self._presign(self._key, 60)
        end = "0" if url[-1] != "0" else "1"
        return await self._not_served(url[:-1] + end)

    async def _anonymous(self) -> Answer:
        return await self._not_served(self._presign(self._key, 60).partition("?")[0])

    async def _cors(self) -> Answer:
        headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "PUT"}
        url = self._presign(self._key, 60).partition("?")[0]
        async with httpx.AsyncClient(timeout=SECONDS, trust_env=False) as client:
            said = await client.options(url, headers=headers)
        if said.is_success and "access-control-allow-origin" in said.headers:
            return Answer(is_well=True)
        return Answer(is_well=False, detail=f"a browser's question gets {said.status_code}")

    async def _lifecycle(self) -> Answer:
        try:
            said = await self._call("get_bucket_lifecycle_configuration", {})
        except NotFound:
            return Answer(is_well=False, detail="no rule; unfinished uploads are swept by us")
        rules = said.get("Rules", [])
        is_well = any("AbortIncompleteMultipartUpload" in rule for rule in rules)
        return Answer(is_well, "" if is_well else "no rule; unfinished uploads are swept by us")

    async def _begin_with_part(self, key: str) -> tuple[str, Part]:
        said = await self._call("create_multipart_upload", {"Key": self._store.name_of(key)})
        upload_id = str(said["UploadId"])
        return upload_id, await self._store.part(key, upload_id, 1, CONTENT)

    async def _refused(self, asked: Awaitable[object]) -> Answer:
        try:
            await asked
        except (Broken, Changed, Refused) as error:
            return Answer(await self._is_untouched(), error.message)
        return Answer(is_well=False, detail="it took a wrong value and said yes")

    async def _not_served(self, url: str) -> Answer:
        async with httpx.AsyncClient(timeout=SECONDS, trust_env=False) as client:
            said = await client.get(url)
        is_well = said.is_client_error and said.content != CONTENT
        return Answer(is_well, f"it said {said.status_code}")

    async def _tidy(self) -> None:
        with contextlib.suppress(RushesError):
            for left in await self._store.list_multiparts(f"{self._place}/"):
                await self._store.abort(left.key, left.store_upload_id)
            for key in await self._store.list_keys(f"{self._place}/"):
                await self._store.delete(key)


async def _answered(question: Callable[[], Awaitable[Answer]]) -> Answer:
    try:
        return await question()
    except Unreachable:
        raise
    except Unsupported as error:
        return Answer(is_well=False, detail=error.message)
    except (RushesError, httpx.HTTPError) as error:
        return Answer(is_well=False, detail=str(error))
