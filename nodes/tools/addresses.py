"""Which hosts may be reached, and a transport that connects to exactly the address that was checked."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable

import httpx

from repertory.memory.errors import ToolError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Whether an address is on the open internet, whatever it is wrapped in (mapped, 6to4, Teredo, NAT64)."""
    if isinstance(address, ipaddress.IPv6Address):
        nat64 = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
        if inner := address.ipv4_mapped or nat64:  # just another way to write it
            return is_public(inner)
        if any(inner and not is_public(inner) for inner in (address.sixtofour, *(address.teredo or ()))):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


async def resolve_host(host: str, port: int) -> list[Address]:
    """All addresses of a host, as the system knows them.

    Raises:
        ToolError: there is none.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ToolError(f"host {host!r} has no address: {error}") from error
    return list(dict.fromkeys(ipaddress.ip_address(info[4][0]) for info in found))


class GuardedTransport(httpx.AsyncBaseTransport):
    """Resolves a host once, refuses it when any of its addresses is not allowed, and connects to those very addresses.

    Looking a name up again when connecting would let a server answer with a public address first and a private one
    then (DNS rebinding). Redirects come through here hop by hop, so each is checked.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, *, allowed: Callable[[Address], bool]) -> None:
        self._inner = inner
        self._allowed = allowed

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request to a checked address.

        Raises:
            ToolError: scheme or address are not allowed, or nothing answers.
        """
        url = request.url
        if url.scheme not in ("http", "https"):
            raise ToolError(f"{str(url)!r} is refused: only http and https are fetched")
        addresses = await resolve_host(url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80))
        if refused := [address for address in addresses if not self._allowed(address)]:
            raise ToolError(
                f"{str(url)!r} is refused: {url.host!r} leads to {refused[0]}, which is not a public address; "
                "only `allow_private=True` lets tools reach such"
            )
        failure: httpx.ConnectError | None = None
        for address in addresses:
            try:
                return await self._inner.handle_async_request(_pinned(request, address))
            except httpx.ConnectError as error:
                failure = error
        raise ToolError(f"{str(url)!r} cannot be reached: {failure}") from failure

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


def _pinned(request: httpx.Request, address: Address) -> httpx.Request:
    """The same request to a literal address; Host header and certificate check keep the name."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=str(address)),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.raw_host.decode("ascii")},
    )
