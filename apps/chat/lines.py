"""Lines of a stream, and those of them that nobody has taken yet."""

import os
import select
from collections.abc import Iterator
from typing import TextIO

_PIECE = 65536


class Lines:
    """Lines of a stream as they come. Nothing else may read it.

    Args:
        stream: one with a file descriptor.
    """

    def __init__(self, stream: TextIO) -> None:
        self._source = stream.fileno()
        self._encoding = stream.encoding
        self._held = b""
        self._ended = False

    def __iter__(self) -> Iterator[str]:
        """Waits for each line."""
        while not self._ended or self._held:
            head, end, tail = self._held.partition(b"\n")
            if end or self._ended:
                self._held = tail
                yield self._text(head)
            else:
                self._read()

    def waiting(self) -> list[str]:
        """The lines that are there; whoever keeps the stream open is not waited for."""
        while not self._ended and select.select([self._source], [], [], 0)[0]:
            self._read()
        held, self._held = self._held, b""
        return self._text(held).split("\n")

    def _read(self) -> None:
        piece = os.read(self._source, _PIECE)
        self._held += piece
        self._ended = not piece

    def _text(self, line: bytes) -> str:
        return line.decode(self._encoding, "replace")
