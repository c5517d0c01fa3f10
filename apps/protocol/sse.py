"""Server-sent events, as browsers' `EventSource` and others read them."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

from sse_starlette import EventSourceResponse, ServerSentEvent

from repertory.memory.topics.events import Event

HEARTBEAT = 15.0
"""Seconds between comments that show that the connection lives."""


def sse_response(events: AsyncGenerator[Event, None], *, heartbeat: float = HEARTBEAT) -> EventSourceResponse:
    """Send events as they come, until the client goes away or the server stops; then the generator is closed."""
    return EventSourceResponse(_sent(events), ping=heartbeat, ping_message_factory=_heartbeat, sep="\n")


async def _sent(events: AsyncGenerator[Event, None]) -> AsyncGenerator[ServerSentEvent, None]:
    async with aclosing(events):
        async for event_id, name, data in events:
            # In ASCII, since some clients end a line at U+2028, and no encoding has lone surrogates.
            yield ServerSentEvent(json.dumps(data, separators=(",", ":")), event=name, id=event_id, sep="\n")


def _heartbeat() -> ServerSentEvent:
    return ServerSentEvent(comment="heartbeat", sep="\n")
