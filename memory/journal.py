"""What a run has done so far, in the store, written before anything else depends on it.

Checkpoints bring a graph back to its last finished node. The journal holds what must not happen twice inside an
unfinished one: model responses, calls of tools, results of steps. It is keyed by run and branch: what a fork of a
thread does differently has a branch of its own, and starts with what it is given and nothing else.
"""

import asyncio
import hashlib
import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from langgraph.store.base import BaseStore, SearchItem

from repertory.memory.plans import Company
from repertory.memory.portable import portable
from repertory.memory.proposals import CallResult, Message, Turn
from repertory.memory.records import Agent, JsonObject, StepResult

ROOT = "repertory_runs"
"""First label of every journal's namespaces; apart from the registry's, whose second label is an owner's name."""

_ALL = 1_000_000
"""Items asked for at once: the store orders by time of change, and pages would lose what changes meanwhile."""


class CallEntry(NamedTuple):
    """A call that was begun. Without a result the process died while it ran, and the outcome is unknown."""

    attempt: int
    result: CallResult | None


class Journal:
    """The journal of one branch of a run.

    Args:
        store: where it is kept.
        run_id: the run.
        branch: digest of what led to this part of the run. What is keyed by the run alone, where it comes from and what
            a person tells its personas, is the same in every branch.
    """

    def __init__(self, store: BaseStore, run_id: str, branch: str = "-") -> None:
        self._store = store
        self._run: tuple[str, ...] = (ROOT, run_id)
        self.run_id, self.branch = run_id, branch
        self._before: dict[str, str] | None = None

    async def origin(self) -> JsonObject:
        """What was kept by `keep_origin`; empty where nothing was."""
        item = await self._store.aget(self._run, "origin")
        return item.value if item else {}

    async def keep_origin(
        self, *, agent: Agent | None = None, forked_from: JsonObject | None = None, thread: str | None = None
    ) -> None:
        """Keep which hierarchy a conversation is with, and where a run comes from that did not begin here.

        Args:
            agent: the hierarchy.
            forked_from: the run that a replay was made from.
            thread: the thread that a transcript was put on.
        """
        known = await self.origin()
        value = {
            "agent": agent.model_dump(mode="json") if agent else known.get("agent"),
            "forked_from": forked_from or known.get("forked_from"),
            "thread": thread or known.get("thread"),
        }
        if value != known:
            await self._store.aput(self._run, "origin", value, index=False)

    async def company(self) -> Company | None:
        """What was approved for this branch."""
        item = await self._store.aget(self._named("company"), "company")
        return Company.model_validate(item.value) if item else None

    async def keep_company(self, company: Company, before: Mapping[str, str] = MappingProxyType({})) -> None:
        """Keep what was approved, so that agents of the plan can find each other.

        Args:
            company: what was approved.
            before: the steps that had ended when this branch began, each with the branch that it was performed in.
        """
        await self._put("company", "company", company.model_dump(mode="json"))
        if before:
            await self._put("company", "before", dict(before))

    async def results(self) -> dict[str, tuple[StepResult, float]]:
        """Results of finished steps, each with the run's seconds of work at its end."""
        items = await self._all("results")
        return {item.key: (StepResult.model_validate(item.value["result"]), item.value["elapsed"]) for item in items}

    async def keep_result(self, result: StepResult, turns: Iterable[Turn], elapsed: float) -> None:
        """Keep how a step ended, with its transcript."""
        value = {
            "result": result.model_dump(mode="json"),
            "turns": [turn.model_dump(mode="json") for turn in turns],
            "elapsed": elapsed,
        }
        await self._put("results", result.step_id, value)

    async def transcript(self, step_id: str) -> list[Turn]:
        """The turns of a finished step, delegates' turns nested in the results of their calls."""
        item = await self._store.aget(self._named("results"), step_id)
        return [Turn.model_validate(turn) for turn in item.value["turns"]] if item else []

    async def turns(self) -> dict[str, Turn]:
        """All turns kept, by `frame#n`; delegates' turns are entries of their own."""
        return {item.key: Turn.model_validate(item.value) for item in await self._all("turns")}

    async def keep_turns(self, frame: str, turns: Iterable[Turn]) -> None:
        """Keep what a persona proposed, before anything is done about it, and later what became of it."""
        await asyncio.gather(
            *(self._put("turns", f"{frame}#{turn.n}", _flat(turn).model_dump(mode="json")) for turn in turns)
        )

    async def calls(self) -> dict[str, CallEntry]:
        """All calls begun or done, by `frame#call_id`."""
        return {
            item.key: CallEntry(
                item.value["attempt"],
                CallResult.model_validate(item.value["result"]) if item.value["result"] else None,
            )
            for item in await self._all("calls")
        }

    async def begin_call(self, frame: str, call_id: str, attempt: int) -> None:
        """Say that a call that changes something is about to run."""
        await self._put("calls", f"{frame}#{call_id}", {"attempt": attempt, "result": None})

    async def finish_call(self, frame: str, result: CallResult, attempt: int = 1) -> None:
        """Keep what a call brought back; what a delegate did for it is kept as the delegate's own turns."""
        bare = result.model_copy(update={"turns": ()}).model_dump(mode="json")
        await self._put("calls", f"{frame}#{result.call_id}", {"attempt": attempt, "result": bare})

    async def messages(self, senders: Mapping[str, str] | None = None) -> dict[str, list[Message]]:
        """Messages left for each step or persona, in the order in which they came.

        What an agent leaves counts in the branch in which it did, and in those in which its step had ended before.

        Args:
            senders: steps that have ended, each with the branch that it was performed in; None: as they were kept.
        """
        items, before = await asyncio.gather(
            self._store.asearch((*self._run, "messages"), limit=_ALL), self._ended_before()
        )
        senders = before if senders is None else senders
        found: dict[str, list[Message]] = {}
        for item in sorted(items, key=lambda item: item.created_at):
            message = Message.model_validate(item.value["message"])
            branch = item.namespace[-1]
            if message.by == "user" or branch in (self.branch, senders.get(message.sender)):
                found.setdefault(item.value["to"], []).append(message)
        return found

    async def _ended_before(self) -> dict[str, str]:
        if self._before is None:
            item = await self._store.aget(self._named("company"), "before")
            self._before = dict(item.value) if item else {}
        return self._before

    async def keep_message(self, to: str, message: Message) -> None:
        """Keep a message for a step (its id) or for a persona (its path, joined by `/`), under its own id."""
        value = {"to": to, "message": portable(message.model_dump(mode="json"))}
        run = (*self._run, "messages")
        namespace = run if message.by == "user" else (*run, self.branch)
        await self._store.aput(namespace, message.id, value, index=False)

    def _named(self, kind: str) -> tuple[str, ...]:
        return (*self._run, kind, self.branch)

    async def _put(self, kind: str, key: str, value: JsonObject) -> None:
        await self._store.aput(self._named(kind), key, value, index=False)

    async def _all(self, kind: str) -> list[SearchItem]:
        return await self._store.asearch(self._named(kind), limit=_ALL)


def digest(*parts: Any) -> str:
    """The name of a branch: a digest of JSON-like parts that led to it."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _flat(turn: Turn) -> Turn:
    results = tuple(result.model_copy(update={"turns": ()}) for result in turn.results)
    return turn.model_copy(update={"results": results, "at_work": {}, "begun": {}})
