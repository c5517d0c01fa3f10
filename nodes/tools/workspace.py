"""The workspace: the one folder that the file tools see, and cannot leave. Needs a POSIX system."""

import errno
import os
import secrets
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO, NamedTuple

from repertory.memory.errors import ToolArgumentsError, ToolError
from repertory.memory.records import Artifact

MAX_BYTES = 50_000_000
"""The largest file that the tools read or write."""

MAX_FILES = 100_000
"""The most files that one listing walks through."""

_MAX_PATH = 1_000  # characters

_PRIVATE = (".repertory", ".git")  # our own state, and hooks that would run as the user
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Entry(NamedTuple):
    """A file in a listing."""

    path: str
    size: int
    """Bytes."""


class Workspace:
    """Reads, writes and lists files under one folder.

    A path is resolved and refused when it leads out; then every part of the resolved path is opened relative to the
    folder before it, following no link. So a part that is exchanged for a link after the check is not followed either.
    """

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder).expanduser().absolute()
        self._writing = threading.Lock()

    def read(self, path: str) -> bytes:
        """The bytes of a file.

        Raises:
            ToolArgumentsError: the path leads out of the workspace.
            ToolError: there is no such file, it is no regular file, or larger than `MAX_BYTES`.
        """
        with _reported(path):
            return self._read(self._parts(path), path)

    def open(self, path: str) -> BinaryIO:
        """A file of any size, to read bit by bit and to close.

        Raises:
            ToolArgumentsError: the path leads out of the workspace.
            ToolError: there is no such file, or it is no regular file.
        """
        with _reported(path):
            return self._open(self._parts(path), path)

    def write(self, path: str, content: bytes, *, append: bool = False) -> Artifact:
        """Write a file as a whole: after a crash there is the old content or the new. Folders are made as needed.

        Raises:
            ToolArgumentsError: the path leads out of the workspace.
            ToolError: it cannot be written, or would be larger than `MAX_BYTES`.
        """
        # Two steps that append at once must not lose each other's lines.
        with self._writing, _reported(path):
            self._folder.mkdir(parents=True, exist_ok=True)
            parts = self._parts(path)
            if not parts:
                raise _refusal(path, "it names the workspace itself, not a file in it")
            if append:
                with suppress(FileNotFoundError):
                    content = self._read(parts, path) + content
            if len(content) > MAX_BYTES:
                raise ToolError(f"{path!r} would have {len(content)} bytes; the most is {MAX_BYTES}")
            with self._open_folder(parts[:-1], create=True) as folder:
                _replace(folder, parts[-1], content)
        return Artifact(path=str(PurePosixPath(path)), size=len(content), sha256=sha256(content).hexdigest())

    def files(self, folder: str = "") -> Iterator[Entry]:
        """The files below a folder, each folder's own first; hidden ones, and links to folders, are left out.

        Raises:
            ToolArgumentsError: the folder lies outside the workspace.
            ToolError: there is no such folder, or more than `MAX_FILES` are in it.
        """
        with _reported(folder or "."), self._open_folder(self._parts(folder or ".")) as root:
            count = 0
            for where, folders, names, descriptor in os.fwalk(".", dir_fd=root):
                folders[:] = sorted(name for name in folders if not name.startswith("."))
                for name in sorted(name for name in names if not name.startswith(".")):
                    path = str(PurePosixPath(folder, where, name))
                    size = self._size(path, name, descriptor)
                    if size is not None:
                        yield Entry(path, size)
                    count += 1
                    if count > MAX_FILES:
                        raise ToolError(f"more than {MAX_FILES} files are in {folder or '.'!r}; name a smaller folder")

    def _size(self, path: str, name: str, folder: int) -> int | None:
        """Size of what a listing shows; None for what it does not: pipes, links that lead out or nowhere."""
        try:
            path.encode()  # a name that is no text cannot be passed to any tool
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if stat.S_ISLNK(found.st_mode):
                parts = self._parts(path)
                with self._open_folder(parts[:-1]) as inside:
                    found = os.stat(parts[-1], dir_fd=inside, follow_symlinks=False)
        except (OSError, UnicodeEncodeError, ToolArgumentsError, IndexError):
            return None
        return found.st_size if stat.S_ISREG(found.st_mode) else None

    def _parts(self, path: str) -> tuple[str, ...]:
        """The parts of the path from the workspace on, links resolved."""
        if reason := _fault(path):
            raise _refusal(path, reason)
        root = self._folder.resolve()
        try:
            target = (root / path).resolve()
        except RuntimeError:  # a circle of links, before Python 3.13
            raise _refusal(path, "its links go in a circle") from None
        if not target.is_relative_to(root):
            raise _refusal(path, "a link in it leads out of the workspace")
        parts = target.relative_to(root).parts
        if private := [part for part in parts if part.lower().startswith(_PRIVATE)]:
            raise _refusal(path, f"{private[0]!r} is not for tools")
        return parts

    @contextmanager
    def _open_folder(self, parts: tuple[str, ...], *, create: bool = False) -> Iterator[int]:
        descriptor = os.open(self._folder.resolve(), _FOLDER)
        try:
            for part in parts:
                if create:
                    with suppress(FileExistsError):
                        os.mkdir(part, dir_fd=descriptor)
                inner = os.open(part, _FOLDER, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            yield descriptor
        finally:
            os.close(descriptor)

    def _open(self, parts: tuple[str, ...], path: str) -> BinaryIO:
        if not parts:
            raise ToolError(f"{path!r} is a folder, not a file")
        with self._open_folder(parts[:-1]) as folder:
            # Without O_NONBLOCK, opening a pipe would wait for a writer for ever.
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
            descriptor = os.open(parts[-1], flags, dir_fd=folder)
        file = os.fdopen(descriptor, "rb")
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            file.close()
            raise ToolError(f"{path!r} is not a regular file; it may be a pipe or a device")
        return file

    def _read(self, parts: tuple[str, ...], path: str) -> bytes:
        with self._open(parts, path) as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ToolError(f"{path!r} is larger than {MAX_BYTES} bytes, the most that tools read")
        return content


def _fault(path: str) -> str | None:
    """What is wrong with a path by its looks alone."""
    if len(path) > _MAX_PATH:
        return f"it is longer than {_MAX_PATH} characters"
    if "\0" in path:
        return "it has a NUL character"
    try:
        path.encode()
    except UnicodeEncodeError:
        return "it is not proper Unicode"
    if not path.strip():
        return "it is empty"
    if PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute() or path.startswith("~"):
        return "it is absolute"
    if ".." in path.replace("\\", "/").split("/"):
        return "it goes up with '..'"
    return None


def _refusal(path: str, reason: str) -> ToolArgumentsError:
    return ToolArgumentsError(
        f"path {path[:_MAX_PATH]!r} is refused: {reason}; "
        "give a path inside the workspace, relative to it, such as 'notes/a.txt'"
    )


@contextmanager
def _reported(path: str) -> Iterator[None]:
    """Say what the operating system did not like in words that name the path as it was given."""
    try:
        yield
    except FileNotFoundError as error:
        raise ToolError(f"there is no {path!r} in the workspace") from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _refusal(path, "a part of it has become a link") from error
        raise ToolError(f"{path!r}: {error.strerror or error}") from error


def _replace(folder: int, name: str, content: bytes) -> None:
    """Write beside the file, then take its place in one stroke."""
    temporary = f".repertory-{secrets.token_hex(8)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o666, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with suppress(FileNotFoundError):
                os.fchmod(descriptor, stat.S_IMODE(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode))
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
        raise
    os.fsync(folder)
