"""The clients against a server on loopback that fails in ways that a good server does only now and then."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from repertory.apps.client import AsyncClient, Client, ProtocolError, UnreachableError
from repertory.memory.errors import InputError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
TOPIC = {"topic_id": "t", "created_at": "2026-01-01T00:00:00Z", "modified_at": "2026-01-01T00:00:00Z", "new": [1]}


class Server:
    """Answers every request by a function, and notes them."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.requests: list[tuple[str, str]] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.method, request.rel_url.raw_path))
        self.headers.append(dict(request.headers))
        self.bodies.append(await request.read())
        return await self._handler(request)


@contextmanager
def served(handler: Handler) -> Iterator[Server]:
    server, loop, ready = Server(handler), asyncio.new_event_loop(), threading.Event()
    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{any:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)

    async def start() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        ready.set()

    def run() -> None:
        loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    yield server
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


def in_turn(*answers: Any) -> Handler:
    """Statuses, JSON bodies, or "cut" for a connection that breaks, in this order."""
    left = list(answers)

    async def answer(request: web.Request) -> web.StreamResponse:
        given = left.pop(0)
        if given == "cut":
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        if isinstance(given, int):
            return web.json_response({"message": f"no: {given}", "code": "busy"}, status=given)
        return web.json_response(given)

    return answer


def test_reads_are_tried_again() -> None:
    """After a broken connection, and where the server is about to be there."""
    with served(in_turn("cut", 503, TOPIC)) as server, Client(server.url) as client:
        assert client.get_topic("t").topic_id == "t"
        assert server.requests == [("GET", "/ap/v2/topics/t")] * 3


async def test_reads_are_tried_again_when_awaited() -> None:
    """As those that are waited for."""
    with served(in_turn("cut", 502, TOPIC)) as server:
        async with AsyncClient(server.url) as client:
            assert (await client.get_topic("t")).topic_id == "t"
        assert len(server.requests) == 3


def test_what_changes_something_is_never_sent_twice() -> None:
    """Whether it was done nobody knows, and so it is told."""
    with served(in_turn("cut", 503)) as server, Client(server.url) as client:
        with pytest.raises(UnreachableError, match=server.url):
            client.create_topic(name="a")
        with pytest.raises(ProtocolError, match="503: no: 503") as refused:
            client.create_topic(name="a")
        assert (refused.value.status, refused.value.code, refused.value.message) == (503, "busy", "no: 503")
        assert server.requests == [("POST", "/ap/v2/topics")] * 2
        assert json.loads(server.bodies[-1]) == {"name": "a"}


def test_a_refusal_is_no_reason_to_try_again() -> None:
    """Neither is an answer that cannot be read: the server is told of by name and value."""
    with served(in_turn(404, {"topic_id": 7})) as server, Client(server.url) as client:
        with pytest.raises(ProtocolError, match="404"):
            client.get_topic("t")
        with pytest.raises(ProtocolError, match="topic_id"):
            client.get_topic("t")
        assert len(server.requests) == 2


def test_a_list_is_read_page_by_page_to_its_end() -> None:
    """Only as far as somebody looks; an empty list has no page."""

    def part(pages: int, *ids: str) -> dict[str, Any]:
        topics = [{**TOPIC, "topic_id": topic_id} for topic_id in ids]
        return {"topics": topics, "pagination": {"total_pages": pages}}

    with served(in_turn(part(2, "a", "b"), part(2, "c"), part(2, "a"), part(0))) as server, Client(server.url) as at:
        assert [topic.topic_id for topic in at.list_topics()] == ["a", "b", "c"]
        assert next(at.list_topics()).topic_id == "a"
        assert len(server.requests) == 3
        assert list(at.list_topics()) == []


def test_ids_are_quoted_and_the_token_is_shown() -> None:
    """An id is one segment of the path, whatever is in it."""
    with served(in_turn(TOPIC)) as server, Client(server.url + "/", token="s3cret") as client:
        client.get_topic("../a?b")
        assert server.requests == [("GET", "/ap/v2/topics/..%2Fa%3Fb")]
        assert server.headers[0]["Authorization"] == "Bearer s3cret"


@pytest.mark.parametrize("server", ["127.0.0.1:8000", "ftp://host", "http://", "nonsense", "http://[::1"])
def test_what_is_no_address_is_said_at_once(server: str) -> None:
    """With one that would do."""
    with pytest.raises(InputError, match="write one such as"):
        Client(server)


def test_nobody_there() -> None:
    """The message says what to start."""
    with Client("http://127.0.0.1:9") as client, pytest.raises(UnreachableError, match="repertory serve"):
        client.get_versions()


def events_of(log: list[bytes], *, each: int) -> Handler:
    """Gives so many events of a log after the one that is known, then half of one, and breaks off; 204 at the end."""

    async def answer(request: web.Request) -> web.StreamResponse:
        after = int(request.headers.get("Last-Event-ID", "0"))
        if after == len(log):
            return web.Response(status=204)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for data in log[after : after + each]:
            after += 1
            await response.write(b"id: %d\nevent: step\ndata: %s\n\n" % (after, data))
        await response.write(b"id: %d\ndata: half" % (after + 1))
        assert request.transport is not None
        request.transport.close()
        return response

    return answer


def test_events_go_on_where_they_broke_off() -> None:
    """Each exactly once and in order, however often the connection breaks; a 204 ends them."""
    log = [b'{"n": %d}' % n for n in range(7)]
    with served(events_of(log, each=3)) as server, Client(server.url) as client:
        assert [event.data["n"] for event in client.events("t", "k")] == list(range(7))
        assert {path for _, path in server.requests} == {"/ap/v2/topics/t/tasks/k/events"}
        assert [event.data["n"] for event in client.events("t", after="5")] == [5, 6]


async def test_events_go_on_where_they_broke_off_when_awaited() -> None:
    """As those that are waited for."""
    log = [b'{"n": %d}' % n for n in range(5)]
    with served(events_of(log, each=2)) as server:
        async with AsyncClient(server.url) as client:
            assert [event.data["n"] async for event in client.events("t")] == list(range(5))


def test_a_file_goes_up_piece_by_piece_and_half_a_file_never_comes_down(tmp_path: Path) -> None:
    """What broke off is fetched again, and what was there before stays until all of it came."""
    content = bytes(range(256)) * 4096
    artifact = {
        "artifact_id": "f",
        "topic_id": "t",
        "agent_created": False,
        "file_name": "a.bin",
        "relative_path": "x",
        "size": 1,
        "created_at": "2026-01-01T00:00:00Z",
    }
    tries = [len(content) // 2, len(content), 0, 0, 0, 0]

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.method == "POST":
            return web.json_response(artifact, status=201)
        response = web.StreamResponse(headers={"Content-Length": str(len(content))})
        await response.prepare(request)
        await response.write(content[: tries.pop(0)])
        assert request.transport is not None
        request.transport.close()
        return response

    (tmp_path / "a.bin").write_bytes(content)
    (tmp_path / "b.bin").write_bytes(b"before")
    with served(answer) as server, Client(server.url) as client:
        assert client.upload("t", tmp_path / "a.bin", relative_path="x").file_name == "a.bin"
        assert content in server.bodies[0]
        client.download("t", "f", tmp_path / "b.bin", task_id="k")
        assert (tmp_path / "b.bin").read_bytes() == content
        with pytest.raises(UnreachableError):
            client.download("t", "f", tmp_path / "b.bin")
        assert (tmp_path / "b.bin").read_bytes() == content
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.bin", "b.bin"]
