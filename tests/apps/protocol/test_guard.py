"""Who may call: apps without a service, since whether one may is decided before one is needed."""

import pytest

from repertory.apps.protocol.app import create_app
from tests.apps.protocol.serving import client_of, never

EVERYWHERE = [
    ("GET", "/ap/versions"),
    ("GET", "/openapi.json"),
    ("GET", "/ap/v2/topics"),
    ("POST", "/ap/v1/agent/tasks"),
    ("DELETE", "/ap/v2/topics"),
    ("GET", "/nowhere"),
]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_who_has_the_token_may_call(scheme: str) -> None:
    """The scheme is of any case, as HTTP has it."""
    async with client_of(create_app(never, token="s3cret")) as client:
        answer = await client.get("/ap/versions", headers={"Authorization": f"{scheme} s3cret"})
        assert answer.json() == {"versions": [1, 2]}


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer s3cre", "Bearer s3crett", "Basic s3cret", "s3cret"])
@pytest.mark.parametrize(("method", "path"), EVERYWHERE)
async def test_nobody_else_may_call_anything(given: str | None, method: str, path: str) -> None:
    """401 before anything else is looked at: the document, paths that are none and verbs that do not fit, too."""
    headers = {} if given is None else {"Authorization": given}
    async with client_of(create_app(never, token="s3cret")) as client:
        answer = await client.request(method, path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["code"] == "unauthorized"
        assert "s3cret" not in answer.text


async def test_a_token_that_is_no_ascii_is_just_wrong() -> None:
    """It cannot be compared as text; it does not fail."""
    async with client_of(create_app(never, token="s3cret")) as client:
        answer = await client.get("/ap/versions", headers={"Authorization": b"Bearer s\xe4cret"})
        assert answer.status_code == 401


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:1", "127.9.9.9", "[::1]:80", "LOCALHOST"])
async def test_on_loopback_this_machine_may_call(host: str) -> None:
    """By all its names."""
    async with client_of(create_app(never, loopback=True)) as client:
        assert (await client.get("/ap/versions", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host", ["example.com", "localhost.example.com", "192.168.0.1:80", "[::2]", "", "[", "0.0.0.0"]
)
@pytest.mark.parametrize(("method", "path"), EVERYWHERE)
async def test_on_loopback_a_name_that_was_made_to_lead_here_leads_nowhere(host: str, method: str, path: str) -> None:
    """A page whose own name resolves to 127.0.0.1 is of the same origin as we are; only its name tells it."""
    async with client_of(create_app(never, loopback=True)) as client:
        answer = await client.request(method, path, headers={"Host": host})
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_host")


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:3000", 200),
        ("http://127.0.0.1", 200),
        ("https://example.com", 403),
        ("http://localhost.example.com", 403),
        ("null", 403),
        ("", 403),
    ],
)
async def test_on_loopback_only_pages_of_this_machine_may_call(origin: str, status: int) -> None:
    """A page of elsewhere cannot have its reader's browser post a form here."""
    async with client_of(create_app(never, loopback=True)) as client:
        assert (await client.get("/ap/versions", headers={"Origin": origin})).status_code == status


async def test_with_a_token_names_do_not_matter_and_without_both_the_caller_decides() -> None:
    """An app that is mounted in another one is reached by any name."""
    strange = {"Host": "example.com", "Origin": "https://example.org"}
    async with client_of(create_app(never, token="s3cret", loopback=True), headers=strange) as client:
        assert (await client.get("/ap/versions", headers={"Authorization": "Bearer s3cret"})).status_code == 200
    async with client_of(create_app(never), headers=strange) as client:
        assert (await client.get("/ap/versions")).status_code == 200
