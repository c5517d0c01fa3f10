"""The tools that agents have over their topic's memory."""

from typing import Any

import pytest
from langgraph.graph import START, StateGraph
from langgraph.runtime import Runtime
from langgraph.store.memory import InMemoryStore
from typing_extensions import TypedDict

from repertory.memory.errors import InputError, ToolArgumentsError, ToolError
from repertory.memory.retrieval.lexical import LexicalIndex
from repertory.memory.topics.memory import TopicMemory
from repertory.nodes.context import Context
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import given_model
from repertory.nodes.tools.memory import for_topics, with_memory
from repertory.nodes.tools.toolbox import Toolbox
from tests.scripted import ScriptedModel


class State(TypedDict, total=False):
    calls: list[tuple[str, dict[str, Any]]]
    texts: list[str]


async def called(store: InMemoryStore, context: Context | None, *calls: tuple[str, dict[str, Any]]) -> list[str]:
    """What the calls bring back within a graph's node."""
    toolbox = with_memory(Toolbox(), LexicalIndex())

    async def node(state: State, runtime: Runtime[Context]) -> State:
        return {"texts": [(await toolbox[name].run(arguments)).text for name, arguments in state["calls"]]}

    graph = StateGraph(State, context_schema=Context)
    graph.add_node("node", node)
    graph.add_edge(START, "node")
    out = await graph.compile(store=store).ainvoke({"calls": list(calls)}, context=context)
    texts: list[str] = out["texts"]
    return texts


async def test_what_one_run_remembers_another_of_the_topic_recalls() -> None:
    """By the name of the fact, or by what it is about."""
    store = InMemoryStore()
    [noted] = await called(store, Context(topic="t"), ("remember", {"key": "report file", "value": "costs.csv"}))
    assert noted == "Noted: report file = costs.csv"
    for query in ("report file", "Which file has the costs for the report?"):
        assert await called(store, Context(topic="t"), ("recall", {"query": query})) == [
            "- A task noted: report file = costs.csv"
        ]


async def test_other_topics_and_owners_recall_nothing() -> None:
    """Though the words are the same."""
    store = InMemoryStore()
    await called(store, Context(topic="t"), ("remember", {"key": "a", "value": "b"}))
    for context in (Context(topic="u"), Context(topic="t", owner="bob")):
        assert await called(store, context, ("recall", {"query": "a"})) == ["The topic remembers nothing."]


async def test_within_one_run_the_last_value_counts() -> None:
    """Also where it goes back to an earlier one."""
    store = InMemoryStore()
    for value in ("1", "2", "1"):
        await called(store, Context(topic="t"), ("remember", {"key": "n", "value": value}))
    assert await TopicMemory(store, "t").fact("n") == "1"


async def test_a_run_without_a_topic_has_no_memory() -> None:
    """The error says how it gets one; so does a name that is none."""
    with pytest.raises(ToolError, match="topic"):
        await called(InMemoryStore(), Context(), ("recall", {"query": "a"}))
    with pytest.raises(ToolArgumentsError, match="characters"):
        await called(InMemoryStore(), Context(topic="t"), ("remember", {"key": " ", "value": "b"}))


def test_what_is_recalled_is_data_and_asks_nobody() -> None:
    """Both only touch the topic's own memory."""
    box = with_memory(Toolbox(), LexicalIndex())
    assert {tool.name: (tool.risk, tool.trusted) for tool in box} == {
        "recall": ("read", False),
        "remember": ("read", True),
    }


def test_toolboxes_stay_as_they_are() -> None:
    """Deps for topics are others; made twice they are the same; what the planner is shown grows with them."""
    deps = Deps(models=given_model(ScriptedModel()), shown=[])
    topical = for_topics(deps)
    assert deps.toolbox.names == ()
    assert topical.toolbox.names == topical.shown_tools.names == ("recall", "remember")
    assert for_topics(topical) is topical


def test_a_tool_of_that_name_is_not_replaced() -> None:
    """The caller gives it another name."""

    def recall() -> str:
        """Recall a product."""
        return ""

    with pytest.raises(InputError, match="recall"):
        with_memory(Toolbox([recall]), LexicalIndex())
