"""A file on its way in: hashed while it is written under a temporary name, then moved to its address, or gone."""

import asyncio
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from repertory.memory.errors import ResourceError
from repertory.memory.topics.errors import TooLargeError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem  # type: ignore[import-untyped]  # it ships no types

BLOCK = 1 << 20
"""Bytes that are written or read in one go."""


class Stored(NamedTuple):
    """Bytes that are kept."""

    sha256: str
    size: int
    """Bytes."""


class Folder(NamedTuple):
    """A folder of a file system, with the addresses in it."""

    system: "AbstractFileSystem"
    path: str

    def address(self, digest: str) -> str:
        """Where the bytes with that sha256 are."""
        return f"{self.path}/{digest[:2]}/{digest}"

    @property
    def temporaries(self) -> str:
        """Where files are that are not whole yet."""
        return f"{self.path}/incoming"

    @contextmanager
    def reported(self, verb: str) -> Iterator[None]:
        """Say what the file system did not like in words that name the folder."""
        try:
            yield
        except OSError as error:
            raise ResourceError(f"artifacts in {self.path!r} cannot be {verb}: {error!r}") from error


class Incoming:
    """Takes bytes, in the order given, until they are kept or discarded.

    Nothing is locked while the next bytes are waited for. The inner lock only makes a discard wait until a thread that
    writes just then, for a caller that was cancelled meanwhile, is done.
    """

    def __init__(self, folder: Folder, *, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._size = 0
        self._digest = sha256()
        self._block = bytearray()
        self._temporary = f"{folder.temporaries}/{secrets.token_hex(16)}"
        self._file: Any = None
        self._over = False
        self._lock = Lock()

    async def write(self, chunk: bytes) -> None:
        """Add bytes.

        Raises:
            TooLargeError: there are more of them than the limit.
            ResourceError: they cannot be written.
        """
        self._size += len(chunk)
        if self._size > self._limit:
            raise TooLargeError(f"the file is larger than {self._limit} bytes, the most that is taken; send a smaller")
        self._block += chunk
        if len(self._block) >= BLOCK:
            block, self._block = self._block, bytearray()
            await asyncio.to_thread(self._append, block)

    async def keep(self, *, expected: str | None = None) -> Stored:
        """Move the whole to its address.

        Args:
            expected: the sha256 that the bytes should have, where it is known.

        Raises:
            ResourceError: they have another, or cannot be written.
        """
        return await asyncio.to_thread(self._keep, expected)

    async def discard(self) -> None:
        """Leave nothing, unless it is kept already. Goes on even when whoever waits for it is cancelled."""
        if self._over:
            return
        await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, self._discard))

    def _append(self, block: bytes | bytearray) -> None:
        with self._lock, self._folder.reported("written"):
            if not self._over:
                self._write(block)

    def _write(self, block: bytes | bytearray) -> None:
        if self._file is None:
            self._folder.system.makedirs(self._folder.temporaries, exist_ok=True)
            self._file = self._folder.system.open(self._temporary, "wb")
        self._digest.update(block)
        self._file.write(block)

    def _keep(self, expected: str | None) -> Stored:
        with self._lock, self._folder.reported("written"):
            if self._over:
                raise ResourceError("the file is kept or discarded already: send it again as a new one")
            self._write(self._block)
            self._sync_file()
            self._file.close()
            stored = Stored(self._digest.hexdigest(), self._size)
            if expected not in (None, stored.sha256):
                raise ResourceError(f"the bytes have sha256 {stored.sha256!r}, not {expected!r}: they were changed")
            self._move(self._folder.address(stored.sha256))
            self._over = True
        return stored

    def _move(self, address: str) -> None:
        system = self._folder.system
        if self._is_whole(address):
            system.rm_file(self._temporary)
            return
        parent = address.rpartition("/")[0]
        system.makedirs(parent, exist_ok=True)
        system.mv(self._temporary, address)  # others who move the same bytes there put the same in its place
        if _is_local(system):
            _sync(parent)

    def _is_whole(self, address: str) -> bool:
        try:
            return bool(self._folder.system.info(address)["size"] == self._size)
        except FileNotFoundError:
            return False

    def _sync_file(self) -> None:
        if _is_local(self._folder.system):
            self._file.flush()
            os.fsync(self._file.fileno())

    def _discard(self) -> None:
        with self._lock, self._folder.reported("removed"):
            over, self._over = self._over, True
            if over or self._file is None:
                return
            try:
                self._file.close()
            finally:
                with suppress(FileNotFoundError):
                    self._folder.system.rm_file(self._temporary)


def _is_local(system: "AbstractFileSystem") -> bool:
    return bool(getattr(system, "local_file", False))


def _sync(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
