"""Logs: one JSON object per line, on standard error, without secrets.

Each names the request or the job in which it was written (`request_id`, `job`).
Tokens, keys and signed paths are masked in the finished line, whoever wrote them into it; control
characters are escaped by JSON, so a file name cannot forge a line.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Final

from rushes.log_context import list_facts

MASK: Final = "***"

_SECRETS: Final = (
    re.compile(r"(whsec_)[A-Za-z0-9+/=_-]+"),
    re.compile(r"(?i)(x-amz-(?:signature|credential|security-token)=)[^&\s\"\\]+"),
    re.compile(r"(?i)((?:authorization|cookie)[\"']?\s*[:=]\s*[\"']?)[^\"'\\\r\n]+"),
    re.compile(r"(/[usp]/)[A-Za-z0-9_.~=-]{8,}"),  # before what tokens look like
    re.compile(r"(rsh_[a-z]+_)[A-Za-z0-9_-]+"),
)

QUIET: Final = (
    *("alembic", "asyncio", "boto3", "botocore", "dbos", "httpcore", "httpx"),
    *("uvicorn", "uvicorn.error"),
)
"""What others say of their everyday is not for our log."""

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""What every record has; anything else was given as `extra`."""

_TAKEN_AWAY: Final = re.compile(
    r"Workflow \S+ (is no longer owned by this execution|was cancelled during execution|"
    r"outcome was not recorded: the workflow is no longer owned)"
)

_OF_OTHERS: Final = frozenset(
    {"applicationID", "applicationVersion", "executorID", "color_message"}
)


def mask(text: str) -> str:
    """Return the text with every secret replaced by stars."""
    for secret in _SECRETS:
        text = secret.sub(rf"\g<1>{MASK}", text)
    return text


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **list_facts(),
        }
        line |= {
            name: value
            for name, value in vars(record).items()
            if name not in _STANDARD | _OF_OTHERS
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return mask(json.dumps(line, ensure_ascii=False, default=str))


def set_up(level: str) -> None:
    """Send every log of this process to standard error, from `level` on."""
    out = logging.StreamHandler(sys.stderr)
    out.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[out], force=True)
    for quiet in QUIET:
        logging.getLogger(quiet).setLevel(logging.WARNING)
    engine = logging.getLogger("dbos")
    engine.handlers, engine.propagate = [out], False  # before it adds one of its own
    engine.addFilter(is_news_of_engine)


def is_news_of_engine(record: logging.LogRecord) -> bool:
    """Leave out what a job's row tells already, and interruptions at a stop.

    A workflow that was cancelled, or went on elsewhere, is told by its worker in words of ours.
    """
    text = record.getMessage()
    return _TAKEN_AWAY.match(text) is None and not text.startswith(
        (
            "Exception encountered in asynchronous workflow",
            "Asyncio task cancelled",
            "Step being automatically retried",
        )
    )
