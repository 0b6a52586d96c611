"""The SDK's client for one bucket: the only module that knows it, and no error of it leaves.

1. A request is signed over the SHA-256 of its body, and servers must check that signature: so the
   digest that is known of a block anyway proves the block on its way in, without another header
   and without being computed again.
2. The SDK tries nothing twice and adds no checksums of its own where a provider refuses them;
   waiting and trying again are for `s3_calls`.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

import botocore.auth
import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    ResponseStreamingError,
)
from botocore.exceptions import ConnectionError as NoConnection
from botocore.parsers import ResponseParserError

from rushes.sections import StoreSettings
from rushes.stores.patience import Patience
from rushes.stores.provider import Provider, quirks_of
from rushes.stores.s3_meaning import meaning_of, read_retry_after
from rushes.stores.store import Broken, Refused, Unreachable

CONNECTIONS: Final = 24
SIGNED_BY_DIGEST: Final = "rushes-s3v4"
"""Our name for signature version 4 with a digest that is known already."""

_SLOW: Final = frozenset({"complete_multipart_upload", "copy_object", "upload_part_copy"})
"""Calls in which a server works for minutes before it says a word."""

_session: Final = botocore.session.Session()
_making: Final = threading.Lock()
"""The session reads S3's model once, and is not made for threads."""

_digest: ContextVar[bytes | None] = ContextVar("digest", default=None)


class _SigningByDigest(botocore.auth.S3SigV4Auth):  # type: ignore[misc] # the SDK has no types
    """Takes the body's SHA-256 from who calls, where it is known."""

    def payload(self, request: Any) -> str:
        """Return the digest of the body in hex."""
        known = _digest.get()
        return str(super().payload(request)) if known is None else known.hex()


botocore.auth.AUTH_TYPE_MAPS[SIGNED_BY_DIGEST] = _SigningByDigest


class Connection:
    """Clients of one store; all methods block, and may be called from any thread."""

    def __init__(self, settings: StoreSettings, patience: Patience) -> None:
        """Read the SDK's models; nothing is sent."""
        self._settings = settings
        self._quick = _make_client(settings, patience, patience.idle)
        self._slow = _make_client(settings, patience, patience.whole)

    def call(
        self,
        operation: str,
        given: Mapping[str, Any],
        digest: bytes | None = None,
    ) -> Mapping[str, Any]:
        """Do one operation on the bucket, once; `given` is as S3's reference names it.

        `digest` is the SHA-256 of `Body`, where it is known.

        Raises:
            RushesError: as `s3_meaning` says, or `Unreachable` where no answer came.
        """
        client = self._slow if operation in _SLOW else self._quick
        token = _digest.set(digest)
        try:
            with translated():
                answer: Mapping[str, Any] = getattr(client, operation)(
                    Bucket=self._settings.bucket, **given
                )
                return answer
        finally:
            _digest.reset(token)

    def close(self) -> None:
        """Let go of connections that rest."""
        self._quick.close()
        self._slow.close()


@dataclass(frozen=True, slots=True)
class Form:
    """Where a page posts a file as `multipart/form-data`, with these fields before the file."""

    url: str
    fields: Mapping[str, str]


class Presigner:
    """Signs addresses by which somebody without the key may do one thing; sends nothing."""

    def __init__(self, settings: StoreSettings) -> None:
        public = settings.public_endpoint or settings.endpoint
        self._client = _make_client(
            settings.model_copy(update={"endpoint": public}), Patience(), 1, signature="s3v4"
        )
        self._bucket = settings.bucket

    def sign(self, operation: str, seconds: int, given: Mapping[str, object]) -> str:
        """Return an address for one operation that is refused after `seconds`."""
        known = {name: value for name, value in given.items() if value is not None}
        return str(
            self._client.generate_presigned_url(
                operation, Params={"Bucket": self._bucket, **known}, ExpiresIn=seconds
            )
        )

    def sign_form(self, seconds: int, key: str, most_bytes: int) -> Form:
        """Return a form that takes an object of up to `most_bytes`, refused after `seconds`.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
        """
        made = self._client.generate_presigned_post(
            self._bucket,
            key,
            Conditions=[["content-length-range", 0, most_bytes]],
            ExpiresIn=seconds,
        )
        return Form(str(made["url"]), {name: str(value) for name, value in made["fields"].items()})


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn the troubles of the SDK into those of a store."""
    try:
        yield
    except ClientError as error:
        said = error.response
        facts = said.get("ResponseMetadata", {})
        waits = read_retry_after(facts.get("HTTPHeaders", {}).get("retry-after"))
        status = int(facts.get("HTTPStatusCode", 0))
        raise meaning_of(status, str(said.get("Error", {}).get("Code", "")), waits) from error
    except (IncompleteReadError, ResponseStreamingError, FlexibleChecksumError) as error:
        raise Broken("The store's answer broke off, or was changed on its way.") from error
    except ResponseParserError as error:
        raise Broken("The store answered what makes no sense.") from error
    except (HTTPClientError, NoConnection, OSError) as error:
        name = type(error).__name__
        raise Unreachable(f"The store does not answer ({name}). Is its address right?") from error
    except BotoCoreError as error:
        raise Refused(f"The store cannot be asked: {error}. Correct its settings.") from error


def _make_client(
    settings: StoreSettings,
    patience: Patience,
    read_timeout: float,
    signature: str = SIGNED_BY_DIGEST,
) -> Any:
    quirks = quirks_of(Provider(settings.provider))
    checksums = "when_supported" if quirks.sdk_checksums else "when_required"
    config = Config(
        signature_version=signature,
        s3={"addressing_style": "path"},
        max_pool_connections=CONNECTIONS,
        connect_timeout=patience.connect,
        read_timeout=read_timeout,
        tcp_keepalive=True,
        retries={"mode": "standard", "total_max_attempts": 1},
        request_checksum_calculation="when_required",
        response_checksum_validation=checksums,
    )
    key, secret = settings.access_key, settings.secret_key
    with _making, translated():
        return _session.create_client(
            "s3",
            region_name=settings.region or quirks.region,
            endpoint_url=settings.endpoint,
            aws_access_key_id=None if key is None else key.get_secret_value(),
            aws_secret_access_key=None if secret is None else secret.get_secret_value(),
            config=config,
        )
