"""Names that clients give to files: data, never trusted, never where bytes are kept."""

import unicodedata

from repertory.memory.topics.errors import UnprocessableError

DEFAULT_NAME = "artifact"
"""A file whose sent name has no base name is called so."""

_MAX_PATH = 1_000  # characters, as in a workspace
_MAX_NAME = 255  # bytes in UTF-8: what file systems take


def checked_path(relative_path: str | None) -> str | None:
    """A relative path as it was given, or None for an empty one.

    Raises:
        UnprocessableError: on whatever system, it could lead out of a folder that it is joined to, or is no text.
    """
    if not relative_path:
        return None
    if fault := _fault(relative_path):
        raise UnprocessableError(
            f"relative_path {relative_path[:_MAX_PATH]!r} is refused: {fault}; "
            "give a path inside a folder, relative to it, such as 'notes/a.txt'",
            code="unsafe_path",
        )
    return relative_path


def _fault(path: str) -> str | None:
    if len(path) > _MAX_PATH:
        return f"it is longer than {_MAX_PATH} characters"
    if path.startswith("/"):
        return "it is absolute"
    if "\\" in path:
        return "it has a backslash"
    if path[1:2] == ":":
        return "it names a drive"
    if any(segment.strip() == ".." for segment in path.split("/")):  # Windows drops spaces around a name
        return "it goes up with '..'"
    if any(_unprintable(char) for char in path):
        return "it has a control character, or is not proper Unicode"
    return None


def base_name(file_name: str | None) -> str:
    """The last part of a sent file name, as a name that every file system takes.

    Folders and drives before it, of any system, are dropped, and so are control characters and what is no Unicode.
    A longer name is cut before its suffix. `DEFAULT_NAME` where nothing is left.
    """
    name = (file_name or "").replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(char for char in name if not _unprintable(char)).strip()
    while name[1:2] == ":":
        name = name[2:].strip()
    if name in ("", ".", ".."):
        return DEFAULT_NAME
    return name if len(name.encode()) <= _MAX_NAME else _cut(name)


def _cut(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix.encode()) > _MAX_NAME // 4:
        stem, dot, suffix = name, "", ""
    room = _MAX_NAME - len((dot + suffix).encode())
    return stem.encode()[:room].decode(errors="ignore") + dot + suffix


def _unprintable(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs")
