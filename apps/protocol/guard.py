"""Who may call: with a token, whoever has it; without one, programs and pages of this machine."""

import hmac
import ipaddress
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from starlette.requests import Request

from repertory.memory.topics.errors import ForbiddenError, RefusedError


class UnauthorizedError(RefusedError):
    """No token, or a wrong one."""

    status = 401
    headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": "Bearer"}

    def __init__(self, message: str, code: str = "unauthorized") -> None:
        super().__init__(message, code)


@dataclass(frozen=True)
class Guard:
    """Lets a call pass, or refuses it.

    Args:
        token: every call needs it, as `Authorization: Bearer TOKEN`.
        loopback: where there is no token, take only calls that name this machine as their host, and of browsers only
            those of pages of this machine: a page from elsewhere can reach loopback, by a form or by a name that it
            has resolved to 127.0.0.1 ("DNS rebinding").
    """

    token: str | None = None
    loopback: bool = False

    def check(self, request: Request) -> None:
        """Let it pass.

        Raises:
            UnauthorizedError: the token is missing or wrong.
            ForbiddenError: without a token, the call is not from this machine.
        """
        if self.token is not None:
            self._check_token(request.headers.get("authorization", ""), self.token)
        elif self.loopback:
            self._check_place(request)

    def _check_token(self, authorization: str, token: str) -> None:
        scheme, _, given = authorization.partition(" ")
        same = hmac.compare_digest(given.strip().encode(), token.encode())  # takes as long for any guess
        if scheme.lower() != "bearer" or not same:
            raise UnauthorizedError("this server needs its token: send the header 'Authorization: Bearer TOKEN'")

    def _check_place(self, request: Request) -> None:
        host = request.headers.get("host", "")
        if not is_loopback(_name(f"//{host}")):
            raise ForbiddenError(
                f"without a token this server takes calls to 'localhost' only, not to {host!r}; "
                "start it with a token to reach it by another name",
                "foreign_host",
            )
        origin = request.headers.get("origin")
        if origin is not None and not is_loopback(_name(origin)):
            raise ForbiddenError(
                f"without a token this server takes no calls of pages from {origin!r}", "foreign_origin"
            )


def is_loopback(host: str) -> bool:
    """Whether a name or an address can only be this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _name(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # brackets that hold no address
        return ""
