"""One server for all modules that leave nothing behind."""

from collections.abc import Iterator

import pytest

from tests.apps.protocol.conformance.api import Api
from tests.apps.protocol.conformance.server import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own for the conformance tests."""
    with Server(tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture(scope="session")
def api(server: Server) -> Iterator[Api]:
    """A client of it."""
    api = Api(server.url)
    yield api
    api.http.close()
