"""How the folder of a library is laid out.

    library.json           what this is: format, version of the format, and whether the export came to its end
    agents/NAME.md         an agent in its newest version: fields in front matter, then the prompt
    versions/NAME@N.md     an older version of it
    cohorts/ID.yaml        a cohort: task, plan, and the agents as they were cast

Files count by what is in them; their names are for people. Where a name cannot be one of a file, or differs from
another only in capitals, it has a few letters more.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from repertory.memory.errors import InputError, ResourceError

FORMAT = "repertory library"
VERSION = 1
HEAD = "library.json"
AGENTS, VERSIONS, COHORTS = "agents", "versions", "cohorts"
_IGNORED = {".git", "node_modules"}


def is_library(folder: Path) -> bool:
    """Whether a folder says that it is one, or did: a damaged head is told of by `check_head`."""
    return _says_so(folder / HEAD) or ((folder / HEAD).is_file() and (folder / AGENTS).is_dir())


def _says_so(head: Path) -> bool:
    try:
        return FORMAT.encode() in head.read_bytes()
    except OSError:
        return False


def check_head(folder: Path) -> None:
    """Check that a library can be read.

    Raises:
        InputError: it is of another format, or its export did not come to its end.
    """
    path = folder / HEAD
    try:
        head = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {error}; export the library again") from error
    if not isinstance(head, dict) or (head.get("format"), head.get("version")) != (FORMAT, VERSION):
        raise InputError(f"{path}: it must say format {FORMAT!r}, version {VERSION} (got {str(head)[:80]})")
    if head.get("complete") is not True:
        raise InputError(f"{path}: the export into this folder did not come to its end; export the library again")


def write_head(folder: Path, *, complete: bool) -> None:
    """Say what the folder is."""
    head = {"format": FORMAT, "version": VERSION, "complete": complete}
    write_file(folder / HEAD, json.dumps(head, indent=2) + "\n")


def prepare(folder: Path) -> None:
    """Make the folder, or take one that is empty or a library.

    Raises:
        InputError: something else is in it.
        ResourceError: it cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{str(folder)!r} is no folder; give another")
    try:
        others = folder.is_dir() and any(path.name not in _IGNORED for path in folder.iterdir())
        if others and not is_library(folder):
            raise InputError(f"the folder {str(folder)!r} has other files in it; give an empty one, or one to be made")
        for part in (folder / name for name in (AGENTS, VERSIONS, COHORTS)):
            if part.is_symlink():
                raise InputError(f"{str(part)!r} leads out of the library; take the link away")
            part.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResourceError(f"the folder {str(folder)!r} cannot be written: {error}; give another") from error
    write_head(folder, complete=False)


def write_file(path: Path, text: str) -> None:
    """Write a file whole or not at all; one that says the same already is left alone, and a link is replaced.

    Raises:
        ResourceError: it cannot be written.
    """
    data, new = text.encode(), path.with_name(f".{path.name}.new")
    try:
        if not path.is_symlink() and path.is_file() and path.read_bytes() == data:
            return
        new.unlink(missing_ok=True)
        new.write_bytes(data)
        os.replace(new, path)
    except OSError as error:
        raise ResourceError(f"{str(path)!r} cannot be written: {error}; the export is not complete") from error


def stems(names: Iterable[str]) -> dict[str, str]:
    """File names, without their endings, that differ on every system."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(names):
        stem = re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:100]
        if stem != name or stem.casefold() in taken:
            stem = f"{stem}~{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:12]}"
        taken.add(stem.casefold())
        found[name] = stem
    return found


def files_in(folder: Path, *endings: str) -> Iterator[Path]:
    """The files in a folder and below it, in order; folders of other programs and links to folders are passed over.

    Raises:
        ResourceError: a folder cannot be read.
    """

    def refuse(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            raise ResourceError(f"{error.filename!r} cannot be read: {error.strerror}") from error

    for at, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if name not in _IGNORED)
        yield from (Path(at, name) for name in sorted(files) if name.lower().endswith(endings))


def leads_out(path: Path, folder: Path) -> bool:
    """Whether a file is a link to one outside, or no plain file at all."""
    return not path.is_file() or not path.resolve().is_relative_to(folder.resolve())
