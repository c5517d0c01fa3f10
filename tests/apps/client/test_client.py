"""The clients against `repertory serve --agent scripted`: everything that the protocol has, waited for and awaited."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from repertory.apps.client import (
    APPROVE,
    Action,
    AsyncClient,
    Client,
    Decision,
    ProtocolError,
    Result,
    Step,
)
from repertory.memory.errors import InputError
from tests.apps.serving import Served

TOKEN = "s3cret"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("served"), "--agent", "scripted", "--token", TOKEN) as server:
        yield server


@pytest.fixture
def client(served: Served) -> Iterator[Client]:
    with Client(served.url, token=TOKEN) as client:
        yield client


def script(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"script": list(steps)}


def action(name: str, executor: str = "server", **args: Any) -> dict[str, Any]:
    return {"name": name, "args": args, "executor": executor}


def approve(_: Action) -> Decision:
    return APPROVE


def unasked(action: Action) -> None:
    raise AssertionError(f"nobody should be asked about {action!r}")


def test_topics_interactions_and_who_serves(client: Client) -> None:
    """What is made is read again, alone and in its list; data come back as they were given."""
    info = client.get_agent_info()
    assert (info.protocol, client.get_versions().versions) == (2, (1, 2))
    topic = client.create_topic(name="n", input="hello", additional_input={"a": [1]}, metadata={"b": None})
    assert client.get_topic(topic.topic_id) == topic
    assert (topic.name, topic.additional_input, topic.metadata) == ("n", {"a": [1]}, {"b": None})
    assert topic in list(client.list_topics())
    said = client.create_interaction(topic.topic_id, "do it", create_task=True)
    assert (said.status, said.created_by, len(said.task_ids)) == ("completed", "client", 1)
    assert list(client.list_interactions(topic.topic_id)) == [said]
    assert client.get_interaction(topic.topic_id, said.interaction_id) == said
    assert [task.task_id for task in client.list_tasks(topic.topic_id)] == list(said.task_ids)


def test_a_list_longer_than_a_page(client: Client) -> None:
    """All of it, in order."""
    topic = client.create_topic()
    made = [client.create_task(topic.topic_id, str(n)).task_id for n in range(205)]
    assert [task.task_id for task in client.list_tasks(topic.topic_id)] == made


def test_metadata_has_sources(client: Client) -> None:
    """What the user gave only the user may change; None deletes."""
    topic = client.create_topic()
    task = client.create_task(topic.topic_id, "x", metadata={"a": 1, "b": 2}, metadata_source="user")
    assert task.metadata_provenance == {"a": "user", "b": "user"}
    with pytest.raises(ProtocolError) as refused:
        client.update_task(topic.topic_id, task.task_id, metadata={"a": 3})
    assert refused.value.status == 403
    changed = client.update_task(topic.topic_id, task.task_id, metadata={"a": None}, metadata_source="user")
    assert changed.metadata == {"b": 2}
    assert client.update_task(topic.topic_id, task.task_id, permission_mode="auto").permission_mode == "auto"


def test_without_the_token_nothing_is_told(served: Served) -> None:
    """The error has status, code and message of the server's."""
    with Client(served.url) as stranger, pytest.raises(ProtocolError) as refused:
        next(stranger.list_topics())
    assert (refused.value.status, refused.value.code) == (401, "unauthorized")
    assert "token" in refused.value.message


def test_a_task_is_performed_to_its_end(client: Client) -> None:
    """Decisions, a tool of the client's, a question to the user; every step is told of, and the answer is right."""
    topic = client.create_topic()
    task = client.create_task(
        topic.topic_id,
        "go",
        additional_input=script(
            {"name": "first", "actions": [action("echo", text="one"), action("weather", "client", city="Bonn")]},
            {"name": "second", "actions": [action("colour", "user", question="Which?")]},
        ),
    )
    asked: list[str] = []

    def decide(action: Action) -> Decision | Result:
        asked.append(action.name)
        if action.executor == "user":
            return Result(output="blue")
        if action.name == "echo" and action.supersedes is None:
            return Decision(decision="feedback", feedback="louder")
        return APPROVE

    told: list[Step] = []
    done = client.perform(topic.topic_id, task.task_id, decide, {"weather": lambda city: {"in": city}}, told.append)
    assert (done.status, done.output) == ("completed", "blue")
    assert sorted(asked) == ["colour", "echo", "echo", "weather"]
    first, second = client.list_steps(topic.topic_id, task.task_id)
    by_name = {(action.name, action.status): action for action in first.actions}
    assert by_name["echo", "superseded"].feedback == "louder"
    assert by_name["echo", "completed"].args["feedback"] == "louder"
    weather = by_name["weather", "completed"]
    assert (weather.output, weather.additional_output) == ('{"in": "Bonn"}', {"in": "Bonn"})
    assert second.is_last
    assert {step.step_id for step in told if step.ended} == {first.step_id, second.step_id}
    assert client.get_action(topic.topic_id, task.task_id, first.step_id, weather.action_id) == weather
    assert list(client.list_actions(topic.topic_id, task.task_id, first.step_id)) == list(first.actions)
    assert client.perform(topic.topic_id, task.task_id, unasked) == done  # it has ended: nothing is done


async def test_tasks_are_performed_at_once_when_awaited(served: Served) -> None:
    """Each gets its own answer; callbacks may be coroutines, or block, which holds up nobody."""
    together = threading.Barrier(2, timeout=30)

    async def decide(action: Action) -> Decision | Result:
        return Result(output="yes") if action.executor == "user" else APPROVE

    def meet(word: str) -> str:
        together.wait()
        return word

    async def meet_later(word: str) -> str:
        await asyncio.sleep(0)
        return word

    tools = {"meet": meet, "later": meet_later}
    async with AsyncClient(served.url, token=TOKEN) as client:
        topic = await client.create_topic()

        async def perform(word: str) -> str | None:
            acts = [action("sure", "user"), action("later", "client", word=word), action("meet", "client", word=word)]
            task = await client.create_task(topic.topic_id, additional_input=script({"actions": acts}))
            return (await client.perform(topic.topic_id, task.task_id, decide, tools)).output

        assert await asyncio.gather(perform("a"), perform("b")) == ["a", "b"]
        assert len([task async for task in client.list_tasks(topic.topic_id)]) == 2


def test_a_tool_that_fails_tells_the_agent(client: Client) -> None:
    """As a failed action with its error; the task goes on."""
    topic = client.create_topic()
    task = client.create_task(
        topic.topic_id, additional_input=script({"output": "ok", "actions": [action("divide", "client", by=0)]})
    )
    done = client.perform(topic.topic_id, task.task_id, approve, {"divide": lambda by: 1 / by})
    assert (done.status, done.output) == ("completed", "ok")
    (step,) = client.list_steps(topic.topic_id, task.task_id)
    assert (step.actions[0].status, step.actions[0].error) == ("failed", "ZeroDivisionError: division by zero")


def test_what_nobody_decides_is_left_and_gone_on_with(client: Client) -> None:
    """So is a tool that this client has not; another client takes it up."""
    topic = client.create_topic()
    acts = [action("echo", text="a"), action("lookup", "client")]
    task = client.create_task(topic.topic_id, additional_input=script({"actions": acts}))
    left = client.perform(topic.topic_id, task.task_id, lambda _: None)
    assert left.status == "awaiting_input"
    left = client.perform(topic.topic_id, task.task_id, approve)  # without the tool
    assert left.status == "awaiting_input"
    (step,) = client.list_steps(topic.topic_id, task.task_id)
    assert [each.status for each in step.actions] == ["completed", "approved"]
    done = client.perform(topic.topic_id, task.task_id, unasked, {"lookup": lambda: "found"})
    assert (done.status, done.output) == ("completed", "found")


def test_a_wrong_answer_is_the_callers_mistake(client: Client) -> None:
    """The action stays as it is."""
    topic = client.create_topic()
    acts = [action("echo", text="a"), action("sure", "user")]
    task = client.create_task(topic.topic_id, additional_input=script({"actions": acts[:1]}, {"actions": acts[1:]}))
    for wrong in (Result(output="a"), True):
        with pytest.raises(InputError, match="'echo', which the server performs; give a Decision"):
            client.perform(topic.topic_id, task.task_id, lambda _, wrong=wrong: wrong)
    with pytest.raises(InputError, match="'sure', which the user performs; give a Result"):
        client.perform(topic.topic_id, task.task_id, approve)
    assert client.get_task(topic.topic_id, task.task_id).status == "awaiting_input"


def test_two_drive_one_task(client: Client, served: Served) -> None:
    """Whoever is slower goes on with what the other one did, and both see the same end."""
    topic = client.create_topic()
    steps = [{"name": str(n), "actions": [action("echo", text=str(n))] * 2} for n in range(5)]
    task = client.create_task(topic.topic_id, additional_input=script(*steps))
    ends: list[str | None] = []

    def drive() -> None:
        with Client(served.url, token=TOKEN) as other:
            ends.append(other.perform(topic.topic_id, task.task_id, approve).output)

    threads = [threading.Thread(target=drive) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends == ["4", "4", "4"]
    assert [step.name for step in client.list_steps(topic.topic_id, task.task_id)] == ["0", "1", "2", "3", "4"]


def test_a_cancelled_task_ends_what_drives_it(client: Client) -> None:
    """With what was open."""
    topic = client.create_topic()
    task = client.create_task(topic.topic_id, additional_input=script({"actions": [action("echo", text="a")]}))

    def cancel(_: Action) -> Decision:
        client.cancel_task(topic.topic_id, task.task_id)
        return APPROVE  # which comes too late

    assert client.perform(topic.topic_id, task.task_id, cancel).status == "cancelled"


def test_files_go_up_and_come_down(client: Client, tmp_path: Path) -> None:
    """Byte for byte, for a topic and for a task; those of the agent are there, too."""
    topic = client.create_topic()
    task = client.create_task(
        topic.topic_id, additional_input=script({"actions": [action("write_file", path="out/x.txt", content="made")]})
    )
    content = bytes(range(256)) * 1000
    (tmp_path / 'odd "näme".bin').write_bytes(content)
    up = client.upload(topic.topic_id, tmp_path / 'odd "näme".bin', relative_path="data")
    assert (up.file_name, up.relative_path, up.size, up.task_id) == ('odd "näme".bin', "data", len(content), None)
    of_task = client.upload(topic.topic_id, tmp_path / 'odd "näme".bin', task_id=task.task_id)
    client.perform(topic.topic_id, task.task_id, approve)
    assert [each.agent_created for each in client.list_artifacts(topic.topic_id)] == [False, False, True]
    assert [each.agent_created for each in client.list_artifacts(topic.topic_id, task.task_id)] == [False, True]
    client.download(topic.topic_id, up.artifact_id, tmp_path / "down")
    assert (tmp_path / "down").read_bytes() == content
    client.download(topic.topic_id, of_task.artifact_id, tmp_path / "down", task_id=task.task_id)
    *_, made = client.list_artifacts(topic.topic_id, task.task_id)
    client.download(topic.topic_id, made.artifact_id, tmp_path / "made")
    assert (tmp_path / "made").read_text() == "made"
    with pytest.raises(ProtocolError, match="404"):
        client.download(topic.topic_id, "nothing", tmp_path / "none")
    assert not (tmp_path / "none").exists()
    with pytest.raises(ProtocolError) as refused:
        client.upload(topic.topic_id, tmp_path / "down", relative_path="../../etc")
    assert refused.value.status == 422


async def test_files_when_awaited(served: Served, tmp_path: Path) -> None:
    """As those that are waited for."""
    (tmp_path / "a").write_bytes(b"x" * 100_000)
    async with AsyncClient(served.url, token=TOKEN) as client:
        topic = await client.create_topic()
        up = await client.upload(topic.topic_id, tmp_path / "a")
        await client.download(topic.topic_id, up.artifact_id, tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"x" * 100_000


def test_events_of_a_task_in_order(client: Client) -> None:
    """From the first one on, or after one that is known."""
    topic = client.create_topic()
    task = client.create_task(topic.topic_id, additional_input=script({"actions": [action("echo", text="a")]}))
    client.perform(topic.topic_id, task.task_id, approve)
    kept = []
    for event in client.events(topic.topic_id, task.task_id):
        if event.event in ("task", "step", "action"):
            kept.append(event)
        if event.event == "task" and event.data["status"] == "completed":
            break
    told = [(event.event, event.data["status"]) for event in kept]
    assert told[0] == ("task", "created")
    assert told.index(("action", "proposed")) < told.index(("action", "completed")) < told.index(("step", "completed"))
    rest = client.events(topic.topic_id, task.task_id, after=kept[0].id)
    assert next(event for event in rest if event.event in ("task", "step", "action")) == kept[1]


def test_a_server_that_is_killed_is_waited_for(tmp_path: Path) -> None:
    """Events go on where they were, and what was open is gone on with."""
    with Served(tmp_path, "--agent", "scripted") as server, Client(server.url) as client:
        topic = client.create_topic()
        task = client.create_task(topic.topic_id, additional_input=script({"actions": [action("echo", text="a")]}))
        assert client.perform(topic.topic_id, task.task_id, lambda _: None).status == "awaiting_input"
        seen: list[tuple[str, str | None]] = []
        ended = threading.Event()

        def listen() -> None:
            with Client(server.url) as other:
                for event in other.events(topic.topic_id, task.task_id):
                    if event.event in ("task", "step", "action"):
                        seen.append((event.event, event.data["status"]))
                    if seen[-1:] == [("task", "completed")]:
                        ended.set()
                        return

        threading.Thread(target=listen, daemon=True).start()
        server.kill()
        server.start()
        assert client.perform(topic.topic_id, task.task_id, approve).output == "a"
        assert ended.wait(60)
        assert seen.count(("action", "proposed")) == seen.count(("action", "completed")) == 1
        assert seen.count(("task", "created")) == 1
