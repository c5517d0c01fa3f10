"""Errors in the protocol's words."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from repertory.apps.protocol.app import create_app
from repertory.apps.protocol.service import Service
from repertory.memory.errors import ResourceError
from tests.apps.protocol.serving import client_of, never


@pytest.mark.parametrize(
    "path",
    ["/", "/ap", "/ap/v2", "/ap/v3/topics", "/ap/v2/topics/", "/ap/v2/topics//tasks", "/ap/v2/topics/a%2Fb", "/docs"],
)
async def test_paths_that_are_none(path: str) -> None:
    """404 with a message and a code, whatever the verb; there are no redirects."""
    async with client_of(create_app(never)) as client:
        for method in ("GET", "POST", "PATCH", "OPTIONS"):
            answer = await client.request(method, path)
            assert (answer.status_code, answer.json()["code"]) == (404, "no_path")
            assert answer.json()["message"]


@pytest.mark.parametrize(
    ("path", "verbs"),
    [
        ("/ap/v2/topics", {"GET", "POST"}),
        ("/ap/v2/topics/t/tasks/k", {"GET", "PATCH"}),
        ("/ap/v2/topics/t/tasks/k/steps/s/actions", {"GET"}),
        ("/ap/v2/topics/t/tasks/k/cancel", {"POST"}),
        ("/ap/v1/agent/tasks/k/artifacts/a", {"GET", "HEAD"}),
    ],
)
async def test_verbs_that_do_not_fit(path: str, verbs: set[str]) -> None:
    """405, and `Allow` has all that do: a path has several routes."""
    async with client_of(create_app(never)) as client:
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"} - verbs:
            answer = await client.request(method, path)
            assert answer.status_code == 405
            assert method == "HEAD" or answer.json()["code"] == "method_not_allowed"
            assert set(answer.headers["allow"].split(", ")) == verbs


@pytest.mark.parametrize("path", ["/ap/v2/topics/a%00b", "/ap/v2/topics/t/tasks/%00", "/ap/v1/agent/tasks/%00/steps"])
async def test_ids_with_nul_characters_are_nowhere(path: str) -> None:
    """No store is asked for them: some fail at that character."""
    async with client_of(create_app(never)) as client:
        assert (await client.get(path)).status_code == 404


def test_ids_of_any_other_characters_are_just_unknown(http: httpx.Client) -> None:
    """404, not less if they are no text at all."""
    for name in ("%FF", "%C3%28", "%ED%A0%80", "..", "%E2%80%AE", "'%20OR%201=1", "x" * 8000):
        answer = http.get(f"/ap/v2/topics/{name}/tasks")
        assert answer.status_code == 404, name
        assert answer.json()["message"]


@asynccontextmanager
async def broken() -> AsyncIterator[Service]:
    """A service that cannot be opened, for no reason that anybody foresaw."""
    raise RuntimeError("the cause, with private words")
    yield


@asynccontextmanager
async def locked() -> AsyncIterator[Service]:
    """A service that cannot be opened for a good reason."""
    raise ResourceError("the home is in use by process 1")
    yield


async def test_what_nobody_foresaw_is_500_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The client gets no words of it; the log has all, with the call."""
    async with client_of(create_app(broken)) as client:
        answer = await client.get("/ap/v2/topics")
    assert answer.status_code == 500
    assert answer.json() == {"message": "the server failed; its log says why", "code": "internal"}
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.getMessage() == "GET /ap/v2/topics failed"
    assert "private words" in str(record.exc_info)


async def test_what_is_missing_or_busy_is_503_and_said() -> None:
    """It can be tried again."""
    async with client_of(create_app(locked)) as client:
        answer = await client.get("/ap/v1/agent/tasks")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.json()["message"] == "the home is in use by process 1"
