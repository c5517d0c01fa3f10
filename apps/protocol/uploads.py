"""Uploads: a multipart form read as it comes, its file kept only when the whole form is sound."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, NamedTuple

from starlette.requests import Request

from repertory.apps.protocol.forms import FormReader, PartBegan, PartData, PartEnded
from repertory.apps.protocol.reading import PATIENCE, arriving
from repertory.memory.topics.errors import RefusedError, TooLargeError
from repertory.memory.topics.files import ArtifactFiles
from repertory.memory.topics.incoming import Incoming, Stored
from repertory.memory.topics.paths import base_name, checked_path

REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary", "description": "The file."},
                    "relative_path": {
                        "type": "string",
                        "description": "Where it belongs in the agent's workspace: no absolute path, none with `..`.",
                    },
                },
            }
        }
    },
}
"""The form, as OpenAPI describes it."""

_OTHERS = 64 * 1024  # bytes for whatever is not the file: boundaries, headers, other parts
_MAX_PATH = 8 * 1024  # bytes


class Upload(NamedTuple):
    """A file that a client sent."""

    file_name: str
    """Its base name."""
    relative_path: str | None
    stored: Stored


async def read_upload(request: Request, files: ArtifactFiles, *, patience: float = PATIENCE) -> Upload:
    """Read the form of a request whose body nobody has read yet; in memory is never more than a block of the file.

    Nothing is locked and no thread is kept while the client is waited for: one that is slow, or stops, costs a
    connection and a temporary file. Of an upload that is refused or broken off nothing is left.

    Args:
        request: its form has a part `file` and may have a part `relative_path`, in any order; others are ignored.
        files: takes the bytes.
        patience: seconds to wait for the next bytes.

    Raises:
        RefusedError: it is no such form, not whole, or the client sends no more.
        TooLargeError: the file is larger than `files` takes. A length that is told beforehand is enough.
        UnprocessableError: the path is not safe.
        ResourceError: the file cannot be kept.
    """
    most = files.limit + _OTHERS
    _check_length(request, most)
    reader = FormReader(request.headers.get("content-type", ""))
    async with files.incoming() as file, aclosing(_bytes(request, most, patience)) as chunks:
        form = _Form(file)
        async for chunk in chunks:
            for event in reader.read(chunk):
                await form.take(event)
        reader.finish()
        return await form.keep()


class _Form:
    """What is known of an upload so far."""

    def __init__(self, file: Incoming) -> None:
        self._file = file
        self._file_name: str | None = None
        self._path: bytearray | None = None
        self._part: str | None = None

    async def take(self, event: PartBegan | PartData | PartEnded) -> None:
        if isinstance(event, PartBegan):
            self._begin(event)
        elif isinstance(event, PartEnded):
            if self._part == "relative_path":
                self._checked_path()  # so that nobody sends a large file for nothing
        elif self._part == "file":
            await self._file.write(event.data)
        elif self._part == "relative_path" and self._path is not None and len(self._path) < _MAX_PATH:
            self._path += event.data[:_MAX_PATH]

    def _begin(self, part: PartBegan) -> None:
        self._part = part.name
        if part.name == "file":
            if self._file_name is not None:
                raise RefusedError("the form has a second part 'file': send one file in an upload")
            self._file_name = base_name(part.file_name)
        elif part.name == "relative_path":
            if self._path is not None:
                raise RefusedError("the form has a second part 'relative_path': send one")
            self._path = bytearray()

    def _checked_path(self) -> str | None:
        # What is no UTF-8 becomes lone surrogates, which no path may have.
        return None if self._path is None else checked_path(self._path.decode(errors="surrogateescape"))

    async def keep(self) -> Upload:
        if self._file_name is None:
            raise RefusedError("the form has no part 'file': send the file as one", code="no_file")
        path = self._checked_path()
        return Upload(self._file_name, path, await self._file.keep())


def _check_length(request: Request, most: int) -> None:
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told[:20]) > most:
        raise TooLargeError(f"the body has {told[:20]} bytes; the most that is taken is {most}; send a smaller file")


async def _bytes(request: Request, most: int, patience: float) -> AsyncGenerator[bytes, None]:
    """The body, as far as the bound and the client's connection go."""
    total = 0
    async with aclosing(arriving(request, patience)) as arrived:
        async for chunk in arrived:
            total += len(chunk)
            if total > most:
                raise TooLargeError(
                    f"the body is larger than {most} bytes, the most that is taken; send a smaller file"
                )
            yield chunk
