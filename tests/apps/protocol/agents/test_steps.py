"""A plan's steps as steps of a task: in order, skipped, repaired, broken off, and given up."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from repertory.apps.protocol.requests import StepRequest
from repertory.memory.topics.errors import ConflictError
from tests.apps.company import Company, company
from tests.apps.protocol.agents.desk import desk, until
from tests.openai_answers import Answer, Held, Refused
from tests.openai_server import OpenAIServer
from tests.playing import agent_step, plan_of

CHAIN = [agent_step("a", "do a"), agent_step("b", "do b", ["a"]), agent_step("c", "do c", ["b"])]
BROKEN = agent_step("broken", "bad")
SILENT = {"bad": [""] * 9}


class Gate:
    """A responder that holds its answer to one instruction back until it is opened."""

    def __init__(self, players: Company, instruction: str) -> None:
        self.players, self._instruction = players, instruction
        self.reached, self.opened = threading.Event(), threading.Event()

    def __call__(self, request: dict[str, Any]) -> Answer:
        answer = self.players(request)
        if self.players.asked[-1] != self._instruction:
            return answer
        self.reached.set()
        return Held(self.opened, answer)


async def test_what_depends_on_a_failed_step_is_not_done(tmp_path: Path) -> None:
    """It fails with the reason; the plan is mended, and the answer is what the second one brought."""
    first = plan_of(BROKEN, agent_step("then", "use it", ["broken"]), agent_step("beside", "do beside"))
    mended = plan_of(agent_step("again", "do otherwise"))
    players = Company(first, mended, acts=SILENT)
    with OpenAIServer(players) as server:
        async with desk(tmp_path, server) as at:
            task = await at.task("do it")
            ended = await at.finish(task)
            assert await at.standing(task) == [
                ("plan", "completed"),
                ("broken", "failed"),
                ("then", "failed"),
                ("beside", "completed"),
                ("replan", "completed"),
                ("again", "completed"),
                ("report", "completed"),
            ]
            steps = {step["name"]: step for step in await at.steps(task)}
            assert "no usable answer" in steps["broken"]["error"]
            assert "broken" in steps["then"]["error"]
            assert ended["status"] == "completed"
            assert "use it" not in players.asked
            [plan] = steps["replan"]["actions"]
            assert (plan["name"], plan["decided_by"]) == ("plan", "user")


async def test_a_repair_that_is_rejected_ends_the_task(tmp_path: Path) -> None:
    """With what has been done reported, and nothing open."""
    with OpenAIServer(Company(plan_of(BROKEN), plan_of(agent_step("again", "do otherwise")), acts=SILENT)) as server:
        async with desk(tmp_path, server) as at:
            task = await at.task("do it")
            await at.approved(await at.step(task))
            assert (await at.step(task))["status"] == "failed"
            assert (await at.read(task))["status"] == "created"
            replan = await at.step(task)
            await at.decide(replan["actions"][0], "reject", "leave it")
            ended = await at.finish(task)
            assert ended["status"] == "failed"
            assert ended["error"]
            assert {state for _, state in await at.standing(task)} <= {"completed", "failed", "cancelled"}


async def test_a_task_whose_repair_fails_too_has_failed(tmp_path: Path) -> None:
    """The report says what was tried."""
    with OpenAIServer(Company(plan_of(BROKEN), acts=SILENT)) as server:
        async with desk(tmp_path, server) as at:
            ended = await at.finish(task := await at.task("do it"))
            assert ended["status"] == "failed"
            assert "no usable answer" in ended["error"]
            assert (await at.steps(task))[-1]["is_last"]


async def test_a_task_without_words_takes_those_of_its_first_step(tmp_path: Path) -> None:
    """Without either it fails, and says what is missing."""
    players = company(agent_step("a", "do a"))
    with OpenAIServer(players) as server:
        async with desk(tmp_path, server) as at:
            task = await at.task()
            await at.approved(await at.step(task, "PAINT THE FENCE"))
            assert "PAINT THE FENCE" in players.texts[0]
            assert (await at.finish(task))["status"] == "completed"
            empty = await at.task()
            step = await at.step(empty, " ")
            assert step["status"] == "failed"
            assert "no words" in step["error"]
            assert (await at.read(empty))["status"] == "failed"


async def test_what_is_said_for_a_step_its_agent_hears(tmp_path: Path) -> None:
    """It, and no other agent; the step shows it as its input."""
    players = company(*CHAIN)
    with OpenAIServer(players) as server:
        async with desk(tmp_path, server) as at:
            task = await at.task("do it")
            await at.approved(await at.step(task))
            await at.step(task)
            step = await at.step(task, "MIND THE GAP")
            assert (step["name"], step["input"], step["status"]) == ("b", "MIND THE GAP", "completed")
            await at.finish(task)
            heard = {
                asked
                for asked, text in zip(players.asked, players.texts, strict=True)
                if "MIND THE GAP" in text and asked != "report"
            }
            assert heard == {"do b"}


async def test_a_task_that_is_called_off_while_it_waits_stays_so(tmp_path: Path) -> None:
    """Its step, its action and what was planned are cancelled; decisions come too late."""
    write = ("write_file", {"path": "a.txt", "content": "x"})
    steps = [agent_step("a", "write it", tools=["write_file"]), agent_step("b", "do b", ["a"])]
    with OpenAIServer(company(*steps, acts={"write it": [[write], "done"]})) as server:
        async with desk(tmp_path, server) as at:
            task = await at.task("do it")
            await at.approved(await at.step(task))
            step = await at.step(task)
            assert (await at.cancel(task))["status"] == "cancelled"
            assert await at.standing(task) == [("plan", "completed"), ("a", "cancelled"), ("b", "cancelled")]
            with pytest.raises(ConflictError):
                await at.decide(step["actions"][0], "approve")
            with pytest.raises(ConflictError):
                await at.step(task)
            assert await at.artifacts() == []


async def test_a_task_that_is_called_off_while_its_model_thinks_is_broken_off(tmp_path: Path) -> None:
    """At once: the answer is not waited for, and changes nothing when it comes. Other tasks go on."""
    gate = Gate(company(*CHAIN), "do b")
    with OpenAIServer(gate) as server:
        async with desk(tmp_path, server, patience=60) as at:
            task = await at.task("do it", permission_mode="auto")
            await at.step(task)
            await at.step(task)
            running = asyncio.create_task(at.step(task))
            await until(lambda: _truth(gate.reached.is_set()))
            with pytest.raises(ConflictError):
                await at.step(task)
            assert (await at.cancel(task))["status"] == "cancelled"
            assert (await running)["status"] == "cancelled"  # though the model is still held back
            gate.opened.set()
            assert (await at.finish(await at.task("another", permission_mode="auto")))["status"] == "completed"
            expected = [("plan", "completed"), ("a", "completed"), ("b", "cancelled"), ("c", "cancelled")]
            assert await at.standing(task) == expected


async def test_a_step_that_takes_long_is_given_while_it_runs(tmp_path: Path) -> None:
    """After the server's patience; it can be read until it rests."""
    gate = Gate(company(*CHAIN), "PlanDraft")
    with OpenAIServer(gate) as server:
        async with desk(tmp_path, server, patience=0.05) as at:
            task = await at.task("do it")
            step = await at.service.execute_step(at.topic, task["task_id"], StepRequest())
            assert step["status"] == "running"
            assert (await at.read(task))["status"] == "running"
            gate.opened.set()
            assert (await at.rested(step))["status"] == "awaiting_input"


async def test_a_model_that_cannot_be_reached_fails_the_step_and_not_the_task(tmp_path: Path) -> None:
    """Until it has done so three times in a row; a step that works counts from the beginning."""
    players = company(*CHAIN)
    refused = True

    def respond(request: dict[str, Any]) -> Answer:
        return Refused(401) if refused else players(request)

    with OpenAIServer(respond) as server:
        async with desk(tmp_path, server) as at:
            task = await at.task("do it", permission_mode="auto")
            for _ in range(2):
                step = await at.step(task)
                assert step["status"] == "failed"
                assert "refuses the key" in step["error"]
                assert (await at.read(task))["status"] == "created"
            refused = False
            assert (await at.step(task))["status"] == "completed"
            refused = True
            assert [(await at.step(task))["status"] for _ in "abc"] == ["failed"] * 3  # b and c need a
            for status in ("created", "created", "failed"):
                step = await at.step(task)
                assert step["status"] == "failed"
                assert "refuses the key" in step["error"]
                ended = await at.read(task)
                assert ended["status"] == status
            assert "refuses the key" in ended["error"]
            assert {state for _, state in (await at.standing(task))[3:]} == {"failed"}


async def test_once_the_model_is_back_the_plan_is_mended(tmp_path: Path) -> None:
    """What failed without it is planned anew, and the task completed."""
    players = Company(plan_of(*CHAIN), plan_of(agent_step("d", "do d")))
    refused = False

    def respond(request: dict[str, Any]) -> Answer:
        return Refused(401) if refused else players(request)

    with OpenAIServer(respond) as server:
        async with desk(tmp_path, server) as at:
            task = await at.task("do it", permission_mode="auto")
            await at.step(task)
            refused = True
            for _ in "abc!":
                assert (await at.step(task))["status"] == "failed"
            refused = False
            assert (await at.finish(task))["status"] == "completed"
            assert [name for name, state in await at.standing(task) if state == "completed"] == [
                "plan",
                "replan",
                "d",
                "report",
            ]


async def _truth(value: object) -> bool:
    return bool(value)
