"""A client's desk in this process: the planner behind a real service, and whoever decides what it asks."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from repertory.apps.protocol.requests import (
    DecisionRequest,
    InteractionRequest,
    Page,
    ResultRequest,
    StepRequest,
    TaskChange,
    TaskRequest,
    TopicRequest,
)
from repertory.apps.protocol.service import Service
from repertory.apps.protocol.serving import Serving, open_service
from repertory.apps.protocol.uploads import Upload
from tests.apps.conftest import clean_environ
from tests.apps.protocol.conformance.entities import TERMINAL, Body, checked, waits
from tests.openai_server import OpenAIServer

T = TypeVar("T")
ALL = Page(page_size=1000)


class Desk:
    """Calls one service, in one topic.

    Args:
        service: of the planner.
        topic: the topic's id.
    """

    def __init__(self, service: Service, topic: str) -> None:
        self.service, self.topic = service, topic

    async def beside(self, **fields: Any) -> "Desk":
        """A desk in another topic."""
        return Desk(self.service, (await self.service.create_topic(TopicRequest(**fields)))["topic_id"])

    async def task(self, text: str | None = None, **fields: Any) -> Body:
        """A new task."""
        return checked("task", await self.service.create_task(self.topic, TaskRequest(input=text, **fields)))

    async def read(self, task: Body) -> Body:
        """The task as it is now."""
        return checked("task", await self.service.get_task(self.topic, task["task_id"]))

    async def change(self, task: Body, **fields: Any) -> Body:
        """Change it."""
        return checked("task", await self.service.change_task(self.topic, task["task_id"], TaskChange(**fields)))

    async def cancel(self, task: Body) -> Body:
        """Call it off."""
        return checked("task", await self.service.cancel_task(self.topic, task["task_id"]))

    async def step(self, task: Body, text: str | None = None) -> Body:
        """Execute the next step; gives it at rest."""
        step = await self.service.execute_step(self.topic, task["task_id"], StepRequest(input=text))
        return await self.rested(step)

    async def steps(self, task: Body) -> list[Body]:
        """All steps of a task."""
        listed = await self.service.list_steps(self.topic, task["task_id"], ALL)
        return [checked("step", step) for step in listed["steps"]]

    async def standing(self, task: Body) -> list[tuple[str | None, str]]:
        """Names and states of all steps."""
        return [(step["name"], step["status"]) for step in await self.steps(task)]

    async def rested(self, step: Body) -> Body:
        """The step, once nothing happens any more without somebody's word."""

        async def rests() -> Body | None:
            now = checked("step", await self.service.get_step(self.topic, step["task_id"], step["step_id"]))
            return None if now["status"] == "running" else now

        return await until(rests)

    async def decide(self, action: Body, decision: str, feedback: str | None = None) -> Body:
        """Decide an action; gives its step at rest."""
        request = DecisionRequest(decision=decision, feedback=feedback)  # type: ignore[arg-type]
        await self.service.decide(*_where(action), request)
        return await self.rested(action)

    async def report(self, action: Body, status: str = "completed", **fields: Any) -> Body:
        """Give the result of an action that its executor performed; gives its step at rest."""
        request = ResultRequest(status=status, actor=action["executor"], **fields)  # type: ignore[arg-type]
        await self.service.report(*_where(action), request)
        return await self.rested(action)

    async def approved(self, step: Body) -> Body:
        """The step at rest, once all that it proposes to do itself is approved."""
        while proposed := [act for act in step["actions"] if act["status"] == "proposed" and act["executor"] != "user"]:
            step = await self.decide(proposed[0], "approve")
        return step

    async def finish(self, task: Body) -> Body:
        """Go on, with everything approved, until the task ends."""
        for step in await self.steps(task):
            if step["status"] == "awaiting_input":
                await self.approved(step)
        while (now := await self.read(task))["status"] not in TERMINAL:
            step = await self.approved(await self.step(task))
            assert not any(map(waits, step["actions"])), step
        return now

    async def say(self, text: str, **fields: Any) -> Body:
        """An interaction, once it is answered."""
        said = await self.service.create_interaction(self.topic, InteractionRequest(input=text, **fields))
        return checked("interaction", said)

    async def said(self) -> list[Body]:
        """All interactions."""
        listed = await self.service.list_interactions(self.topic, ALL)
        return [checked("interaction", each) for each in listed["interactions"]]

    async def upload(self, content: bytes, path: str, task: Body | None = None) -> Body:
        """Upload a file to the topic, or to a task."""

        async def blocks() -> AsyncIterator[bytes]:
            yield content

        stored = await self.service.files.put(blocks())
        upload = Upload(Path(path).name, path, stored)
        return checked("artifact", await self.service.upload(self.topic, task["task_id"] if task else None, upload))

    async def artifacts(self, task: Body | None = None) -> list[Body]:
        """Files of the topic, or of a task."""
        listed = await self.service.list_artifacts(self.topic, task["task_id"] if task else None, ALL)
        return [checked("artifact", each) for each in listed["artifacts"]]

    async def content(self, artifact: Body) -> bytes:
        """What a file says."""
        found = await self.service.find_artifact(self.topic, None, artifact["artifact_id"])
        return b"".join([block async for block in await self.service.files.open(found.sha256)])


@asynccontextmanager
async def desk(home: Path, server: OpenAIServer | None = None, **serving: Any) -> AsyncIterator[Desk]:
    """A desk in a new topic of a home that is opened, with a loopback model, or the offline one."""
    model = None if server else "offline"
    environ = clean_environ(**(server.environ() if server else {}))
    async with open_service(Serving(home, model=model, **serving), environ=environ) as service:
        yield await Desk(service, "").beside()


async def until(seen: Callable[[], Awaitable[T | None]], *, seconds: float = 120.0) -> T:
    """Ask until the answer is true; that answer."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not (value := await seen()):
        assert asyncio.get_running_loop().time() < deadline, f"not so after {seconds} s"
        await asyncio.sleep(0.01)
    return value


def _where(action: Body) -> tuple[str, str, str, str]:
    return action["topic_id"], action["task_id"], action["step_id"], action["action_id"]
