"""Whose deeds an editor reads of: those of the projects that they work in."""

from __future__ import annotations

from rushes.access.permit import Actor, ActorKind, Role
from rushes.events.chain_records import Wanted
from rushes.http.audit import Filter


def test_a_project_that_an_editor_only_looks_at_is_left_out() -> None:
    """As a viewer of it they may not see the audit."""
    projects = frozenset({"prj_1", "prj_2"})
    editor = Actor(ActorKind.ACCOUNT, "acc_1", Role.EDITOR, projects, frozenset({"prj_2"}))

    assert ["prj_1"] == Filter(Wanted()).of(editor).project_ids


def test_an_admin_reads_of_all() -> None:
    """No list of projects narrows it."""
    admin = Actor(ActorKind.ACCOUNT, "acc_1", Role.ADMIN, None)

    assert Filter(Wanted()).of(admin).project_ids is None
