"""Perform: every unfinished step gets a lane at once, and a lane waits for its own needs and for nothing else.

No waves: a step starts the moment its needs are done. A lane that cannot go on in this invocation (it, or a need,
waits for a person, or is not to begin yet) parks; every invocation wakes all parked lanes again. The results of
finished lanes are in the journal before anybody sees them, so a finished step is never run again.
"""

from langgraph.errors import GraphInterrupt
from langgraph.runtime import Runtime
from langgraph.store.base import BaseStore
from langgraph.types import Send

from repertory.memory.errors import ResourceError
from repertory.memory.journal import Journal, digest
from repertory.memory.plans import Step
from repertory.memory.records import Usage
from repertory.nodes.context import Context, Limits, context_of
from repertory.nodes.deps import Deps, Node
from repertory.nodes.live import LiveRun
from repertory.nodes.planner.lane import GraphFor, Lane
from repertory.nodes.planner.state import PlannerState, PlannerUpdate, StepInput


def lanes(state: PlannerState) -> list[Send]:
    """A lane for every step that has not ended."""
    company, results, seconds = state["company"], state.get("results", {}), state.get("seconds", {})
    if all(step.id in results for step in company.plan.steps):
        return []
    branch = branch_of(state)
    spent = spent_so_far(state)  # and what the steps of this branch cost, its journal knows
    return [
        Send(
            "step",
            StepInput(
                run_id=state["run_id"],
                branch=branch,
                step=step,
                agent=company.agent(step.agent) if step.agent else None,
                granted=step.id in state.get("granted", []),
                ended=[results[need] for need in step.needs if need in results],
                memory=state.get("memory", []),
                spent=spent,
                elapsed=sum(seconds.values()),
                performed=seconds.get("perform", 0.0),
            ),
        )
        for step in company.plan.steps
        if step.id not in results
    ]


def branch_of(state: PlannerState) -> str:
    """The branch in which the steps that have not ended are performed.

    A digest of what led there: a fork of the thread whose plan, agents or results were changed has a branch of its own,
    and does not take the original's results for its own. What the planner's nodes have cost so far tells a run that has
    ended, and whose results were all taken away, from the same run before it began.
    """
    usage = {node: used.model_dump() for node, used in state.get("usage", {}).items()}
    results = {step_id: (result.status, result.output) for step_id, result in state.get("results", {}).items()}
    return digest(state["run_id"], state["company"].model_dump(mode="json"), results, usage)


def branches_of(state: PlannerState) -> dict[str, str]:
    """The steps that have ended, each with the branch that it was performed in."""
    return {step_id: result.branch for step_id, result in state.get("results", {}).items()}


def spent_so_far(state: PlannerState) -> Usage:
    """What the run has cost: its nodes, and its steps."""
    parts = [*state.get("usage", {}).values(), *(result.usage for result in state.get("results", {}).values())]
    return sum(parts, Usage())


def _can_be_repaired(state: PlannerState, limits: Limits) -> bool:
    """Whether steps failed that may be tried in another way: nobody refused them, and no limit stopped the run."""
    known = state.get("results", {})
    results = [known[step.id] for step in state["company"].plan.steps if step.id in known]
    failed = [result for result in results if result.status == "failed"]
    if state["replans"] >= limits.replans or any(result.status == "stopped" for result in results):
        return False
    return bool(failed) and not any(result.refused for result in failed)


def company_keeper() -> Node:
    """Make the node from which lanes start: it keeps what is performed, so that agents of the plan find each other."""

    async def perform(state: PlannerState, runtime: Runtime[Context]) -> PlannerUpdate:
        # what routes look at is in the state: an update of a thread routes without a context
        journal = Journal(store_of(runtime), state["run_id"], branch_of(state))
        await journal.keep_company(state["company"], branches_of(state))
        await journal.keep_origin()
        return {"repairable": _can_be_repaired(state, context_of(runtime).limits)}

    return perform


def performer(graph_for: GraphFor, deps: Deps) -> Node:
    """Make the node that performs one step.

    Args:
        graph_for: builds the graphs of personas and of direct tool calls.
        deps: tools, models, and the runs at work.
    """

    async def step(state: StepInput, runtime: Runtime[Context]) -> PlannerUpdate:
        step, context = state["step"], context_of(runtime)
        journal = Journal(store_of(runtime), state["run_id"], state["branch"])
        async with deps.runs.lane(journal, step.id, context.limits) as (run, slot):
            await run.load(state["spent"], state["elapsed"])
            run.know(state["ended"])
            result = run.results.get(step.id)
            if result is None:
                if _is_left(step, run, context):
                    raise GraphInterrupt  # parks without a question
                lane = Lane(step, state, run, context, graph_for, deps)
                result = await lane.perform(runtime.stream_writer)
            slot[step.id] = result
        seconds = state["performed"] + run.budget.elapsed - state["elapsed"]
        return {"results": {step.id: result}, "seconds": {"perform": seconds}}

    return step


def _is_left(step: Step, run: LiveRun, context: Context) -> bool:
    """Whether this invocation leaves the step, or one that it needs, for a later one."""
    begin = context.begin
    return begin is not None and any(id_ not in begin and id_ not in run.results for id_ in (step.id, *step.needs))


def store_of(runtime: Runtime[Context]) -> BaseStore:
    """The store that the graph was compiled with.

    Raises:
        ResourceError: there is none.
    """
    if runtime.store is None:
        raise ResourceError("the planner needs a store for its journal and registry; compile it with `store=…`")
    return runtime.store
