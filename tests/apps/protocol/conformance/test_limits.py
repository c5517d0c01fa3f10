"""Uploads over the limit are refused (section 1.1), however they are sent, and leave nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apps.protocol.conformance.api import V1, Api, at
from tests.apps.protocol.conformance.server import Server

LIMIT = 100_000


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server keeps all."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def api(home: Path) -> Iterator[Api]:
    """A client of a server that takes small files only."""
    with Server(home, "--upload-limit", str(LIMIT)) as server:
        yield Api(server.url)


def test_the_limit_itself_is_taken(api: Api) -> None:
    """One byte more is not."""
    task = api.task()
    kept = api.upload(task, b"x" * LIMIT)
    for parent in (task, {"topic_id": task["topic_id"]}):
        api.upload(parent, b"x" * (LIMIT + 1), code=413)
        api.upload(parent, b"x" * (50 * LIMIT), code=413)
    assert api.read(task)["artifacts"] == [kept]
    assert api.download(task, kept).content == b"x" * LIMIT
    path = f"{V1}/tasks/{task['task_id']}/artifacts"
    answer = api.http.post(path, files={"file": ("a.txt", b"x" * (LIMIT + 1))})
    assert answer.status_code == 413
    assert isinstance(answer.json()["message"], str)


def test_a_size_that_is_not_announced_is_counted(api: Api, home: Path) -> None:
    """Chunks without a length, too; and the bytes are gone."""
    task = api.task()
    head = b'--b\r\ncontent-disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'

    def body(size: int) -> Iterator[bytes]:
        yield head
        for _ in range(size // 1000):
            yield b"y" * 1000
        yield b"\r\n--b--\r\n"

    kind = {"content-type": "multipart/form-data; boundary=b"}
    api.call("POST", f"{at(task)}/artifacts", 413, content=body(3 * LIMIT), headers=kind)
    sent = api.call("POST", f"{at(task)}/artifacts", 201, content=body(LIMIT), headers=kind)
    assert api.download(task, sent).content == b"y" * LIMIT
    assert all(path.stat().st_size <= LIMIT for path in (home / "artifacts").rglob("*") if path.is_file())
