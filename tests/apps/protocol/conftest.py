"""A server of the scripted agent for all tests that leave nothing behind."""

from collections.abc import Iterator

import httpx
import pytest

from tests.apps.protocol.conformance.server import Server


@pytest.fixture(scope="session")
def scripted_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`repertory serve --agent scripted`; its address."""
    with Server(tmp_path_factory.mktemp("home")) as server:
        yield server.url


@pytest.fixture
def http(scripted_server: str) -> Iterator[httpx.Client]:
    """A client of it."""
    with httpx.Client(base_url=scripted_server, timeout=120, trust_env=False) as http:
        yield http


@pytest.fixture
def topic(http: httpx.Client) -> str:
    """The path of a new topic."""
    return f"/ap/v2/topics/{http.post('/ap/v2/topics', json={}).json()['topic_id']}"
