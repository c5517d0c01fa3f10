"""Report: what is said in the end, the answer and what came of each task; and the topic remembers that it was said."""

from langgraph.runtime import Runtime

from repertory.nodes.context import Context
from repertory.nodes.deps import Deps, Node
from repertory.nodes.topic.begin import memory_at
from repertory.nodes.topic.state import TopicState, TopicTask, TopicUpdate

_SHOWN = 200
"""Characters of a task that are said again."""
_HEADS = {
    "created": "To be done",
    "completed": "Done",
    "failed": "Not done",
    "stopped": "Stopped",
    "rejected": "Not done, as you rejected it",
    "cancelled": "Cancelled",
    "skipped": "Not begun",
}


def feedback(task: str, status: str, answer: str | None = None, error: str | None = None) -> str:
    """The words that report a task back to whoever set it.

    Args:
        task: what was to be done.
        status: how it ended: `completed`, `failed`, `stopped`, `rejected`, `cancelled` or `skipped`.
        answer: what it brought, or what was done of it.
        error: why it was not completed.
    """
    head = f"{_HEADS.get(status, status.capitalize())}: {_short(task)}"
    reason = error if status != "completed" else None
    return "\n\n".join(filter(None, [head, reason, answer if answer != reason else None]))


def reporter(deps: Deps) -> Node:
    """Make the node that ends an exchange."""

    async def report(state: TopicState, runtime: Runtime[Context]) -> TopicUpdate:
        tasks, answer = list(state["work"].values()), state["answer"]
        left = [f"Left as it was, since you went on: {_short(task)}" for task in state.get("left", [])]
        told = [feedback(task["task"], task["status"], task["answer"], task["error"]) for task in tasks if _ended(task)]
        memory = memory_at(state["topic"], deps, runtime)
        # what a completed task brought, its run has noted already
        failed = [feedback(t["task"], t["status"], error=t["error"]) for t in tasks if _ended(t) and not _did(t)]
        remembered = "\n".join(filter(None, [*left, answer, *failed]))
        asked = state["asked"]
        await memory.note_interaction(asked["interaction_id"], said=asked["input"], answered=remembered)
        return {"output": "\n\n".join(filter(None, [*left, answer, *told])), "tasks": tasks}

    return report


def _ended(task: TopicTask) -> bool:
    return task["status"] != "created"


def _did(task: TopicTask) -> bool:
    return task["status"] == "completed"


def _short(task: str) -> str:
    line = " ".join(task.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 4]} […]"
