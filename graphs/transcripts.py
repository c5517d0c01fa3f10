"""Transcripts of threads: a run leaves as one document, and a document goes on as a run, here or elsewhere.

document = await transcript_of(graph, config)
fork = cut(document, Tweak(at="m0/1.0#2", decision=Decision(verdict="respond", text="shorter")), new_id)
await restore(build_persona(fork.agent, deps, ...), other_config, fork)
await graph.ainvoke(None, other_config, context=context)     # recorded turns cost no model call
"""

from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph
from langgraph.store.base import BaseStore

from repertory.memory.errors import InputError, ResourceError, TranscriptError
from repertory.memory.journal import Journal
from repertory.memory.records import Agent
from repertory.memory.transcripts.checks import check_same_hierarchy, check_transcript
from repertory.memory.transcripts.records import Transcript
from repertory.nodes.persona import recorded as conversations
from repertory.nodes.persona.exchanges import BEGIN
from repertory.nodes.planner import recorded as plans

Graph = CompiledStateGraph[Any, Any, Any, Any]


async def transcript_of(graph: Graph, config: RunnableConfig) -> Transcript:
    """The run of a thread as a document: of a conversation, or of the planner.

    Args:
        graph: compiled with the checkpointer and the store that the run is kept in.
        config: names the thread.

    Raises:
        InputError: nothing has run on that thread.
        ResourceError: the graph has no store.
    """
    there = (await graph.aget_state(config)).config
    # by its own id a checkpoint comes without what lanes at work have written since: that has the journal
    snapshot = await graph.aget_state(there)
    state: Any = snapshot.values
    if not state.get("run_id"):
        raise InputError(f"nothing has run on the thread {_thread(config)!r}; there is no transcript")
    if "exchanges" not in state:
        return await plans.transcript(state, store_of_graph(graph))
    at_work = bool(snapshot.next) and BEGIN not in snapshot.next
    return await conversations.transcript(state, store_of_graph(graph), at_work=at_work)


async def restore(graph: Graph, config: RunnableConfig, transcript: Transcript, *, agent: Agent | None = None) -> None:
    """Put a run on a thread of its own; `graph.ainvoke(None, config)` then goes on with it.

    Args:
        graph: compiled with the checkpointer and the store that are to keep the run.
        config: names a thread on which nothing has run.
        transcript: the run.
        agent: the hierarchy that the graph is of; the transcript must be of the same.

    Raises:
        TranscriptError: the transcript does not hold together, or is of another hierarchy.
        InputError: something has run on the thread, or the run is in the store already.
    """
    check_transcript(transcript)
    if agent is not None:
        check_same_hierarchy(transcript, agent)
    name = transcript.agent.name if transcript.agent else "planner"
    if graph.name != name:
        raise TranscriptError(f"the transcript is of {name!r}, and the graph is {graph.name!r}; build the one it is of")
    if (await graph.aget_state(config)).values:
        raise InputError(f"something has run on the thread {_thread(config)!r}; name a new one")
    store = store_of_graph(graph)
    journal = Journal(store, transcript.run_id)
    origin = await journal.origin()
    if origin and origin.get("thread") != _thread(config):  # on this very thread it was broken off
        raise InputError(
            f"the run {transcript.run_id!r} is here already; to have it twice, replay it, which gives it another id"
        )
    fork = transcript.forked_from.model_dump(mode="json") if transcript.forked_from else None
    write = conversations.write if transcript.agent else plans.write
    values, done = await write(transcript, store)
    for to, messages in transcript.messages.items():
        for message in messages:
            if message.by == "user":
                await journal.keep_message(to, message)
    await journal.keep_origin(agent=transcript.agent, forked_from=fork, thread=_thread(config))
    await graph.aupdate_state(config, values, as_node=done)


def store_of_graph(graph: Graph) -> BaseStore:
    """The store that a graph was compiled with.

    Raises:
        ResourceError: there is none.
    """
    if graph.store is None:
        raise ResourceError(f"the graph {graph.name!r} has no store, and so no transcripts; compile it with `store=…`")
    return graph.store


def _thread(config: RunnableConfig) -> Any:
    return config.get("configurable", {}).get("thread_id")
