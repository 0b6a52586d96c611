"""The journey: what follows from what, on one page.

     upload.readable ───> glance     what is it, while the rest of it still comes
     upload.completed ──> ingest ──> upload.accepted, asset.created
                       (scanned before, or once it is filed: scan.finished; scan.reopened)
     asset.created ──┬──> prepare ─┬─> (open)      the first segments: it can be watched
                     │             ├─> stills      poster and thumbnails, or previews
                     │             ├─> storyboard  what is seen over the seek bar
                     │             ├─> waveform    what is heard: its peaks, its loudness, an MP3
                     │             └─> ladder      runs of segments, sound, files
                     ├──> keep       the original goes into the archive; the spool is free again
                     └──> settle     the same bytes may be here, made and kept, already
     placement.wished ──> recall     a rendition that is watched comes to the edge
     tier.eviction_asked > evict     what a plan names leaves the edge
     tier.check_asked ──> check      rows and stores are compared, and what is lost is mended
     asset.colored ─────> prepare    the same with other colours; what needs no change stays
     asset.deleted ─────> delete     objects of what nobody has any more
     project.deleted ───> close      the same of all its assets
     rendition.wanted ──> ladder     what rested, or what a new recipe makes anew
     roll_out.wanted ───> roll_out   the same of all that an older recipe made

Rooms never call the next one: they write an event beside their change, and `STORY` is the one
table from event to workflow. A workflow's body only orders steps; each step is one deed of one
room, runs at least once, and may run again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

from rushes.deeds import Deeds
from rushes.errors import Kind as ErrorKind
from rushes.events.event import Event, EventType
from rushes.events.relay import Argument, Start, Story
from rushes.intake.verdict import Scan
from rushes.jobs.engine import Engine
from rushes.jobs.job import BY_HAND, RAISED, Queue, StepFailed, workflow_id
from rushes.jobs.schedule import CHECK_TIERS, EXPIRE_UPLOADS, IMPORT, RETAIN
from rushes.library.screening import Order
from rushes.media.ladder import RECIPE
from rushes.renditions.glimpsing import ENDED, GLIMPSE, WITHDRAW, tell_glimpsing
from rushes.renditions.make import LADDER
from rushes.renditions.rendition import PLAYED, Kind
from rushes.renditions.rolling_out import tell_rolling_out
from rushes.tiers.closing import CLOSE, tell_closing
from rushes.tiers.recall import tell_recall
from rushes.tiers.upkeep import tell_upkeep

PROBE_SECONDS: Final = 60.0
OPEN_SECONDS: Final = 120.0
RUN_SECONDS: Final = 1_800.0
STILLS_SECONDS: Final = 300.0
DAY_SECONDS: Final = 86_400.0

BY_COPY: Final = 10

CANCELLED: Final = ("rendition.cancelled", "Its making was cancelled. Try the job again.")
WORK: Final = (
    ("stills", frozenset({Kind.STILL}), 10),
    ("storyboard", frozenset({Kind.STORYBOARD}), 20),
    ("waveform", frozenset({Kind.WAVEFORM}), 20),
    (LADDER, PLAYED, 30),
)
"""What makes which kinds, and its priority (low goes first): a picture before the ladder."""


Settle = Callable[[str], Awaitable[None]]
Deed = Callable[[str], Awaitable[None]]


def _content_of(event: Event) -> tuple[Argument, ...]:
    return (str(event.data["content_id"]),)


def _kept_of(event: Event) -> tuple[Argument, ...] | None:
    """Copy an original only when its scan has said something; scan.* tells it again then."""
    if event.data.get("scan") == Scan.PENDING or event.data["content_id"] is None:
        return None
    return _content_of(event)


def _order(event: Event) -> tuple[Argument, ...]:
    return (str(event.data["content_id"]), event.id)


def _both(event: Event) -> tuple[Argument, ...]:
    return (event.subject, str(event.data["content_id"]))


def _alone_of(event: Event) -> tuple[Argument, ...] | None:
    """Nothing follows from an asset that goes with its project: `close` does it."""
    if event.data.get("with_project"):
        return None
    return (*_both(event), bool(event.data.get("purge")))


def _closed_of(event: Event) -> tuple[Argument, ...]:
    return event.subject, event.actor, bool(event.data["purge"])


def _generation_of(event: Event) -> str:
    return f"{event.data['tier']}:{event.data['generation']}"


def _edge_of(event: Event) -> tuple[Argument, ...]:
    return event.subject, str(event.data["tier"])


def _id_of(event: Event) -> str:
    return event.id


def _yes_of(event: Event) -> tuple[Argument, ...]:
    return event.subject, int(str(event.data["objects"])), event.actor


KEEP: Final = Start("keep", arguments=_kept_of, queue=Queue.COPY, priority=BY_COPY)

STORY: Final[Story] = {
    EventType.UPLOAD_READABLE: (Start("glance"),),
    EventType.UPLOAD_COMPLETED: (Start("ingest"), GLIMPSE),
    **dict.fromkeys(ENDED, (WITHDRAW,)),
    EventType.ASSET_CREATED: (
        Start("prepare", arguments=_content_of, recipe=RECIPE),  # first: somebody wants to watch
        KEEP,
        Start("settle", arguments=_both),
    ),
    **dict.fromkeys((EventType.SCAN_FINISHED, EventType.SCAN_FAILED), (KEEP,)),
    EventType.SCAN_REOPENED: (Start("ingest", recipe=_id_of),),
    EventType.PLACEMENT_WISHED: (
        Start("recall", _edge_of, _generation_of, queue=Queue.COPY, priority=RAISED),
    ),
    EventType.TIER_EVICTION_ASKED: (
        Start("evict", _yes_of, _id_of, queue=Queue.UPKEEP, priority=BY_HAND),
    ),
    EventType.TIER_CHECK_ASKED: (Start("check", queue=Queue.UPKEEP, priority=BY_HAND),),
    EventType.ASSET_COLORED: (Start("prepare", _order, _id_of),),
    EventType.ASSET_DELETED: (Start("delete", arguments=_alone_of),),
    EventType.PROJECT_DELETED: (Start(CLOSE, arguments=_closed_of),),
    EventType.RENDITION_WANTED: (
        Start(LADDER, _content_of, _id_of, queue=Queue.MEDIA, priority=BY_HAND),
    ),
    EventType.ROLL_OUT_WANTED: (Start("roll_out"),),
}


def tell(engine: Engine, deeds: Deeds) -> None:
    """Tell the engine every workflow; the names stay for ever, as open work bears them."""
    settle = engine.step("settle")(deeds.settle)
    _tell_glance(engine, deeds)
    _tell_arrival(engine, deeds, settle)
    _tell_preparing(engine, deeds, settle)
    _tell_stills(engine, deeds, settle)
    _tell_ladder(engine, deeds, settle)
    tell_recall(engine, deeds.recalling)
    _tell_retaining(engine, deeds)
    _tell_checking(engine, deeds)
    tell_rolling_out(engine, deeds.remaking)
    tell_upkeep(engine, deeds.upkeep)
    _tell_leaving(engine, deeds)
    tell_closing(engine, deeds.closing, deeds.remove_all)
    tell_glimpsing(engine, deeds.glimpsing, deeds.looking.look, deeds.open, deeds.withdraw)


def _tell_arrival(engine: Engine, deeds: Deeds, settle: Settle) -> None:
    verify = engine.step("verify", timeout_seconds=DAY_SECONDS)(deeds.verify)
    screen = engine.step("screen")(deeds.screen)
    scan = engine.step("scan", timeout_seconds=DAY_SECONDS)(deeds.scan)
    accept = engine.step("accept")(deeds.accept)
    keep_original = engine.step("keep", timeout_seconds=DAY_SECONDS)(deeds.keeper.keep_original)
    let_pass = engine.step("let_pass")(deeds.let_pass)
    digest = engine.step("digest", timeout_seconds=DAY_SECONDS)(deeds.originals.digest)
    doubt = engine.step("doubt", timeout_seconds=DAY_SECONDS)(deeds.doubt)

    @engine.workflow("ingest")
    async def ingest(upload_id: str) -> None:
        try:
            found = await verify(upload_id)
            order = await screen(upload_id, found)
            if order == Order.BEFORE and not await scan(upload_id):
                return
            if order and await accept(upload_id, found) and order == Order.AFTER:
                await scan(upload_id)
        except StepFailed as failure:
            if failure.failed_kind is not ErrorKind.GONE:  # cancelled before the verdict
                await doubt(upload_id, failure.failed_code)
                raise

    @engine.workflow("keep")
    async def keep(content_id: str) -> None:
        await keep_original(content_id)
        await settle(content_id)
        await let_pass(content_id)  # whoever waits for a picture needs the cores more
        await digest(content_id)

    @engine.workflow("settle")
    async def settle_asset(_asset_id: str, content_id: str) -> None:
        await settle(content_id)


def _tell_glance(engine: Engine, deeds: Deeds) -> None:
    look = engine.step("glance", timeout_seconds=DAY_SECONDS)(deeds.early.look)

    @engine.workflow("glance")
    async def glance(upload_id: str) -> None:
        try:
            await look(upload_id)
        except StepFailed as failure:
            if failure.failed_kind not in {ErrorKind.GONE, ErrorKind.MISSING}:  # it has ended
                raise


def _tell_preparing(engine: Engine, deeds: Deeds, settle: Settle) -> None:
    look = engine.step("probe", timeout_seconds=PROBE_SECONDS, preemptible=True)(deeds.looking.look)
    give_up = engine.step("give_up")(deeds.looking.give_up)
    open_it = engine.step("open", timeout_seconds=OPEN_SECONDS, preemptible=True)(deeds.open)

    async def plan(content_id: str, order: str) -> None:
        wanted = await look(content_id)
        if PLAYED.intersection(wanted) and await open_it(content_id):
            await settle(content_id)
        for name, kinds, priority in WORK:
            if kinds.intersection(wanted):
                job_id = workflow_id(name, content_id, order)
                await engine.submit(Queue.MEDIA, name, job_id, content_id, priority=priority)

    @engine.workflow("prepare")
    async def prepare(content_id: str, order: str = RECIPE) -> None:
        await _or_give_up(lambda each: plan(each, order), give_up, settle, content_id)


def _tell_stills(engine: Engine, deeds: Deeds, settle: Settle) -> None:
    stills, hearing = deeds.stills, deeds.hearing
    tell_one = partial(_tell_seen, engine, deeds, settle)
    tell_one("stills", Kind.STILL, stills.make, stills.sweep)
    tell_one("storyboard", Kind.STORYBOARD, stills.make_storyboard, stills.sweep_storyboard)
    tell_one("waveform", Kind.WAVEFORM, hearing.make, hearing.sweep)


def _tell_seen(
    engine: Engine, deeds: Deeds, settle: Settle, name: str, kind: Kind, *work: Deed
) -> None:
    """Tell of one kind of what is seen: made, or failed with its reason, then swept."""
    make, sweep = work
    seconds = RUN_SECONDS if kind is Kind.WAVEFORM else STILLS_SECONDS
    make_step = engine.step(name, timeout_seconds=seconds, preemptible=True)(make)
    fail = engine.step("fail")(deeds.failing(kind))
    sweep_step = engine.step("sweep")(sweep)

    @engine.workflow(name)
    async def make_seen(content_id: str) -> None:
        await _or_give_up(make_step, fail, settle, content_id)
        await sweep_step(content_id)


def _tell_ladder(engine: Engine, deeds: Deeds, settle: Settle) -> None:
    making = deeds.making

    plan = engine.step("plan")(making.plan)
    encode_run = partial(making.encode, partial(engine.report, "encode"))
    encode = engine.step("encode", timeout_seconds=RUN_SECONDS, preemptible=True)(encode_run)
    sound = engine.step("sound", timeout_seconds=RUN_SECONDS, preemptible=True)(making.encode_sound)
    list_unfinished = engine.step("list")(making.list_unfinished)
    finish = engine.step("finish", timeout_seconds=RUN_SECONDS)(making.finish)
    fail = engine.step("fail")(deeds.failing(*PLAYED))
    sweep = engine.step("sweep")(making.sweep)

    async def make_some(
        content_id: str, chosen: list[str], runs: Sequence[tuple[int, int]]
    ) -> list[str]:
        for first, count in runs:
            await encode(content_id, chosen, first, count)
        failed = await sound(content_id, chosen) or []  # an earlier release told nothing
        for each in await list_unfinished(content_id, [i for i in chosen if i not in failed]):
            await finish(content_id, each)
        return failed

    async def make(content_id: str) -> None:
        await _in_rounds(partial(plan, content_id, engine.job_id), partial(make_some, content_id))

    async def abandon(content_id: str) -> None:
        await deeds.outcomes.fail(content_id, tuple(PLAYED), *CANCELLED)
        await making.sweep(content_id)
        await deeds.settle(content_id)

    @engine.workflow(LADDER, cancelled=abandon)
    async def ladder(content_id: str) -> None:
        try:
            await _or_give_up(make, fail, settle, content_id)
        except StepFailed:
            await sweep(content_id)
            raise
        await sweep(content_id)


def _tell_retaining(engine: Engine, deeds: Deeds) -> None:
    carry_out = engine.step("retain", timeout_seconds=RUN_SECONDS)(deeds.retaining.carry_out)

    @engine.workflow("evict")
    async def evict(edge: str, at_most: int, actor: str) -> None:
        await carry_out(at_most, actor, edge)

    carry_out_all = engine.step("retain", timeout_seconds=RUN_SECONDS)(
        deeds.retaining.carry_out_all
    )

    @engine.scheduled(RETAIN)
    async def retain() -> None:
        await carry_out_all()

    sync = engine.step("sync", timeout_seconds=DAY_SECONDS)(deeds.adopting.sync)

    @engine.scheduled(IMPORT)
    async def import_objects() -> None:
        await sync()


def _tell_checking(engine: Engine, deeds: Deeds) -> None:
    run = engine.step("compare", timeout_seconds=DAY_SECONDS)(deeds.checking.run)
    run_daily = engine.step("compare_daily", timeout_seconds=DAY_SECONDS)(deeds.checking.run_daily)

    @engine.workflow("check")
    async def check(check_id: str) -> None:
        await run(check_id)

    @engine.scheduled(CHECK_TIERS)
    async def check_tiers() -> None:
        await run_daily()


def _tell_leaving(engine: Engine, deeds: Deeds) -> None:
    forget = engine.step("forget")(deeds.editing.forget)
    clear = engine.step("clear")(deeds.clear)
    remove = engine.step("remove", timeout_seconds=RUN_SECONDS)(deeds.remover.remove_content)
    expire = engine.step("expire", timeout_seconds=RUN_SECONDS)(deeds.expire)
    finish_removals = engine.step("orphans")(deeds.remover.remove_orphans)
    stop = engine.step("stop")(deeds.desk.cancel_all_for)
    release = engine.step("release")(deeds.originals.release_abandoned)
    remove_infected = engine.step("infected", timeout_seconds=RUN_SECONDS)(deeds.screening.sweep)
    forget_rates = engine.step("rates")(deeds.rates.sweep)
    sweep_leftovers = engine.step("leftovers")(deeds.sweep_leftovers)

    @engine.workflow("delete")
    async def delete(asset_id: str, content_id: str, purge: bool = False) -> None:  # noqa: FBT001, FBT002 - a job's arguments
        if await forget(asset_id, content_id):
            await stop(content_id)
            await remove(content_id, purge=purge)
            await clear(content_id)
        await release()

    @engine.scheduled(EXPIRE_UPLOADS)
    async def expire_uploads() -> None:
        await expire()
        await finish_removals()
        await sweep_leftovers()
        await remove_infected()
        await forget_rates()
        await release()


async def _in_rounds(
    plan: Callable[[list[str]], Awaitable[tuple[list[str], list[tuple[int, int]]]]],
    make_some: Callable[[list[str], Sequence[tuple[int, int]]], Awaitable[list[str]]],
) -> None:
    """Make what is planned until nothing new is: what another job left comes in another round.

    What failed alone, as `make_some` tells, is left out of the next plans.
    """
    seen: set[str] = set()
    failed: list[str] = []
    while True:
        chosen, runs = await plan(failed)
        if seen.issuperset(chosen):
            return
        seen.update(chosen)
        failed = [*failed, *await make_some(chosen, runs)]


async def _or_give_up(
    work: Callable[[str], Awaitable[None]],
    give_up: Callable[[str, str, str], Awaitable[None]],
    settle: Settle,
    content_id: str,
) -> None:
    """Do the work and settle; where it fails, keep the reason, settle, and fail as well.

    Content that nobody has any more is no failure: there is nothing left to do.
    """
    try:
        await work(content_id)
    except StepFailed as failure:
        if failure.failed_kind is ErrorKind.GONE:
            return
        await give_up(content_id, failure.failed_code, str(failure))
        await settle(content_id)
        raise
    await settle(content_id)
