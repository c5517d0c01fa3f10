"""The planner under `langgraph dev`: started on loopback, and driven as other people's screens drive it."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langgraph_sdk import get_client

from tests.apps.conftest import clean_environ

ROOT = Path(__file__).parents[2]
TASK = "Count the words in a.txt and in b.txt, compare the two and write the comparison to out.md"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A dev server with the project's own langgraph.json; its address."""
    (tmp_path / "ws").mkdir()
    (tmp_path / "ws" / "a.txt").write_text("alpha alpha beta\n")
    (tmp_path / "ws" / "b.txt").write_text("gamma\n")
    shutil.copy(ROOT / "langgraph.json", tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = clean_environ(
        REPERTORY_WORKSPACE=str(tmp_path / "ws"),
        REPERTORY_HOME=str(tmp_path / "home"),
        REPERTORY_PERSONA=str(ROOT / "examples" / "characters" / "code" / "hanne_voss.yaml"),
        LANGSMITH_TRACING="false",
        LANGGRAPH_STRICT_MSGPACK="false",  # this server's checkpointer cannot be told which records may come back
    )
    environ.pop("REPERTORY_EMBEDDINGS")  # the index as it comes, Chroma where there are embeddings
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
    yield f"http://127.0.0.1:{port}"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    print((tmp_path / "log").read_text()[-5000:])  # noqa: T201 - shown where the test failed


async def test_run_interrupt_answer_result(server: str) -> None:
    """Two runs, in two forms of answers; the second reuses the company that the first one kept."""
    client = get_client(url=server)
    await until_it_serves(client)
    for answer, source in (({"verdict": "approve"}, "new"), ([{"type": "accept", "args": None}], "equal")):
        thread = (await client.threads.create())["thread_id"]
        result: Any = await client.runs.wait(thread, "planner", input={"task": TASK})
        sources = []
        while interrupts := (await client.threads.get_state(thread))["interrupts"]:
            proposal = interrupts[0]["value"]["repertory"]["proposal"]
            sources += [proposal["content"]["source"]] if proposal["kind"] == "plan" else []
            resume = {interrupt["id"]: answer for interrupt in interrupts}
            result = await client.runs.wait(thread, "planner", command={"resume": resume})
        assert sources == [source]
        assert result["status"] == "completed"
        assert result["answer"]


async def test_a_topic_remembers_from_run_to_run(server: str) -> None:
    """A thread is a topic: its second task calls by name what the first message told."""
    client = get_client(url=server)
    await until_it_serves(client)
    thread = (await client.threads.create())["thread_id"]
    autonomous: Any = {"policy": "autonomous"}
    told: Any = await client.runs.wait(thread, "topic", input={"input": "My notes are in a.txt"}, context=autonomous)
    assert told["tasks"] == []
    message = {"input": "Count the words of my notes", "create_task": True}
    done: Any = await client.runs.wait(thread, "topic", input=message, context=autonomous)
    assert [task["status"] for task in done["tasks"]] == ["completed"]
    assert "a.txt: 1 lines, 3 words" in done["output"]


async def test_context_is_the_runs_policy_and_limits(server: str) -> None:
    """An autonomous run asks for nothing; a limit ends one in an orderly way."""
    client = get_client(url=server)
    await until_it_serves(client)
    thread = (await client.threads.create())["thread_id"]
    result: Any = await client.runs.wait(
        thread, "planner", input={"task": "What is 17 * 23?"}, context={"policy": "autonomous"}
    )
    assert result["status"] == "completed"
    assert "391" in result["answer"]
    context = {"policy": "autonomous", "limits": {"model_calls": 1}}
    thread = (await client.threads.create())["thread_id"]
    result = await client.runs.wait(thread, "planner", input={"task": TASK}, context=context)
    assert result["status"] == "stopped"
    assert "model_calls" in result["error"]


async def test_a_conversation_with_a_person_beside_one_persona_and_a_fork(server: str) -> None:
    """Two messages, the nested question answered by id; then the second one forked in the server's own way."""
    client = get_client(url=server)
    await until_it_serves(client)
    thread = (await client.threads.create())["thread_id"]
    rules = [{"then": "ask", "path": "hanne_voss/stylist"}, {"then": "auto"}]
    context: Any = {"policy": {"rules": rules}}
    replies = []
    for message in ("I am Joe. Who are you?", "I think you are a fool."):
        result: Any = await client.runs.wait(thread, "persona", input={"message": message}, context=context)
        [question] = (await client.threads.get_state(thread))["interrupts"]
        assert question["value"]["repertory"]["proposal"]["path"] == ["hanne_voss", "stylist"]
        command: Any = {"resume": {question["id"]: {"verdict": "edit", "edit": {"text": f"Styled: {message}"}}}}
        result = await client.runs.wait(thread, "persona", command=command, context=context)
        replies.append(result["reply"])
    assert replies == ["Styled: I am Joe. Who are you?", "Styled: I think you are a fool."]
    history: Any = await client.threads.get_history(thread, limit=50)
    before = next(state for state in history if state["next"] == ["hanne_voss"])  # the newest: of the second message
    config: Any = await client.threads.update_state(
        thread, {"message": "I think football is fun."}, checkpoint=before["checkpoint"], as_node="begin"
    )
    autonomous: Any = {"policy": "autonomous"}
    result = await client.runs.wait(thread, "persona", checkpoint=config["checkpoint"], context=autonomous)
    assert "football" in result["reply"].lower()


async def until_it_serves(client: Any) -> None:
    """Wait for the server to be up."""
    for _ in range(120):
        try:
            await client.assistants.search()
        except Exception:  # noqa: BLE001 - not up yet, in whatever way
            await asyncio.sleep(0.5)
        else:
            return
    raise TimeoutError("the dev server does not answer")
