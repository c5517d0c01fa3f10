"""Tools over the memory of the run's topic. They are in toolboxes that were made for topics, and in no others."""

from dataclasses import replace

from langgraph.runtime import Runtime, get_runtime

from repertory.memory.errors import InputError, ToolArgumentsError, ToolError
from repertory.memory.retrieval.index import Index
from repertory.memory.topics.memory import TopicMemory
from repertory.nodes.context import Context, context_of
from repertory.nodes.deps import Deps
from repertory.nodes.tools.toolbox import Toolbox

REMEMBER, RECALL = "remember", "recall"
RECALLED = 800
"""Tokens that one call of `recall` brings back at the most."""


def for_topics(deps: Deps) -> Deps:
    """The same deps with the tools `remember` and `recall`, for runs that have a topic.

    Deps that have them already stay as they are.

    Raises:
        InputError: there is another tool of one of these names.
    """
    if {REMEMBER, RECALL} <= set(deps.toolbox.names):
        return deps
    shown = None if deps.shown is None else [*deps.shown, REMEMBER, RECALL]
    return replace(deps, toolbox=with_memory(deps.toolbox, deps.index), shown=shown)


def with_memory(toolbox: Toolbox, index: Index) -> Toolbox:
    """A toolbox with `remember` and `recall` beside the tools there are.

    Args:
        toolbox: stays as it is.
        index: what texts are embedded with.

    Raises:
        InputError: there is a tool of one of these names.
    """
    tools = MemoryTools(index)
    extended = Toolbox(toolbox)
    extended.add(tools.remember, risk="read", trusted=True)  # it changes nothing but what the topic knows
    extended.add(tools.recall, risk="read", trusted=False)
    return extended


class MemoryTools:
    """What agents do with the memory of their run's topic; topic and store come from LangGraph's runtime.

    Args:
        index: what texts are embedded with.
    """

    def __init__(self, index: Index) -> None:
        self._index = index

    async def remember(self, key: str, value: str) -> str:
        """Note a fact of this topic for later tasks, under a short name; a new value replaces the old one.

        Raises:
            ToolArgumentsError: the name is empty or too long.
            ToolError: the run has no topic.
        """
        memory, runtime = self._memory()
        call = runtime.execution_info.task_id if runtime.execution_info else ""
        try:
            await memory.remember(key, value, writer=f"{call}/{value}" if call else "")
        except InputError as error:
            raise ToolArgumentsError(str(error)) from error
        return f"Noted: {key.strip()} = {value}"

    async def recall(self, query: str) -> str:
        """Look up what this topic remembers: what the user said, facts, results and files of earlier tasks.

        Raises:
            ToolError: the run has no topic.
        """
        memory, _ = self._memory()
        value = await memory.fact(query)
        exact = [] if value is None else [f"A task noted: {query.strip()} = {value}"]
        found = await memory.recall(query, budget_tokens=RECALLED)
        lines = [*exact, *(line for line in found if line not in exact)]
        return "\n".join(f"- {line}" for line in lines) or "The topic remembers nothing."

    def _memory(self) -> tuple[TopicMemory, Runtime[Context]]:
        runtime = get_runtime(Context)
        memory = memory_of(runtime, self._index)
        if memory is None:
            raise ToolError("this run has no topic, and so no memory; give it one with `Context(topic=…)`")
        return memory, runtime


def memory_of(runtime: Runtime[Context], index: Index) -> TopicMemory | None:
    """The memory of the run's topic; None where it has none, or nothing is kept.

    Args:
        runtime: of a node.
        index: what texts are embedded with.
    """
    context = context_of(runtime)
    if context.topic is None or runtime.store is None:
        return None
    return TopicMemory(runtime.store, context.topic, owner=context.owner, index=index)
