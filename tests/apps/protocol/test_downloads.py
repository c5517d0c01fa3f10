"""Downloads: the bytes as they are kept, whole or in part, under any name, to clients that may be gone."""

import asyncio
import os
import re
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from repertory.apps.protocol.downloads import disposition, download
from repertory.memory.errors import ResourceError
from repertory.memory.topics.files import ArtifactFiles
from repertory.memory.topics.records import TopicArtifact, now
from tests.apps.protocol.loopback import ask, serve

CONTENT = os.urandom(2_500_000)
LARGE = bytes(200_000_000)


class Counted(ArtifactFiles):
    """Files that know how many bytes were fetched from them, and by whom just now."""

    fetched = 0
    readers = 0

    async def open(self, sha256: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        return self._counted(await super().open(sha256, start, end))

    async def _counted(self, blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        self.readers += 1
        try:
            async for block in blocks:
                self.fetched += len(block)
                yield block
        finally:
            self.readers -= 1


class Site:
    """An app with one artifact."""

    def __init__(self, folder: Path, content: bytes) -> None:
        self.files = Counted(folder.as_uri(), limit=10**9)
        self.artifact = TopicArtifact(
            artifact_id="a",
            topic_id="t",
            agent_created=False,
            file_name="a b.txt",
            size=len(content),
            sha256=asyncio.run(self._put(content)),
            created_at=now(),
        )

        async def get(request: Request) -> Response:
            return await download(request, self.artifact, self.files)

        self.app = Starlette(routes=[Route("/", get)])

    async def _put(self, content: bytes) -> str:
        async def chunks() -> AsyncIterator[bytes]:
            yield content

        return (await self.files.put(chunks())).sha256

    async def get(self, method: str = "GET", **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
            return await client.request(method, "/", headers=named)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("files"), CONTENT)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, tuple[str, int]]]:
    site = Site(tmp_path_factory.mktemp("files"), LARGE)
    with serve(site.app) as address:
        yield site, address


async def test_the_whole(site: Site) -> None:
    """The bytes, with what a client has to know of them."""
    got = await site.get()
    assert got.status_code == 200
    assert got.content == CONTENT
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-length"] == str(len(CONTENT))
    assert got.headers["content-disposition"] == 'attachment; filename="a b.txt"'
    assert got.headers["accept-ranges"] == "bytes"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["etag"] == f'"{sha256(CONTENT).hexdigest()}"'


async def test_head(site: Site) -> None:
    """The same headers and no bytes; HTTP defines ranges for GET alone."""
    got, whole = await site.get("HEAD", range="bytes=0-1"), await site.get()
    assert (got.status_code, got.content) == (200, b"")
    assert got.headers == whole.headers


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=5-9", 5, 10),
        ("bytes=2400000-", 2_400_000, 2_500_000),
        ("bytes=-7", 2_499_993, 2_500_000),
        ("bytes=-9999999999", 0, 2_500_000),
        ("bytes=2499999-9999999999", 2_499_999, 2_500_000),
        ("Bytes = 1048570-1048590", 1_048_570, 1_048_591),
    ],
)
async def test_a_range(site: Site, asked: str, start: int, end: int) -> None:
    """206, with exactly these bytes and where they are."""
    got = await site.get(range=asked)
    assert got.status_code == 206
    assert got.content == CONTENT[start:end]
    assert got.headers["content-range"] == f"bytes {start}-{end - 1}/2500000"
    assert got.headers["content-length"] == str(end - start)


@pytest.mark.parametrize("asked", ["bytes=2500000-", "bytes=9999999999-", "bytes=-0", "bytes=2500000-2500001"])
async def test_a_range_without_bytes(site: Site, asked: str) -> None:
    """416, with the size, and as every error in words."""
    got = await site.get(range=asked)
    assert (got.status_code, got.json()["code"]) == (416, "no_range")
    assert "2500000" in got.json()["message"]
    assert got.headers["content-range"] == "bytes */2500000"


@pytest.mark.parametrize(
    "asked",
    ["bytes=", "bytes=-", "bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6", "x", "bytes=" + "9" * 5000 + "-"],
)
async def test_what_is_no_single_range(site: Site, asked: str) -> None:
    """Is answered with the whole."""
    got = await site.get(range=asked)
    assert got.status_code == 200
    assert len(got.content) == len(CONTENT)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.from_regex(r"\A *[bB]ytes *=[-0-9, ]{0,12}\Z") | st.text(st.characters(max_codepoint=255)))
async def test_no_range_is_too_odd(site: Site, asked: str) -> None:
    """Whatever is asked for, the answer is one of the three."""
    transport = httpx.ASGITransport(site.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
        got = await client.get("/", headers=[(b"range", asked.encode("latin-1"))])
    assert got.status_code in (200, 206, 416)
    assert got.status_code == 416 or len(got.content) == int(got.headers["content-length"])


async def test_an_empty_file(tmp_path: Path) -> None:
    """Has no bytes, and so no ranges."""
    site = await asyncio.to_thread(Site, tmp_path, b"")
    got = await site.get()
    assert (got.status_code, got.content, got.headers["content-length"]) == (200, b"", "0")
    assert (await site.get(range="bytes=0-")).status_code == 416


async def test_conditions(site: Site) -> None:
    """Who has the bytes already is told so; who asks for the rest of other bytes gets the whole."""
    tag = (await site.get()).headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        got = await site.get(if_none_match=known, range="bytes=0-1")
        assert (got.status_code, got.content, got.headers["etag"]) == (304, b"", tag)
    assert (await site.get(if_none_match='"other"')).status_code == 200
    assert (await site.get(range="bytes=0-1", if_range=tag)).status_code == 206
    for other in ('"other"', f"W/{tag}", "Wed, 21 Oct 2015 07:28:00 GMT"):
        assert (await site.get(range="bytes=0-1", if_range=other)).status_code == 200


async def test_bytes_that_are_gone(tmp_path: Path) -> None:
    """Are told before an answer has begun."""
    site = await asyncio.to_thread(Site, tmp_path, b"x")
    await asyncio.to_thread(shutil.rmtree, tmp_path / site.artifact.sha256[:2])
    with pytest.raises(ResourceError, match="cannot be read"):
        await site.get()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("a.txt", 'attachment; filename="a.txt"'),
        ("é.txt", "attachment; filename=\"_.txt\"; filename*=UTF-8''%C3%A9.txt"),
        ('"x".txt', "attachment; filename=\"_x_.txt\"; filename*=UTF-8''%22x%22.txt"),
        ("100%.txt", "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt"),
    ],
)
def test_names(name: str, value: str) -> None:
    """A plain name as it is; any other for old clients with underscores, and for all others encoded."""
    assert disposition(name) == value


@given(name=st.text(min_size=1))
def test_every_name_can_be_sent(name: str) -> None:
    """In a header of one line of ASCII, from which a client gets it back."""
    value = disposition(name)
    assert re.fullmatch(r"attachment; filename=\"[ !#-~]*\"(; filename\*=UTF-8''[!-~]+)?", value)
    sent = value.rpartition("UTF-8''")[2] if "UTF-8''" in value else value.split('"')[1]
    if name.encode(errors="ignore").decode() == name:
        assert (unquote(sent) if "UTF-8''" in value else sent) == name


def until_quiet(files: Counted) -> None:
    deadline = time.monotonic() + 60
    while files.readers:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def open_files(folder: str) -> list[str]:
    found = []
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        except OSError:
            continue
    return [path for path in found if folder in path]


def test_a_client_that_vanishes(large: tuple[Site, tuple[str, int]]) -> None:
    """Reading stops, and no file is open."""
    site, address = large
    for _ in range(3):
        before = site.files.fetched
        connection = ask(address, "GET / HTTP/1.1\nHost: x\n")
        assert connection.recv(1000)
        connection.close()
        until_quiet(site.files)
        assert site.files.fetched - before < len(LARGE) / 2
    assert open_files(site.artifact.sha256) == []


def test_a_client_that_does_not_read(large: tuple[Site, tuple[str, int]]) -> None:
    """Is given no more than fits into the network's buffers, and holds no file open, while others are served."""
    site, address = large
    before = site.files.fetched
    lazy = [ask(address, "GET / HTTP/1.1\nHost: x\n") for _ in range(20)]
    assert all(connection.recv(1000) for connection in lazy)
    got = httpx.get(f"http://{address[0]}:{address[1]}/", headers={"range": "bytes=5-9"}, timeout=60)
    assert got.content == bytes(5)
    assert site.files.fetched - before < len(lazy) * len(LARGE) / 4
    for connection in lazy:
        connection.close()
    until_quiet(site.files)
    assert open_files(site.artifact.sha256) == []


def test_two_halves_make_a_whole(large: tuple[Site, tuple[str, int]]) -> None:
    """Who was broken off goes on where it was."""
    site, address = large
    url = f"http://{address[0]}:{address[1]}/"
    digest = sha256()
    with httpx.stream("GET", url, timeout=60) as first:
        tag, had = first.headers["etag"], 0
        for block in first.iter_bytes():
            digest.update(block)
            had += len(block)
            if had > 50_000_000:
                break
    with httpx.stream("GET", url, headers={"range": f"bytes={had}-", "if-range": tag}, timeout=60) as rest:
        assert rest.status_code == 206
        for block in rest.iter_bytes():
            digest.update(block)
    assert digest.hexdigest() == site.artifact.sha256
