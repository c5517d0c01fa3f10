"""The names of Python functions that manage agents, as files write them and as agents keep them."""

import os
import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

_IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]*"
FUNCTION_PATTERN = rf"^(.+\.py:{_IDENTIFIER}|{_IDENTIFIER}(\.{_IDENTIFIER})*:{_IDENTIFIER}|[A-Za-z][A-Za-z0-9_-]*)$"
"""`./file.py:function`, `package.module:function`, or a name under which a program registers a function."""


class FunctionName(NamedTuple):
    """Where a function is: in a file, in a module, or, with neither, registered under its name."""

    file: Path | None
    module: str | None
    function: str


def parse_function(name: str) -> FunctionName | None:
    """The parts of a name that an agent keeps; None where it is no such name."""
    if not re.fullmatch(FUNCTION_PATTERN, name):
        return None
    place, _, function = name.rpartition(":")
    if not place:
        return FunctionName(None, None, name)
    return (
        FunctionName(Path(unquote(place)), None, function) if _is_file(place) else FunctionName(None, place, function)
    )


def absolute_function(name: str, folder: Path) -> str:
    """The name that an agent keeps: a file's is absolute, with white space written as in a URL.

    Args:
        name: as a file writes it.
        folder: that file's folder.
    """
    place, _, function = name.rpartition(":")
    return f"{quoted(Path(os.path.abspath(folder / place)))}:{function}" if _is_file(place) else name


def quoted(path: Path) -> str:
    """A path without white space: the name of an agent's function has none."""
    return re.sub(r"[\s%]", lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), str(path))


def _is_file(place: str) -> bool:
    return place.endswith(".py")
