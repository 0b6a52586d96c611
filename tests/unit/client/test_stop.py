"""Stopping from anywhere."""

from __future__ import annotations

from rushes.client.stop import Stop


def test_who_watches_is_woken_once() -> None:
    """And nobody who watches no more."""
    woken: list[str] = []
    stop = Stop()
    with stop.watched(lambda: woken.append("before")):
        pass
    with stop.watched(lambda: woken.append("during")):
        stop.ask()
    with stop.watched(lambda: woken.append("after")):
        pass

    assert stop.is_asked
    assert ["during", "after"] == woken
