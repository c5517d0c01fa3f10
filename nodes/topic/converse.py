"""Converse: answer a message from the conversation and the topic's memory, or make tasks of it."""

from collections.abc import Sequence
from typing import NamedTuple

from langgraph.runtime import Runtime
from pydantic import Field

from repertory.memory.errors import InputError
from repertory.memory.records import ModelSpec
from repertory.nodes.budget import Budget
from repertory.nodes.context import Context, context_of
from repertory.nodes.deps import Deps, Node
from repertory.nodes.models.responses import structured
from repertory.nodes.planner.drafts import Draft
from repertory.nodes.prompts import render
from repertory.nodes.topic.begin import MAX_INPUT, memory_at
from repertory.nodes.topic.state import TopicState, TopicTask, TopicUpdate

MAX_TASKS = 8
"""Tasks that one message may become."""


class TopicTurn(Draft):
    """What is to be done about a message."""

    answer: str = Field(description="what to say to the user now; empty where the tasks are all there is to it")
    tasks: list[str] = Field(description="what is to be done, each to be understood by itself; empty for none")
    parallel: bool = Field(description="whether the tasks can be done at the same time, or one builds on the other")


class _Derived(NamedTuple):
    answer: str
    tasks: Sequence[str]
    parallel: bool


def converser(deps: Deps) -> Node:
    """Make the node that answers a message or makes tasks of it: one model call, none where it is to be a task."""

    async def converse(state: TopicState, runtime: Runtime[Context]) -> TopicUpdate:
        update: TopicUpdate = {}
        asked = state["asked"]
        if asked["create_task"]:
            derived = _Derived("", [asked["input"]], parallel=False)
        else:
            limits = context_of(runtime).limits
            answers = asked["create_task"] is False
            messages = render("converse", input=asked["input"], memory=state["memory"], answers_only=answers)

            def check(turn: TopicTurn) -> _Derived:
                return _derived(turn, answers_only=answers)

            derived, usage = await structured(
                deps.models(ModelSpec()),
                messages,
                TopicTurn,
                check,
                budget=Budget(limits),
                attempts=limits.plan_attempts,
            )
            update["usage"] = {"converse": usage}
        memory, interaction = memory_at(state["topic"], deps, runtime), asked["interaction_id"]
        await memory.note_interaction(interaction, said=asked["input"], answered=derived.answer)
        parallel = derived.parallel if asked["parallel"] is None else asked["parallel"]
        return {**update, "answer": derived.answer, "work": _work(interaction, derived.tasks, parallel=parallel)}

    return converse


def _derived(turn: TopicTurn, *, answers_only: bool) -> _Derived:
    answer = turn.answer.strip()
    tasks = [] if answers_only else [text for task in turn.tasks if (text := task.strip())]
    if not answer and not tasks:
        raise InputError("there is neither an answer nor a task; give one of them")
    if len(tasks) > MAX_TASKS:
        raise InputError(f"there are {len(tasks)} tasks; put together what belongs together, {MAX_TASKS} at the most")
    if long := [task for task in tasks if len(task) > MAX_INPUT]:
        raise InputError(f"a task has {len(long[0])} characters; say it in {MAX_INPUT}")
    return _Derived(answer, tasks, turn.parallel)


def _work(interaction: str, texts: Sequence[str], *, parallel: bool) -> dict[str, TopicTask]:
    work: dict[str, TopicTask] = {}
    before: str | None = None
    for n, text in enumerate(texts, start=1):
        task_id = f"{interaction}-{n}"
        work[task_id] = TopicTask(
            id=task_id, task=text, after=before, status="created", answer="", error=None, run_id=None
        )
        before = None if parallel else task_id
    return work
