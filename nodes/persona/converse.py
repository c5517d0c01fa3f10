"""Converse: one message to the root of a hierarchy, and what comes of it."""

import uuid
from typing import Any

from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.store.memory import InMemoryStore

from repertory.memory.errors import InputError, LimitError, ResourceError
from repertory.memory.journal import Journal
from repertory.memory.portable import portable
from repertory.memory.proposals import CallResult
from repertory.memory.records import Agent, JsonObject, StepResult, Usage
from repertory.memory.transcripts.keys import message_key
from repertory.nodes.context import Context, context_of
from repertory.nodes.deps import Deps, Node
from repertory.nodes.live import LiveRun
from repertory.nodes.persona.exchanges import BEGIN, ConversationState, Said, branch_of, earlier, in_order, latest
from repertory.nodes.persona.review import can_ask
from repertory.nodes.persona.risks import risk_of
from repertory.nodes.persona.state import Frame

Graph = CompiledStateGraph[Any, Any, Any, Any]

MAX_MESSAGE = 100_000
"""Characters of a message."""


def beginner(agent: Agent, deps: Deps) -> Node:
    """Make the node that takes a message up.

    Args:
        agent: the root.
        deps: knows the runs at work.

    Raises:
        InputError: the agent has the name of this node.
    """
    if agent.name == BEGIN:
        raise InputError(
            f"the root of a hierarchy cannot be named {BEGIN!r}, as a node of its graph is; give it another"
        )
    remembers = [below.name for below in agent.paths().values() if below.memory == "thread"]

    async def begin(state: ConversationState, runtime: Runtime[Context]) -> ConversationState:
        if not isinstance(state.get("message"), str):
            raise InputError('the input has no message; give {"message": "…"}')
        message = portable(state["message"]).strip()
        if not message or len(message) > MAX_MESSAGE:
            raise InputError(f"the message has {len(message)} characters; say it in 1 to {MAX_MESSAGE}")
        if remembers and runtime.store is None:
            raise ResourceError(
                f"agent {remembers[0]!r} has `memory: thread`, and there is no store; compile the graph with `store=…`"
            )
        run_id, exchanges = state.get("run_id") or uuid.uuid4().hex, state.get("exchanges", {})
        if deps.runs.is_at_work(run_id):
            raise ResourceError(
                f"{agent.name!r} is at work on an earlier message in another invocation of this thread; wait for that "
                "one to end, or leave it a message by its path"
            )
        key = message_key(len(exchanges))
        if runtime.store is not None:
            await Journal(runtime.store, run_id).keep_origin(agent=agent)
        said = Said(message=message, branch=branch_of(run_id, key, message, in_order(exchanges)))
        fresh: ConversationState = {"reply": None, "error": None, "turns": [], "usage": Usage()}
        return {**fresh, "message": message, "run_id": run_id, "key": key, "exchanges": {key: said}}

    return begin


def converser(agent: Agent, hierarchy: Graph, deps: Deps) -> Node:
    """Make the node in which a hierarchy deals with a message.

    Args:
        agent: the root.
        hierarchy: its graph. Where nobody can be asked, nothing is checkpointed inside: the journal is enough.
        deps: tools, and the runs at work.
    """
    unattended = hierarchy.copy({"checkpointer": False})
    remembers = any(below.memory == "thread" for below in agent.paths().values())

    async def converse(state: ConversationState, runtime: Runtime[Context]) -> ConversationState:
        context, run_id, key, before = context_of(runtime), state["run_id"], state["key"], earlier(state)
        store = runtime.store or InMemoryStore()
        said = latest(state)
        path, journal = (agent.name,), Journal(store, run_id, said.branch)
        asks = can_ask(context.rules, agent, path, risk_of(deps))
        async with deps.runs.lane(journal, key, context.limits) as (run, slot):
            await run.load(Usage(), 0.0)
            if key not in run.results:
                if remembers or run.messages:  # what was read before is not read again
                    await run.recall([Journal(store, run_id, other.branch) for other in before.values()])
                run.said = {name: one.message for name, one in {**before, key: said}.items()}
                frame = Frame(run_id=run_id, branch=said.branch, key=key, path=path)
                graph = hierarchy if asks else unattended
                report = await _reported(graph, said.message, frame)
                await _keep(report, run, key, agent)
            slot[key] = result = run.results[key]
        turns = await journal.transcript(key)
        done = result.status == "done"
        return {
            "exchanges": {key: said},
            "reply": result.output if done else None,
            "error": None if done else result.error,
            "turns": turns,
            "usage": result.usage,
        }

    return converse


async def _reported(graph: Graph, message: str, frame: Frame) -> CallResult | LimitError:
    """What the root reports; or the limit that stopped it."""
    try:
        output = await graph.ainvoke({"message": message, "frame": frame})
    except LimitError as limit:
        return limit
    report: CallResult = output["reported"][frame.key]
    return report


async def _keep(report: CallResult | LimitError, run: LiveRun, key: str, agent: Agent) -> None:
    """Keep how the message was dealt with, with its transcript."""
    known = Usage() if isinstance(report, LimitError) else report.usage
    result = StepResult(
        step_id=key,
        usage=max(known, run.costs.get(key, Usage()), key=lambda usage: usage.tokens),  # faulty answers included
        performer=f"agent {agent.name}",
        branch=run.journal.branch,
        **_ended(report),
    )
    turns = run.frame(key) if isinstance(report, LimitError) else report.turns
    await run.journal.keep_result(result, turns, run.budget.elapsed)
    run.results[key] = result


def _ended(report: CallResult | LimitError) -> JsonObject:
    if isinstance(report, LimitError):
        return {"status": "stopped", "error": str(report)}
    if report.status != "done":
        return {"status": "failed", "error": report.text, "trusted": report.trusted, "artifacts": report.artifacts}
    return {"status": "done", "output": report.text, "trusted": report.trusted, "artifacts": report.artifacts}
