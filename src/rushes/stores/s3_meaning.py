"""What an S3 server's error means: one table from status and code to our errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rushes.errors import RushesError
from rushes.stores.store import (
    Broken,
    Busy,
    Changed,
    Full,
    NotFound,
    Refused,
    Unsupported,
)

_OF_CODE: Final[Mapping[str, tuple[type[RushesError], str]]] = {
    "NoSuchKey": (NotFound, "There is no such object in the store."),
    "NoSuchUpload": (NotFound, "The store knows no such unfinished upload."),
    "NoSuchBucket": (Refused, "The store has no such bucket. Make it, or correct its setting."),
    "PreconditionFailed": (Changed, "The object is not the one it was. Read its row again."),
    "ConditionalRequestConflict": (Changed, "Another writer was at the same key. Start over."),
    "SlowDown": (Busy, "The store asks for patience."),
    "RequestTimeout": (Busy, "The store waited too long for our bytes."),
    "InternalError": (Busy, "The store had a fault of its own."),
    "OperationAborted": (Busy, "The store is busy with the same object."),
    "QuotaExceeded": (Full, "The store's quota is used up. Raise it, or make room."),
    "InsufficientCapacity": (Full, "The store is full. Make room; it goes on then."),
    "TooManyBuckets": (Full, "The store allows no more buckets."),
    "BadDigest": (Broken, "The bytes changed on their way to the store."),
    "InvalidDigest": (Broken, "The bytes changed on their way to the store."),
    "XAmzContentSHA256Mismatch": (Broken, "The bytes changed on their way to the store."),
    "XAmzContentChecksumMismatch": (Broken, "The bytes changed on their way to the store."),
    "IncompleteBody": (Broken, "The store got fewer bytes than were announced."),
    "InvalidPart": (Broken, "The store does not hold the parts that it took."),
    "InvalidPartOrder": (Broken, "The store does not hold the parts that it took."),
    "EntityTooSmall": (Broken, "The store holds a part that is too small."),
    "InvalidRange": (Broken, "The object holds fewer bytes than it should."),
    "NotImplemented": (Unsupported, "The store lacks this ability."),
    "RequestTimeTooSkewed": (
        Refused,
        "The store's clock and ours differ too much. Set this machine's clock.",
    ),
    "SignatureDoesNotMatch": (Refused, "The store refuses our secret key. Correct its setting."),
    "InvalidAccessKeyId": (Refused, "The store does not know our access key. Correct its setting."),
    "AccessDenied": (Refused, "The store does not let our key do this. Check the key's rights."),
    "PermanentRedirect": (Refused, "The bucket lies in another region. Correct the setting."),
    "AuthorizationHeaderMalformed": (Refused, "The region is not the bucket's. Correct it."),
}

_OF_STATUS: Final[Mapping[int, tuple[type[RushesError], str]]] = {
    404: (NotFound, "There is no such object in the store."),
    409: (Busy, "The store is busy with the same object."),
    412: (Changed, "The object is not the one it was. Read its row again."),
    416: (Broken, "The object holds fewer bytes than it should."),
    429: (Busy, "The store asks for patience."),
    501: (Unsupported, "The store lacks this ability."),
    507: (Full, "The store is full. Make room; it goes on then."),
}

_REFUSED: Final = (Refused, "The store refuses. Check its settings and the key's rights.")
_BUSY: Final = (Busy, "The store had a fault of its own.")
_STRANGE: Final = (Broken, "The store answered what makes no sense.")


def meaning_of(status: int, code: str, retry_after: float | None = None) -> RushesError:
    """Return our error for what a server answered; the sentence ends with the server's word."""
    kind, sentence = _OF_CODE.get(code) or _OF_STATUS.get(status) or _of_class(status)
    said = code if not code or code == str(status) else f"{status} {code}"
    return kind(f"{sentence} (It said {said or status}.)", retry_after=retry_after)


def _of_class(status: int) -> tuple[type[RushesError], str]:
    if status >= 500:  # noqa: PLR2004 - RFC 9110 15.6
        return _BUSY
    return _REFUSED if status >= 300 else _STRANGE  # noqa: PLR2004 - RFC 9110 15.4


def read_retry_after(value: str | None) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110 10.2.3); a date counts as absent."""
    return float(value) if value is not None and value.isdecimal() else None
