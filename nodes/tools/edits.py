"""Change a text file of the workspace in one place, and show beforehand what a call would change."""

import codecs
import difflib
import threading
from collections.abc import Iterator
from typing import Annotated, NamedTuple, TypedDict

from pydantic import Field

from repertory.memory.errors import ToolArgumentsError, ToolError
from repertory.memory.records import Artifact, JsonObject
from repertory.nodes.tools.files import decode
from repertory.nodes.tools.outcomes import shorten
from repertory.nodes.tools.workspace import Workspace

MAX_PREVIEW = 8_000
"""Characters of a preview."""

MAX_COMPARED = 400_000
"""Characters, old and new together, up to which a preview is a diff; what is larger is told in sizes."""

MAX_SEARCHED_LINES = 20_000
"""Lines of a file that are compared with a text that was not found in it."""

_CONTEXT = 2  # lines shown around the nearest one
_NEAR = 0.6  # likeness (0 to 1) from which a line counts as near


class Edited(TypedDict):
    """What `edit_file` brings back."""

    path: str
    line: int
    """Number of the first line that changed."""
    added: int
    removed: int
    """Lines."""
    sha256: str
    text: str
    artifacts: list[Artifact]


class EditTools:
    """The editing tools over one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._editing = threading.Lock()

    def edit_file(self, path: str, old: Annotated[str, Field(min_length=1)], new: str) -> Edited:
        """Replace a text that stands exactly once in a file, line breaks and indentation included.

        Raises:
            ToolArgumentsError: the path leads out of the workspace, or nothing would change.
            ToolError: there is no such text file, or `old` does not stand in it exactly once.
        """
        # Two calls of one response work on the same file; neither may lose what the other changed.
        with self._editing:
            before, after, encoded = self._edited(path, old, new)
            artifact = self._workspace.write(path, encoded)
        changed = [line for line in difflib.ndiff(old.splitlines(), new.splitlines()) if line[:1] in "+-"]
        added = sum(line.startswith("+") for line in changed)
        line = _line_of_change(before, after)
        return Edited(
            path=artifact.path,
            line=line,
            added=added,
            removed=len(changed) - added,
            sha256=artifact.sha256,
            text=f"Edited {artifact.path} at line {line}: {added} lines added, {len(changed) - added} removed.",
            artifacts=[artifact],
        )

    def preview_edit(self, arguments: JsonObject) -> str:
        """What `edit_file` would change, as a unified diff.

        Raises:
            ToolArgumentsError: as `edit_file` does.
            ToolError: as `edit_file` does.
        """
        before, after, _ = self._edited(**arguments)
        return unified_diff(arguments["path"], before, after)

    def preview_write(self, arguments: JsonObject) -> str:
        """What `write_file` would change, as a unified diff against what is there.

        Raises:
            ToolArgumentsError: the path leads out of the workspace.
            ToolError: what is there is no text file.
        """
        path, content = arguments["path"], arguments["content"]
        before = self._present(path)
        after = (before or "") + content if arguments.get("append") else content
        return unified_diff(path, before, after)

    def _present(self, path: str) -> str | None:
        try:
            return decode(self._workspace.read(path), path)
        except ToolError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise

    def _edited(self, path: str, old: str, new: str) -> tuple[str, str, bytes]:
        """The text before and after, and the bytes to write: in the encoding and with the line ends of the file."""
        if old == new:
            raise ToolArgumentsError(f"edit_file: `old` and `new` are the same text {old[:80]!r}: nothing would change")
        file = _read(self._workspace.read(path), path)
        if "\r\n" in file.text and "\r" not in old:
            old, new = old.replace("\n", "\r\n"), new.replace("\r\n", "\n").replace("\n", "\r\n")
        found = list(_places(file.text, old))
        if not found:
            raise ToolError(_not_found(path, file.text, old))
        if len(found) > 1:
            lines = ", ".join(str(file.text.count("\n", 0, at) + 1) for at in found[:10])
            raise ToolError(
                f"`old` stands {len(found)} times in {path!r} (lines {lines}); "
                "give more of the lines around the one that is meant"
            )
        after = file.text[: found[0]] + new + file.text[found[0] + len(old) :]
        try:
            return file.text, after, file.mark + after.encode(file.encoding)
        except UnicodeEncodeError as error:
            raise ToolError(
                f"{path!r} is written in {file.encoding}, which has no {error.object[error.start]!r}"
            ) from None


class _File(NamedTuple):
    text: str
    encoding: str
    mark: bytes
    """Byte order mark."""


_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def _read(raw: bytes, path: str) -> _File:
    """The text, with what it takes to write it back as it was."""
    decode(raw, path)  # says so where it is no text
    mark, encoding = next((found for found in _MARKS if raw.startswith(found[0])), (b"", "utf-8"))
    for name in (encoding, "cp1252"):
        try:
            return _File(raw[len(mark) :].decode(name), name, mark)
        except UnicodeDecodeError:
            continue
    raise ToolError(f"{path!r} has bytes that are no text in any usual encoding; it cannot be edited without loss")


def _places(text: str, part: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _line_of_change(before: str, after: str) -> int:
    same = next((i for i, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), None)
    return before.count("\n", 0, len(before) if same is None else same) + 1


def _not_found(path: str, text: str, old: str) -> str:
    """What is there instead: the lines nearest to the first line that was looked for."""
    lines, wanted = text.splitlines()[:MAX_SEARCHED_LINES], [line for line in old.splitlines() if line.strip()]
    said = f"`old` does not stand in {path!r}"
    if not wanted:
        return f"{said}: it is blank"
    if " ".join(old.split()) in " ".join(text.split()):
        said += " in this form: its line breaks or indentation differ"
    stripped = [line.strip() for line in lines]
    near = difflib.get_close_matches(wanted[0].strip(), stripped, n=1, cutoff=_NEAR)
    if not near:
        return f"{said}, nor anything like it; read the file again"
    at = stripped.index(near[0])
    shown = range(max(0, at - _CONTEXT), min(len(lines), at + len(wanted) + _CONTEXT))
    quoted = "\n".join(f"{number + 1}: {lines[number]}" for number in shown)
    return shorten(f"{said}; the nearest lines are\n{quoted}", 2_000)


def unified_diff(path: str, before: str | None, after: str) -> str:
    """A unified diff with three lines of context, cut to `MAX_PREVIEW` characters.

    Args:
        path: of the file.
        before: its text; None where there is no file yet.
        after: what it would be.
    """
    if before == after:
        return f"{path}: nothing would change"
    if len(before or "") + len(after) > MAX_COMPARED:
        was = "a new file" if before is None else f"{len(before)} characters before"
        return f"{path}: {was}, {len(after)} characters after; too large to be shown as a diff"
    was, now = (text.replace("\r\n", "\n") for text in (before or "", after))
    if was == now and before is not None:
        return f"{path}: only the line ends would change"
    source = "/dev/null" if before is None else f"a/{path}"
    lines = difflib.unified_diff(_lines(was), _lines(now), source, f"b/{path}")
    return shorten("".join(lines).rstrip("\n"), MAX_PREVIEW)


def _lines(text: str) -> list[str]:
    """Lines with their ends; a last line without one is marked, as diffs do."""
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, f"{last}\n\\ No newline at end of file\n"] if last else lines
