"""Perform: the tasks of a message run through the planner, one after the other or all at once."""

from typing import Any

from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send

from repertory.memory.errors import ModelError
from repertory.memory.records import Usage
from repertory.nodes.context import Context, context_of
from repertory.nodes.deps import Node
from repertory.nodes.topic.state import Status, TaskInput, TopicState, TopicTask, TopicUpdate

_CAME = {
    "failed": "failed",
    "rejected": "was rejected",
    "stopped": "was stopped",
    "skipped": "was not begun",
}


def next_tasks(state: TopicState) -> list[Send]:
    """The tasks that are to be performed now; none where all have ended."""
    work = state["work"]
    return [
        Send("task", TaskInput(task=task, topic=state["topic"]))
        for task in work.values()
        if task["status"] == "created" and (task["after"] is None or work[task["after"]]["status"] == "completed")
    ]


def scheduler() -> Node:
    """Make the node from which tasks start: what was to follow a task that did not complete is not begun."""

    async def perform(state: TopicState) -> TopicUpdate:
        work = dict(state["work"])
        for task_id, task in state["work"].items():  # one that is skipped has its followers skipped
            before = work[task["after"]] if task["after"] else None
            if task["status"] == "created" and before and before["status"] not in ("created", "completed"):
                reason = f"it was to follow {before['task']!r}, which {_CAME[before['status']]}"
                work[task_id] = _ended(task, "skipped", error=reason)
        return {"work": work}

    return perform


def performer(planner: CompiledStateGraph[Any, Any, Any, Any]) -> Node:
    """Make the node that performs one task. Its proposals interrupt, at any depth; what is done is not done again.

    Args:
        planner: compiled without a checkpointer, so that it keeps its runs where this one is kept.
    """

    async def task(state: TaskInput, runtime: Runtime[Context]) -> TopicUpdate:
        task, context = state["task"], context_of(runtime).model_copy(update={"topic": state["topic"]})
        try:
            out = await planner.ainvoke({"task": task["task"]}, context=context)
        except ModelError as error:  # of this task; others go on
            return {"work": {task["id"]: _ended(task, "failed", error=str(error))}}
        usage = [*out.get("usage", {}).values(), *(result.usage for result in out.get("results", {}).values())]
        ended = _ended(task, out["status"], answer=out["answer"], error=out["error"], run_id=out["run_id"])
        return {"work": {task["id"]: ended}, "usage": {task["id"]: sum(usage, Usage())}}

    return task


def _ended(task: TopicTask, status: Status, **fields: Any) -> TopicTask:
    ended: TopicTask = {**task, "status": status, **fields}  # type: ignore[typeddict-item]  # mypy sees no keys in fields
    return ended
