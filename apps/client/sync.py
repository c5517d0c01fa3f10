"""The client that waits for each answer."""

import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from repertory.apps.client.calls import Call, Listing, is_busy, path
from repertory.apps.client.errors import refused, unreachable
from repertory.apps.client.operations import Operations
from repertory.apps.client.performing import Ask, Decide, Driving, Pause, Rested, Tools, drive
from repertory.apps.client.records import Artifact, Event, Task
from repertory.apps.client.stream import EventStream
from repertory.apps.client.transport import (
    CALL_TIMEOUT,
    DEFAULT_SERVER,
    LIMITS,
    STREAM_TIMEOUT,
    headers,
    multipart,
    server_url,
    written,
)

T = TypeVar("T")

_NO_MORE = 204
"""How a server says that no events will follow."""


class Client(Operations):
    """A client of a server of the Agent Protocol; close it, or use it in a `with`.

    Its methods raise `ProtocolError` where the server refuses, and `UnreachableError` where there is no answer. Calls
    that change nothing are made again a few times before that.

    Args:
        server: where the server is.
        token: what the server wants to be shown.
        timeout: seconds without a byte until a call counts as failed.
    """

    def __init__(
        self, server: str = DEFAULT_SERVER, *, token: str | None = None, timeout: float = CALL_TIMEOUT
    ) -> None:
        self.server = server_url(server)
        self._http = httpx.Client(base_url=self.server, headers=headers(token), timeout=timeout, limits=LIMITS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(self, call: Call[T]) -> T:
        """Make one call, such as the functions of `calls` describe."""
        delays = call.delays
        while True:
            delay = next(delays, None)
            try:
                response = self._http.request(call.method, call.path, json=call.json, params=call.params)
            except httpx.TransportError as error:
                if delay is None:
                    raise unreachable(self.server, error) from error
            else:
                if delay is None or not is_busy(response.status_code):
                    return call.read(response.status_code, response.content)
            time.sleep(delay)

    def all_of(self, listing: Listing[T]) -> Iterator[T]:
        """All items of a list, asked for page by page."""
        number, pages = 0, 1
        while number < pages:
            number += 1
            part = self.send(listing.page(number))
            pages = part.pages
            yield from part.items

    def upload(
        self, topic_id: str, file: Path | str, *, task_id: str | None = None, relative_path: str | None = None
    ) -> Artifact:
        """Send a file to a topic or to one of its tasks, piece by piece."""
        at = path("topics", topic_id, "tasks", task_id, "artifacts")
        with Path(file).open("rb") as content:
            form: Any = multipart(content, Path(file).name, relative_path)
            try:
                response = self._http.post(at, **form)
            except httpx.TransportError as error:
                raise unreachable(self.server, error) from error
        return Call("POST", at, Artifact.model_validate_json).read(response.status_code, response.content)

    def download(self, topic_id: str, artifact_id: str, file: Path | str, *, task_id: str | None = None) -> None:
        """Write the bytes of an artifact to a file, piece by piece; a file that is there is replaced when all came."""
        at = path("topics", topic_id, "tasks", task_id, "artifacts", artifact_id)
        delays = Call("GET", at, bytes).delays
        while True:
            try:
                with self._http.stream("GET", at) as response:
                    if response.status_code >= 400:
                        raise refused(response.status_code, response.read())
                    with written(Path(file)) as target:
                        for chunk in response.iter_bytes():
                            target.write(chunk)
                    return
            except httpx.TransportError as error:
                delay = next(delays, None)
                if delay is None:
                    raise unreachable(self.server, error) from error
            time.sleep(delay)

    def events(self, topic_id: str, task_id: str | None = None, *, after: str | None = None) -> Iterator[Event]:
        """What happens in a topic or a task, as it happens; after a break it goes on where it was.

        Args:
            topic_id: where.
            task_id: of this task only.
            after: id of the last event that is known already; None: from the first event on.
        """
        at = path("topics", topic_id, "tasks", task_id, "events")
        stream = EventStream(after)
        while True:
            broken: Exception | None = None
            try:
                with self._http.stream("GET", at, headers=stream.headers, timeout=STREAM_TIMEOUT) as response:
                    if response.status_code == _NO_MORE:
                        return
                    if response.status_code >= 400 and not is_busy(response.status_code):
                        raise refused(response.status_code, response.read())
                    for chunk in response.iter_bytes():
                        yield from stream.feed(chunk)
            except httpx.TransportError as error:
                broken = error
            time.sleep(stream.broken(broken))

    def perform(
        self,
        topic_id: str,
        task_id: str,
        decide: Decide,
        tools: Tools | None = None,
        rested: Rested | None = None,
    ) -> Task:
        """Drive a task to its end, or until all that is open is left undecided; see `performing.drive`."""
        return self._driven(drive(topic_id, task_id, decide, tools or {}, rested))

    def _driven(self, driving: Driving) -> Task:
        answer: Any = None
        failure: Exception | None = None
        while True:
            try:
                wanted = driving.send(answer) if failure is None else driving.throw(failure)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]  # a StopIteration does not say of what
            answer = failure = None
            try:
                match wanted:
                    case Pause():
                        time.sleep(wanted.seconds)
                    case Ask():
                        answer = wanted.call()
                    case Call():
                        answer = self.send(wanted)
            except Exception as error:  # noqa: BLE001 - it is thrown where it was wanted
                failure = error
