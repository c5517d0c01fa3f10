"""The bytes of artifacts, content-addressed, in any file system that fsspec knows."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import BinaryIO
from urllib.parse import unquote

from repertory.memory.errors import InputError, ResourceError
from repertory.memory.topics.incoming import BLOCK, Folder, Incoming, Stored

_ABANDONED = timedelta(days=1)
_DIGEST = re.compile(r"[0-9a-f]{64}")


class ArtifactFiles:
    """Keeps bytes once each, at an address computed from their sha256 and nothing else.

    A file gets its address when it is whole; until then it has a temporary name in the folder `incoming`. What killed
    processes left there is removed at the first upload of a later one, when nobody has written to it for a day.
    No file stays open between two reads. All of the work with files is done in threads.

    Args:
        url: where, such as `file:///srv/artifacts` (percent-encoded, as `Path.as_uri` gives it), `memory://` or
            `s3://bucket/artifacts` (which needs `s3fs`).
        limit: bytes of the largest file that is taken.

    Raises:
        InputError: fsspec knows no such file system.
        ResourceError: the package for that file system is not installed.
    """

    def __init__(self, url: str, *, limit: int) -> None:
        self.limit = limit
        self._folder = _folder(url)
        self._swept = False

    async def put(self, chunks: AsyncIterator[bytes]) -> Stored:
        """Keep bytes as they come.

        Raises:
            TooLargeError: more than the limit; nothing is left. So it is with whatever the iterator raises.
            ResourceError: they cannot be written.
        """
        async with self.incoming() as file:
            async for chunk in chunks:
                await file.write(chunk)
            return await file.keep()

    @asynccontextmanager
    async def incoming(self) -> AsyncIterator[Incoming]:
        """A file to write to and to keep; on leaving, what was not kept is gone.

        Raises:
            ResourceError: it cannot be written.
        """
        if not self._swept:
            self._swept = True
            await self.sweep()
        file = Incoming(self._folder, limit=self.limit)
        try:
            yield file
        finally:
            await file.discard()

    async def put_file(self, opened: Callable[[], BinaryIO], *, sha256: str) -> Stored:
        """Keep a file that a step left.

        Args:
            opened: opens it, such as `partial(workspace.open, path)`; called in a thread.
            sha256: the hash that the step reported.

        Raises:
            TooLargeError: it is larger than the limit.
            ResourceError: it is not what the step reported any more, or cannot be kept.
        """
        async with self.incoming() as file:
            with await asyncio.to_thread(opened) as source:
                while block := await asyncio.to_thread(source.read, BLOCK):
                    await file.write(block)
            return await file.keep(expected=sha256)

    async def open(self, sha256: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` to before `end`, or to the last, in blocks.

        Raises:
            ResourceError: they are not there; while reading, they cannot be read.
        """
        if not _DIGEST.fullmatch(sha256):
            raise InputError(f"{sha256!r} is no sha256: give 64 lower-case hexadecimal digits")
        address = self._folder.address(sha256)
        with self._folder.reported("read"):
            info = await asyncio.to_thread(self._folder.system.info, address)
        return self._blocks(address, start, info["size"] if end is None else end)

    async def _blocks(self, address: str, start: int, end: int) -> AsyncIterator[bytes]:
        while start < end:
            stop = min(start + BLOCK, end)
            with self._folder.reported("read"):
                block = await asyncio.to_thread(self._folder.system.cat_file, address, start, stop)
            if len(block) != stop - start:
                raise ResourceError(f"{address!r} ends before byte {stop}: it is damaged")
            yield block
            start = stop

    async def sweep(self) -> None:
        """Remove temporary files that nobody has written to for a day."""
        with self._folder.reported("swept"):
            await asyncio.to_thread(self._sweep)

    def _sweep(self) -> None:
        system = self._folder.system
        try:
            names = system.ls(self._folder.temporaries, detail=False)
        except FileNotFoundError:
            return
        for name in names:
            with suppress(FileNotFoundError, NotImplementedError):  # somebody else removed it; no times are known
                if datetime.now(UTC) - system.modified(name) > _ABANDONED:
                    system.rm_file(name)


def _folder(url: str) -> Folder:
    from fsspec.core import url_to_fs  # type: ignore[import-untyped]  # it ships no types
    from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]

    if url.startswith("file://"):
        return Folder(LocalFileSystem(), os.path.abspath(unquote(url.removeprefix("file://"))))
    try:
        system, path = url_to_fs(url)
    except ValueError as error:
        raise InputError(f"artifacts cannot be kept in {url!r}: {error}; give a URL such as 'file:///srv/a'") from error
    except ImportError as error:
        raise ResourceError(f"artifacts cannot be kept in {url!r} yet: {error}") from error
    return Folder(system, path.rstrip("/"))
