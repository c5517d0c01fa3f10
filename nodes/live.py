"""What lives only while a run is being performed in this process: who is at work, who waits for whom, the budget."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from repertory.memory.errors import ResourceError
from repertory.memory.journal import CallEntry, Journal
from repertory.memory.proposals import CallResult, Message, Turn, decided_calls
from repertory.memory.records import StepResult, Usage
from repertory.memory.transcripts.assembly import Assembly
from repertory.nodes.budget import Budget
from repertory.nodes.context import Limits

_GRACE = 0.02
"""Seconds that a step waits for the lane of a need to show up before it parks: all lanes start together."""


class LiveRun:
    """One run at work. All of it can be rebuilt from the journal."""

    def __init__(self, journal: Journal, limits: Limits) -> None:
        self.journal = journal
        self.limits = limits
        self.budget = Budget(limits)
        self.results: dict[str, StepResult] = {}
        self.turns: dict[str, Turn] = {}
        """All turns of this branch by `frame#n`, those of delegates nested as well as by themselves."""
        self.calls: dict[str, CallEntry] = {}
        self.messages: dict[str, list[Message]] = {}
        self.said: dict[str, str] = {}
        """What the root was told, by key of the message; empty in a planner's run."""
        self.spoken: dict[str, int] = {}
        self.costs: dict[str, Usage] = {}
        self.lanes = 0
        self._at_work: dict[str, asyncio.Future[StepResult | None]] = {}
        self._loading = asyncio.Lock()
        self._loaded = False

    async def load(self, spent: Usage, elapsed: float) -> None:
        """Take up what the journal knows; `spent` and `elapsed` are the run's before it was performed."""
        async with self._loading:
            if self._loaded:
                return
            results, self.messages, turns, self.calls = await asyncio.gather(  # one batch, in stores that gather
                self.journal.results(), self.journal.messages(), self.journal.turns(), self.journal.calls()
            )
            self.turns = Assembly(turns, self.calls).turns()
            self.results = {step_id: result for step_id, (result, _) in results.items()}
            for step_id in self._at_work:
                self._drop_stopped(step_id)
            self.costs = {step_id: result.usage for step_id, result in self.results.items()}
            for step_id, usage in self._unfinished():
                self.costs[step_id] = self.costs.get(step_id, Usage()) + usage
            spent = sum(self.costs.values(), spent)
            self.budget = Budget(self.limits, spent, max([elapsed, *(at for _, at in results.values())]))
            self._loaded = True

    async def keep(self, frame: str, turns: Sequence[Turn]) -> None:
        """Keep turns of a persona as they are now."""
        self.turns |= {f"{frame}#{turn.n}": turn for turn in turns}
        await self.journal.keep_turns(frame, turns)

    async def keep_report(self, frame: str, turns: Sequence[Turn], report: CallResult) -> None:
        """Keep how a delegate ended: its last turns, and what its coordinator gets."""
        coordinator, _, call_id = frame.rpartition("/")
        report = report.model_copy(update={"call_id": call_id})
        await asyncio.gather(self.keep(frame, turns), self.journal.finish_call(coordinator, report))

    async def recall(self, journals: Iterable[Journal]) -> None:
        """Take up the turns of earlier messages of a conversation, for personas that remember them."""
        for turns, calls in await asyncio.gather(*(_read(journal) for journal in journals)):
            self.turns |= Assembly(turns, calls).turns()

    async def hear(self) -> None:
        """Take up messages that were left since, perhaps by another process."""
        self.messages = await self.journal.messages()

    def frame(self, key: str) -> tuple[Turn, ...]:
        """The turns of a frame so far."""
        turns = [turn for name, turn in self.turns.items() if name.rpartition("#")[0] == key]
        return tuple(sorted(turns, key=lambda turn: turn.n))

    def told(self, frame: str) -> str:
        """What the persona of a frame was told."""
        coordinator, _, call_id = frame.rpartition("/")
        if not coordinator:
            return self.said.get(frame, "")
        turn = self.turns[f"{coordinator}#{call_id.partition('.')[0]}"]
        return next(str(call.arguments["message"]) for call in decided_calls(turn) if call.id == call_id)

    def know(self, results: Iterable[StepResult]) -> None:
        """Take up results from the run's state that the journal does not have."""
        for result in results:
            self.results.setdefault(result.step_id, result)

    def _unfinished(self) -> list[tuple[str, Usage]]:
        """What the steps that have no result yet have cost: their turns, and the questions that they asked."""
        turns = [(key, turn.usage) for key, turn in self.turns.items()]
        asked = [(key, entry.result.usage) for key, entry in self.calls.items() if entry.result]
        by_step = [(re.split("[/#]", key)[0], usage) for key, usage in turns + asked]
        return [(step_id, usage) for step_id, usage in by_step if step_id not in self.results]

    def meter(self, step_id: str | None) -> "StepBudget":
        """The run's budget for one step: what the step costs is known, however it ends."""
        return StepBudget(self, step_id or "")

    def begin(self, step_id: str) -> None:
        """A lane took up this step.

        Raises:
            ResourceError: another lane is at it, since the same thread was invoked twice at once.
        """
        if step_id in self._at_work:
            raise ResourceError(
                f"step {step_id!r} is being performed by another invocation of this thread; wait for that one to end"
            )
        self.lanes += 1
        self._drop_stopped(step_id)
        self._at_work[step_id] = asyncio.get_running_loop().create_future()

    def _drop_stopped(self, step_id: str) -> None:
        """A step that a limit stopped is taken up again where it gets another lane: the limit may be higher now."""
        result = self.results.get(step_id)
        if result is not None and result.status == "stopped":
            del self.results[step_id]

    def end(self, step_id: str, result: StepResult | None) -> None:
        """The lane let go of it: with a result, or without one because it waits for a person."""
        if result is not None:
            self.results[step_id] = result
        future = self._at_work.pop(step_id)
        if not future.done():
            future.set_result(result)
        self.lanes -= 1

    async def result(self, step_id: str) -> StepResult | None:
        """Wait for a step's result; None when it cannot come in this invocation, because the step is parked."""
        if step_id not in self.results and step_id not in self._at_work:
            await asyncio.sleep(_GRACE)
        if step_id in self.results:
            return self.results[step_id]
        future = self._at_work.get(step_id)
        return await asyncio.shield(future) if future else None


async def _read(journal: Journal) -> tuple[dict[str, Turn], dict[str, CallEntry]]:
    turns, calls = await asyncio.gather(journal.turns(), journal.calls())
    return turns, calls


class StepBudget:
    """The run's budget, which writes down what one step spends of it."""

    def __init__(self, run: LiveRun, step_id: str) -> None:
        self._run, self._step_id = run, step_id

    def call(self) -> AbstractAsyncContextManager[None]:
        """As the run's budget."""
        return self._run.budget.call()

    def spend(self, usage: Usage) -> None:
        """Count what a call cost, for the run and for the step."""
        self._run.budget.spend(usage)
        self._run.costs[self._step_id] = self._run.costs.get(self._step_id, Usage()) + usage


class LiveRuns:
    """The runs being performed in this process."""

    def __init__(self) -> None:
        self._runs: dict[tuple[str, str], LiveRun] = {}

    @asynccontextmanager
    async def lane(
        self, journal: Journal, step_id: str, limits: Limits
    ) -> AsyncIterator[tuple[LiveRun, dict[str, StepResult]]]:
        """Take part in a run with one step.

        Gives the run and a slot: what is put there under the step's id when the lane ends is what waiting lanes get.
        """
        key = (journal.run_id, journal.branch)
        run = self._runs.setdefault(key, LiveRun(journal, limits))
        run.begin(step_id)
        slot: dict[str, StepResult] = {}
        try:
            yield run, slot
        finally:
            run.end(step_id, slot.get(step_id))
            if run.lanes == 0:
                self._runs.pop(key, None)

    def is_at_work(self, run_id: str) -> bool:
        """Whether any branch of a run is being performed here."""
        return any(run == run_id for run, _ in self._runs)

    def at(self, run_id: str, branch: str) -> LiveRun:
        """A branch of a run that is being performed here (KeyError where it is not)."""
        return self._runs[run_id, branch]
