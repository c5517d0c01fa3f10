"""Begin: take a message up, and look what the topic knows about it."""

import uuid
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import Overwrite

from repertory.memory.errors import InputError, ResourceError
from repertory.memory.portable import portable
from repertory.memory.topics.memory import TopicMemory
from repertory.nodes.context import Context, context_of
from repertory.nodes.deps import Deps, Node
from repertory.nodes.topic.state import Asked, TopicState

MAX_INPUT = 20_000
"""Characters of a message; as long as a task may be, since it may become one."""


def beginner(deps: Deps) -> Node:
    """Make the node that takes a message up; nothing of the one before stays but what the topic remembers."""

    async def begin(state: TopicState, runtime: Runtime[Context]) -> dict[str, Any]:
        asked = _checked(state)
        topic = _topic(runtime)
        budget = 2 * context_of(runtime).limits.memory_tokens  # for one prompt, which holds little else
        memory = await memory_at(topic, deps, runtime).recall(asked["input"], budget_tokens=budget)
        return {
            "asked": asked,
            "topic": topic,
            "memory": memory,
            "left": _left(state),
            "answer": "",
            "work": Overwrite({}),
            "usage": Overwrite({}),
            "output": "",
            "tasks": [],
        }

    return begin


def _left(state: TopicState) -> list[str]:
    """Tasks of an exchange that did not come to its report."""
    open_ = [] if state.get("tasks") else state.get("work", {}).values()
    return [task["task"] for task in open_ if task["status"] == "created"]


def memory_at(topic: str, deps: Deps, runtime: Runtime[Context]) -> TopicMemory:
    """The memory of a topic, in the store that the graph was compiled with.

    Raises:
        ResourceError: there is none.
    """
    if runtime.store is None:
        raise ResourceError("a topic needs a store for its memory; compile it with `store=…`")
    return TopicMemory(runtime.store, topic, owner=context_of(runtime).owner, index=deps.index)


def _topic(runtime: Runtime[Context]) -> str:
    """The context's topic, else the thread."""
    execution = runtime.execution_info
    topic = context_of(runtime).topic or (execution.thread_id if execution else None)
    if not topic:
        raise InputError("there is no topic; name a thread, or give `Context(topic=…)`")
    return topic


def _checked(state: TopicState) -> Asked:
    if not isinstance(state.get("input"), str):
        raise InputError('there is no message; give {"input": "…"}')
    text = portable(state["input"]).strip()
    if not text or len(text) > MAX_INPUT:
        raise InputError(f"the message has {len(text)} characters; say it in 1 to {MAX_INPUT}")
    for name in ("create_task", "parallel"):
        if state.get(name) not in (True, False, None):
            raise InputError(f"{name} is {state.get(name)!r}; give true, false or null")
    return Asked(
        input=text,
        create_task=state.get("create_task"),
        parallel=state.get("parallel"),
        interaction_id=state.get("interaction_id") or uuid.uuid4().hex,
    )
