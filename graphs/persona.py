"""A persona as a graph: it proposes, its proposal is reviewed, and then it acts, delegates or replies.

propose -> review -> act | <delegates> | reply
   ^          |        |        |
   +-respond--+        +--------+--> back to propose
"""

from collections.abc import Collection, Hashable
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.store.base import BaseStore
from langgraph.types import Checkpointer, Send

from repertory.graphs.sync import with_sync_face
from repertory.memory.errors import InputError
from repertory.memory.proposals import Call, decided_calls
from repertory.memory.records import Agent
from repertory.memory.storage.checkpoints import knowing_records
from repertory.nodes.context import Context
from repertory.nodes.deps import Deps, Node
from repertory.nodes.persona.act import actor
from repertory.nodes.persona.converse import beginner, converser
from repertory.nodes.persona.exchanges import ConversationInput, ConversationOutput, ConversationState
from repertory.nodes.persona.propose import proposer
from repertory.nodes.persona.review import CheckCall, reviewer
from repertory.nodes.persona.risks import executor_of, risk_of
from repertory.nodes.persona.speech import DELEGATE, SPEECH, Speech, delegate_tool
from repertory.nodes.persona.state import PersonaInput, PersonaOutput, PersonaState, RootOutput

Graph = CompiledStateGraph[Any, Any, Any, Any]


def build_persona(
    agent: Agent,
    deps: Deps,
    *,
    checkpointer: BaseCheckpointSaver[Any] | None = None,
    store: BaseStore | None = None,
) -> Graph:
    """Compile a conversation with an agent, and the hierarchy below it, to a graph.

    Args:
        agent: the root of the hierarchy.
        deps: models, tools, and the functions of code-managed agents.
        checkpointer: keeps the thread; without one no person can be asked. Leave it out in a subgraph and under
            `langgraph dev`, where the parent or the server brings one.
        store: keeps the journal: what is finished is not done twice, personas with `memory: thread` remember, and
            there is a transcript. Without one all this ends with the invocation.

    Returns:
        A graph from `{"message": …}` to `{"reply": …, "error": …, "turns": […], "usage": …, "run_id": …}`. Each
        message on a thread goes on with the conversation. `invoke` and `ainvoke` both work, with the context schema
        `Context`.

    Raises:
        InputError: the agent names a tool or a function that is not there.
    """
    graph = StateGraph(
        ConversationState, context_schema=Context, input_schema=ConversationInput, output_schema=ConversationOutput
    )
    graph.add_node("begin", beginner(agent, deps))
    graph.add_node(agent.name, converser(agent, build_hierarchy(agent, deps), deps))
    graph.add_edge(START, "begin")
    graph.add_edge("begin", agent.name)
    graph.add_edge(agent.name, END)
    saver = knowing_records(checkpointer) if checkpointer else None
    return with_sync_face(graph.compile(checkpointer=saver, store=store, name=agent.name))


def build_hierarchy(agent: Agent, deps: Deps, *, checkpointer: Checkpointer = None) -> Graph:
    """Compile an agent for one message, as a step of a plan and a conversation call it.

    Args:
        agent: the root of the hierarchy.
        deps: models, tools and functions; the run must be at work in `deps.runs`.
        checkpointer: None inherits the parent's; False keeps nothing, and is right only where no person can be asked.
    """
    return _build(agent, deps, RootOutput).compile(checkpointer=checkpointer, name=agent.name)


def build_call(deps: Deps, *, checkpointer: Checkpointer = None) -> Graph:
    """A graph for one tool call without a model: it starts with the proposal made, as its only turn."""
    graph = StateGraph(PersonaState, context_schema=Context, output_schema=RootOutput)
    graph.add_node("review", _reviewer(deps, deps.toolbox.names))
    graph.add_node("act", actor((), deps))
    graph.add_edge(START, "review")
    graph.add_conditional_edges("review", _after_call_review, ["review", "act", END])
    graph.add_conditional_edges("act", lambda state: "review" if state["unknown"] else END, ["review", END])
    return graph.compile(checkpointer=checkpointer, name="call")


def _build(agent: Agent, deps: Deps, output: type) -> StateGraph[Any, Any, Any, Any]:
    names = [delegate.name for delegate in agent.delegates]
    tools = [SPEECH.get(name) or deps.toolbox[name] for name in agent.tools]
    graph = StateGraph(PersonaState, context_schema=Context, input_schema=PersonaInput, output_schema=output)
    graph.add_node("propose", proposer(agent, [*tools, delegate_tool(agent)] if names else tools, deps))
    graph.add_node("review", _reviewer(deps, agent.tools, names))
    graph.add_node("act", actor(names, deps))
    for delegate in agent.delegates:
        graph.add_node(delegate.name, _build(delegate, deps, PersonaOutput).compile(name=delegate.name))
        graph.add_edge(delegate.name, "propose")
    graph.add_edge(START, "propose")
    graph.add_conditional_edges("propose", _after_propose, ["review", END])
    graph.add_conditional_edges("review", _after_review(set(names)), ["review", "propose", "act", *names, END])
    graph.add_conditional_edges("act", _after_act(set(names)), ["review", "propose", *names])
    return graph


def _after_propose(state: PersonaState) -> str:
    """Straight to the end where the persona gave up."""
    return END if _is_done(state) else "review"


def _after_review(delegates: set[str]) -> Any:
    def route(state: PersonaState) -> str | list[Hashable]:
        if _is_done(state):
            return END
        if state.get("objection"):
            return "review"
        turn = state["turns"][-1]
        if turn.decision is None or turn.decision.verdict in ("respond", "reject"):
            return "propose"
        if all(call.name in delegates and call.id not in turn.decision.refused for call in decided_calls(turn)):
            return _delegations(state, delegates)
        return "act"

    return route


def _after_act(delegates: set[str]) -> Any:
    def route(state: PersonaState) -> str | list[Hashable]:
        return "review" if state.get("unknown") else _delegations(state, delegates)

    return route


def _after_call_review(state: PersonaState) -> str:
    decision = state["turns"][-1].decision
    if state.get("objection"):
        return "review"
    return "act" if decision and decision.verdict in ("approve", "edit") else END


def _delegations(state: PersonaState, delegates: set[str]) -> str | list[Hashable]:
    """To every delegate that is called and has not reported, at once; back to propose where none is."""
    turn, frame = state["turns"][-1], state["frame"]
    settled = {*(turn.decision.refused if turn.decision else {}), *(result.call_id for result in turn.results)}
    sends: list[Hashable] = [
        Send(call.name, PersonaInput(message=call.arguments["message"], frame=frame.below(call), call_id=call.id))
        for call in decided_calls(turn)
        if call.name in delegates and call.id not in settled
    ]
    return sends or "propose"


def _is_done(state: PersonaState) -> bool:
    return state["frame"].key in state.get("reported", {})


def _reviewer(deps: Deps, tools: Collection[str], delegates: Collection[str] = ()) -> Node:
    return reviewer(risk_of(deps), executor_of(deps), _checks(deps, tools, delegates), deps.runs)


def _checks(deps: Deps, tools: Collection[str], delegates: Collection[str] = ()) -> CheckCall:
    """An edited call must be one that the persona could have made."""

    def check(call: Call) -> None:
        if call.name in delegates:
            Speech(DELEGATE, "", "message").check({"to": call.name, **call.arguments})
        elif call.name in tools:
            (SPEECH.get(call.name) or deps.toolbox[call.name]).check(call.arguments)
        else:
            raise InputError(f"{call.name!r} cannot be called here; there is {sorted([*tools, *delegates])}")

    return check
