"""What goes wrong between a client and its server."""

import json

from repertory.memory.errors import RepertoryError, ResourceError


class ProtocolError(RepertoryError):
    """The server refused a call, or answered what nobody can read.

    Args:
        status: as HTTP says it, such as 404.
        code: a word that programs can look at, such as `not_found`; empty where the server gives none.
        message: for a person.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"the server answered {self.status}: {self.message}"


class UnreachableError(ResourceError):
    """The server could not be reached, or broke off. What changes something may have been done all the same."""


def refused(status: int, body: bytes) -> ProtocolError:
    """The error in an answer that is none: the server's own message, or the beginning of what it said."""
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    if isinstance(said, dict) and isinstance(said.get("message"), str):
        return ProtocolError(status, str(said.get("code") or ""), said["message"])
    return ProtocolError(status, "", body[:200].decode(errors="replace") or "no reason is given")


def unreachable(server: str, error: Exception) -> UnreachableError:
    """The error for a connection that failed."""
    why = str(error) or type(error).__name__
    return UnreachableError(f"no answer from {server!r}: {why}; is `repertory serve` running there?")
