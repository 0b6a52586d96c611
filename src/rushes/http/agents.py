"""Agents over HTTP: a program beside a mount asks what to do there, and says how it went."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from rushes.access.permit import Actor, Forbidden, Verb, permit
from rushes.delivery.sign import Grant, Scope, Signer, until
from rushes.http.auth import Identify
from rushes.http.leaving import while_there
from rushes.http.wishes import Text
from rushes.tiers.agency import Agency
from rushes.tiers.editing_far import Ending, Errand, Outcome, Seen
from rushes.tiers.editing_records import Due

WAIT_SECONDS: Final = 10.0
LIFE: Final = timedelta(hours=6)

Detail = Annotated[Text, Field(max_length=4_000)]


class SeenAsked(BaseModel):
    """A file of the tree."""

    size_bytes: int = Field(ge=0, lt=2**63)
    version: Text = Field(max_length=100)


class OutcomeAsked(BaseModel):
    """How an errand went."""

    number: int
    """That of the errand."""
    ending: Ending
    detail: Detail = ""
    """What was in the way."""
    found: SeenAsked | None = None
    """What is there now, where it was looked for or written."""
    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    """SHA-256 in hex, where it was read."""


class AgentAsked(BaseModel):
    """What an agent says, each time it asks."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    tree_id: Text = Field(min_length=1, max_length=100)
    """The id in the marker of its folder."""
    session: str | None = Field(default=None, max_length=100)
    """What it was given when it came; null for who comes."""
    replaces: bool = False
    """Whether its folder is to be the one that is kept, whatever was before."""
    busy: bool = False
    """It is at its errand still, and only says that it lives."""
    outcome: OutcomeAsked | None = None
    """How its last errand went."""
    wait: float = Field(default=WAIT_SECONDS, ge=0, le=WAIT_SECONDS)
    """Seconds that the answer may take where there is nothing to do."""


class AgentAnswer(BaseModel):
    """What an agent is to do; null: nothing now, ask again."""

    session: str
    errand: Errand | None


def routes(agency: Agency, signer: Signer, identify: Identify) -> APIRouter:
    """Return the route of agents."""
    router = APIRouter(tags=["tiers"])

    @router.post("/api/v1/editing/agent")
    async def serve_agent(request: Request, asked: AgentAsked) -> AgentAnswer:
        """Take what an agent of the editing tier did, and say what it is to do next."""
        actor = await identify(request)
        permit(actor, Verb.SERVE_EDITING)
        if actor.project_ids is not None:  # the tree holds proxies of every project
            raise Forbidden("This token is for certain projects. Give the agent another one.")
        if asked.session is None:
            sign = _signing(agency, signer, actor)
            session = await agency.admit(asked.tree_id, sign, replaces=asked.replaces)
        else:
            session = agency.get(asked.session)
        if asked.outcome is not None:
            session.hand.take(_outcome(asked.outcome))
        errand = (
            None if asked.busy else await while_there(request, session.hand.find_errand(asked.wait))
        )
        return AgentAnswer(session=session.id, errand=errand)

    return router


def _signing(agency: Agency, signer: Signer, actor: Actor) -> Callable[[Due], str]:
    """Return what signs the path of a proxy, for as long as a long one may take."""

    def sign(due: Due) -> str:
        expires_at = until(agency.clock.now(), LIFE)
        grant = Grant(due.asset_id, Scope.FILE, due.quality, actor.id, expires_at, actor.epoch)
        ending = due.proxy_name.rpartition(".")[2]
        return f"/p/{signer.sign(grant)}/{due.quality}.{ending}?v={due.rendition_id}"

    return sign


def _outcome(told: OutcomeAsked) -> Outcome:
    found = None if told.found is None else Seen(told.found.size_bytes, told.found.version)
    return Outcome(told.number, told.ending, told.detail, found, told.digest)
