"""Fetching: from a real server on loopback, and from nowhere that is not public unless allowed."""

import asyncio
import gzip
import ipaddress
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from aiohttp import web

from repertory.memory.errors import ToolArgumentsError, ToolError
from repertory.nodes.tools.addresses import GuardedTransport, is_public
from repertory.nodes.tools.web import WebTools

PAGE = (
    "<html><head><title>On &amp; off</title></head>"
    "<body><h1>Hello</h1><script>no()</script><p>It is\nhere.</p></body></html>"
)


class Server:
    """A loopback server that remembers the Host headers of its visitors."""

    def __init__(self) -> None:
        self.hosts: list[str] = []
        self.origin = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One path, one kind of answer."""
        self.hosts.append(request.headers["Host"])
        return await getattr(self, request.path.strip("/"))(request)

    async def page(self, request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def latin(self, request: web.Request) -> web.Response:
        return web.Response(body='<meta charset="latin-1"><p>é</p>'.encode("latin-1"), content_type="text/html")

    async def json(self, request: web.Request) -> web.Response:
        return web.json_response({"a": 1})

    async def image(self, request: web.Request) -> web.Response:
        return web.Response(body=b"\x89PNG", content_type="image/png")

    async def missing(self, request: web.Request) -> web.Response:
        raise web.HTTPNotFound

    async def redirect(self, request: web.Request) -> web.Response:
        raise web.HTTPFound(request.query["to"])

    async def forever(self, request: web.Request) -> web.Response:
        raise web.HTTPFound("/forever")

    async def huge(self, request: web.Request) -> web.StreamResponse:
        """A body without an end."""
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65_536)

    async def slow(self, request: web.Request) -> web.StreamResponse:
        """A body that trickles: no single wait is long, the whole is."""
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.05)

    async def packed(self, request: web.Request) -> web.Response:
        return self._gzip(gzip.compress(PAGE.encode()), "text/html")

    async def bomb(self, request: web.Request) -> web.Response:
        return self._gzip(gzip.compress(bytes(50_000_000)), "text/plain")

    async def brotli(self, request: web.Request) -> web.Response:
        return web.Response(body=b"x", headers={"Content-Encoding": "br"}, content_type="text/plain")

    def _gzip(self, body: bytes, content_type: str) -> web.Response:
        return web.Response(body=body, headers={"Content-Encoding": "gzip"}, content_type=content_type)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """The server, running."""
    server = Server()
    app = web.Application()
    app.router.add_get("/{path}", server.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    server.origin = f"http://127.0.0.1:{port}"
    yield server
    await runner.cleanup()


@pytest.fixture
def tools() -> WebTools:
    """Web tools that may reach loopback, with small bounds."""
    return WebTools(allow_private=True, timeout=1.0, max_bytes=100_000)


async def test_a_page_comes_as_text(server: Server, tools: WebTools) -> None:
    """HTML is read as text, with its title; scripts are not."""
    page = await tools.fetch_url(f"{server.origin}/page")
    assert page["text"] == "On & off\n\nHello\n\nIt is here."
    assert (page["title"], page["content_type"], page["url"]) == ("On & off", "text/html", f"{server.origin}/page")
    assert page["size"] == len(PAGE)


async def test_other_texts_come_as_they_are(server: Server, tools: WebTools) -> None:
    """JSON is text; a page's own word on its character set counts; gzip is unpacked."""
    assert (await tools.fetch_url(f"{server.origin}/json"))["text"] == '{"a": 1}'
    assert (await tools.fetch_url(f"{server.origin}/latin"))["text"] == "é"
    assert (await tools.fetch_url(f"{server.origin}/packed"))["title"] == "On & off"


@pytest.mark.parametrize(
    ("path", "words"), [("image", "image/png"), ("missing", "404"), ("brotli", "'br'"), ("forever", "redirects")]
)
async def test_what_is_no_page_is_an_error(server: Server, tools: WebTools, path: str, words: str) -> None:
    """Pictures, error answers, foreign packing and redirects in a circle are errors that name URL and reason."""
    with pytest.raises(ToolError, match=words) as caught:
        await tools.fetch_url(f"{server.origin}/{path}")
    assert server.origin in str(caught.value)


@pytest.mark.parametrize("path", ["huge", "bomb"])
async def test_a_huge_body_is_cut(server: Server, tools: WebTools, path: str) -> None:
    """A body without an end, and a small one that unpacks to a huge one, are read up to the bound, which is said."""
    page = await tools.fetch_url(f"{server.origin}/{path}")
    assert page["size"] == 100_000
    assert page["text"].endswith("[cut: only the first 100000 bytes were read]")


async def test_a_slow_body_is_given_up(server: Server, tools: WebTools) -> None:
    """The time limit holds for the whole, not for each wait."""
    with pytest.raises(ToolError, match="within 1 seconds"):
        await tools.fetch_url(f"{server.origin}/slow")


async def test_nothing_listens(tools: WebTools) -> None:
    """A port where nothing listens, and a name that does not exist, are errors that name them."""
    with pytest.raises(ToolError, match=r"127\.0\.0\.1:1"):
        await tools.fetch_url("http://127.0.0.1:1/")
    with pytest.raises(ToolError, match=r"'nothing\.invalid'"):
        await tools.fetch_url("http://nothing.invalid/")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "example.org",
        "http://",
        "http://a:b@example.org/",
        "http://[::1",
        "",
        "http://x/" + "y" * 2_000,
    ],
)
async def test_what_is_no_url_is_refused(tools: WebTools, url: str) -> None:
    """Other schemes, credentials and what cannot be parsed are refused before anything is sent."""
    with pytest.raises(ToolArgumentsError) as caught:
        await tools.fetch_url(url)
    assert url.split("@")[0][:5] in str(caught.value)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"]
)
async def test_private_hosts_are_refused_however_they_are_written(server: Server, host: str) -> None:
    """The address counts, not its spelling: nothing arrives at the server."""
    port = server.origin.rsplit(":")[-1]
    with pytest.raises(ToolError, match=r"not a public address|no address"):
        await WebTools().fetch_url(f"http://{host}:{port}/page")
    assert server.hosts == []


def only(*allowed: str) -> Any:
    """A rule that allows these addresses."""
    return lambda address: str(address) in allowed


@pytest.mark.parametrize(
    "target", ["http://127.0.0.2:{port}/page", "http://10.0.0.1/", "http://[::1]:{port}/page", "file:///etc/passwd"]
)
async def test_a_redirect_to_a_private_address_is_refused(server: Server, target: str) -> None:
    """Each hop is checked: the first address is allowed here, the one it redirects to is not, and is never reached."""
    transport = GuardedTransport(httpx.AsyncHTTPTransport(), allowed=only("127.0.0.1"))
    async with httpx.AsyncClient(transport=transport, follow_redirects=True) as client:
        target = target.format(port=server.origin.rsplit(":")[-1])
        with pytest.raises((ToolError, httpx.UnsupportedProtocol)):
            await client.get(f"{server.origin}/redirect", params={"to": target})
    assert len(server.hosts) == 1


async def test_a_redirect_is_followed_and_told(server: Server, tools: WebTools) -> None:
    """The result names where the page was in the end."""
    page = await tools.fetch_url(f"{server.origin}/redirect?to=/json")
    assert (page["url"], page["text"]) == (f"{server.origin}/json", '{"a": 1}')


class Recording(httpx.AsyncBaseTransport):
    """A real transport that remembers where it was told to connect."""

    def __init__(self) -> None:
        self.inner = httpx.AsyncHTTPTransport()
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return await self.inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self.inner.aclose()


async def test_it_connects_to_the_address_that_was_checked(server: Server) -> None:
    """No name is left to look up after the check; Host header and certificate name stay those of the URL."""
    recording, checked = Recording(), []

    def allowed(address: Any) -> bool:
        checked.append(address)
        return True

    origin = server.origin.replace("127.0.0.1", "localhost")
    async with httpx.AsyncClient(transport=GuardedTransport(recording, allowed=allowed)) as client:
        response = await client.get(f"{origin}/json")
    assert response.json() == {"a": 1}
    assert recording.requests
    assert {ipaddress.ip_address(request.url.host) for request in recording.requests} <= set(checked)
    assert recording.requests[-1].extensions["sni_hostname"] == "localhost"
    assert server.hosts == [origin.removeprefix("http://")]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1",
        "64:ff9b::a00:1", "2002:a00:1::", "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    """Loopback, private, link-local, shared, multicast and reserved addresses are not public, nor what wraps them."""
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_that_are_public(address: str) -> None:
    """Addresses of the open internet are public, wrapped ones too."""
    assert is_public(ipaddress.ip_address(address))
