"""Providers: what each S3 service does in its own way, and what the answers of a probe mean.

A server says 200 to headers that it ignores. So each ability is asked for with a wrong value on
purpose, and the answer that counts is what happened to the bytes; the provider's name alone
decides nothing that can be asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Provider(StrEnum):
    """Who runs the store; `other` is any S3 server."""

    AWS = "aws"
    R2 = "r2"
    WASABI = "wasabi"
    B2 = "b2"
    GCS = "gcs"
    CEPH = "ceph"
    SWIFT = "swift"
    SEAWEEDFS = "seaweedfs"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Quirks:
    """What a provider does in its own way.

    `region` is taken where the settings name none. `sdk_checksums` lets the SDK add its own
    checksum headers, which B2 and GCS refuse. `billed_days` is the least time an object is paid
    for. `takes_forms` is whether a page can send a file by a form (POST policy), which R2 answers
    with 501; where nobody tried, it counts as no. `advice` is shown by `rushes doctor`.
    """

    region: str = "us-east-1"
    sdk_checksums: bool = False
    billed_days: int = 0
    takes_forms: bool = True
    advice: tuple[str, ...] = ()


_QUIRKS: Final[Mapping[Provider, Quirks]] = {
    Provider.AWS: Quirks(sdk_checksums=True, advice=("Egress is billed by the GB.",)),
    Provider.R2: Quirks(
        region="auto",
        takes_forms=False,
        advice=(
            "One write per second and key.",
            "Name each CORS header: `*` does not work for headers.",
        ),
    ),
    Provider.WASABI: Quirks(
        billed_days=90,
        advice=(
            "Objects are billed for 90 days (30 with reserved storage): keep nothing temporary.",
            "Egress is free up to what is stored, per month.",
        ),
    ),
    Provider.B2: Quirks(takes_forms=False),
    Provider.GCS: Quirks(takes_forms=False),
    Provider.SWIFT: Quirks(
        takes_forms=False, advice=("Browsers cannot send to it: it has no CORS by S3.",)
    ),
}


def quirks_of(provider: Provider) -> Quirks:
    """Return what a provider does in its own way."""
    return _QUIRKS.get(provider, Quirks())


class Ask(StrEnum):
    """What a probe asks, each with a wrong value or a wrong moment."""

    SIGNED_SHA256 = "signed_sha256"
    CONTENT_MD5 = "content_md5"
    IF_NONE_MATCH_PUT = "if_none_match_put"
    IF_NONE_MATCH_COMPLETE = "if_none_match_complete"
    IF_MATCH_GET = "if_match_get"
    RANGE = "range"
    LIST_PARTS = "list_parts"
    ABORT = "abort"
    SMALL_PART = "small_part"
    EXPIRED_URL = "expired_url"
    TAMPERED_URL = "tampered_url"
    ANONYMOUS = "anonymous"
    CORS = "cors"
    LIFECYCLE = "lifecycle"


NEEDED: Final[Mapping[Ask, str]] = {
    Ask.RANGE: "it does not give exactly the bytes of a range",
    Ask.LIST_PARTS: "it does not list the parts of an unfinished upload",
    Ask.ABORT: "it keeps the parts of an upload that was given up",
    Ask.EXPIRED_URL: "it serves addresses that have expired",
    Ask.TAMPERED_URL: "it serves addresses that were tampered with",
    Ask.ANONYMOUS: "it serves everybody who asks, without a key",
}
"""What a store must do to be taken, and what is said of one that does not."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one question; `detail` is the server's word or ours."""

    is_well: bool
    detail: str = ""


Answers = Mapping[Ask, Answer]


class PartProof(StrEnum):
    """By what a server proves a part on its way in."""

    SHA256 = "sha256"
    MD5 = "md5"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a store was found to do; what was not asked counts as missing."""

    part_proof: PartProof = PartProof.NONE
    refuses_taken_put: bool = False
    refuses_taken_complete: bool = False
    cors: bool = False
    lifecycle: bool = False


UNKNOWN: Final = Abilities()
"""Of a store that nobody asked: everything that is written is read back whole."""


def judge(answers: Answers) -> Abilities:
    """Return what the answers of a probe mean for how we use the store."""

    def is_well(ask: Ask) -> bool:
        return ask in answers and answers[ask].is_well

    proof = PartProof.NONE
    if is_well(Ask.SIGNED_SHA256):
        proof = PartProof.SHA256
    elif is_well(Ask.CONTENT_MD5):
        proof = PartProof.MD5
    return Abilities(
        part_proof=proof,
        refuses_taken_put=is_well(Ask.IF_NONE_MATCH_PUT),
        refuses_taken_complete=is_well(Ask.IF_NONE_MATCH_COMPLETE),
        cors=is_well(Ask.CORS),
        lifecycle=is_well(Ask.LIFECYCLE),
    )


def find_faults(answers: Answers) -> tuple[str, ...]:
    """Return why the store cannot be taken; nothing where it can."""
    return tuple(
        sentence for ask, sentence in NEEDED.items() if ask in answers and not answers[ask].is_well
    )


def to_document(answers: Answers) -> dict[str, object]:
    """Return the answers as a row keeps them."""
    return {
        ask.value: {"is_well": answer.is_well, "detail": answer.detail}
        for ask, answer in answers.items()
    }


def from_document(document: Mapping[str, Mapping[str, object]]) -> Answers:
    """Return the answers that a row keeps; a question that is no longer asked is left out."""
    known = {ask.value for ask in Ask}
    return {
        Ask(name): Answer(bool(row["is_well"]), str(row["detail"]))
        for name, row in document.items()
        if name in known
    }
