"""Events over HTTP: as clients read them, until they go."""

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from repertory.apps.protocol.sse import sse_response
from repertory.memory.topics.broadcast import Broadcast
from repertory.memory.topics.errors import RefusedError
from repertory.memory.topics.events import Event, follow
from tests.apps.protocol.loopback import ask, serve

ODD = {"text": "a\r\nb\n\nid: 9\u2028\x85é日\ud800", "n": None}


class Site:
    """An app with one topic: who posts an event tells it, and who gets follows."""

    def __init__(self) -> None:
        self.broadcast, self.log = Broadcast(), []  # type: tuple[Broadcast, list[tuple[int, str, Any]]]
        self.closed = threading.Event()
        self.app = Starlette(
            routes=[
                Route("/", self._get),
                Route("/", self._post, methods=["POST"]),
                Route("/token", self._token, methods=["POST"]),
            ]
        )

    async def _read(self, after: int) -> list[tuple[int, str, Any]]:
        return self.log[after:]

    async def _get(self, request: Request) -> Response:
        try:
            events = await follow(self.broadcast, "t", self._read, request.headers.get("last-event-id"))
        except RefusedError as error:
            return JSONResponse({"message": str(error)}, status_code=error.status)
        return sse_response(self._watched(events), heartbeat=0.05)

    async def _watched(self, events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
        try:
            async for event in events:
                yield event
        finally:
            await events.aclose()
            self.closed.set()

    async def _post(self, request: Request) -> Response:
        self.log.append((len(self.log) + 1, "step", await request.json()))
        self.broadcast.publish("t", len(self.log))
        return Response()

    async def _token(self, request: Request) -> Response:
        self.broadcast.token("t", "k", "token", await request.json())
        return Response()


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def client(site: Site) -> Iterator[httpx.Client]:
    with serve(site.app) as (host, port), httpx.Client(base_url=f"http://{host}:{port}", timeout=60) as client:
        yield client


def blocks(response: httpx.Response) -> Iterator[list[str]]:
    """The lines of each event or comment. Lines end with a line feed and nothing else."""
    received = ""
    for text in response.iter_text():
        received += text
        *whole, received = received.split("\n\n")
        yield from (block.split("\n") for block in whole)


def events(response: httpx.Response) -> Iterator[Event]:
    for lines in blocks(response):
        if not lines[0].startswith(":"):
            fields = dict(line.split(": ", 1) for line in lines)
            assert list(fields) == ["id", "event", "data"]
            yield fields["id"], fields["event"], json.loads(fields["data"])


def test_events_come_as_they_are(client: httpx.Client) -> None:
    """With id, name and data, whatever is in the data; what comes later comes at once."""
    client.post("/", content=json.dumps(ODD))
    with client.stream("GET", "/") as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-accel-buffering"] == "no"
        coming = events(response)
        assert next(coming) == ("1", "step", ODD)
        client.post("/token", content=json.dumps(ODD))
        event_id, name, data = next(coming)
        assert (event_id.split(".")[:2], name, data) == (["1", "1"], "token", ODD)
        client.post("/", content="{}")
        assert next(coming) == ("2", "step", {})


def test_a_reconnect_goes_on(client: httpx.Client) -> None:
    """From the Last-Event-ID; one that was never sent is refused."""
    for number in range(3):
        client.post("/", content=json.dumps({"n": number}))
        client.post("/token", content=json.dumps({"text": f"after {number}"}))
    last, seen = "", []
    while len(seen) < 6:
        with client.stream("GET", "/", headers={"last-event-id": last} if last else {}) as response:
            last, name, data = next(events(response))
            seen.append((name, data.get("n", data.get("text"))))
    assert seen == [(name, value) for n in range(3) for name, value in (("step", n), ("token", f"after {n}"))]
    for never in ("9", "x"):
        assert client.get("/", headers={"last-event-id": never}).status_code == 400


def test_silence_is_broken_by_comments(client: httpx.Client) -> None:
    """So that proxies keep the connection, and a server notices that a client is gone."""
    with client.stream("GET", "/") as response:
        coming = blocks(response)
        assert [next(coming) for _ in range(2)] == [[": heartbeat"]] * 2


def test_a_client_that_goes(site: Site, client: httpx.Client) -> None:
    """Ends what it followed, however it goes."""
    client.post("/", content="{}")
    with client.stream("GET", "/") as response:
        next(events(response))
    assert site.closed.wait(60)
    site.closed.clear()
    connection = ask((client.base_url.host, client.base_url.port or 0), "GET / HTTP/1.1\nHost: x\n")
    assert connection.recv(1000)
    connection.close()
    assert site.closed.wait(60)


def test_a_server_that_stops(site: Site) -> None:
    """Ends the streams of clients that hang on."""
    with serve(site.app) as address:
        connection = ask(address, "GET / HTTP/1.1\nHost: x\n")
        assert connection.recv(1000)
    assert site.closed.wait(60)
    connection.close()


def test_a_client_that_does_not_read(client: httpx.Client) -> None:
    """Holds up neither who speaks nor who listens; what was said last is there for it, when it reads again."""
    client.post("/", content="{}")
    lazy = ask((client.base_url.host, client.base_url.port or 0), "GET / HTTP/1.1\nHost: x\n")
    assert lazy.recv(10)
    with client.stream("GET", "/", headers={"last-event-id": "1"}) as response:
        coming = events(response)
        for number in range(100):
            client.post("/token", content=json.dumps({"text": f"{number}" + "x" * 100_000}))
            heard = ""
            while f"{number}xx" not in heard:
                heard = next(coming)[2]["text"]
    received = b""
    while b'"99xxx' not in received:
        received = received[-10:] + lazy.recv(1_000_000)
    lazy.close()


async def test_head_has_no_events() -> None:
    """It is answered at once, and nothing is followed."""
    site = Site()
    async with (
        asyncio.timeout(60),
        httpx.AsyncClient(transport=httpx.ASGITransport(site.app), base_url="http://x") as c,
    ):
        assert (await c.head("/")).status_code == 200
