"""What goes on and on: words about words, agents that never end, and what is heard meanwhile."""

import asyncio
import json
from pathlib import Path

from tests.apps.company import Company, company
from tests.apps.protocol.agents.desk import desk
from tests.openai_server import OpenAIServer
from tests.playing import agent_step, plan_of


async def test_a_plan_can_be_talked_about_for_long(tmp_path: Path) -> None:
    """Each proposal names the one before it as superseded, and only the last one is performed."""
    plans = [plan_of(agent_step(f"s{n}", f"do {n}")) for n in range(6)]
    with OpenAIServer(Company(*plans)) as server:
        async with desk(tmp_path, server) as at:
            task = await at.task("do it")
            step = await at.step(task)
            for n in range(5):
                step = await at.decide(step["actions"][-1], "feedback", f"not {n}")
            actions = step["actions"]
            assert [action["status"] for action in actions] == ["superseded"] * 5 + ["proposed"]
            ids = [action["action_id"] for action in actions]
            assert [action["supersedes"] for action in actions] == [None, *ids[:-1]]
            await at.finish(task)
            assert [name for name, _ in await at.standing(task)] == ["plan", "s5", "report"]


async def test_the_user_may_be_asked_whether_it_was_good(tmp_path: Path) -> None:
    """The answer is the report's one action; what is said against the answer does not undo the task."""
    for verdict, rating in (("approve", "satisfied"), ("reject", "unsatisfied")):
        with OpenAIServer(company(agent_step("a", "do a"))) as server:
            async with desk(tmp_path / verdict, server) as at:
                rules = [{"then": "ask", "kind": "rating"}, {"then": "auto"}]
                task = await at.task("do it", additional_input={"policy": {"rules": rules}})
                assert [(await at.step(task))["status"] for _ in "pa"] == ["completed", "completed"]
                step = await at.step(task)
                [question] = step["actions"]
                assert (question["name"], step["status"], step["is_last"]) == ("rating", "awaiting_input", False)
                step = await at.decide(question, verdict)
                assert (step["status"], step["is_last"]) == ("completed", True)
                assert step["additional_output"]["rating"] == rating
                assert (await at.read(task))["status"] == "completed"


async def test_an_agent_that_never_ends_is_stopped(tmp_path: Path) -> None:
    """After as many turns as a step has; its step has failed and says so."""
    turns = [[("list_files", {})]] * 100
    players = company(agent_step("a", "go on", tools=["list_files"]), acts={"go on": turns})
    with OpenAIServer(players) as server:
        async with desk(tmp_path, server) as at:
            task = await at.task("do it", permission_mode="auto")
            await at.step(task)
            step = await at.step(task)
            assert step["status"] == "failed"
            assert "25" in step["error"]
            assert players.asked.count("go on") == 25
            assert step["actions"] == []


async def test_what_happens_is_heard_as_it_happens(tmp_path: Path) -> None:
    """Every change of the task in order, and in between the model's words; after a restart, the changes alone."""
    with OpenAIServer(company(agent_step("a", "say hello"), acts={"say hello": ["hello there"]})) as server:
        async with desk(tmp_path, server) as at:
            task = await at.task("do it", permission_mode="auto")
            events = await at.service.events(at.topic, task["task_id"], None)
            heard: list[tuple[str, dict[str, object]]] = []

            async def listen() -> None:
                async for _, name, data in events:
                    heard.append((name, data))
                    if name == "task" and data["status"] == "completed":
                        return

            listening = asyncio.create_task(listen())
            await at.finish(task)
            await asyncio.wait_for(listening, 60)
            names = [name for name, _ in heard]
            assert {"task", "step", "action", "token"} <= set(names)
            words = "".join(str(data.get("text", "")) for name, data in heard if name == "token")
            assert "hello there" in words
            changes = [name for name in names if name in ("task", "step", "action", "artifact")]
            assert json.dumps(heard)
        async with desk(tmp_path, server) as new:
            kept = []
            async for _, name, data in await new.service.events(at.topic, task["task_id"], None):
                kept.append(name)
                if name == "task" and data["status"] == "completed":
                    break
            assert kept == changes
