"""The scripted graph behind the protocol."""

import io
from collections.abc import AsyncGenerator, Iterable, Mapping
from hashlib import sha256
from typing import Any, BinaryIO

from langchain_core.runnables import RunnableConfig
from langgraph.types import Command, StateSnapshot

from repertory.apps.protocol.agents.agent import Conversed, Live
from repertory.apps.protocol.agents.script.graph import acts_of, build_scripted
from repertory.apps.protocol.agents.script.lane import ScriptedAct
from repertory.memory.home import Home
from repertory.memory.records import JsonObject
from repertory.memory.topics.records import Interaction, Task, TaskStep, Topic
from repertory.memory.topics.work import Act, MadeFile, Work
from repertory.nodes.prompts import brief


class ScriptedAgent:
    """Obeys `additional_input.script`. It needs no model.

    Args:
        home: keeps its threads, and what topics remember.
    """

    name = "Repertory (scripted)"

    def __init__(self, home: Home) -> None:
        self._graph = build_scripted(checkpointer=home.checkpointer, store=home.store)
        self._written: dict[tuple[str, str, str], bytes] = {}

    @property
    def options(self) -> JsonObject:
        """What a task can say in its `additional_input`."""
        return {"script": "a list with an object for each step: name, output, actions"}

    def check(self, task: Task) -> None:
        """Anything goes; a script that cannot be obeyed fails its step."""

    def describe(self, task: Task) -> JsonObject:
        """A title."""
        return {"title": brief(task.input or "scripted task", 80)}

    async def perform(self, task: Task, step: TaskStep, answers: Mapping[str, Any]) -> AsyncGenerator[Live, None]:
        """Go on with the script."""
        snapshot = await self._snapshot(task)
        waiting = {interrupt.id for interrupt in snapshot.interrupts}
        fitting = {key: answer for key, answer in answers.items() if key in waiting}
        if fitting:
            start: Any = Command(resume=fitting)
        elif snapshot.next:
            if step.status == "awaiting_input":
                return
            start = None
        else:
            start = _begin(task, step, snapshot)
        await self._graph.ainvoke(start, _config(task), durability="sync")
        yield Live("rest", {})

    async def work(self, task: Task, step: TaskStep) -> Work:
        """Where the script is."""
        snapshot = await self._snapshot(task)
        state, acts = snapshot.values, acts_of(snapshot)
        failed = state.get("error") is not None
        return Work(
            name=state.get("name"),
            status="waiting" if snapshot.next else "failed" if failed else "completed",
            is_last=bool(state.get("is_last")),
            hopeless=failed,
            output=None if snapshot.next else state.get("output"),
            additional_output=state.get("additional_output"),
            error=state.get("error"),
            acts=tuple(_act(key, act) for key, act in acts.items()),
            files=self._made(task, step, acts.values()),
        )

    def open_file(self, task: Task, file: MadeFile) -> BinaryIO:
        """What a script wrote."""
        return io.BytesIO(self._written.pop((task.task_id, file.path, file.sha256)))

    async def opened(self, topic: Topic) -> None:
        """Nothing follows."""

    async def converse(self, _: Topic, interaction: Interaction) -> Conversed:
        """Say it again, and make a task of it where that is asked for."""
        words = interaction.input or ""
        return Conversed(words, (words,) if interaction.create_task else ())

    def feedback(self, task: Task) -> str:
        """How it ended."""
        return f"Task {task.task_id} is {task.status}. {task.output or task.error or ''}".strip()

    async def close(self) -> None:
        """Nothing is held."""

    def _made(self, task: Task, step: TaskStep, acts: Iterable[ScriptedAct]) -> tuple[MadeFile, ...]:
        """The files that are no artifacts yet; their bytes are held until they are."""
        known = {(artifact.relative_path, artifact.sha256) for artifact in step.artifacts}
        made = {}
        for file in filter(None, (act["file"] for act in acts)):
            content = str(file["content"]).encode()
            digest = sha256(content).hexdigest()
            if (file["path"], digest) not in known:
                self._written[task.task_id, file["path"], digest] = content
                made[file["path"], digest] = MadeFile(path=file["path"], sha256=digest)
        return tuple(made.values())

    async def _snapshot(self, task: Task) -> StateSnapshot:
        return await self._graph.aget_state(_config(task), subgraphs=True)


def _begin(task: Task, step: TaskStep, snapshot: StateSnapshot) -> JsonObject:
    return {
        "script": (task.additional_input or {}).get("script"),
        "n": snapshot.values.get("invocation", 0),
        "text": step.input if step.input is not None else task.input,
        "topic": task.topic_id,
        "auto": task.permission_mode == "auto",
    }


def _act(key: str, act: ScriptedAct) -> Act:
    fields = ("name", "args", "executor", "supersedes", "status", "output", "data", "error", "auto")
    known: JsonObject = {field: act[field] for field in fields}  # type: ignore[literal-required]
    return Act(key=key, interrupt=act["interrupt"], objection=act["objection"], **known)


def _config(task: Task) -> RunnableConfig:
    return {"configurable": {"thread_id": task.task_id}}
