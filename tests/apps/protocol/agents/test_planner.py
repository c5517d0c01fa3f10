"""The planner behind the protocol: what it proposes is decided by the user, or permitted by the server."""

from pathlib import Path
from typing import Any

import pytest

from repertory.apps.protocol.requests import Page
from repertory.memory.topics.errors import ConflictError, ForbiddenError, UnprocessableError
from tests.apps.company import Company, company
from tests.apps.protocol.agents.desk import Desk, desk
from tests.apps.protocol.conformance.entities import Body
from tests.openai_server import OpenAIServer
from tests.playing import agent_step, plan_of, tool_step

SAVE = tool_step("save", "write_file", path="a.txt", content="alpha")
WRITE = ("write_file", {"path": "a.txt", "content": "alpha"})


def writers(*turns: Any) -> Company:
    """One agent that writes a file, and what it does after that."""
    write = agent_step("w", "write it", tools=["write_file", "read_file"])
    return company(write, acts={"write it": [[WRITE], *turns]})


async def begun(desk: Desk, **fields: Any) -> tuple[Body, Body]:
    """A task whose plan is approved, and its first step at rest."""
    task = await desk.task("do it", **fields)
    await desk.approved(await desk.step(task))
    return task, await desk.step(task)


async def test_a_plan_is_proposed_before_anything_is_done(tmp_path: Path) -> None:
    """Approved, its steps are there in order, to be executed one by one; the last one reports."""
    with OpenAIServer(company(agent_step("b", "second", ["a"]), agent_step("a", "first"))) as server:
        async with desk(tmp_path, server) as at:
            task = await at.task("do it")
            step = await at.step(task)
            [plan] = step["actions"]
            assert (step["name"], step["status"], plan["name"], plan["executor"]) == (
                "plan",
                "awaiting_input",
                "plan",
                "server",
            )
            assert (await at.read(task))["status"] == "awaiting_input"
            step = await at.decide(plan, "approve")
            assert step["status"] == "completed"
            assert await at.standing(task) == [("plan", "completed"), ("a", "created"), ("b", "created")]
            planned = {step["name"]: step for step in await at.steps(task)}
            assert planned["a"]["input"] == "first"
            first = await at.step(task)
            assert (first["step_id"], first["output"]) == (planned["a"]["step_id"], "did: first")
            assert await at.standing(task) == [("plan", "completed"), ("a", "completed"), ("b", "created")]
            await at.step(task)
            last = await at.step(task)
            ended = await at.read(task)
            assert (last["name"], last["is_last"], last["output"]) == ("report", True, "the report")
            assert (ended["status"], ended["output"]) == ("completed", "the report")
            assert [step["is_last"] for step in await at.steps(task)] == [False, False, False, True]


async def test_words_about_a_plan_bring_another_in_its_place(tmp_path: Path) -> None:
    """The planner reads them; the first plan is superseded, and the second says by which it was."""
    players = Company(plan_of(agent_step("a", "first")), plan_of(agent_step("b", "better")))
    with OpenAIServer(players) as server:
        async with desk(tmp_path, server) as at:
            task = await at.task("do it")
            [plan] = (await at.step(task))["actions"]
            step = await at.decide(plan, "feedback", "do it BETTER")
            old, new = step["actions"]
            assert (old["status"], old["feedback"], old["decided_by"]) == ("superseded", "do it BETTER", "user")
            assert (new["status"], new["supersedes"]) == ("proposed", plan["action_id"])
            again = [text for asked, text in zip(players.asked, players.texts, strict=True) if asked == "PlanDraft"][-1]
            assert "do it BETTER" in again
            with pytest.raises(ConflictError):
                await at.decide(old, "approve")
            ended = await at.finish(task)
            assert ended["status"] == "completed"
            assert await at.standing(task) == [("plan", "completed"), ("b", "completed"), ("report", "completed")]


async def test_a_plan_that_is_rejected_ends_the_task(tmp_path: Path) -> None:
    """Nothing is done, nothing stays open, and the task says why."""
    with OpenAIServer(company(SAVE)) as server:
        async with desk(tmp_path, server) as at:
            task = await at.task("do it")
            [plan] = (await at.step(task))["actions"]
            step = await at.decide(plan, "reject", "not today")
            ended = await at.read(task)
            assert (step["status"], step["actions"][0]["status"]) == ("failed", "rejected")
            assert ended["status"] == "failed"
            assert ended["error"]
            assert await at.standing(task) == [("plan", "failed")]
            assert await at.artifacts() == []
            with pytest.raises(ConflictError):
                await at.step(task)


async def test_a_write_that_is_approved_is_done_once(tmp_path: Path) -> None:
    """Only then; reading before and after it asked nobody and is no action."""
    read = ("read_file", {"path": "a.txt"})
    with OpenAIServer(writers([read], "wrote and read it")) as server:
        async with desk(tmp_path, server) as at:
            _, step = await begun(at)
            [write] = step["actions"]
            assert (write["name"], write["status"], write["args"]) == ("write_file", "proposed", WRITE[1])
            assert await at.artifacts() == []
            step = await at.decide(write, "approve")
            [write] = step["actions"]
            assert (step["status"], step["output"], write["status"]) == ("completed", "wrote and read it", "completed")
            assert (write["decision"], write["decided_by"]) == ("approve", "user")
            [file] = step["artifacts"]
            assert await at.content(file) == b"alpha"
            assert (file["agent_created"], file["relative_path"], file["step_id"]) == (True, "a.txt", step["step_id"])


async def test_a_write_that_is_rejected_is_never_done_and_its_agent_learns_of_it(tmp_path: Path) -> None:
    """The agent reads the reason, and goes on as it sees fit."""
    players = writers("then I will not")
    with OpenAIServer(players) as server:
        async with desk(tmp_path, server) as at:
            task, step = await begun(at)
            step = await at.decide(step["actions"][0], "reject", "NOT THIS FILE")
            assert (step["status"], step["output"]) == ("completed", "then I will not")
            assert [action["status"] for action in step["actions"]] == ["rejected"]
            assert "NOT THIS FILE" in players.texts[-1]
            assert (await at.finish(task))["status"] == "completed"
            assert await at.artifacts() == []


async def test_words_about_a_write_bring_another_in_its_place(tmp_path: Path) -> None:
    """Only the second one is done."""
    better = ("write_file", {"path": "a.txt", "content": "beta"})
    players = writers([better], "done")
    with OpenAIServer(players) as server:
        async with desk(tmp_path, server) as at:
            _, step = await begun(at)
            step = await at.decide(step["actions"][0], "feedback", "say BETA")
            old, new = step["actions"]
            assert (old["status"], new["status"], new["args"]) == ("superseded", "proposed", better[1])
            assert new["supersedes"] == old["action_id"]
            assert "say BETA" in players.texts[-1]
            step = await at.decide(new, "approve")
            assert [action["status"] for action in step["actions"]] == ["superseded", "completed"]
            assert [await at.content(file) for file in await at.artifacts()] == [b"beta"]


async def test_several_writes_at_once_are_decided_one_by_one(tmp_path: Path) -> None:
    """The agent goes on after the last word; each call fares as was said about it."""
    writes = [("write_file", {"path": f"{name}.txt", "content": name}) for name in "abc"]
    step = agent_step("w", "write them", tools=["write_file"])
    with OpenAIServer(company(step, acts={"write them": [writes, "done"]})) as server:
        async with desk(tmp_path, server) as at:
            task, step_ = await begun(at)
            first, second, third = step_["actions"]
            assert (await at.decide(second, "reject"))["status"] == "awaiting_input"
            assert (await at.decide(third, "approve"))["status"] == "awaiting_input"
            done = await at.decide(first, "approve")
            assert [action["status"] for action in done["actions"]] == ["completed", "rejected", "completed"]
            assert sorted(file["file_name"] for file in await at.artifacts(task)) == ["a.txt", "c.txt"]


async def test_in_auto_nobody_is_asked_and_what_would_have_been_asked_is_listed(tmp_path: Path) -> None:
    """As approved by the server; what only reads is no action."""
    with OpenAIServer(writers([("read_file", {"path": "a.txt"})], "done")) as server:
        async with desk(tmp_path, server) as at:
            task = await at.task("do it", permission_mode="auto")
            seen = []
            while (await at.read(task))["status"] == "created":
                step = await at.step(task)
                assert step["status"] == "completed", step
                seen += step["actions"]
            assert [action["name"] for action in seen] == ["plan", "write_file"]
            assert {(action["status"], action["decision"], action["decided_by"]) for action in seen} == {
                ("completed", "approve", "server")
            }
            assert (await at.read(task))["status"] == "completed"


async def test_who_permits_can_be_changed_midway(tmp_path: Path) -> None:
    """What waits still waits for the user; what comes after it does not."""
    names = ("a", "b", "c")
    steps = [agent_step(name, f"write {name}", tools=["write_file"]) for name in names]
    acts = {f"write {name}": [[("write_file", {"path": name, "content": name})], "done"] for name in names}
    with OpenAIServer(company(*steps, acts=acts)) as server:
        async with desk(tmp_path, server) as at:
            task, step = await begun(at)
            await at.change(task, permission_mode="auto")
            assert (await at.read(task))["status"] == "awaiting_input"
            [write] = (await at.decide(step["actions"][0], "approve"))["actions"]
            assert (write["status"], write["decided_by"]) == ("completed", "user")
            [write] = (await at.step(task))["actions"]
            assert (write["status"], write["decided_by"]) == ("completed", "server")
            await at.change(task, permission_mode="ask")
            step = await at.step(task)
            assert [action["status"] for action in step["actions"]] == ["proposed"]


async def test_an_interactive_task_asks_about_every_turn(tmp_path: Path) -> None:
    """What its agents want to say is proposed, too; words about it are heard."""
    players = company(agent_step("a", "speak"), acts={"speak": ["hello", "HELLO"]})
    with OpenAIServer(players) as server:
        async with desk(tmp_path, server) as at:
            task, step = await begun(at, additional_input={"policy": "interactive"})
            [reply] = step["actions"]
            assert (reply["name"], reply["args"]) == ("reply", {"text": "hello"})
            step = await at.decide(reply, "feedback", "louder")
            [_, reply] = step["actions"]
            assert reply["args"] == {"text": "HELLO"}
            step = await at.decide(reply, "approve")
            assert (step["status"], step["output"]) == ("completed", "HELLO")
            assert [action["status"] for action in step["actions"]] == ["superseded", "completed"]
            assert (await at.finish(task))["status"] == "completed"


async def test_a_task_may_bring_rules(tmp_path: Path) -> None:
    """The first that matches counts."""
    rules = [{"then": "auto", "kind": "plan"}, {"then": "deny", "tool": "write_file"}, {"then": "auto"}]
    players = writers("I may not")
    with OpenAIServer(players) as server:
        async with desk(tmp_path, server) as at:
            task = await at.task("do it", additional_input={"policy": {"rules": rules}})
            assert (await at.step(task))["status"] == "completed"
            step = await at.step(task)
            assert (step["status"], step["output"]) == ("completed", "I may not")
            assert await at.artifacts() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"policy": "lenient"},
        {"policy": {"rules": "all"}},
        {"policy": 7},
        {"tools": 7},
        {"tools": "open_door"},
        {"tools": {"name": "open_door"}},
        {"tools": [7]},
        {"tools": [{"description": "no name"}]},
        {"tools": [{"name": "open the door"}]},
        {"tools": [{"name": "write_file"}]},
        {"tools": [{"name": "ask_user"}]},
        {"tools": [{"name": "door"}, {"name": "door"}]},
        {"tools": [{"name": "door", "parameters": {"type": "strange"}}]},
        {"tools": [{"name": "door", "wings": 2}]},
    ],
    ids=str,
)
async def test_a_task_that_brings_something_wrong_is_refused(wrong: Body, tmp_path: Path) -> None:
    """With what is wrong; and no task is made."""
    async with desk(tmp_path) as at:
        with pytest.raises(UnprocessableError, match="additional_input"):
            await at.task("do it", additional_input=wrong)
        assert await at.service.list_tasks(at.topic, Page()) == Page().of("tasks", [], 0)


async def test_only_the_user_decides(tmp_path: Path) -> None:
    """And feedback needs words."""
    with OpenAIServer(company(SAVE)) as server:
        async with desk(tmp_path, server) as at:
            [plan] = (await at.step(await at.task("do it")))["actions"]
            with pytest.raises(UnprocessableError):
                await at.decide(plan, "feedback", " ")
            with pytest.raises(ForbiddenError):
                await at.report(plan)
