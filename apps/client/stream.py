"""Server-sent events as they come in, and when to ask for more of them. Nothing here reads or waits."""

import json
import re

from repertory.apps.client.errors import UnreachableError
from repertory.apps.client.records import Event

_LINE_END = re.compile(rb"\r\n|\n|\r(?!\Z)")  # a CR at the end may be half of one
_LONGEST = 5.0
"""Seconds between two attempts to connect again, at most."""
_ATTEMPTS = 12
"""In a row without an event."""


class EventStream:
    """Turns bytes into events, whatever pieces they come in; knows where to go on after a break.

    Source: the event stream format of the HTML standard, section 9.2.

    Args:
        after: id of the last event that is known already; None: from the beginning.
    """

    def __init__(self, after: str | None = None) -> None:
        self.last_id = after
        self._failures = 0
        self._begin()

    def _begin(self) -> None:
        self._buffer = b""
        self._id = self.last_id
        self._data: list[str] = []
        self._kind = ""

    @property
    def headers(self) -> dict[str, str]:
        """What a request for the events says."""
        known = {} if self.last_id is None else {"Last-Event-ID": self.last_id}
        return {"Accept": "text/event-stream", **known}

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that are complete with these bytes."""
        *lines, self._buffer = _LINE_END.split(self._buffer + chunk)
        events = [event for line in lines if (event := self._take(line.decode(errors="replace")))]
        if events:
            self._failures = 0
        return events

    def broken(self, error: Exception | None) -> float:
        """The connection ended; seconds to wait before the next one.

        Raises:
            UnreachableError: too many ended in a row without an event.
        """
        self._begin()  # half an event comes again, whole
        self._failures += 1
        if self._failures > _ATTEMPTS and error is not None:
            since = "" if self.last_id is None else f" after {self.last_id!r}"
            raise UnreachableError(f"no events{since}: {error}; is `repertory serve` running there?") from error
        return min(_LONGEST, 0.05 * 2.0**self._failures)

    def _take(self, line: str) -> Event | None:
        if not line:
            self.last_id = self._id
            event = (
                Event(id=self.last_id, event=self._kind or "message", data=_json(self._data)) if self._data else None
            )
            self._data, self._kind = [], ""
            return event
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._kind = value
        elif name == "id" and "\0" not in value:
            self._id = value
        return None


def _json(lines: list[str]) -> object:
    text = "\n".join(lines)
    try:
        return json.loads(text)
    except ValueError:
        return text
