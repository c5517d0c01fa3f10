"""A topic: a conversation whose messages are answered, or become tasks that share its memory.

begin -> converse -> perform <-> task
             |          |
             +------> report
"""

from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.store.base import BaseStore
from langgraph.types import Send

from repertory.graphs.planner import build_planner
from repertory.graphs.sync import with_sync_face
from repertory.memory.storage.checkpoints import knowing_records
from repertory.nodes.context import Context
from repertory.nodes.deps import Deps
from repertory.nodes.tools.memory import for_topics
from repertory.nodes.topic.begin import beginner
from repertory.nodes.topic.converse import converser
from repertory.nodes.topic.perform import next_tasks, performer, scheduler
from repertory.nodes.topic.report import reporter
from repertory.nodes.topic.state import TopicInput, TopicOutput, TopicState

Graph = CompiledStateGraph[Any, Any, Any, Any]


def build_topic(
    deps: Deps,
    *,
    perform: bool = True,
    checkpointer: BaseCheckpointSaver[Any] | None = None,
    store: BaseStore | None = None,
) -> Graph:
    """Compile a topic. A thread is a topic, unless the context names another one.

    Args:
        deps: models, tools and the retrieval index. Tasks have the tools `remember` and `recall` besides.
        perform: False for callers that perform the tasks themselves, with a planner over `for_topics(deps)` and a
            context that names the topic: the graph ends when they are derived, with the status `created`.
        checkpointer: keeps the conversation; without one no person can be asked. Leave it out under `langgraph dev`,
            which brings its own.
        store: keeps the topic's memory and what the planner keeps. Needed, unless the server brings one.

    Returns:
        A graph from `{"input": …, "create_task": …, "parallel": …}` to `{"output": …, "tasks": […]}`. A message that
        comes while tasks of the one before wait for a person leaves those as they are, and says so. `invoke` and
        `ainvoke` both work, with the context schema `Context`.
    """
    graph = StateGraph(TopicState, context_schema=Context, input_schema=TopicInput, output_schema=TopicOutput)
    graph.add_node("begin", beginner(deps))
    graph.add_node("converse", converser(deps))
    graph.add_node("report", reporter(deps))
    graph.add_edge(START, "begin")
    graph.add_edge("begin", "converse")
    if perform:
        graph.add_node("perform", scheduler())
        graph.add_node("task", performer(build_planner(for_topics(deps))))
        graph.add_conditional_edges("converse", _after_converse, ["perform", "report"])
        graph.add_conditional_edges("perform", _after_perform, ["task", "report"])
        graph.add_edge("task", "perform")
    else:
        graph.add_edge("converse", "report")
    graph.add_edge("report", END)
    saver = knowing_records(checkpointer) if checkpointer else None
    return with_sync_face(graph.compile(checkpointer=saver, store=store, name="topic"))


def _after_converse(state: TopicState) -> str:
    return "perform" if state["work"] else "report"


def _after_perform(state: TopicState) -> str | list[Send]:
    return next_tasks(state) or "report"
