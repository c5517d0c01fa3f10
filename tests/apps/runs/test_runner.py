"""The runner, as servers and notebooks use it: in one process."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from repertory.apps.runs.events import Asked, Event, Outcome, Started, StepChanged
from repertory.apps.runs.runner import BusyError, NoSuchDecisionError, Runner
from repertory.apps.runs.threads import Settings, new_name, new_thread
from repertory.memory.errors import InputError
from repertory.memory.home import open_home
from repertory.memory.records import Agent, ModelSpec


@pytest.fixture
async def runner(tmp_path: Path) -> AsyncIterator[Runner]:
    """A runner at a new home, with the offline model."""
    environ = {"REPERTORY_EMBEDDINGS": "lexical"}
    (tmp_path / "a.txt").write_text("alpha beta\n")
    async with open_home(tmp_path / "home", environ=environ) as home:
        yield Runner(home, environ)


def settings(tmp_path: Path, task: str, **more: Any) -> Settings:
    return Settings(task=task, workspace=str(tmp_path), **more)


async def events_of(events: AsyncIterator[Event]) -> list[Event]:
    return [event async for event in events]


def outcome_of(events: list[Event]) -> Outcome:
    assert isinstance(events[-1], Outcome)
    return events[-1]


async def test_two_runs_at_once_in_one_process(runner: Runner, tmp_path: Path) -> None:
    """Each has its own events and its own answer."""
    runs = [
        events_of(runner.begin(name, settings(tmp_path, f"What is {n} * 3?", policy="autonomous")))
        for name, n in (("one", 2), ("two", 5))
    ]
    one, two = await asyncio.gather(*runs)
    assert "6" in outcome_of(one).answer
    assert "15" in outcome_of(two).answer
    for events in (one, two):
        done = [event for event in events if isinstance(event, StepChanged) and event.status == "done"]
        assert len(done) == len(outcome_of(events).steps)


async def test_a_thread_runs_once_at_a_time_in_one_process(runner: Runner, tmp_path: Path) -> None:
    """A second task at the same run is told so; when the first lets go, it may."""
    first = runner.begin("t", settings(tmp_path, "What is 2 * 3?"))
    await anext(first)
    with pytest.raises(BusyError, match="'t'"):
        await events_of(runner.go_on("t"))
    await first.aclose()
    assert (await runner.threads.get("t")).standing == "interrupted"
    assert outcome_of(await events_of(runner.go_on("t"))).status == "needs_decision"


async def test_a_decision_is_proposed_once_and_answered_by_its_id(runner: Runner, tmp_path: Path) -> None:
    """An unknown id changes nothing; the right one ends the run."""
    events = await events_of(runner.begin("t", settings(tmp_path, "What is 2 * 3?")))
    [proposed] = [event for event in events if isinstance(event, Asked)]
    assert outcome_of(events).pending == (proposed.pending,)
    with pytest.raises(NoSuchDecisionError, match="'nobody'"):
        await events_of(runner.go_on("t", {"nobody": "approve"}))
    with pytest.raises(NoSuchDecisionError, match="'nobody'"):
        await runner.queue("t", {"nobody": "approve"})
    outcome = outcome_of(await events_of(runner.go_on("t", {proposed.pending.id: "approve"})))
    assert outcome.status == "completed"
    assert outcome == await runner.outcome("t")


async def test_an_answer_that_was_left_is_taken_up_by_whoever_goes_on(runner: Runner, tmp_path: Path) -> None:
    """And it is gone afterwards."""
    events = await events_of(runner.begin("t", settings(tmp_path, "What is 2 * 3?")))
    pending = outcome_of(events).pending[0].id
    await runner.queue("t", {pending: {"verdict": "approve"}})
    assert await runner.threads.queued("t", [pending]) == {pending: {"verdict": "approve"}}
    assert outcome_of(await events_of(runner.go_on("t"))).status == "completed"
    assert await runner.threads.queued("t", []) == {}
    assert await runner.threads.queued("t", [pending]) == {}


async def test_a_name_that_is_taken_or_unsafe_is_refused(runner: Runner, tmp_path: Path) -> None:
    """Before anything is kept."""
    await events_of(runner.begin("t", settings(tmp_path, "What is 2 * 3?")))
    for name in ("t", "../t", "a.b", "", "x" * 65):
        with pytest.raises(InputError, match=r"run 't'|thread '"):
            await events_of(runner.begin(name, settings(tmp_path, "What is 2 * 4?")))
    assert [thread.id for thread in await runner.threads.all()] == ["t"]


def test_names_are_made_from_the_task() -> None:
    """They are readable, safe for any task, and differ."""
    assert new_name("Describe sales.csv, please").startswith("describe-sales-csv-")
    names = {new_name(task) for task in ["漢字", "漢字", "-- --", "x" * 500]}
    assert len(names) == 4
    for name in names:
        assert new_thread(name, Settings(task="t", workspace="/")).id == name


async def test_a_model_that_is_named_and_not_there_is_said_to_be_stood_in_for(runner: Runner, tmp_path: Path) -> None:
    """Who compares two models must not be given one twice without a word."""
    low = Agent(name="low", role="Low", description="is low", model=ModelSpec(name="openai:gpt-5.1"))
    top = Agent(name="top", role="Top", description="is top", delegates=(low,))
    talk = runner.begin("t", settings(tmp_path, "hello", agent=top))
    started = await anext(talk)
    await talk.aclose()
    assert isinstance(started, Started)
    assert [notice for notice in started.notices if "stands in for openai:gpt-5.1;" in notice]
