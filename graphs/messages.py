"""Messages of a person to a persona at any depth: left while its run is at work or waits, read before it next proposes.

await leave_message(graph, config, "desk/research/reader", "Leave out the prices.")
"""

import uuid
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph

from repertory.graphs.transcripts import store_of_graph
from repertory.memory.errors import InputError
from repertory.memory.journal import Journal
from repertory.memory.proposals import Message
from repertory.memory.records import Agent

Graph = CompiledStateGraph[Any, Any, Any, Any]


async def leave_message(graph: Graph, config: RunnableConfig, path: str, text: str) -> Message:
    """Leave a message for a persona, which reads it before its next proposal.

    Args:
        graph: compiled with the checkpointer and the store that keep the run.
        config: names the thread; its run may be at work, wait, or have answered.
        path: the persona's, such as `desk/research/reader` or, in a planner's run, `perform/editor/stylist`.
        text: the words.

    Returns:
        The message as it is kept.

    Raises:
        InputError: no words, or no such persona; the error names those there are.
        ResourceError: the graph has no store.
    """
    if not text.strip():
        raise InputError("the message is empty; say something")
    await check_persona(graph, config, path)
    message = Message(sender="user", by="user", text=text.strip(), id=f"user#{uuid.uuid4().hex}")
    run_id = (await graph.aget_state(config)).values["run_id"]
    await Journal(store_of_graph(graph), run_id).keep_message(path, message)
    return message


async def check_persona(graph: Graph, config: RunnableConfig, path: str) -> None:
    """A persona must be there to be spoken to.

    Raises:
        InputError: there is none at that path; the error names those there are.
        ResourceError: the graph has no store.
    """
    if path not in (known := await personas_of(graph, config)):
        thread = config.get("configurable", {}).get("thread_id")
        there = ", ".join(known) or "none yet"
        raise InputError(f"there is no persona {path!r} in the run {thread!r}; there is {there}")


async def personas_of(graph: Graph, config: RunnableConfig) -> list[str]:
    """Paths of all personas of a thread's run: of its hierarchy, or of the agents of its plan; empty before it began.

    Raises:
        ResourceError: the graph has no store.
    """
    state: Any = (await graph.aget_state(config)).values
    if not state.get("run_id"):
        return []
    agent = (await Journal(store_of_graph(graph), state["run_id"]).origin()).get("agent")
    paths = [*Agent.model_validate(agent).paths()] if agent else []
    company = state.get("company")
    for casting in company.cast if company else ():
        paths += casting.agent.paths(("perform",))
    return ["/".join(names) for names in paths]
