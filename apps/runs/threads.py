"""What is known about a run beside its checkpoints: its settings, how it stands, and answers waiting to be taken up."""

import os
import re
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from repertory.memory.errors import InputError
from repertory.memory.records import Agent, Record
from repertory.nodes.context import Context, Limits
from repertory.nodes.decisions.policy import PolicyLike

if TYPE_CHECKING:
    from langgraph.store.base import BaseStore

_THREADS = ("repertory", "threads")
_ANSWERS = ("repertory", "answers")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_MOST = 1_000_000

ThreadStatus = Literal[
    "running", "interrupted", "needs_decision", "completed", "failed", "rejected", "stopped", "error"
]
"""`interrupted`: its process died or was told to stop. `error`: it raised; both go on with `resume`."""


class Settings(Record):
    """What a run was started with. LangGraph does not keep it, so it is kept here and used by whoever goes on."""

    task: str
    """What is to be done; in a conversation, the first message."""
    agent: Agent | None = None
    """Whom the conversation is with; None: the planner performs the task."""
    workspace: str
    """Absolute path of the folder that the file tools see."""
    policy: PolicyLike = "supervised"
    model: str | None = None
    """`provider:model`; None: what the environment says."""
    limits: Limits = Limits()
    allow_private: bool = False
    """Whether pages may be fetched from private addresses."""
    owner: str = "local"
    """Whose agents are cast and kept."""
    libraries: tuple[str, ...] = ()
    """Owners whose agents may be cast, too."""

    @property
    def context(self) -> Context:
        """As LangGraph context."""
        return Context(policy=self.policy, limits=self.limits, owner=self.owner, libraries=self.libraries)


class Thread(Record):
    """A run under its name."""

    id: str
    settings: Settings
    created: str
    """When, in ISO 8601, UTC."""
    status: ThreadStatus = "running"
    error: str | None = None
    process: int | None = None
    """Id of the process that performs it, or did last."""

    @property
    def standing(self) -> ThreadStatus:
        """The status; a run whose process is gone does not run any more."""
        return "interrupted" if self.status == "running" and not _lives(self.process) else self.status


class Threads:
    """The runs of a home."""

    def __init__(self, store: "BaseStore") -> None:
        self._store = store

    async def get(self, thread_id: str) -> Thread:
        """The run of that name.

        Raises:
            InputError: there is none.
        """
        thread = await self.find(thread_id)
        if thread is None:
            latest = ", ".join(repr(thread.id) for thread in (await self.all())[:5]) or "none yet"
            raise InputError(f"there is no run {thread_id!r} here; the latest: {latest}")
        return thread

    async def find(self, thread_id: str) -> Thread | None:
        """The run of that name, or None."""
        item = await self._store.aget(_THREADS, thread_id)
        return None if item is None else Thread.model_validate(item.value)

    async def all(self) -> list[Thread]:
        """All runs, the newest first."""
        items = await self._store.asearch(_THREADS, limit=_MOST)
        threads = [Thread.model_validate(item.value) for item in items if tuple(item.namespace) == _THREADS]
        return sorted(threads, key=lambda thread: thread.created, reverse=True)

    async def put(self, thread: Thread) -> None:
        """Keep it, or how it stands now."""
        await self._store.aput(_THREADS, thread.id, thread.model_dump(mode="json"), index=False)

    async def queue(self, thread_id: str, answers: dict[str, Any]) -> None:
        """Leave answers, by interrupt id, for the process that performs the run, or will."""
        for interrupt_id, answer in answers.items():
            await self._store.aput((*_ANSWERS, thread_id), interrupt_id, {"answer": answer}, index=False)

    async def answered(self, thread_id: str) -> set[str]:
        """Ids of decisions for which an answer is there, taken up already or not."""
        return {item.key for item in await self._store.asearch((*_ANSWERS, thread_id), limit=_MOST)}

    async def queued(self, thread_id: str, pending: Iterable[str]) -> dict[str, Any]:
        """Answers left for decisions that are pending. They stay until these are not; others came too late, and go."""
        waiting, left = set(pending), {}
        for item in await self._store.asearch((*_ANSWERS, thread_id), limit=_MOST):
            if item.key in waiting:
                left[item.key] = item.value["answer"]
            else:
                await self._store.adelete((*_ANSWERS, thread_id), item.key)
        return left


def new_thread(thread_id: str | None, settings: Settings) -> Thread:
    """A run about to start.

    Raises:
        InputError: a name that is not safe in file names and commands.
    """
    name = new_name(settings.task) if thread_id is None else thread_id
    if not _NAME.fullmatch(name):
        raise InputError(f"thread {name!r}: use 1 to 64 letters, digits, - and _, beginning with a letter or digit")
    return Thread(id=name, settings=settings, created=datetime.now(UTC).isoformat(), process=os.getpid())


def new_name(task: str) -> str:
    """A name that says what the run is about, and is not taken."""
    words = re.findall(r"[a-z0-9]+", task.lower().encode("ascii", "ignore").decode())
    return "-".join([*[word[:12] for word in words[:3]], secrets.token_hex(3)])


def fork_name(thread_id: str) -> str:
    """A name for what was made from a run, that is not taken."""
    return f"{thread_id[:56]}-{secrets.token_hex(3)}"


def _lives(process: int | None) -> bool:
    if process is None:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's: it lives
        return True
    return True
