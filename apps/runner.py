"""Drives runs of a home: starts them, goes on with them, and tells what happens."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, StateSnapshot

from repertory.apps.events import Event, Outcome, Pending, Started
from repertory.apps.outcome import outcome_of
from repertory.apps.threads import Settings, Thread, Threads, ThreadStatus, new_thread
from repertory.apps.watch import MODES, Watcher
from repertory.graphs import build_planner
from repertory.memory.errors import InputError, RepertoryError, ResourceError
from repertory.memory.home import Home
from repertory.memory.records import ModelSpec
from repertory.nodes.deps import Deps
from repertory.nodes.live import LiveRuns
from repertory.nodes.models.configured import ConfiguredModels, configured_models
from repertory.nodes.tools.builtin import builtin_toolbox

OFFLINE = "offline"
_IDLE_ROUNDS = 3
"""Invocations in a row that end without a question and without the end of the run, before it is given up."""


class BusyError(ResourceError):
    """Another process, or another task of this one, performs the run."""


class NoSuchDecisionError(InputError):
    """An answer to a decision that is not, or no longer, pending."""


class Runner:
    """Runs of one home, performed in this process.

    Args:
        home: where they are kept.
        environ: keys and addresses of models.
    """

    def __init__(self, home: Home, environ: Mapping[str, str]) -> None:
        self.home = home
        self.threads = Threads(home.store)
        self._environ = environ
        self._runs = LiveRuns()

    async def begin(self, thread_id: str | None, settings: Settings) -> AsyncGenerator[Event, None]:
        """Start a run and perform it until it ends or waits for a person.

        Args:
            thread_id: its name; None: made from the task.
            settings: what it may do, and with what.

        Raises:
            InputError: the name is taken, or the settings are wrong.
            ResourceError, ModelError: as it was performed; `resume` takes it up.
        """
        models = configured_models(settings.model, environ=self._environ)
        offline = models.default == OFFLINE or not _is_online(self._environ)
        # what serves now serves to the end, whatever the environment of those who go on with it
        settings = settings.model_copy(update={"model": OFFLINE if offline else models.default})
        thread = new_thread(thread_id, settings)
        async with self._alone(thread.id):
            if await self.threads.find(thread.id) is not None:
                raise InputError(
                    f"there is a run {thread.id!r} already: go on with it (`repertory resume {thread.id}`, "
                    f"`repertory answer {thread.id}`), or give another name"
                )
            async with aclosing(self._perform(thread, {"task": settings.task}, models, resumed=False)) as events:
                async for event in events:
                    yield event

    async def go_on(self, thread_id: str, answers: Mapping[str, Any] | None = None) -> AsyncGenerator[Event, None]:
        """Go on with a run, with answers to decisions or without: after a crash, an error, or where it was left.

        Args:
            thread_id: its name.
            answers: by id of the interrupt; a run that has ended only tells its outcome.

        Raises:
            InputError: no such run, or (NoSuchDecisionError) no such decision; then nothing has changed.
            BusyError: the run is being performed by another process.
        """
        thread = await self.threads.get(thread_id)
        async with self._alone(thread_id):
            snapshot = await self.snapshot(thread_id)
            check_ids(answers or {}, snapshot, thread_id)
            if snapshot.values and not snapshot.next:
                yield await outcome_of(thread, snapshot, self.home)
                return
            if thread.settings.model != OFFLINE and not _is_online(self._environ):
                needs = "set OPENAI_API_KEY or OPENAI_BASE_URL"
                raise ResourceError(f"the run {thread_id!r} was begun with {thread.settings.model!r}: {needs}")
            start: Any = None if snapshot.values else {"task": thread.settings.task}
            answers = {**await self._queued(thread_id, snapshot), **(answers or {})}
            start = Command(resume=answers) if answers else start
            models = configured_models(thread.settings.model, environ=self._environ)
            async with aclosing(self._perform(thread, start, models, resumed=True)) as events:
                async for event in events:
                    yield event

    async def outcome(self, thread_id: str) -> Outcome:
        """How a run stands, without touching it."""
        thread = await self.threads.get(thread_id)
        return await outcome_of(thread, await self.snapshot(thread_id), self.home)

    async def pending(self, thread_id: str) -> tuple[Pending, ...]:
        """The decisions that a run waits for."""
        await self.threads.get(thread_id)
        return tuple(Pending.of(interrupt) for interrupt in (await self.snapshot(thread_id)).interrupts)

    async def snapshot(self, thread_id: str) -> StateSnapshot:
        """The head of a thread."""
        graph = build_planner(Deps(models=_no_model), checkpointer=self.home.checkpointer, store=self.home.store)
        return await graph.aget_state(_config(thread_id))

    async def queue(self, thread_id: str, answers: Mapping[str, Any]) -> None:
        """Leave answers for the process that performs the run: it takes them up when it comes to a rest.

        Raises:
            InputError: no such decision.
        """
        check_ids(answers, await self.snapshot(thread_id), thread_id)
        await self.threads.queue(thread_id, dict(answers))

    async def _perform(
        self, thread: Thread, start: Any, models: ConfiguredModels, *, resumed: bool
    ) -> AsyncGenerator[Event, None]:
        settings, watcher = thread.settings, Watcher()
        toolbox = builtin_toolbox(settings.workspace, allow_private=settings.allow_private)
        deps = Deps(models=models, toolbox=toolbox, index=self.home.index, runs=self._runs)
        graph = build_planner(deps, checkpointer=self.home.checkpointer, store=self.home.store)
        await self._note(thread, "running")
        try:
            yield Started(
                thread_id=thread.id,
                task=settings.task,
                workspace=settings.workspace,
                resumed=resumed,
                notices=(models.notice, *self.home.notices),
            )
            async with aclosing(self._rounds(graph, thread, start, watcher)) as events:
                async for event in events:
                    yield event
            snapshot = await graph.aget_state(_config(thread.id))
            for event in watcher.proposals(Pending.of(interrupt) for interrupt in snapshot.interrupts):
                yield event
            outcome = await outcome_of(thread, snapshot, self.home)
        except (asyncio.CancelledError, GeneratorExit):
            await self._note(thread, "interrupted")
            raise
        except Exception as error:
            await self._note(thread, "error", str(error))
            raise
        await self._note(thread, _standing(outcome), outcome.error)
        yield outcome

    async def _rounds(
        self, graph: CompiledStateGraph[Any, Any, Any, Any], thread: Thread, start: Any, watcher: Watcher
    ) -> AsyncGenerator[Event, None]:
        """Invoke until the run ends, or waits for a person who has not answered yet."""
        idle = 0
        while idle < _IDLE_ROUNDS:
            stream = graph.astream(
                start,
                _config(thread.id),
                context=thread.settings.context,
                stream_mode=MODES,
                subgraphs=True,
            )
            async with aclosing(stream) as items:  # type: ignore[type-var]  # it is a generator
                async for item in items:
                    for event in watcher.events(*item):
                        yield event
            snapshot = await graph.aget_state(_config(thread.id))
            if not snapshot.next:
                return
            answers = await self._queued(thread.id, snapshot)
            if snapshot.interrupts and not answers:
                return
            start, idle = (Command(resume=answers), 0) if answers else (None, idle + 1)
        raise ResourceError(
            f"the run {thread.id!r} does not get on: {idle} times it neither ended nor asked; see `repertory show`"
        )

    @asynccontextmanager
    async def _alone(self, thread_id: str) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(self.home.lock_thread(thread_id))
            except ResourceError as error:
                raise BusyError(str(error)) from error
            yield

    async def _queued(self, thread_id: str, snapshot: StateSnapshot) -> dict[str, Any]:
        return await self.threads.queued(thread_id, [interrupt.id for interrupt in snapshot.interrupts])

    async def _note(self, thread: Thread, status: ThreadStatus, error: str | None = None) -> None:
        noted = thread.model_copy(update={"status": status, "error": error, "process": os.getpid()})
        await self.threads.put(noted)


def check_ids(answers: Mapping[str, Any], snapshot: StateSnapshot, thread_id: str) -> None:
    """LangGraph ignores answers to unknown ids in silence.

    Raises:
        NoSuchDecisionError: an id of no decision that is pending.
    """
    pending = [interrupt.id for interrupt in snapshot.interrupts]
    for interrupt_id in answers:
        if interrupt_id not in pending:
            waits = f"it waits for {', '.join(pending)}" if pending else "it waits for none"
            raise NoSuchDecisionError(f"the run {thread_id!r} waits for no decision {interrupt_id!r}; {waits}")


def _standing(outcome: Outcome) -> ThreadStatus:
    known: dict[str, ThreadStatus] = {
        "completed": "completed",
        "failed": "failed",
        "rejected": "rejected",
        "stopped": "stopped",
        "needs_decision": "needs_decision",
    }
    return known.get(outcome.status, "interrupted")


def _config(thread_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id}}


def _no_model(spec: ModelSpec) -> BaseChatModel:
    raise RepertoryError(f"no model is needed to look at a run, but {spec!r} was asked for")


def _is_online(environ: Mapping[str, str]) -> bool:
    return bool(environ.get("OPENAI_API_KEY") or environ.get("OPENAI_BASE_URL"))
