"""What all partners share."""

from __future__ import annotations

from rushes.partners.host import Begun, Seen


def test_what_is_begun_or_seen_needs_no_id_yet() -> None:
    """Some partners tell it later."""
    assert None is Begun("session").remote_id
    assert (None, {}) == (Seen(is_ready=False).remote_id, Seen(is_ready=False).facts)
