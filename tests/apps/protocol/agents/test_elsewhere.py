"""What the user or the client performs for the planner: questions, and tools that a task declares."""

from pathlib import Path
from typing import Any

import pytest

from repertory.memory.topics.errors import ConflictError, ForbiddenError
from tests.apps.company import Company, company
from tests.apps.protocol.agents.desk import Desk, desk
from tests.apps.protocol.conformance.entities import Body
from tests.openai_server import OpenAIServer
from tests.playing import agent_step

DOOR = {
    "name": "open_door",
    "description": "Open a door of the house.",
    "parameters": {
        "type": "object",
        "properties": {"which": {"type": "string"}},
        "required": ["which"],
        "additionalProperties": False,
    },
}
COLOUR = "Ask the user which colour they like and write it to colour.txt"


def doorman(*turns: Any) -> Company:
    """An agent that opens a door, and what it does after that."""
    step = agent_step("door", "open it", tools=["open_door"])
    return company(step, acts={"open it": [[("open_door", {"which": "front"})], *turns]})


async def asked(at: Desk, **fields: Any) -> tuple[Body, Body]:
    """A task whose step waits for its one action, and that action."""
    task = await at.task("open the door", additional_input={"tools": [DOOR]}, **fields)
    await at.approved(await at.step(task))
    [action] = (await at.step(task))["actions"]
    return task, action


async def test_the_user_is_asked_and_the_answer_is_used(tmp_path: Path) -> None:
    """The answer is the permission; a step that needs it gets it."""
    async with desk(tmp_path) as at:
        task = await at.task(COLOUR)
        await at.approved(await at.step(task))
        [question] = (await at.step(task))["actions"]
        assert (question["name"], question["executor"], question["status"]) == ("ask_user", "user", "proposed")
        with pytest.raises(ConflictError):
            await at.decide(question, "approve")
        step = await at.report(question, output="sea green")
        [question] = step["actions"]
        assert (question["status"], question["output"], question["decided_by"]) == ("completed", "sea green", "user")
        assert (step["status"], step["output"]) == ("completed", "sea green")
        [write] = (await at.step(task))["actions"]
        assert write["args"] == {"path": "colour.txt", "content": "sea green"}
        await at.decide(write, "approve")
        assert (await at.finish(task))["status"] == "completed"
        assert [await at.content(file) for file in await at.artifacts(task)] == [b"sea green"]


async def test_the_user_is_asked_in_auto_too(tmp_path: Path) -> None:
    """The server answers no question for the user; all else goes by itself."""
    async with desk(tmp_path) as at:
        task = await at.task(COLOUR, permission_mode="auto")
        assert (await at.step(task))["status"] == "completed"
        step = await at.step(task)
        assert (step["status"], step["actions"][0]["decided_by"]) == ("awaiting_input", None)
        assert (await at.report(step["actions"][0], output="red"))["status"] == "completed"
        [write] = (await at.step(task))["actions"]
        assert (write["status"], write["decided_by"]) == ("completed", "server")
        assert [await at.content(file) for file in await at.artifacts(task)] == [b"red"]


async def test_a_question_can_be_refused(tmp_path: Path) -> None:
    """The step ends, one way or the other, and nothing stays open."""
    async with desk(tmp_path) as at:
        task = await at.task(COLOUR)
        await at.approved(await at.step(task))
        step = await at.step(task)
        step = await at.decide(step["actions"][0], "reject", "none of your business")
        assert step["status"] in ("completed", "failed")
        assert step["actions"][0]["status"] == "rejected"


async def test_a_declared_tool_is_performed_by_the_client(tmp_path: Path) -> None:
    """Proposed, permitted by the user, performed by the client; the agent reads what came of it."""
    players = doorman("it is open")
    with OpenAIServer(players) as server:
        async with desk(tmp_path, server) as at:
            task, door = await asked(at)
            assert (door["name"], door["executor"], door["status"]) == ("open_door", "client", "proposed")
            assert door["args"] == {"which": "front"}
            with pytest.raises(ConflictError):
                await at.report(door, output="too early")
            step = await at.decide(door, "approve")
            [door] = step["actions"]
            assert (step["status"], door["status"]) == ("awaiting_input", "approved")
            with pytest.raises(ForbiddenError):
                await at.report({**door, "executor": "user"})
            step = await at.report(door, output="CREAK", additional_output={"angle": 90})
            [door] = step["actions"]
            assert (step["status"], step["output"]) == ("completed", "it is open")
            assert (door["status"], door["output"], door["additional_output"]) == ("completed", "CREAK", {"angle": 90})
            assert "CREAK" in players.texts[-1]
            assert (await at.finish(task))["status"] == "completed"


async def test_a_declared_tool_that_fails_is_told_to_its_agent(tmp_path: Path) -> None:
    """The action has failed; the step need not have."""
    players = doorman("it is stuck")
    with OpenAIServer(players) as server:
        async with desk(tmp_path, server) as at:
            _, door = await asked(at)
            await at.decide(door, "approve")
            step = await at.report(door, "failed", error="JAMMED")
            [door] = step["actions"]
            assert (step["status"], step["output"]) == ("completed", "it is stuck")
            assert (door["status"], door["error"]) == ("failed", "JAMMED")
            assert "JAMMED" in players.texts[-1]


@pytest.mark.parametrize("verdict", ["reject", "feedback"])
async def test_a_declared_tool_that_is_not_permitted_is_never_performed(verdict: str, tmp_path: Path) -> None:
    """Its agent learns of it, and there is no result to report."""
    players = doorman("I leave it")
    with OpenAIServer(players) as server:
        async with desk(tmp_path, server) as at:
            _, door = await asked(at)
            step = await at.decide(door, verdict, "WET PAINT")
            assert (step["status"], step["output"]) == ("completed", "I leave it")
            assert step["actions"][0]["status"] == {"reject": "rejected", "feedback": "superseded"}[verdict]
            assert "WET PAINT" in players.texts[-1]
            with pytest.raises(ConflictError):
                await at.report(door, output="done anyway")


async def test_in_auto_the_user_is_asked_about_a_declared_tool_all_the_same(tmp_path: Path) -> None:
    """The server permits only what it performs itself."""
    with OpenAIServer(doorman("it is open")) as server:
        async with desk(tmp_path, server) as at:
            _, door = await asked(at, permission_mode="auto")
            assert (door["status"], door["decision"]) == ("proposed", None)
            step = await at.decide(door, "approve")
            assert step["status"] == "awaiting_input"
            step = await at.report(step["actions"][0], output="open")
            assert (step["status"], step["actions"][0]["decided_by"]) == ("completed", "user")


async def test_what_different_parties_perform_is_gathered(tmp_path: Path) -> None:
    """A write, a door and a question in one turn: the agent goes on when the last of them is there, with all three."""
    turn = [
        ("write_file", {"path": "a.txt", "content": "x"}),
        ("open_door", {"which": "back"}),
        ("ask_user", {"question": "Who is it?"}),
    ]
    step = agent_step("all", "do all", tools=["write_file", "open_door", "ask_user"])
    players = company(step, acts={"do all": [turn, "done"]})
    with OpenAIServer(players) as server:
        async with desk(tmp_path, server) as at:
            task = await at.task("do all", additional_input={"tools": [DOOR]})
            await at.approved(await at.step(task))
            write, door, question = (await at.step(task))["actions"]
            assert [each["executor"] for each in (write, door, question)] == ["server", "client", "user"]
            await at.report(question, output="ME")
            await at.decide(write, "approve")
            assert await at.artifacts() == []  # nothing is done before all has been said
            await at.decide(door, "approve")
            step = await at.report(door, output="CREAK")
            assert step["status"] == "completed"
            assert [action["status"] for action in step["actions"]] == ["completed"] * 3
            assert [action["output"] for action in step["actions"][1:]] == ["CREAK", "ME"]
            assert all(word in players.texts[-1] for word in ("CREAK", "ME"))


async def test_declared_tools_belong_to_their_task(tmp_path: Path) -> None:
    """Another task of the topic does not have them."""
    players = company(agent_step("a", "look around"))
    with OpenAIServer(players) as server:
        async with desk(tmp_path, server) as at:
            await at.finish(await at.task("one", additional_input={"tools": [DOOR]}))
            assert any("open_door" in text for text in players.texts)
            count = len(players.texts)
            await at.finish(await at.task("two"))
            assert not any("open_door" in text for text in players.texts[count:])
