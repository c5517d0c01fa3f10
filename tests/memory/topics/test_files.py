"""Bytes of artifacts: kept once, by their hash; what is not whole leaves nothing."""

import asyncio
import os
import secrets
import signal
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest

from repertory.memory.errors import InputError, ResourceError
from repertory.memory.topics.errors import TooLargeError
from repertory.memory.topics.files import ArtifactFiles
from repertory.memory.topics.incoming import BLOCK
from repertory.nodes.tools.workspace import Workspace
from tests.processes import run_until

LIMIT = 5 * BLOCK
LARGE = os.urandom(3 * BLOCK + 17)


@pytest.fixture(params=["file", "memory"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> ArtifactFiles:
    url = (tmp_path / "with a space").as_uri() if request.param == "file" else f"memory://{secrets.token_hex(8)}"
    return ArtifactFiles(url, limit=LIMIT)


@pytest.fixture
def local(tmp_path: Path) -> ArtifactFiles:
    return ArtifactFiles(tmp_path.as_uri(), limit=LIMIT)


async def chunks(content: bytes, size: int = 60_000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def read(files: ArtifactFiles, digest: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([block async for block in await files.open(digest, start, end)])


def kept(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - what is in a folder wakes nobody
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("content", [b"", b"x", LARGE], ids=["empty", "small", "large"])
async def test_what_is_put_comes_back(files: ArtifactFiles, content: bytes) -> None:
    """In every file system: the same bytes, with their hash and size, in blocks."""
    stored = await files.put(chunks(content))
    assert stored == (sha256(content).hexdigest(), len(content))
    blocks = [block async for block in await files.open(stored.sha256)]
    assert b"".join(blocks) == content
    assert all(len(block) <= BLOCK for block in blocks)


async def test_a_part_is_read_alone(files: ArtifactFiles) -> None:
    """From a start to before an end, across blocks."""
    stored = await files.put(chunks(LARGE))
    for start, end in ((0, 1), (BLOCK - 1, BLOCK + 1), (5, 5), (len(LARGE) - 1, len(LARGE)), (7, 2 * BLOCK + 9)):
        assert await read(files, stored.sha256, start, end) == LARGE[start:end]


async def test_the_same_bytes_are_kept_once(local: ArtifactFiles, tmp_path: Path) -> None:
    """One file, at an address that only the hash decides, however many put it at once."""
    stored = await asyncio.gather(*(local.put(chunks(LARGE, size)) for size in range(50_000, 50_010)))
    digest = sha256(LARGE).hexdigest()
    assert set(stored) == {(digest, len(LARGE))}
    assert kept(tmp_path) == [f"{digest[:2]}/{digest}"]
    assert await read(local, digest) == LARGE


async def test_a_damaged_file_is_mended_by_the_next_upload(local: ArtifactFiles, tmp_path: Path) -> None:
    """A file that is too short is an error while it is read, and replaced when the bytes come again."""
    stored = await local.put(chunks(LARGE))
    os.truncate(tmp_path / stored.sha256[:2] / stored.sha256, BLOCK + 1)
    with pytest.raises(ResourceError, match="damaged"):
        await read(local, stored.sha256, 0, len(LARGE))
    await local.put(chunks(LARGE))
    assert await read(local, stored.sha256) == LARGE


async def test_too_many_bytes_leave_nothing(local: ArtifactFiles, tmp_path: Path) -> None:
    """The limit holds while bytes come: a stream that never ends is refused. As many as the limit are taken."""

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(60_000)

    with pytest.raises(TooLargeError, match=str(LIMIT)):
        await local.put(endless())
    assert kept(tmp_path) == []
    assert (await local.put(chunks(bytes(LIMIT)))).size == LIMIT


@pytest.mark.parametrize("error", [ConnectionResetError("gone"), ValueError("odd")])
async def test_an_error_of_the_sender_leaves_nothing(local: ArtifactFiles, tmp_path: Path, error: Exception) -> None:
    """It comes out as it is."""

    async def broken() -> AsyncIterator[bytes]:
        yield LARGE
        raise error

    with pytest.raises(type(error), match=str(error)):
        await local.put(broken())
    assert kept(tmp_path) == []


async def test_who_is_cancelled_leaves_nothing(local: ArtifactFiles, tmp_path: Path) -> None:
    """At whatever moment: while bytes are waited for, written or moved, and twice in a row."""

    async def stalling() -> AsyncIterator[bytes]:
        yield LARGE
        await asyncio.Event().wait()

    waiting = asyncio.create_task(local.put(stalling()))
    await until(lambda: len(kept(tmp_path)) == 1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert kept(tmp_path) == []

    for turns in range(40):
        task = asyncio.create_task(local.put(chunks(LARGE + bytes([turns]))))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    incoming = tmp_path / "incoming"
    await until(lambda: not list(incoming.iterdir()))


def die_while_writing(folder: Path) -> None:
    async def dying() -> AsyncIterator[bytes]:
        yield LARGE
        os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(ArtifactFiles(folder.as_uri(), limit=LIMIT).put(dying()))


async def test_what_a_killed_process_left_is_swept(tmp_path: Path) -> None:
    """After a day, by the first upload of another process; what somebody may be writing to stays."""
    code, _ = await asyncio.to_thread(run_until, die_while_writing, tmp_path)
    assert code == -signal.SIGKILL
    left = kept(tmp_path)
    assert len(left) == 1
    stored = await ArtifactFiles(tmp_path.as_uri(), limit=LIMIT).put(chunks(b"x"))
    assert set(left) < set(kept(tmp_path))
    long_ago = time.time() - 25 * 3600
    os.utime(tmp_path / left[0], (long_ago, long_ago))
    await ArtifactFiles(tmp_path.as_uri(), limit=LIMIT).put(chunks(b"x"))
    assert kept(tmp_path) == [f"{stored.sha256[:2]}/{stored.sha256}"]


async def test_files_of_a_workspace_are_kept(files: ArtifactFiles, tmp_path: Path) -> None:
    """With the hash that the step reported; what changed since is refused, and so is what leads out."""
    workspace = Workspace(tmp_path / "workspace")
    made = workspace.write("notes/a.bin", LARGE)
    stored = await files.put_file(partial(workspace.open, made.path), sha256=made.sha256)
    assert await read(files, stored.sha256) == LARGE
    changed = workspace.write("notes/a.bin", b"other")
    with pytest.raises(ResourceError, match="changed"):
        await files.put_file(partial(workspace.open, made.path), sha256=made.sha256)
    with pytest.raises(ResourceError, match="cannot be read"):
        await files.open(changed.sha256)
    (tmp_path / "workspace" / "out").symlink_to("/etc/hostname")
    with pytest.raises(InputError, match="leads out"):
        await files.put_file(partial(workspace.open, "out"), sha256=made.sha256)


@pytest.mark.parametrize("digest", ["../../etc/passwd", "", "A" * 64, "0" * 63, "0" * 64 + "\n"])
async def test_only_a_hash_is_an_address(files: ArtifactFiles, digest: str) -> None:
    """Nothing else is looked for."""
    with pytest.raises(InputError, match="no sha256"):
        await files.open(digest)


async def test_bytes_that_are_not_there(files: ArtifactFiles) -> None:
    """Are told before anything is sent."""
    with pytest.raises(ResourceError, match="cannot be read"):
        await files.open("0" * 64)


async def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """The message names it."""
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(ResourceError, match="taken"):
        await ArtifactFiles((tmp_path / "taken").as_uri(), limit=LIMIT).put(chunks(b"x"))


def test_an_unknown_place() -> None:
    """A URL that fsspec does not know is the caller's mistake; a missing package is not."""
    with pytest.raises(InputError, match="'nothing://here'"):
        ArtifactFiles("nothing://here", limit=LIMIT)
