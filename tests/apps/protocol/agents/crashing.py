"""A service of the planner that is killed at every stage of a task, in processes of its own."""

import asyncio
import json
import os
from pathlib import Path

from repertory.apps.protocol.agents import planner
from repertory.apps.protocol.requests import DecisionRequest, StepRequest
from repertory.apps.protocol.serving import Serving, open_service
from repertory.nodes.models import openai_chat
from tests.apps.conftest import clean_environ
from tests.apps.protocol.agents.desk import Desk
from tests.apps.protocol.conformance.entities import TERMINAL, Body
from tests.crashing_topics import die_after

LOADED = (planner, openai_chat)
"""What processes that are forked from one that has this module need not load again."""


def go_on(folder: Path) -> None:
    """Begin a task in this folder, or go on with it, with everything approved; for a process of its own."""
    asyncio.run(_go_on(folder))


async def _go_on(folder: Path) -> None:
    (folder / "pid").write_text(str(os.getpid()))
    environ = clean_environ(**json.loads((folder / "environ").read_text()))
    async with open_service(Serving(folder / "home"), environ=environ) as service:
        known = folder / "task"
        if known.exists():
            task = json.loads(known.read_text())
            at = Desk(service, task["topic_id"])
        else:
            at = await Desk(service, "").beside()
            task = await at.task("do it")
            known.write_text(json.dumps(task))
        while (await at.read(task))["status"] not in TERMINAL:
            await _move(at, task, folder / "log")


async def _move(at: Desk, task: Body, log: Path) -> None:
    """One call; after the first of its kind the process dies."""
    step = next((step for step in await at.steps(task) if step["status"] == "awaiting_input"), None)
    if step is None:
        step = await at.service.execute_step(at.topic, task["task_id"], StepRequest())
        die_after(log, f"{step['name']} is {step['status']}")
        return
    action = next(act for act in step["actions"] if act["status"] == "proposed")
    where = (at.topic, task["task_id"], step["step_id"], action["action_id"])
    await at.service.decide(*where, DecisionRequest(decision="approve"))
    die_after(log, f"{action['name']} of {step['name']} is approved")
    await at.rested(step)
