"""The master planner.

recall -> plan -> cast -> create_prompts -> reflect -> approve -> perform <-> step
   |        ^                                            |  |        |
   +- adapt +------------------- respond ----------------+  |     replan -> cast
                                                           END       |
                                                                  report -> rate -> keep
"""

from functools import lru_cache
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.store.base import BaseStore
from langgraph.types import Send

from repertory.graphs.persona import build_call, build_hierarchy
from repertory.graphs.sync import with_sync_face
from repertory.memory.records import Agent
from repertory.memory.storage.checkpoints import knowing_records
from repertory.nodes.context import Context
from repertory.nodes.deps import Deps
from repertory.nodes.planner.adapt import adapter
from repertory.nodes.planner.approve import approver
from repertory.nodes.planner.cast import caster, uncast
from repertory.nodes.planner.create_prompts import prompt_creator, reflector, unprompted
from repertory.nodes.planner.keep import keeper
from repertory.nodes.planner.lane import GraphFor
from repertory.nodes.planner.perform import company_keeper, lanes, performer
from repertory.nodes.planner.plan import planner, replanner
from repertory.nodes.planner.rate import rater
from repertory.nodes.planner.recall import recaller
from repertory.nodes.planner.report import reporter
from repertory.nodes.planner.state import PlannerInput, PlannerOutput, PlannerState

Graph = CompiledStateGraph[Any, Any, Any, Any]


def build_planner(
    deps: Deps, *, checkpointer: BaseCheckpointSaver[Any] | None = None, store: BaseStore | None = None
) -> Graph:
    """Compile the master planner.

    Args:
        deps: models, tools and the retrieval index.
        checkpointer: keeps runs; without one no person can be asked. Leave it out under `langgraph dev`, which
            brings its own.
        store: keeps journal, agents and cohorts. Needed, unless the server brings one.

    Returns:
        A graph from `{"task": …}` to `{"status": …, "answer": …}`; `invoke` and `ainvoke` both work, with the
        context schema `Context`.
    """
    graph = StateGraph(PlannerState, context_schema=Context, input_schema=PlannerInput, output_schema=PlannerOutput)
    graph.add_node("recall", recaller(deps))
    graph.add_node("adapt", adapter(deps))
    graph.add_node("plan", planner(deps))
    graph.add_node("cast", caster(deps))
    graph.add_node("create_prompts", prompt_creator(deps))
    graph.add_node("reflect", reflector(deps))
    graph.add_node("approve", approver(deps))
    graph.add_node("perform", company_keeper())
    graph.add_node("step", performer(_graphs(deps), deps))
    graph.add_node("replan", replanner(deps))
    graph.add_node("report", reporter(deps))
    graph.add_node("rate", rater())
    graph.add_node("keep", keeper(deps))

    graph.add_edge(START, "recall")
    graph.add_conditional_edges("recall", _after_recall, ["plan", "adapt", "approve"])
    graph.add_conditional_edges("adapt", _after_adapt, ["approve", "plan", "report"])
    graph.add_conditional_edges("plan", _unless_stopped("cast"), ["cast", "report"])
    graph.add_conditional_edges("cast", _after_cast, ["create_prompts", "approve", "report"])
    graph.add_conditional_edges("create_prompts", _unless_stopped("reflect"), ["reflect", "report"])
    graph.add_conditional_edges("reflect", _unless_stopped("approve"), ["approve", "report"])
    graph.add_conditional_edges("approve", _after_approve, ["approve", "plan", "cast", "perform", "report", END])
    graph.add_conditional_edges("perform", _after_perform, ["step", "replan", "report"])
    graph.add_edge("step", "perform")
    graph.add_conditional_edges("replan", _after_replan, ["cast", "report"])
    graph.add_edge("report", "rate")
    graph.add_conditional_edges("rate", lambda state: "rate" if state.get("objection") else "keep", ["rate", "keep"])
    graph.add_edge("keep", END)
    saver = knowing_records(checkpointer) if checkpointer else None
    return with_sync_face(graph.compile(checkpointer=saver, store=store, name="planner"))


def _graphs(deps: Deps) -> GraphFor:
    """Compiled graphs of agents, each built once. Where nobody can be asked, nothing is checkpointed inside."""

    @lru_cache(maxsize=256)
    def graph_for(agent: Agent | None, waits: bool) -> Graph:
        checkpointer = None if waits else False
        if agent is None:
            return build_call(deps, checkpointer=checkpointer)
        return build_hierarchy(agent, deps, checkpointer=checkpointer)

    return graph_for


def _unless_stopped(following: str) -> Any:
    return lambda state: "report" if state["status"] == "stopped" else following


def _after_recall(state: PlannerState) -> str:
    return {"new": "plan", "similar": "adapt", "equal": "approve"}[state["source"]]


def _after_adapt(state: PlannerState) -> str:
    if state["status"] == "stopped":
        return "report"
    return "approve" if state["source"] == "similar" else "plan"


def _after_cast(state: PlannerState) -> str:
    if state["status"] == "stopped":
        return "report"
    return "create_prompts" if unprompted(state["company"]) else "approve"


def _after_approve(state: PlannerState) -> str:
    if state["status"] == "rejected":
        return "report" if state["results"] else END
    if state.get("objection"):
        return "approve"
    if state["status"] == "performing":
        return "perform"
    return "cast" if uncast(state["company"]) or unprompted(state["company"]) else "plan"


def _after_perform(state: PlannerState) -> str | list[Send]:
    """Lanes for what has not ended; when all has, repair or report."""
    return lanes(state) or ("replan" if state.get("repairable") else "report")


def _after_replan(state: PlannerState) -> str:
    return "cast" if lanes(state) and state["status"] != "stopped" else "report"
