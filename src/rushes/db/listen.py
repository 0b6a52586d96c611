"""Hear what PostgreSQL tells on a channel; on SQLite there is nobody to tell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from psycopg import AsyncConnection, Error
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import make_url

_PAUSE_SECONDS: Final = 1.0


async def listen(url: str, channel: str, heard: Callable[[], None]) -> None:
    """Call `heard` for each notice on the channel, until cancelled.

    A lost connection is made anew; `heard` is called then too, for what was said meanwhile.
    """
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    while True:
        try:
            async with await AsyncConnection.connect(address, autocommit=True) as connection:
                await connection.execute(SQL("LISTEN {}").format(Identifier(channel)))
                heard()
                async for _ in connection.notifies():
                    heard()
        except Error:
            await asyncio.sleep(_PAUSE_SECONDS)
