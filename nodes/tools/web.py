"""Fetch a page, as text, from public addresses only."""

import asyncio
import re
import zlib
from typing import TypedDict

import httpx

from repertory.memory.errors import ToolArgumentsError, ToolError
from repertory.nodes.tools.addresses import GuardedTransport, is_public
from repertory.nodes.tools.html import read_html

MAX_REDIRECTS = 5
MAX_URL = 2_000
"""Characters."""

_TEXTUAL = re.compile(r"text/|application/(?:.*\+)?(?:json|xml|javascript|yaml|x-yaml)\b")
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([\w-]+)", re.IGNORECASE)
_HEADERS = {
    "User-Agent": "Repertory",
    "Accept": "text/html, text/*;q=0.9, application/json;q=0.9, */*;q=0.1",
    "Accept-Encoding": "gzip",
}


class Page(TypedDict):
    """What `fetch_url` brings back."""

    url: str
    """Where it was in the end, after redirects."""
    title: str
    content_type: str
    size: int
    """Bytes received."""
    text: str


class WebTools:
    """Tools that reach outside.

    Args:
        allow_private: whether loopback, private and other non-public addresses may be fetched too.
        timeout: seconds that one fetch may take in all, redirects and body included.
        max_bytes: bytes of a page that are read; the rest is left, and the text says so.
    """

    def __init__(self, *, allow_private: bool = False, timeout: float = 20.0, max_bytes: int = 2_000_000) -> None:
        self._allow_private = allow_private
        self._timeout = timeout
        self._max_bytes = max_bytes

    async def fetch_url(self, url: str) -> Page:
        """Fetch a web page or text file by its http(s) URL, as plain text.

        Raises:
            ToolArgumentsError: it is no http or https URL.
            ToolError: the address is not public, nothing answers in time, or the answer is an error or no text.
        """
        target = _parse(url)
        # A proxy from the environment would look names up itself, unchecked: `trust_env` stays off.
        inner = await asyncio.to_thread(httpx.AsyncHTTPTransport)  # reads certificates from disk
        transport = GuardedTransport(inner, allowed=lambda address: self._allow_private or is_public(address))
        client = httpx.AsyncClient(
            transport=transport,
            headers=_HEADERS,
            follow_redirects=True,
            max_redirects=MAX_REDIRECTS,
            timeout=self._timeout,
            trust_env=False,
        )
        try:
            async with asyncio.timeout(self._timeout), client, client.stream("GET", target) as response:
                return await self._read(response)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise ToolError(f"{url!r} did not answer in full within {self._timeout:g} seconds") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ToolError(f"{url!r} cannot be fetched: {str(error) or type(error).__name__}") from error

    async def _read(self, response: httpx.Response) -> Page:
        url = str(response.url)
        content_type = response.headers.get("content-type", "text/plain").split(";")[0].strip().lower()
        if not response.is_success:
            raise ToolError(f"{url!r} answered {response.status_code} {response.reason_phrase}".rstrip())
        if not _TEXTUAL.match(content_type):
            raise ToolError(f"{url!r} is {content_type!r}, not text")
        body, cut = await self._body(response)
        page = _decode(body, response.charset_encoding)
        title = ""
        if content_type in ("text/html", "application/xhtml+xml"):
            title, page = await asyncio.to_thread(read_html, page)
        heading = f"{title}\n\n" if title and not page.startswith(title) else ""
        note = f"\n[cut: only the first {self._max_bytes} bytes were read]" if cut else ""
        return Page(url=url, title=title, content_type=content_type, size=len(body), text=f"{heading}{page}{note}")

    async def _body(self, response: httpx.Response) -> tuple[bytes, bool]:
        """The first bytes, unpacked by ourselves: a small packed body may hold gigabytes."""
        encoding = response.headers.get("content-encoding", "identity").lower()
        if encoding not in ("identity", "gzip", "x-gzip", "deflate"):
            raise ToolError(f"{str(response.url)!r} is packed as {encoding!r}, which was not asked for")
        unpacker = None if encoding == "identity" else zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        body = bytearray()
        async for chunk in response.aiter_raw():
            room = self._max_bytes + 1 - len(body)
            try:
                body += unpacker.decompress(chunk, room) if unpacker else chunk[:room]
            except zlib.error as error:
                raise ToolError(f"{str(response.url)!r} is packed wrongly: {error}") from error
            if len(body) > self._max_bytes:
                return bytes(body[: self._max_bytes]), True
        return bytes(body), False


def _parse(url: str) -> httpx.URL:
    if len(url) > MAX_URL:
        raise ToolArgumentsError(f"url {url[:100]!r}… has {len(url)} characters; the most is {MAX_URL}")
    try:
        target = httpx.URL(url.strip())
    except httpx.InvalidURL as error:
        raise ToolArgumentsError(f"url {url!r} is no URL: {error}") from error
    if target.scheme not in ("http", "https") or not target.host:
        raise ToolArgumentsError(f"url {url!r} is refused: give a full http or https URL")
    if target.userinfo:
        raise ToolArgumentsError(f"url {str(target)!r} is refused: it carries a user name or password")
    return target


def _decode(body: bytes, declared: str | None) -> str:
    found = _META_CHARSET.search(body[:2048])
    charset = declared or (found[1].decode("ascii") if found else "utf-8")
    try:
        return body.decode(charset, errors="replace")
    except LookupError:  # a character set that nobody knows
        return body.decode("utf-8", errors="replace")
