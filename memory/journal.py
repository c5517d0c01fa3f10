"""What a run has done so far, in the store, written before anything else depends on it.

Checkpoints bring a graph back to its last finished node. The journal holds what must not happen twice inside an
unfinished one: model responses, calls of tools, results of steps. It is keyed by run, so that a fork under a new
run id starts with what it is given and nothing else.
"""

from typing import Any, NamedTuple

from langgraph.store.base import BaseStore, SearchItem

from repertory.memory.plans import Company
from repertory.memory.proposals import CallResult, Message, Turn
from repertory.memory.records import StepResult

ROOT = "repertory_runs"
"""First label of every journal's namespaces; apart from the registry's, whose second label is an owner's name."""

_ALL = 1_000_000
"""Items asked for at once: the store orders by time of change, and pages would lose what changes meanwhile."""


class CallEntry(NamedTuple):
    """A call that was begun. Without a result the process died while it ran, and the outcome is unknown."""

    attempt: int
    result: CallResult | None


class Journal:
    """The journal of one run."""

    def __init__(self, store: BaseStore, run_id: str) -> None:
        self._store = store
        self._root = (ROOT, run_id)

    async def company(self) -> Company | None:
        """What was approved for this run."""
        item = await self._store.aget(self._root, "company")
        return Company.model_validate(item.value) if item else None

    async def keep_company(self, company: Company) -> None:
        """Keep what was approved, so that agents of the plan can find each other."""
        await self._store.aput(self._root, "company", company.model_dump(mode="json"), index=False)

    async def results(self) -> dict[str, tuple[StepResult, float]]:
        """Results of finished steps, each with the run's seconds of work at its end."""
        items = await self._all("results")
        return {item.key: (StepResult.model_validate(item.value["result"]), item.value["elapsed"]) for item in items}

    async def keep_result(self, result: StepResult, turns: list[Turn], elapsed: float) -> None:
        """Keep how a step ended, with its transcript."""
        value = {
            "result": result.model_dump(mode="json"),
            "turns": [turn.model_dump(mode="json") for turn in turns],
            "elapsed": elapsed,
        }
        await self._store.aput((*self._root, "results"), result.step_id, value, index=False)

    async def transcript(self, step_id: str) -> list[Turn]:
        """The turns of a finished step, delegates' turns nested in the results of their calls."""
        item = await self._store.aget((*self._root, "results"), step_id)
        return [Turn.model_validate(turn) for turn in item.value["turns"]] if item else []

    async def turns(self) -> dict[str, Turn]:
        """All turns kept, by `frame#n`."""
        return {item.key: Turn.model_validate(item.value) for item in await self._all("turns")}

    async def keep_turn(self, frame: str, turn: Turn) -> None:
        """Keep a model's response before anything is done about it."""
        await self._store.aput((*self._root, "turns"), f"{frame}#{turn.n}", turn.model_dump(mode="json"), index=False)

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
        await self._keep_call(frame, call_id, {"attempt": attempt, "result": None})

    async def finish_call(self, frame: str, result: CallResult, attempt: int) -> None:
        """Keep what a call brought back."""
        value = {"attempt": attempt, "result": result.model_dump(mode="json")}
        await self._keep_call(frame, result.call_id, value)

    async def messages(self) -> dict[str, list[Message]]:
        """Messages left for each step, in the order of their keys."""
        found: dict[str, list[Message]] = {}
        for item in sorted(await self._all("messages"), key=lambda item: item.created_at):
            found.setdefault(item.value["to"], []).append(Message.model_validate(item.value["message"]))
        return found

    async def keep_message(self, to: str, message: Message) -> None:
        """Keep a message for a step, under its id."""
        value = {"to": to, "message": message.model_dump(mode="json")}
        await self._store.aput((*self._root, "messages"), message.id, value, index=False)

    async def _keep_call(self, frame: str, call_id: str, value: dict[str, Any]) -> None:
        await self._store.aput((*self._root, "calls"), f"{frame}#{call_id}", value, index=False)

    async def _all(self, kind: str) -> list[SearchItem]:
        return await self._store.asearch((*self._root, kind), limit=_ALL)
