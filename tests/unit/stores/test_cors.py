"""The rule that lets browsers send to a bucket, and its neighbours."""

from __future__ import annotations

import pytest

from rushes.stores.cors import join_rules, make_rule


@pytest.mark.parametrize(
    ("origins", "allowed"),
    [
        (["https://a.example"], ["https://a.example"]),
        (["https://a.example", "https://a.example"], ["https://a.example"]),
        (["https://a.example", "*"], ["*"]),
    ],
)
def test_a_rule_names_each_origin_once(origins: list[str], allowed: list[str]) -> None:
    """`*` is every one; an ETag can be read, else no page could send parts."""
    rule = make_rule(origins)

    assert allowed == rule["AllowedOrigins"]
    assert (["ETag", "Location"], ["content-type"]) == (
        rule["ExposeHeaders"],
        rule["AllowedHeaders"],
    )
    assert {"PUT", "POST"} <= set(rule["AllowedMethods"])


def test_our_rule_is_replaced_and_others_stay() -> None:
    """Ours comes first; a rule without a name is another's."""
    old, new = make_rule(["https://old.example"]), make_rule(["https://new.example"])
    theirs = {"AllowedOrigins": ["https://theirs.example"], "AllowedMethods": ["GET"]}

    assert [new, theirs] == join_rules([theirs, old], new)
