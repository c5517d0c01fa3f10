"""The app as the `http.app` of `langgraph dev`, beside the graphs of that server."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.apps.conftest import clean_environ

GRAPH = """
from langgraph.graph import START, StateGraph

def shout(state: dict) -> dict:
    return {"text": state["text"].upper()}

graph = StateGraph(dict).add_node(shout).add_edge(START, "shout").compile()
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A dev server with a graph of its own and our app; its address."""
    (tmp_path / "shouting.py").write_text(GRAPH)
    config = {
        "dependencies": ["."],
        "graphs": {"shout": "./shouting.py:graph"},
        "http": {"app": "repertory.apps.protocol.dev:app"},
    }
    (tmp_path / "langgraph.json").write_text(json.dumps(config))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = clean_environ(
        REPERTORY_AGENT="scripted",
        REPERTORY_HOME=str(tmp_path / "home"),
        LANGSMITH_TRACING="false",
        LANGGRAPH_STRICT_MSGPACK="false",  # this server's checkpointer cannot be told which records may come back
    )
    command = [str(Path(sys.executable).with_name("langgraph")), "dev", "--no-browser", "--no-reload"]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port)],
            cwd=tmp_path,
            env=environ,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        until_it_serves(url)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        print((tmp_path / "log").read_text()[-8000:])  # noqa: T201 - shown where the test failed


def until_it_serves(url: str) -> None:
    """Wait for it."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/ok", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise TimeoutError("the dev server does not answer")


def test_both_serve_and_neither_minds_the_other(server: str) -> None:
    """A task of ours; a run of theirs; each with its own errors, and our guard for what is ours."""
    with httpx.Client(base_url=server, timeout=120, trust_env=False) as http:
        topic = http.post("/ap/v2/topics", json={}).json()["topic_id"]
        task = http.post(f"/ap/v2/topics/{topic}/tasks", json={"input": "hello"}).json()["task_id"]
        step = http.post(f"/ap/v2/topics/{topic}/tasks/{task}/steps")
        assert (step.status_code, step.json()["output"]) == (201, "hello")
        file = http.post(f"/ap/v2/topics/{topic}/artifacts", files={"file": b"bytes"}).json()["artifact_id"]
        assert http.get(f"/ap/v2/topics/{topic}/artifacts/{file}").content == b"bytes"
        assert http.post("/runs/wait", json={"assistant_id": "shout", "input": {"text": "hi"}}).json() == {"text": "HI"}
        assert "detail" in http.get("/threads/00000000-0000-0000-0000-000000000000").json()
        assert http.get("/ap/v2/topics/none").json()["code"] == "no_topic"
        assert http.delete("/ap/v2/topics").headers["allow"] == "GET, POST"
        foreign = {"Origin": "https://example.com"}
        assert http.get("/ap/v2/topics", headers=foreign).status_code == 403
        assert http.get("/ok", headers=foreign).status_code == 200
        paths = http.get("/openapi.json").json()["paths"]
        assert "/ap/v2/topics" in paths
