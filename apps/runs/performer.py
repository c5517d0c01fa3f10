"""Performs runs of a home: starts them, goes on with them, and tells what happens."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.types import Command, StateSnapshot

from repertory.apps.runs.events import Event, Outcome, Pending, Started
from repertory.apps.runs.outcome import outcome_of
from repertory.apps.runs.stage import Graph, Stage
from repertory.apps.runs.threads import Settings, Thread, Threads, ThreadStatus, new_thread
from repertory.apps.runs.watch import MODES, STREAMED, Watcher
from repertory.memory.errors import InputError, ResourceError
from repertory.memory.home import Home
from repertory.nodes.models.configured import ConfiguredModels, configured_models

OFFLINE = "offline"
_IDLE_ROUNDS = 3
"""Invocations in a row that end without a question and without the end of the run, before it is given up."""


class BusyError(ResourceError):
    """Another process, or another task of this one, performs the run."""


class NoSuchDecisionError(InputError):
    """An answer to a decision that is not, or no longer, pending."""


class Performer:
    """Runs of one home, performed in this process.

    Args:
        home: where they are kept.
        environ: keys and addresses of models.
        stream: whether proposals are told of piece by piece, as they are written.
    """

    def __init__(self, home: Home, environ: Mapping[str, str], *, stream: bool = False) -> None:
        self.home = home
        self.threads = Threads(home.store)
        self.stage = Stage(home)
        self._environ = environ
        self._modes = [*MODES, *STREAMED] if stream else MODES

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
        settings = self.served(settings)
        thread = new_thread(thread_id, settings)
        async with self.alone(thread.id):
            if await self.threads.find(thread.id) is not None:
                raise InputError(
                    f"there is a run {thread.id!r} already: go on with it (`repertory resume {thread.id}`, "
                    f"`repertory answer {thread.id}`), or give another name"
                )
            async with aclosing(self._perform(thread, _start(settings), models, resumed=False)) as events:
                async for event in events:
                    yield event

    async def say(self, thread_id: str, message: str) -> AsyncGenerator[Event, None]:
        """Go on with a conversation: its next message.

        Args:
            thread_id: its name.
            message: what the root persona is told.

        Raises:
            InputError: no such conversation, or it waits for a decision, or was broken off.
        """
        thread = await self.threads.get(thread_id)
        if thread.settings.agent is None:
            raise InputError(f"{thread_id!r} is a run of the planner, no conversation; begin one with `repertory chat`")
        async with self.alone(thread_id):
            snapshot = await self.snapshot(thread_id)
            if snapshot.next:
                how = f"repertory {'answer' if snapshot.interrupts else 'resume'} {thread_id}"
                raise InputError(f"the conversation {thread_id!r} is not through with the last message; `{how}`")
            models = self._models(thread)
            async with aclosing(self._perform(thread, {"message": message}, models, resumed=True)) as events:
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
        async with self.alone(thread_id):
            snapshot = await self.snapshot(thread_id)
            check_ids(answers or {}, snapshot, thread_id)
            if snapshot.values and not snapshot.next:
                yield await outcome_of(thread, snapshot, self.home)
                return
            models = self._models(thread)
            start: Any = None if snapshot.values else _start(thread.settings)
            answers = {**await self._queued(thread_id, snapshot), **(answers or {})}
            await self.threads.queue(thread_id, answers)  # whoever comes now finds them answered
            start = Command(resume=answers) if answers else start
            async with aclosing(self._perform(thread, start, models, resumed=True)) as events:
                async for event in events:
                    yield event

    def served(self, settings: Settings) -> Settings:
        """With the model that serves now, which serves to the end, whatever the environment of those who go on."""
        models = configured_models(settings.model, environ=self._environ)
        offline = models.default == OFFLINE or not self._is_online()
        return settings.model_copy(update={"model": OFFLINE if offline else models.default})

    async def outcome(self, thread_id: str) -> Outcome:
        """How a run stands, without touching it."""
        thread = await self.threads.get(thread_id)
        return await outcome_of(thread, await self.snapshot(thread_id), self.home)

    async def pending(self, thread_id: str) -> tuple[Pending, ...]:
        """The decisions that a run waits for."""
        return tuple(Pending.of(interrupt) for interrupt in (await self.snapshot(thread_id)).interrupts)

    async def snapshot(self, thread_id: str) -> StateSnapshot:
        """The head of a thread."""
        thread = await self.threads.get(thread_id)
        return await self.stage.graph(thread.settings).aget_state(config_of(thread_id))

    async def queue(self, thread_id: str, answers: Mapping[str, Any]) -> None:
        """Leave answers for the process that performs the run: it takes them up when it comes to a rest.

        Raises:
            NoSuchDecisionError: no such decision, or somebody has answered it.
        """
        check_ids(answers, await self.snapshot(thread_id), thread_id)
        if twice := sorted(set(answers) & await self.threads.answered(thread_id)):
            raise NoSuchDecisionError(
                f"the decision {twice[0]!r} of the run {thread_id!r} has just been answered by somebody else; "
                f"`repertory show {thread_id}` says how it stands"
            )
        await self.threads.queue(thread_id, dict(answers))

    async def _perform(
        self, thread: Thread, start: Any, models: ConfiguredModels, *, resumed: bool
    ) -> AsyncGenerator[Event, None]:
        settings, watcher = thread.settings, Watcher()
        graph = self.stage.graph(settings, models)
        await self._note(thread, "running")
        try:
            yield Started(
                thread_id=thread.id,
                task=settings.task,
                workspace=settings.workspace,
                resumed=resumed,
                notices=(models.notice, *self._stand_ins(settings), *self.home.notices),
            )
            async with aclosing(self._rounds(graph, thread, start, watcher)) as events:
                async for event in events:
                    yield event
            snapshot = await graph.aget_state(config_of(thread.id))
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

    async def _rounds(self, graph: Graph, thread: Thread, start: Any, watcher: Watcher) -> AsyncGenerator[Event, None]:
        """Invoke until the run ends, or waits for a person who has not answered yet."""
        idle = 0
        while idle < _IDLE_ROUNDS:
            settings = (await self.threads.get(thread.id)).settings  # the policy may have been changed
            stream = graph.astream(
                start, config_of(thread.id), context=settings.context, stream_mode=self._modes, subgraphs=True
            )
            async with aclosing(stream) as items:  # type: ignore[type-var]  # it is a generator
                async for item in items:
                    for event in watcher.events(*item):
                        yield event
            snapshot = await graph.aget_state(config_of(thread.id))
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
    async def alone(self, thread_id: str) -> AsyncIterator[None]:
        """Hold a thread.

        Raises:
            BusyError: somebody else does.
        """
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(self.home.lock_thread(thread_id))
            except ResourceError as error:
                raise BusyError(str(error)) from error
            yield

    def _models(self, thread: Thread) -> ConfiguredModels:
        """The models that a run was begun with."""
        if thread.settings.model != OFFLINE and not self._is_online():
            needs = "set OPENAI_API_KEY or OPENAI_BASE_URL"
            raise ResourceError(f"the run {thread.id!r} was begun with {thread.settings.model!r}: {needs}")
        return configured_models(thread.settings.model, environ=self._environ)

    async def _queued(self, thread_id: str, snapshot: StateSnapshot) -> dict[str, Any]:
        return await self.threads.queued(thread_id, [interrupt.id for interrupt in snapshot.interrupts])

    async def _note(self, thread: Thread, status: ThreadStatus, error: str | None = None) -> None:
        known = await self.threads.find(thread.id) or thread  # its policy may have been changed meanwhile
        await self.threads.put(known.model_copy(update={"status": status, "error": error, "process": os.getpid()}))

    def _stand_ins(self, settings: Settings) -> tuple[str, ...]:
        """Which models personas name that do not serve here."""
        agents = settings.agent.paths().values() if settings.agent else ()
        names = sorted({agent.model.name for agent in agents if agent.model.name not in (None, OFFLINE)} - {None})
        if not names or self._is_online():
            return ()
        return (f"the offline model stands in for {', '.join(map(str, names))}; set OPENAI_API_KEY or OPENAI_BASE_URL",)

    def _is_online(self) -> bool:
        return bool(self._environ.get("OPENAI_API_KEY") or self._environ.get("OPENAI_BASE_URL"))


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


def config_of(thread_id: str) -> RunnableConfig:
    """A thread as LangGraph names it."""
    return {"configurable": {"thread_id": thread_id}}


def _start(settings: Settings) -> dict[str, str]:
    return {"message" if settings.agent else "task": settings.task}


def _standing(outcome: Outcome) -> ThreadStatus:
    known: dict[str, ThreadStatus] = {
        "completed": "completed",
        "failed": "failed",
        "rejected": "rejected",
        "stopped": "stopped",
        "needs_decision": "needs_decision",
    }
    return known.get(outcome.status, "interrupted")
