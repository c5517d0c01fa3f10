"""List, read, write and search files of the workspace."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Annotated, TypedDict

from pydantic import Field

from repertory.memory.errors import ToolError
from repertory.memory.records import Artifact
from repertory.nodes.tools.workspace import Entry, Workspace

MAX_SHOWN = 200
"""Files or lines that the text of a listing or search shows."""

MAX_LISTED = 1_000
"""Files that the structured result of a listing names."""

MAX_SEARCHED = 10_000_000
"""Bytes; a search skips larger files."""

MAX_PIECE = 19_000
"""Characters of a file that one call reads; a note about the rest still fits behind them."""

_MAX_LINE = 200


class Listing(TypedDict):
    """What `list_files` brings back."""

    files: list[str]
    count: int
    """All files found, those beyond `MAX_LISTED` included."""
    text: str


class Piece(TypedDict):
    """What `read_file` brings back."""

    text: str
    size: int
    """Bytes of the whole file."""
    characters: int
    """Characters of the whole file."""
    next_offset: int | None
    """Where to read on; None at the end."""


class Written(TypedDict):
    """What `write_file` brings back."""

    path: str
    size: int
    sha256: str
    text: str
    artifacts: list[Artifact]


class Match(TypedDict):
    """A line that a search found."""

    path: str
    line: int
    text: str


class Found(TypedDict):
    """What `search_files` brings back."""

    matches: list[Match]
    files: list[str]
    count: int
    text: str


class FileTools:
    """The file tools over one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def list_files(self, folder: str = "", pattern: str = "*") -> Listing:
        """List files, in subfolders too; pattern such as *.csv.

        Raises:
            ToolArgumentsError: the folder lies outside the workspace.
            ToolError: there is no such folder.
        """
        found = list(self._matching(folder, pattern))
        shown = found[:MAX_SHOWN]
        lines = [f"{len(found)} files" if len(found) != 1 else "1 file"]
        lines += [f"{entry.path} ({entry.size} bytes)" for entry in shown]
        if len(found) > len(shown):
            lines.append(f"[{len(found) - len(shown)} more; narrow it down with `folder` or `pattern`]")
        return Listing(files=[entry.path for entry in found[:MAX_LISTED]], count=len(found), text="\n".join(lines))

    def read_file(
        self,
        path: str,
        offset: Annotated[int, Field(ge=0)] = 0,
        limit: Annotated[int, Field(ge=1, le=MAX_PIECE)] = MAX_PIECE,
    ) -> Piece:
        """Read a text file; offset and limit in characters.

        Raises:
            ToolArgumentsError: the path leads out of the workspace.
            ToolError: there is no such file, or it is not text.
        """
        raw = self._workspace.read(path)
        whole = decode(raw, path)
        text, end = whole[offset : offset + limit], offset + limit
        if end < len(whole):
            text += f"\n[characters {offset} to {end} of {len(whole)}; read on with offset={end}]"
        return Piece(text=text, size=len(raw), characters=len(whole), next_offset=end if end < len(whole) else None)

    def write_file(self, path: str, content: str, append: bool = False) -> Written:
        """Write a text file, replacing it, or append to it.

        Raises:
            ToolArgumentsError: the path leads out of the workspace.
            ToolError: it cannot be written there.
        """
        artifact = self._workspace.write(path, content.encode(), append=append)
        return Written(
            path=artifact.path,
            size=artifact.size,
            sha256=artifact.sha256,
            text=f"{'Appended to' if append else 'Wrote'} {artifact.path}: {artifact.size} bytes.",
            artifacts=[artifact],
        )

    def search_files(self, query: Annotated[str, Field(min_length=1)], pattern: str = "*") -> Found:
        """Find lines that contain a text, in any case; pattern such as *.txt.

        Raises:
            ToolError: there is no workspace folder yet.
        """
        matches: list[Match] = []
        count, skipped = 0, 0
        for entry in self._matching("", pattern):
            text = self._searchable(entry)
            skipped += text is None
            for match in _matching_lines(text or "", entry.path, query.casefold()):
                count += 1
                if len(matches) < MAX_SHOWN:
                    matches.append(match)
        lines = [f"{count} lines contain {query!r}" if count != 1 else f"1 line contains {query!r}"]
        lines += [f"{match['path']}:{match['line']}: {match['text']}" for match in matches]
        if count > len(matches):
            lines.append(f"[{count - len(matches)} more]")
        if skipped:
            lines.append(f"[{skipped} files skipped: not text, or too large]")
        files = list(dict.fromkeys(match["path"] for match in matches))
        return Found(matches=matches, files=files, count=count, text="\n".join(lines))

    def _matching(self, folder: str, pattern: str) -> Iterator[Entry]:
        for entry in self._workspace.files(folder):
            # A pattern without folders means the name, wherever the file lies.
            name = entry.path if "/" in pattern else PurePosixPath(entry.path).name
            if fnmatchcase(name, pattern):
                yield entry

    def _searchable(self, entry: Entry) -> str | None:
        if entry.size > MAX_SEARCHED:
            return None
        try:
            return decode(self._workspace.read(entry.path), entry.path)
        except ToolError:  # not text, or gone meanwhile
            return None


def decode(raw: bytes, path: str) -> str:
    """The text of a file: UTF-8, UTF-16 with a byte order mark, or else Windows' western encoding.

    Raises:
        ToolError: it is not text.
    """
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    if b"\0" in raw[:8192]:
        raise ToolError(f"{path!r} is not a text file")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _matching_lines(text: str, path: str, query: str) -> Iterator[Match]:
    for number, line in enumerate(text.splitlines(), start=1):
        if query in line.casefold():
            yield Match(path=path, line=number, text=_around(line.strip(), query))


def _around(line: str, query: str) -> str:
    """A long line, cut so that what was found stays in sight."""
    if len(line) <= _MAX_LINE:
        return line
    start = max(0, line.casefold().find(query) - _MAX_LINE // 2)
    return f"{'…' if start else ''}{line[start : start + _MAX_LINE]}…"
