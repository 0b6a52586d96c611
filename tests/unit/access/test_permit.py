"""The table of rights: who may, who may not, and what they hear."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rushes.access.link import LinkNotFound, unknown_link
from rushes.access.permit import (
    ALL_SCOPES,
    OWN_ONLY,
    RIGHTS,
    SYSTEM,
    Actor,
    ActorKind,
    Forbidden,
    ProjectNotFound,
    Rank,
    Role,
    Scope,
    ScopeMissing,
    Verb,
    find_rank,
    may,
    may_see,
    permit,
)

OURS, THEIRS = "prj_ours", "prj_theirs"

PEOPLE = {
    Rank.SUPERADMIN: Actor(ActorKind.ACCOUNT, "acc_1", Role.SUPERADMIN, None),
    Rank.ADMIN: Actor(ActorKind.ACCOUNT, "acc_2", Role.ADMIN, None),
    Rank.EDITOR: Actor(ActorKind.ACCOUNT, "acc_3", Role.EDITOR, frozenset({OURS})),
    Rank.VIEWER: Actor(ActorKind.ACCOUNT, "acc_4", Role.VIEWER, frozenset({OURS})),
    Rank.LINK: Actor(
        ActorKind.LINK,
        "lnk_1",
        project_ids=frozenset({OURS}),
        link_id="lnk_1",
        scopes=frozenset({Scope.READ, Scope.WRITE}),
    ),
    Rank.SHARE: Actor(
        ActorKind.SHARE, "shr_1", project_ids=frozenset({OURS}), scopes=frozenset({Scope.READ})
    ),
}
EVERYBODY = [(rank, verb) for rank in Rank for verb in Verb]


def test_every_verb_has_its_row() -> None:
    """What stands in no row could be asked for and never be answered."""
    assert set(Verb) == set(RIGHTS)


@pytest.mark.covers("T-SEC-03", "CF-25")
@pytest.mark.parametrize(("rank", "verb"), EVERYBODY)
def test_everybody_may_what_their_column_says(rank: Rank, verb: Verb) -> None:
    """And nothing else, in their own project."""
    link_id = "lnk_1" if rank is Rank.LINK else None

    def ask() -> None:
        permit(PEOPLE[rank], verb, OURS, link_id=link_id)

    if rank in RIGHTS[verb][0]:
        ask()
    else:
        with pytest.raises(Forbidden):
            ask()


@pytest.mark.covers("X-SEC-02")
@pytest.mark.parametrize("rank", [Rank.EDITOR, Rank.VIEWER, Rank.LINK, Rank.SHARE])
@pytest.mark.parametrize("verb", list(Verb))
def test_a_foreign_project_does_not_exist(rank: Rank, verb: Verb) -> None:
    """404 for whatever one asks, in the words of the thing that is asked for."""
    with pytest.raises(ProjectNotFound):
        permit(PEOPLE[rank], verb, THEIRS)
    with pytest.raises(LinkNotFound):
        permit(PEOPLE[rank], verb, THEIRS, missing=unknown_link())


@pytest.mark.parametrize("verb", sorted(OWN_ONLY))
@pytest.mark.parametrize("link_id", [None, "lnk_2"])
def test_a_link_touches_only_what_came_through_it(verb: Verb, link_id: str | None) -> None:
    """An upload of another link in the same project is unknown to it."""
    with pytest.raises(ProjectNotFound):
        permit(PEOPLE[Rank.LINK], verb, OURS, link_id=link_id)


@pytest.mark.parametrize("verb", list(Verb))
def test_a_token_needs_the_scope_too(verb: Verb) -> None:
    """Without the one scope of the verb, the highest role does not help."""
    _, scope = RIGHTS[verb]
    owner = PEOPLE[Rank.SUPERADMIN]
    lacking = replace(owner, kind=ActorKind.TOKEN, scopes=ALL_SCOPES - {scope})
    having = replace(owner, kind=ActorKind.TOKEN, scopes=frozenset({scope}))

    permit(having, verb, OURS)
    with pytest.raises(ScopeMissing, match=scope):
        permit(lacking, verb, OURS)


def test_a_token_of_certain_projects_makes_no_new_ones() -> None:
    """It would reach further than it was made to."""
    token = replace(PEOPLE[Rank.ADMIN], kind=ActorKind.TOKEN, project_ids=frozenset({OURS}))

    assert may(PEOPLE[Rank.ADMIN], Verb.CREATE_PROJECT)
    assert not may(token, Verb.CREATE_PROJECT)
    assert may(token, Verb.ADD_UPLOAD, OURS)


def test_an_editor_who_only_looks_is_a_viewer_there() -> None:
    """Membership narrows a role; it never widens one."""
    guest = replace(PEOPLE[Rank.EDITOR], view_only=frozenset({OURS}))
    viewer = replace(PEOPLE[Rank.VIEWER], view_only=frozenset())

    assert Rank.VIEWER is find_rank(guest, OURS)
    assert Rank.EDITOR is find_rank(guest, None)
    assert Rank.VIEWER is find_rank(viewer, OURS)
    assert not may(guest, Verb.CHANGE_ASSET, OURS)
    assert may(guest, Verb.PLAY_ASSET, OURS)


def test_who_has_no_role_may_nothing() -> None:
    """Deny is the default."""
    nobody = Actor(ActorKind.ACCOUNT, "acc_5", None, None)

    assert [] == [verb for verb in Verb if may(nobody, verb)]


def test_the_program_itself_may_everything() -> None:
    """Jobs that nobody asked for still run."""
    assert all(may(SYSTEM, verb, THEIRS) for verb in Verb)
    assert may_see(SYSTEM, THEIRS)


def test_seeing_is_membership() -> None:
    """None means every project."""
    assert may_see(PEOPLE[Rank.ADMIN], THEIRS)
    assert may_see(PEOPLE[Rank.EDITOR], OURS)
    assert not may_see(PEOPLE[Rank.EDITOR], THEIRS)
