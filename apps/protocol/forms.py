"""Multipart forms, read chunk by chunk (RFC 7578)."""

from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from repertory.memory.topics.errors import RefusedError

_MAX_PARTS = 100


@dataclass(frozen=True)
class PartBegan:
    """A part's headers are read."""

    name: str
    file_name: str | None


@dataclass(frozen=True)
class PartData:
    """Bytes of the part that began last."""

    data: bytes


@dataclass(frozen=True)
class PartEnded:
    """There are no more bytes of the part that began last."""


Event = PartBegan | PartData | PartEnded


class FormReader:
    """Tells of the parts of a form as its bytes come. A part's headers are bounded, and so is the number of parts.

    Args:
        content_type: of the form.

    Raises:
        RefusedError: it is no multipart form.
    """

    def __init__(self, content_type: str) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise RefusedError(f"the body is {content_type[:200]!r}: send 'multipart/form-data' with a boundary")
        self._events: list[Event] = []
        self._header = (bytearray(), bytearray())
        self._disposition = b""
        self._parts = 0
        self._whole = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._began,
                    "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
                    "on_header_end": self._header_ended,
                    "on_headers_finished": self._headers_finished,
                    "on_part_data": lambda data, start, end: self._events.append(PartData(data[start:end])),
                    "on_part_end": lambda: self._events.append(PartEnded()),
                    "on_end": self._ended,
                },
            )
        except FormParserError as error:
            raise _malformed(error) from error

    def read(self, chunk: bytes) -> list[Event]:
        """What these bytes tell.

        Raises:
            RefusedError: they make no form.
        """
        self._events = []
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise _malformed(error) from error
        return self._events

    def finish(self) -> None:
        """Say that there are no more bytes.

        Raises:
            RefusedError: the form is not whole.
        """
        if not self._whole:
            raise _malformed("it ends before its last boundary")

    def _began(self) -> None:
        self._parts += 1
        if self._parts > _MAX_PARTS:
            raise RefusedError(f"the form has more than {_MAX_PARTS} parts: send fewer")
        self._disposition = b""

    def _header_ended(self) -> None:
        name, value = map(bytes, self._header)
        self._header = (bytearray(), bytearray())
        if name.lower() == b"content-disposition":
            self._disposition = value

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        if b"name" not in options:
            raise _malformed("a part has no name")
        file_name = options.get(b"filename")
        name = options[b"name"].decode(errors="replace")
        self._events.append(PartBegan(name, None if file_name is None else _unescaped(file_name)))

    def _ended(self) -> None:
        self._whole = True


def _unescaped(file_name: bytes) -> str:
    # Browsers and httpx write a quotation mark so (WHATWG, "multipart/form-data encoding algorithm").
    return file_name.decode(errors="replace").replace("%22", '"')


def _malformed(reason: object) -> RefusedError:
    return RefusedError(f"the multipart form is malformed: {reason}; send it as RFC 7578 says", code="malformed")
