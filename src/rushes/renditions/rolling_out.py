"""The workflow of a roll-out: content by content, a ladder behind all other work."""

from __future__ import annotations

from rushes.jobs.engine import Engine
from rushes.jobs.job import UNASKED, Queue, workflow_id
from rushes.renditions.make import LADDER
from rushes.renditions.remaking import Remaking

ROLL_OUT = "roll_out"


def tell_rolling_out(engine: Engine, remaking: Remaking) -> None:
    """Tell the engine the workflow; it orders steps, as those of the journey do."""
    list_old = engine.step("list_old")(remaking.list_old)
    remake = engine.step("remake")(remaking.renew)

    @engine.workflow(ROLL_OUT)
    async def roll_out(order_id: str) -> None:
        after = ""
        while page := await list_old(after):
            for content_id in page:
                if await remake(content_id):
                    job_id = workflow_id(LADDER, content_id, order_id)
                    await engine.submit(Queue.MEDIA, LADDER, job_id, content_id, priority=UNASKED)
            after = page[-1]
