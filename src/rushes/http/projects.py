"""Projects and their members over HTTP."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from rushes.access.permit import Role
from rushes.access.project import Project
from rushes.access.projects import Projects
from rushes.http.auth import Identify
from rushes.http.paging import DEFAULT_LIMIT, CursorText, Limit, Page, Pager
from rushes.http.revisions import IfMatch, mark, read_revision
from rushes.http.wishes import Wish

PROJECTS = "projects"


class ProjectAnswer(BaseModel):
    """A project: `client` and `project` are slugs, fixed for ever; the names are for people."""

    id: str
    client: str
    project: str
    client_name: str
    name: str
    created_at: datetime
    finished_at: datetime | None
    color: str | None
    """What films are taken for whose file says nothing of their colour; null as they are."""
    used_bytes: int
    used_files: int
    max_total_bytes: int | None


class NewProject(Wish):
    """A project to make, by the names that people use."""

    client: str = Field(max_length=1_000)
    project: str = Field(max_length=1_000)


class ProjectPatch(Wish):
    """What to change of a project; its slug stays. A finished one moves to the archives of the
    editing tier, and back.
    """

    name: str | None = Field(default=None, max_length=1_000)
    is_finished: bool | None = None
    color: str | None = Field(default=None, max_length=100)
    """`auto`, `rec709`, `pq`, `hlg`, or `log:` and the name of a LUT."""


class MemberAnswer(BaseModel):
    """A member of a project."""

    account_id: str
    email: str
    role: Role


class MemberWish(Wish):
    """What a member may do: an editor changes, a viewer looks."""

    role: Role = Role.EDITOR


class NewMember(MemberWish):
    """An account to make a member."""

    account_id: str = Field(max_length=100)


class MemberList(BaseModel):
    """Every member of a project."""

    items: list[MemberAnswer]
    next_cursor: None = None


def routes(projects: Projects, identify: Identify, pager: Pager) -> APIRouter:
    """Return the routes of projects and of their members."""
    router = APIRouter(prefix="/api/v1/projects", tags=["projects"])
    _add_project_routes(router, projects, identify, pager)
    _add_member_routes(router, projects, identify)
    return router


def _add_project_routes(
    router: APIRouter, projects: Projects, identify: Identify, pager: Pager
) -> None:
    @router.get("")
    async def list_projects(
        request: Request, limit: Limit = DEFAULT_LIMIT, cursor: CursorText = None
    ) -> Page[ProjectAnswer]:
        """List one's projects, newest first."""
        actor = await identify(request)
        rows = await projects.list(actor, pager.read_after(PROJECTS, cursor), limit)
        shown, following = pager.cut(PROJECTS, rows, limit, lambda one: (one.created_at, one.id))
        return Page(items=[answer_project(one) for one in shown], next_cursor=following)

    @router.post("", status_code=201)
    async def create_project(request: Request, asked: NewProject) -> ProjectAnswer:
        """Make a project, and its client where it is new."""
        actor = await identify(request)
        return answer_project(await projects.create(actor, asked.client, asked.project))

    @router.get("/{project_id}")
    async def get_project(request: Request, response: Response, project_id: str) -> ProjectAnswer:
        """Read a project."""
        project = await projects.get(await identify(request), project_id)
        mark(response, project.revision)
        return answer_project(project)

    @router.patch("/{project_id}")
    async def rename_project(
        request: Request,
        response: Response,
        project_id: str,
        asked: ProjectPatch,
        if_match: IfMatch = None,
    ) -> ProjectAnswer:
        """Give a project another name or colour, or say that it is finished."""
        actor = await identify(request)
        changed = await projects.change(
            actor,
            project_id,
            name=asked.name,
            is_finished=asked.is_finished,
            color=asked.color,
            revision=read_revision(if_match),
        )
        mark(response, changed.revision)
        return answer_project(changed)


def _add_member_routes(router: APIRouter, projects: Projects, identify: Identify) -> None:
    @router.get("/{project_id}/members")
    async def list_members(request: Request, project_id: str) -> MemberList:
        """List who is a member of a project."""
        rows = await projects.list_members(await identify(request), project_id)
        items = [
            MemberAnswer(account_id=account.id, email=account.email, role=role)
            for account, role in rows
        ]
        return MemberList(items=items)

    @router.post("/{project_id}/members", status_code=204)
    async def add_member(request: Request, project_id: str, asked: NewMember) -> None:
        """Make an account a member."""
        actor = await identify(request)
        await projects.set_member(actor, project_id, asked.account_id, asked.role)

    @router.put("/{project_id}/members/{account_id}", status_code=204)
    async def set_member(
        request: Request, project_id: str, account_id: str, asked: MemberWish
    ) -> None:
        """Make an account a member, or another kind of one."""
        actor = await identify(request)
        await projects.set_member(actor, project_id, account_id, asked.role)

    @router.delete("/{project_id}/members/{account_id}", status_code=204)
    async def remove_member(request: Request, project_id: str, account_id: str) -> None:
        """End a membership."""
        await projects.remove_member(await identify(request), project_id, account_id)


def answer_project(project: Project) -> ProjectAnswer:
    """Return a project as it is answered."""
    return ProjectAnswer(
        id=project.id,
        client=project.client_slug,
        project=project.project_slug,
        client_name=project.client_name,
        name=project.project_name,
        created_at=project.created_at,
        finished_at=project.finished_at,
        color=project.color,
        used_bytes=project.used_bytes,
        used_files=project.used_files,
        max_total_bytes=project.max_total_bytes,
    )
