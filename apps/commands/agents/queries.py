"""Queries from a command line, and from standard input: one a line."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator

from repertory.memory.errors import InputError

_BATCH = 64
"""Queries that are given at once, of those that are there: with MiniLM all of them are answered within a second."""
_PIECE = 65536


def checked(query: str) -> str:
    """The query of a command line.

    Raises:
        InputError: it is empty, or no UTF-8.
    """
    if not query.strip():
        raise InputError(f"the query {query!r} is empty; say in words who is wanted, or what is to be done")
    try:
        query.encode()
    except UnicodeEncodeError as error:  # Python keeps such bytes of the command line as half characters
        raise InputError(f"the query {query!r} is no UTF-8; convert it") from error
    return query


async def queries_of(source: int) -> AsyncIterator[list[str]]:
    """The lines of a stream that say something, as many at a time as are there.

    Args:
        source: its file descriptor.

    Raises:
        InputError: a line is no UTF-8; those before it were given.
    """
    number, held, ended = 0, b"", False
    while not ended:
        piece = await _read(source)
        ended = not piece
        *lines, held = (held + piece).split(b"\n")
        if ended:
            lines.append(held)
        for start in range(0, len(lines), _BATCH):
            numbered = enumerate(lines[start : start + _BATCH], number + start + 1)
            for queries in _texts(numbered):
                yield queries
        number += len(lines)


def _texts(lines: Iterator[tuple[int, bytes]]) -> Iterator[list[str]]:
    """The lines as text, in one list; those before a wrong one come before its error."""
    texts: list[str] = []
    wrong: InputError | None = None
    for number, line in lines:
        try:
            text = line.decode("utf-8-sig").strip()  # some systems begin a file with a mark
        except UnicodeDecodeError as error:
            wrong = InputError(f"standard input, line {number}: {line[:40]!r} is no UTF-8: {error.reason}; convert it")
            break
        if text:
            texts.append(text)
    if texts:
        yield texts
    if wrong is not None:
        raise wrong


async def _read(source: int) -> bytes:
    """What is there, as soon as there is something; nothing at the end."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    try:
        loop.add_reader(source, ready.set)
    except PermissionError:  # a file on a disk: there is nothing to wait for
        return os.read(source, _PIECE)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(source)
    return os.read(source, _PIECE)
