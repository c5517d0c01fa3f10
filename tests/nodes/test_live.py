"""A run at work: lanes meet here, and what they meet with can be rebuilt from the journal."""

import asyncio
from typing import Any

import pytest
from langgraph.store.memory import InMemoryStore

from repertory.memory.errors import ResourceError
from repertory.memory.journal import Journal
from repertory.memory.proposals import CallResult, Proposal, Turn
from repertory.memory.records import StepResult, Usage
from repertory.nodes.context import Limits
from repertory.nodes.live import LiveRuns

DONE = StepResult(step_id="a", status="done", usage=Usage(model_calls=2))


async def test_a_lane_gets_what_another_leaves() -> None:
    """As soon as it is there; and None where the other parks, or never came."""
    runs, store = LiveRuns(), InMemoryStore()

    async def leave(step_id: str, result: StepResult | None) -> None:
        async with runs.lane(Journal(store, "r"), step_id, Limits()) as (run, slot):
            await run.load(Usage(), 0)
            await asyncio.sleep(0.01)
            if result:
                slot[step_id] = result

    async def take() -> list[StepResult | None]:
        async with runs.lane(Journal(store, "r"), "taker", Limits()) as (run, _):
            await run.load(Usage(), 0)
            return [await run.result(step_id) for step_id in ("a", "parked", "nobody")]

    _, _, taken = await asyncio.gather(leave("a", DONE), leave("parked", None), take())
    assert taken == [DONE, None, None]
    with pytest.raises(KeyError):
        runs.at("r", "-")


async def test_runs_do_not_meet() -> None:
    """Two runs with steps of the same name."""
    runs, store = LiveRuns(), InMemoryStore()
    async with (
        runs.lane(Journal(store, "r1"), "a", Limits()) as (one, _),
        runs.lane(Journal(store, "r2"), "a", Limits()) as (two, _),
    ):
        assert one is not two
        assert runs.at("r1", "-") is one


async def test_one_step_is_performed_once_at_a_time() -> None:
    """The second lane is refused, and the first is not disturbed."""
    runs, store = LiveRuns(), InMemoryStore()
    async with runs.lane(Journal(store, "r"), "a", Limits()) as (run, slot):
        with pytest.raises(ResourceError, match="'a'"):
            async with runs.lane(Journal(store, "r"), "a", Limits()):
                pytest.fail("two lanes perform one step")
        assert run.lanes == 1
        slot["a"] = DONE
    with pytest.raises(KeyError):
        runs.at("r", "-")


async def test_what_a_run_spent_before_is_known_once() -> None:
    """Results, turns of unfinished steps and of their delegates, questions asked; each once."""
    store = InMemoryStore()
    journal = Journal(store, "r")
    proposal = Proposal(id="p", path=("x",), kind="reply")
    await journal.keep_result(DONE, [], 3.5)
    await journal.keep_turns("a", [Turn(n=0, proposal=proposal, usage=Usage(model_calls=2))])  # part of the result
    await journal.keep_turns("b", [Turn(n=0, proposal=proposal, usage=Usage(model_calls=4))])
    await journal.keep_turns("b/0.0", [Turn(n=0, proposal=proposal, usage=Usage(model_calls=8))])
    await journal.finish_call("b", CallResult(call_id="0.1", status="done", text="", usage=Usage(model_calls=16)), 1)
    runs = LiveRuns()
    async with runs.lane(Journal(store, "r"), "b", Limits()) as (run, _):
        await run.load(Usage(model_calls=1), 2.0)
        await run.load(Usage(model_calls=1), 2.0)
        assert run.budget.spent.model_calls == 1 + 2 + 4 + 8 + 16
        assert run.costs["b"].model_calls == 28
        assert 3.5 <= run.budget.elapsed < 4.5
        run.meter("b").spend(Usage(model_calls=1))
        assert (run.costs["b"].model_calls, run.budget.spent.model_calls) == (29, 32)


async def test_what_a_run_takes_up_is_read_at_once() -> None:
    """All that the journal is asked is asked before the first answer: one batch, where the store gathers."""

    class Meeting(InMemoryStore):
        def __init__(self) -> None:
            super().__init__()
            self.asked = asyncio.Barrier(4)

        async def asearch(self, *args: Any, **kwargs: Any) -> Any:
            await self.asked.wait()
            return await super().asearch(*args, **kwargs)

    async with LiveRuns().lane(Journal(Meeting(), "r"), "a", Limits()) as (run, _), asyncio.timeout(5):
        await run.load(Usage(), 0)
        assert run.results == {}


async def test_a_stopped_step_that_gets_a_lane_again_is_taken_up() -> None:
    """Another that needs it waits for the lane; where it gets none, it stays stopped."""
    store = InMemoryStore()
    stopped = StepResult(step_id="a", status="stopped", error="limit")
    await Journal(store, "r").keep_result(stopped, [], 1.0)
    runs = LiveRuns()
    async with runs.lane(Journal(store, "r"), "b", Limits()) as (run, _):
        await run.load(Usage(), 0)
        assert await run.result("a") == stopped
        async with runs.lane(Journal(store, "r"), "a", Limits()) as (_, slot):
            waiting = asyncio.create_task(run.result("a"))
            await asyncio.sleep(0)
            slot["a"] = DONE
        assert await waiting == DONE
