"""The planner behind the protocol: a task is a thread of it, and so a run that can be driven, asked and resumed."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from repertory.apps.protocol.agents.agent import Conversed, Live
from repertory.apps.protocol.agents.live import told
from repertory.apps.protocol.agents.phases import STOPS, Phase, phase_at, phase_of
from repertory.apps.protocol.agents.standing import Standing
from repertory.apps.protocol.agents.workspaces import Workspaces
from repertory.apps.runs.watch import MODES, STREAMED, Watcher
from repertory.graphs import build_planner, leave_message
from repertory.graphs.topic import build_topic
from repertory.memory.errors import InputError
from repertory.memory.home import Home
from repertory.memory.records import JsonObject
from repertory.memory.topics.errors import UnprocessableError
from repertory.memory.topics.files import ArtifactFiles
from repertory.memory.topics.ledger import Ledger
from repertory.memory.topics.memory import TopicMemory
from repertory.memory.topics.records import Interaction, Task, TaskStep, Topic
from repertory.memory.topics.work import MadeFile, Work
from repertory.nodes.context import Context
from repertory.nodes.deps import Deps
from repertory.nodes.live import LiveRuns
from repertory.nodes.models.configured import configured_models
from repertory.nodes.persona.functions import Functions
from repertory.nodes.prompts import brief
from repertory.nodes.tools.builtin import builtin_toolbox
from repertory.nodes.tools.elsewhere import ask_user, declared_tools
from repertory.nodes.tools.memory import for_topics
from repertory.nodes.tools.toolbox import Toolbox
from repertory.nodes.tools.workspace import Workspace
from repertory.nodes.topic.report import feedback

if TYPE_CHECKING:
    from repertory.apps.protocol.serving import Serving

Graph = CompiledStateGraph[Any, Any, Any, Any]
_TITLE = 80
_GRAPHS = 64
"""Graphs that are kept compiled; they differ by folder and by the tools that tasks declare."""


class PlannerAgent:
    """Plans and performs tasks.

    Args:
        serving: which model, and where tasks work.
        home: keeps their threads.
        environ: keys and addresses of models.
        files: the bytes of artifacts.
        ledger: knows which artifacts there are.
    """

    name = "Repertory"

    def __init__(
        self, serving: "Serving", home: Home, environ: Mapping[str, str], files: ArtifactFiles, ledger: Ledger
    ) -> None:
        self._home = home
        self._models = configured_models(serving.model, environ=environ)
        self._workspaces = Workspaces(home.path / "workspaces", serving.workspace, files, ledger)
        self._runs, self._functions = LiveRuns(), Functions()
        self._graphs: dict[str, tuple[Graph, Deps]] = {}
        self._phases: dict[str, Phase] = {}
        """What the steps that are being performed here are about, by id."""

    @property
    def options(self) -> JsonObject:
        """What a task can say in its `additional_input`."""
        return {
            "tools": "functions that the client runs: a list of {name, description, parameters}",
            "policy": "supervised (default), interactive, or rules; in mode auto: autonomous",
            "notices": [self._models.notice, *self._home.notices],
        }

    def check(self, task: Task) -> None:
        """See `ServedAgent`."""
        try:
            declared_tools(_given(task), taken=self._taken)
        except InputError as error:
            raise UnprocessableError(f"additional_input: {error}", "additional_input") from error
        policy = _policy(task)
        try:
            _ = Context.parse({"policy": policy}).rules
        except InputError as error:
            known = "give supervised, interactive, autonomous, or an object with rules"
            why = f"additional_input: {brief(repr(policy), _TITLE)} is no policy: {known}"
            raise UnprocessableError(why, "additional_input") from error

    def describe(self, task: Task) -> JsonObject:
        """A title, until there is a plan to tell of."""
        return {"title": brief(" ".join((task.input or "").split()) or "task without words", _TITLE)}

    async def perform(self, task: Task, step: TaskStep, answers: Mapping[str, Any]) -> AsyncGenerator[Live, None]:
        """Perform what is next of the plan, or go on with it."""
        graph, _ = self._graph(task)
        snapshot = await graph.aget_state(_config(task))
        waiting = {interrupt.id for interrupt in snapshot.interrupts}
        fitting = {key: answer for key, answer in answers.items() if key in waiting}
        if step.status == "awaiting_input" and not fitting:
            return
        phase = self._phases.get(step.step_id) or (phase_at(step.key, snapshot) if fitting else phase_of(snapshot))
        self._phases[step.step_id] = phase
        await self._prepare(task)
        if not snapshot.values:
            start: Any = {"task": _words(task, step)}
        elif fitting:
            start = Command(resume=fitting)
        else:
            start = None
            await self._say(graph, task, step, phase)
        watcher = Watcher()
        stream = graph.astream(
            start,
            _config(task),
            context=_context(task, phase.begin),
            stream_mode=[*MODES, *STREAMED],
            subgraphs=True,
            interrupt_before=STOPS,
        )
        async with aclosing(stream) as items:  # type: ignore[type-var]  # it is a generator
            async for item in items:
                for event in watcher.events(*item):
                    if live := told(event):
                        yield live

    async def work(self, task: Task, step: TaskStep) -> Work:
        """See `ServedAgent`."""
        graph, deps = self._graph(task)
        snapshot = await graph.aget_state(_config(task))
        phase = self._phases.get(step.step_id) or phase_at(step.key, snapshot)
        before = (await graph.aget_state(snapshot.config)).values  # without what lanes that ended have added
        standing = Standing(phase, snapshot, before, self._home.store, deps)
        work = await standing.work(auto=task.permission_mode == "auto")
        if work.status != "waiting":
            self._phases.pop(step.step_id, None)
        return work

    def open_file(self, task: Task, file: MadeFile) -> BinaryIO:
        """See `ServedAgent`."""
        return Workspace(self._workspaces.of(task.topic_id)).open(file.path)

    async def opened(self, topic: Topic) -> None:
        """The opening words are the first that the topic remembers."""
        if topic.input and topic.input.strip():
            await self._memory(topic.topic_id).note_interaction("opening", said=topic.input)

    async def converse(self, topic: Topic, interaction: Interaction) -> Conversed:
        """Answer from the topic's memory, or say which tasks are meant."""
        graph = build_topic(
            self._deps(topic.topic_id, ()), perform=False, checkpointer=self._home.checkpointer, store=self._home.store
        )
        said = await graph.ainvoke(
            {
                "input": interaction.input,
                "create_task": interaction.create_task,
                "interaction_id": interaction.interaction_id,
            },
            {"configurable": {"thread_id": f"interaction {interaction.interaction_id}"}},
            context=Context(topic=topic.topic_id),
        )
        after = {task["id"]: task["after"] for task in said["tasks"]}
        places = {task_id: place for place, task_id in enumerate(after)}
        order = [places.get(before) if before else None for before in after.values()]
        return Conversed(
            said["output"] or f"I take this up: {', and '.join(repr(task['task']) for task in said['tasks'])}.",
            tuple(task["task"] for task in said["tasks"]),
            tuple(order),
            {"after": order} if any(place is not None for place in order) else None,
        )

    def feedback(self, task: Task) -> str:
        """See `ServedAgent`."""
        return feedback(task.input or "", task.status, task.output, task.error)

    async def close(self) -> None:
        """Nothing is held."""

    def _graph(self, task: Task) -> tuple[Graph, Deps]:
        tools = _given(task)
        key = json.dumps([task.topic_id, tools], sort_keys=True)
        if key not in self._graphs:
            deps = self._deps(task.topic_id, tools)
            graph = build_planner(deps, checkpointer=self._home.checkpointer, store=self._home.store)
            self._graphs[key] = graph, deps
            if len(self._graphs) > _GRAPHS:
                del self._graphs[next(iter(self._graphs))]
        return self._graphs[key]

    def _deps(self, topic_id: str, tools: Any) -> Deps:
        deps = Deps(
            models=self._models,
            toolbox=Toolbox([*builtin_toolbox(self._workspaces.of(topic_id)), ask_user()]),
            index=self._home.index,
            orchestrations=self._functions,
            runs=self._runs,
        )
        deps = for_topics(deps)
        return replace(deps, toolbox=Toolbox([*deps.toolbox, *declared_tools(tools, taken=deps.toolbox.names)]))

    @cached_property
    def _taken(self) -> tuple[str, ...]:
        """Names of the tools that every task has; to make these tools takes longer than all else about a new task."""
        return self._deps("any", ()).toolbox.names

    def _memory(self, topic_id: str) -> TopicMemory:
        return TopicMemory(self._home.store, topic_id, index=self._home.index)

    async def _prepare(self, task: Task) -> None:
        """Have the topic's artifacts at hand, and known."""
        for artifact in await self._workspaces.prepare(task.topic_id):
            if not artifact.agent_created:
                path = artifact.relative_path or artifact.file_name
                await self._memory(task.topic_id).note_artifact(path, made_by="uploaded by the client")

    async def _say(self, graph: Graph, task: Task, step: TaskStep, phase: Phase) -> None:
        """What is said for a step of the plan, its agent hears before it begins."""
        words = (step.input or "").strip()
        if phase.step and phase.step.agent and words and words != phase.step.instruction:
            await leave_message(graph, _config(task), f"perform/{phase.step.agent}", words)


def _words(task: Task, step: TaskStep) -> str:
    """What is to be done: the task's words, and what is said for its first step.

    Raises:
        InputError: neither says anything.
    """
    parts = [part.strip() for part in (task.input, step.input) if part and part.strip()]
    if not parts:
        raise InputError("the task has no words: say what is to be done in the task's input, or in its first step's")
    return "\n\n".join(dict.fromkeys(parts))


def _given(task: Task) -> Any:
    return (task.additional_input or {}).get("tools") or ()


def _context(task: Task, begin: tuple[str, ...]) -> Context:
    policy = "autonomous" if task.permission_mode == "auto" else _policy(task)
    return Context.parse({"policy": policy, "topic": task.topic_id, "begin": begin})


def _policy(task: Task) -> Any:
    return (task.additional_input or {}).get("policy") or "supervised"


def _config(task: Task) -> RunnableConfig:
    return {"configurable": {"thread_id": task.task_id}}
