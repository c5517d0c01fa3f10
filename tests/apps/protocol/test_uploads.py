"""Uploads: streams of any size, in any order of parts; of what is refused or broken off nothing is left."""

import os
import re
import socket
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from repertory.apps.protocol.uploads import read_upload
from repertory.memory.topics.errors import RefusedError
from repertory.memory.topics.files import ArtifactFiles
from tests.apps.protocol.loopback import answer, ask, serve

LIMIT = 3_000_000
BOUNDARY = "b0undary"
FORM = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}


class Site:
    """An app that takes uploads, and the folder that it keeps them in."""

    def __init__(self, folder: Path, *, patience: float = 60) -> None:
        self.folder = folder
        files = ArtifactFiles(folder.as_uri(), limit=LIMIT)

        async def upload(request: Request) -> JSONResponse:
            try:
                taken = await read_upload(request, files, patience=patience)
            except RefusedError as error:
                return JSONResponse({"message": str(error), "code": error.code}, status_code=error.status)
            return JSONResponse([taken.file_name, taken.relative_path, *taken.stored], status_code=201)

        self.app = Starlette(routes=[Route("/", upload, methods=["POST"])])

    async def post(self, **request: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
            return await client.post("/", **request)

    def kept(self) -> list[Path]:
        return [path for path in self.folder.rglob("*") if path.is_file()]

    def content(self) -> bytes:
        (path,) = self.kept()
        return path.read_bytes()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def address(site: Site) -> Iterator[tuple[str, int]]:
    with serve(site.app) as address:
        yield address


def part(content: bytes, *parameters: str, boundary: str = BOUNDARY) -> bytes:
    head = "; ".join(["form-data", *parameters])
    return f"--{boundary}\r\nContent-Disposition: {head}\r\n\r\n".encode() + content + b"\r\n"


FILE = part(b"content", 'name="file"', 'filename="a.txt"')
END = f"--{BOUNDARY}--\r\n".encode()


def path_part(path: bytes) -> bytes:
    return part(path, 'name="relative_path"')


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


async def test_a_file_is_taken(site: Site) -> None:
    """With its name, its path, its hash and its size; the bytes are as they were sent."""
    content = os.urandom(2_500_000)
    answered = await site.post(files={"file": ("dir/é b.bin", content)}, data={"relative_path": "ünder/x"})
    assert answered.status_code == 201
    assert answered.json()[:2] == ["é b.bin", "ünder/x"]
    assert answered.json()[3] == len(content)
    assert site.content() == content


@pytest.mark.parametrize(
    "body",
    [path_part(b"p/q") + FILE, FILE + path_part(b"p/q"), part(b"x", 'name="more"') + path_part(b"p/q") + FILE],
    ids=["before", "after", "others"],
)
async def test_the_order_of_parts_does_not_matter(site: Site, body: bytes) -> None:
    """The path may come before the file or after it; other parts are ignored."""
    answered = await site.post(content=body + END, headers=FORM)
    assert answered.json()[:2] == ["a.txt", "p/q"]
    assert site.content() == b"content"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ('filename="../../etc/passwd"', "passwd"),
        ('filename="C:\\\\temp\\\\a.txt"', "a.txt"),
        ('filename="say %22hi%22.txt"', 'say "hi".txt'),
        ('filename=""', "artifact"),
        ('filename=".."', "artifact"),
        ("x=y", "artifact"),
    ],
)
async def test_only_the_base_name_is_kept(site: Site, name: str, kept: str) -> None:
    """Whatever the sent name looks like, or if there is none."""
    answered = await site.post(content=part(b"content", 'name="file"', name) + END, headers=FORM)
    assert answered.json()[:2] == [kept, None]


async def test_httpx_sends_odd_names(site: Site) -> None:
    """A quotation mark comes through as such."""
    answered = await site.post(files={"file": ('a "b" 日本.txt', b"")})
    assert answered.json() == ['a "b" 日本.txt', None, answered.json()[2], 0]


@pytest.mark.parametrize(
    ("body", "headers", "status", "reason"),
    [
        (path_part(b"a") + END, FORM, 400, "no part 'file'"),
        (END, FORM, 400, "malformed|no part"),
        (b"", FORM, 400, "malformed"),
        (FILE, FORM, 400, "before its last boundary"),
        (FILE[:-20], FORM, 400, "before its last boundary"),
        (b"no form at all", FORM, 400, "malformed"),
        (part(b"x") + FILE + END, FORM, 400, "no name"),
        (FILE + FILE + END, FORM, 400, "second part 'file'"),
        (path_part(b"a") + path_part(b"b") + FILE + END, FORM, 400, "second part 'relative_path'"),
        (part(b"", 'name="x"') * 101 + FILE + END, FORM, 400, "100 parts"),
        (part(b"x", 'name="' + "n" * 100_000 + '"') + END, FORM, 400, "malformed"),
        (FILE + END, {"content-type": "application/json"}, 400, "application/json"),
        (FILE + END, {"content-type": "multipart/form-data"}, 400, "boundary"),
        (FILE + END, {"content-type": "multipart/mixed; boundary=b0undary"}, 400, "multipart/mixed"),
        (FILE + END, {"content-type": "multipart/form-data; boundary=" + "b" * 300}, 400, "malformed"),
        (FILE + END, {}, 400, "multipart/form-data"),
        (FILE + path_part(b"/etc/passwd") + END, FORM, 422, "absolute"),
        (path_part(b"../up") + FILE + END, FORM, 422, "goes up"),
        (FILE + path_part(b"a\\b") + END, FORM, 422, "backslash"),
        (FILE + path_part(b"a\0b") + END, FORM, 422, "control"),
        (FILE + path_part(b"\xff\xfe") + END, FORM, 422, "Unicode"),
        (FILE + path_part(b"a" * 2_000_000) + END, FORM, 422, "longer"),
        (part(bytes(LIMIT + 1), 'name="file"') + END, FORM, 413, "3000000"),
        (part(bytes(LIMIT + 100_000), 'name="other"') + FILE + END, FORM, 413, "the body"),
    ],
)
@pytest.mark.parametrize("told", [True, False], ids=["told", "chunked"])
async def test_what_is_refused_leaves_nothing(
    site: Site, body: bytes, headers: dict[str, str], status: int, reason: str, *, told: bool
) -> None:
    """A client's mistake is told as one, whether the length is known beforehand or not."""

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 10_000):
            yield body[start : start + 10_000]

    answered = await site.post(content=body if told else pieces(), headers=headers)
    assert answered.status_code == status
    assert re.search(reason, answered.json()["message"])
    assert site.kept() == []


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.lists(st.sampled_from([FILE, END, path_part(b"a"), b"\r\n", b"--", b"x", b"\r\n\r\n", b"--b0undary"])))
async def test_no_body_is_too_odd(site: Site, body: list[bytes]) -> None:
    """Whatever comes, it is taken or told to be malformed."""
    answered = await site.post(content=b"".join(body), headers=FORM)
    assert answered.status_code in (201, 400, 422)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary() | st.text("\r\n-b0undary").map(str.encode), size=st.integers(min_value=1, max_value=50))
async def test_any_bytes_in_any_pieces(tmp_path_factory: pytest.TempPathFactory, content: bytes, size: int) -> None:
    """What looks nearly like a boundary is content, wherever the network cuts it."""
    site = Site(tmp_path_factory.mktemp("site"))
    if b"\r\n--b0undary" in b"\r\n" + content:
        return
    body = part(content, 'name="file"') + path_part(b"a") + END

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), size):
            yield body[start : start + size]

    assert (await site.post(content=pieces(), headers=FORM)).status_code == 201
    assert site.content() == content


def test_a_large_length_is_refused_at_once(site: Site, address: tuple[str, int]) -> None:
    """Before a byte of the body is read: here none is ever sent."""
    head = f"POST / HTTP/1.1\nHost: x\nConnection: close\nContent-Type: {FORM['content-type']}\n"
    connection = ask(address, head + "Content-Length: 99999999999\n")
    assert connection.recv(12) == b"HTTP/1.1 413"
    connection.close()
    assert site.kept() == []


def test_a_client_hears_why(address: tuple[str, int]) -> None:
    """One that sends all of a large body before it listens gets the answer, not a broken connection."""
    url = f"http://{address[0]}:{address[1]}/"
    with httpx.Client() as client:
        for _ in range(3):
            assert client.post(url, files={"file": bytes(20 * LIMIT)}, timeout=60).status_code == 413


def test_a_client_that_vanishes(site: Site, address: tuple[str, int]) -> None:
    """What it sent so far is removed, however it goes."""
    head = f"POST / HTTP/1.1\nHost: x\nContent-Type: {FORM['content-type']}\nContent-Length: 2900000\n"
    for reset in (False, True):
        connection = ask(address, head, part(bytes(2_000_000), 'name="file"'))
        until(lambda: len(site.kept()) == 1)
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
        until(lambda: site.kept() == [])


def test_a_client_that_stops(tmp_path: Path) -> None:
    """It is told so, and what it sent is removed."""
    site = Site(tmp_path, patience=0.2)
    head = (
        f"POST / HTTP/1.1\nHost: x\nConnection: close\nContent-Type: {FORM['content-type']}\nContent-Length: 2900000\n"
    )
    with serve(site.app) as address:
        received = answer(ask(address, head, part(bytes(2_000_000), 'name="file"')))
    assert received.startswith(b"HTTP/1.1 400")
    assert b"nothing came for 0.2 s" in received
    assert site.kept() == []


def test_slow_clients_hold_nobody_up(site: Site, address: tuple[str, int]) -> None:
    """While a hundred of them are in the middle of their uploads, others are served; then they are, too."""
    body = part(b"x" * 1000, 'name="file"') + END
    head = f"POST / HTTP/1.1\nHost: x\nConnection: close\nContent-Type: {FORM['content-type']}\n"
    head += f"Content-Length: {len(body)}\n"
    slow = [ask(address, head, body[:500]) for _ in range(100)]
    assert answer(ask(address, head, body)).startswith(b"HTTP/1.1 201")
    for connection in slow:
        connection.sendall(body[500:])
    assert all(answer(connection).startswith(b"HTTP/1.1 201") for connection in slow)


async def test_a_file_is_never_in_memory(tmp_path: Path) -> None:
    """Of a hundred megabytes, a few are."""
    files = ArtifactFiles(tmp_path.as_uri(), limit=10**9)
    block, count = bytes(64_000), 1600

    def body() -> Iterator[dict[str, Any]]:
        for piece in (part(b"", 'name="file"')[:-2], *[block] * count, b"\r\n"):
            yield {"type": "http.request", "body": piece, "more_body": True}
        yield {"type": "http.request", "body": END}

    messages = body()

    async def receive() -> dict[str, Any]:
        return next(messages)

    headers = [(b"content-type", FORM["content-type"].encode())]
    request = Request({"type": "http", "method": "POST", "headers": headers}, receive=receive)
    tracemalloc.start()
    try:
        assert (await read_upload(request, files)).stored.size == count * len(block)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
