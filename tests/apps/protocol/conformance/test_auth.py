"""A token is asked for on every call where there is one (section 1)."""

from collections.abc import Iterator

import httpx
import pytest

from tests.apps.protocol.conformance.api import V1, V2, Api, at
from tests.apps.protocol.conformance.server import Server

TOKEN = "s3cret-tökèn".encode().hex()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with a token."""
    with Server(tmp_path_factory.mktemp("home"), "--token", TOKEN) as server:
        yield server.url


def test_with_the_token_everything_is_served(url: str) -> None:
    """On both faces."""
    api = Api(url, TOKEN)
    task = api.task(input="x")
    assert api.step(task)["status"] == "completed"
    assert api.post(f"{V1}/tasks", {"input": "x"}, 200)["task_id"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"X-Token": TOKEN},
    ],
)
def test_without_it_nothing_is(url: str, headers: dict[str, str]) -> None:
    """401 with a message on every call, and nothing is made or told: not even whether something is there."""
    api = Api(url, TOKEN)
    task = api.task()
    total = api.get(f"{V2}/topics")["pagination"]["total_items"]
    with httpx.Client(base_url=url, headers=headers, trust_env=False) as stranger:
        for method, path in (
            ("POST", f"{V2}/topics"),
            ("GET", f"{V2}/topics"),
            ("GET", at(task)),
            ("GET", f"{V2}/topics/nowhere"),
            ("PATCH", at(task)),
            ("POST", f"{at(task)}/cancel"),
            ("POST", f"{at(task)}/steps"),
            ("POST", f"{at(task)}/artifacts"),
            ("GET", f"{V1}/tasks"),
            ("POST", f"{V1}/tasks"),
            ("GET", f"{V2}/agent/info"),
            ("GET", "/ap/versions"),
        ):
            answer = stranger.request(method, path, **({"json": {}} if method != "GET" else {}))
            assert answer.status_code == 401, (method, path, answer.status_code)
            assert isinstance(answer.json()["message"], str)
    assert api.get(f"{V2}/topics")["pagination"]["total_items"] == total
    assert api.read(task) == task


def test_without_a_token_the_server_is_open(api: Api) -> None:
    """And a token that is sent anyway does no harm."""
    answer = api.http.get(f"{V2}/topics", headers={"Authorization": "Bearer whatever"})
    assert answer.status_code == 200
