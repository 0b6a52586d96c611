"""CORS of a bucket: what browsers may do there, as S3 tells it; other people's rules stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

RULE_ID: Final = "rushes"
"""Our rule's name: it is replaced, and no other one is touched."""

METHODS: Final = ("PUT", "POST", "GET", "HEAD")
HEADERS: Final = ("content-type",)
"""Headers that pages send to signed addresses; named one by one, as R2 refuses `*`."""

EXPOSED: Final = ("ETag", "Location")
"""A page that sends parts has to read the ETag of each; Uppy 5 asks where a form landed."""

SECONDS: Final = 3600
"""How long a browser remembers the answer to its question."""

Rule = Mapping[str, Any]
"""As in S3's CORSRule: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CORSRule.html."""


def make_rule(origins: Sequence[str]) -> Rule:
    """Return what lets pages of these origins send to signed addresses; `*` is every page."""
    known = ("*",) if "*" in origins else tuple(dict.fromkeys(origins))
    return {
        "ID": RULE_ID,
        "AllowedOrigins": list(known),
        "AllowedMethods": list(METHODS),
        "AllowedHeaders": list(HEADERS),
        "ExposeHeaders": list(EXPOSED),
        "MaxAgeSeconds": SECONDS,
    }


def join_rules(held: Sequence[Rule], rule: Rule) -> list[Rule]:
    """Return the rules of a bucket with ours first: the first one that fits decides."""
    return [rule, *(each for each in held if each.get("ID") != rule["ID"])]
