"""The client whose methods are awaited."""

import asyncio
import inspect
from collections.abc import AsyncIterator
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


class AsyncClient(Operations):
    """As `Client`, but to be awaited, and with asynchronous iterators; close it, or use it in an `async with`.

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
        self._http = httpx.AsyncClient(base_url=self.server, headers=headers(token), timeout=timeout, limits=LIMITS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(self, call: Call[T]) -> T:
        """Make one call, such as the functions of `calls` describe."""
        delays = call.delays
        while True:
            delay = next(delays, None)
            try:
                response = await self._http.request(call.method, call.path, json=call.json, params=call.params)
            except httpx.TransportError as error:
                if delay is None:
                    raise unreachable(self.server, error) from error
            else:
                if delay is None or not is_busy(response.status_code):
                    return call.read(response.status_code, response.content)
            await asyncio.sleep(delay)

    async def all_of(self, listing: Listing[T]) -> AsyncIterator[T]:
        """All items of a list, asked for page by page."""
        number, pages = 0, 1
        while number < pages:
            number += 1
            part = await self.send(listing.page(number))
            pages = part.pages
            for item in part.items:
                yield item

    async def upload(
        self, topic_id: str, file: Path | str, *, task_id: str | None = None, relative_path: str | None = None
    ) -> Artifact:
        """Send a file to a topic or to one of its tasks, piece by piece."""
        at = path("topics", topic_id, "tasks", task_id, "artifacts")
        with await asyncio.to_thread(Path(file).open, "rb") as content:
            form: Any = multipart(content, Path(file).name, relative_path)
            try:
                response = await self._http.post(at, **form)
            except httpx.TransportError as error:
                raise unreachable(self.server, error) from error
        return Call("POST", at, Artifact.model_validate_json).read(response.status_code, response.content)

    async def download(self, topic_id: str, artifact_id: str, file: Path | str, *, task_id: str | None = None) -> None:
        """Write the bytes of an artifact to a file, piece by piece; a file that is there is replaced when all came."""
        at = path("topics", topic_id, "tasks", task_id, "artifacts", artifact_id)
        delays = Call("GET", at, bytes).delays
        while True:
            try:
                async with self._http.stream("GET", at) as response:
                    if response.status_code >= 400:
                        raise refused(response.status_code, await response.aread())
                    with written(Path(file)) as target:
                        async for chunk in response.aiter_bytes():
                            target.write(chunk)
                    return
            except httpx.TransportError as error:
                delay = next(delays, None)
                if delay is None:
                    raise unreachable(self.server, error) from error
            await asyncio.sleep(delay)

    async def events(
        self, topic_id: str, task_id: str | None = None, *, after: str | None = None
    ) -> AsyncIterator[Event]:
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
                async with self._http.stream("GET", at, headers=stream.headers, timeout=STREAM_TIMEOUT) as response:
                    if response.status_code == _NO_MORE:
                        return
                    if response.status_code >= 400 and not is_busy(response.status_code):
                        raise refused(response.status_code, await response.aread())
                    async for chunk in response.aiter_bytes():
                        for event in stream.feed(chunk):
                            yield event
            except httpx.TransportError as error:
                broken = error
            await asyncio.sleep(stream.broken(broken))

    async def perform(
        self,
        topic_id: str,
        task_id: str,
        decide: Decide,
        tools: Tools | None = None,
        rested: Rested | None = None,
    ) -> Task:
        """Drive a task to its end, or until all that is open is left undecided; see `performing.drive`."""
        return await self._driven(drive(topic_id, task_id, decide, tools or {}, rested))

    async def _driven(self, driving: Driving) -> Task:
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
                        await asyncio.sleep(wanted.seconds)
                    case Ask():
                        answer = await _called(wanted)
                    case Call():
                        answer = await self.send(wanted)
            except Exception as error:  # noqa: BLE001 - it is thrown where it was wanted
                failure = error


async def _called(ask: Ask) -> Any:
    """What a function of the caller's returns; one that waits for nothing is called in a thread, since it may block."""
    answer = await ask.call() if inspect.iscoroutinefunction(ask.call) else await asyncio.to_thread(ask.call)
    return await answer if inspect.isawaitable(answer) else answer
