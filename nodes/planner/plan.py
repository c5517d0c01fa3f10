"""Plan: break the task into steps. Adapt: say a known plan anew for a similar task. Replan: replace what failed."""

from collections.abc import Iterable, Sequence
from typing import Any

from langgraph.runtime import Runtime

from repertory.memory.errors import ModelError, PlanError
from repertory.memory.plans import Company, Plan, Step
from repertory.memory.records import Agent, JsonObject, StepResult
from repertory.nodes.context import Context, Limits, context_of
from repertory.nodes.deps import Deps, Node
from repertory.nodes.persona.speech import SPEECH
from repertory.nodes.planner.checks import check_plan, hierarchy
from repertory.nodes.planner.drafts import AdaptedPlan, ArgumentDraft, PlanDraft, StepDraft
from repertory.nodes.planner.metered import Metered, metered
from repertory.nodes.planner.recall import registry_of
from repertory.nodes.planner.state import PlannerState, PlannerUpdate
from repertory.nodes.prompts import render


def planner(deps: Deps) -> Node:
    """Make the node that plans a task, or plans it again after a person answered in words."""

    @metered("plan", deps)
    async def plan(state: PlannerState, runtime: Runtime[Context], meter: Metered) -> PlannerUpdate:
        limits, ended = context_of(runtime).limits, state.get("results", {})
        done, failed = _done(state), [result for result in ended.values() if result.status != "done"]
        kept = tuple(state["company"].plan[result.step_id] for result in done)
        messages = _messages(state, deps, await _holders(deps, runtime), done, failed)
        plan = await meter.fill_in(messages, PlanDraft, lambda draft: to_plan(draft, deps, limits, kept, used=ended))
        company = Company(plan=plan, cast=state["company"].cast if kept else ())
        return {"company": company, "source": "new", "cohort_id": None, "known_task": None}

    return plan


def adapter(deps: Deps) -> Node:
    """Make the node that adapts the plan of a similar task: instructions and arguments, in one call."""

    @metered("adapt", deps)
    async def adapt(state: PlannerState, runtime: Runtime[Context], meter: Metered) -> PlannerUpdate:
        company, limits = state["company"], context_of(runtime).limits
        messages = render("adapt", known_task=state["known_task"], plan=outline(company.plan), task=state["task"])

        def check(draft: AdaptedPlan) -> Plan | None:
            if not draft.fits:
                return None
            plan = _adapted(company.plan, draft)
            check_plan(plan, deps.toolbox, limits)
            return plan

        try:
            plan = await meter.fill_in(messages, AdaptedPlan, check)
        except ModelError:
            plan = None
        if plan is None:  # another kind of task after all: plan from scratch
            return {"source": "new", "cohort_id": None, "known_task": None}
        return {"company": company.model_copy(update={"plan": plan})}

    return adapt


def replanner(deps: Deps) -> Node:
    """Make the node that plans the rest anew when steps failed; finished steps stay."""

    @metered("replan", deps)
    async def replan(state: PlannerState, runtime: Runtime[Context], meter: Metered) -> PlannerUpdate:
        company, limits = state["company"], context_of(runtime).limits
        results = [state["results"][step.id] for step in company.plan.steps]
        done, failed = _done(state), [result for result in results if result.status != "done"]
        kept = tuple(company.plan[result.step_id] for result in done)
        messages = _messages(state, deps, await _holders(deps, runtime), done, failed)

        def check(draft: PlanDraft) -> Plan:
            return to_plan(draft, deps, limits, kept, used=state["results"])

        update: PlannerUpdate = {"replans": state["replans"] + 1}
        try:
            plan = await meter.fill_in(messages, PlanDraft, check)
        except ModelError as error:
            return {**update, "error": f"the rest could not be planned anew: {error}"}
        return {**update, "company": Company(plan=plan, cast=company.cast), "status": "planning"}

    return replan


def to_plan(draft: PlanDraft, deps: Deps, limits: Limits, kept: Sequence[Step] = (), used: Iterable[str] = ()) -> Plan:
    """The plan that a model drafted.

    Args:
        draft: what the model filled in.
        deps: the tools that exist.
        limits: the most steps.
        kept: finished steps that stay; drafted ones may need them.
        used: ids that are taken by steps that have ended, kept or not.

    Raises:
        PlanError: with the reason, for the model to do better.
    """
    ids = {step.id for step in draft.steps}
    if taken := sorted(ids & {*used, *(step.id for step in kept)}):
        raise PlanError(f"the id {taken[0]!r} belongs to a step that has ended; give new steps new ids")
    steps = [step.model_dump() for step in kept] + [_step(step) for step in draft.steps]
    plan = Plan.parse({"steps": steps if draft.steps else []})
    check_plan(plan, deps.toolbox, limits)
    return plan


def outline(plan: Plan) -> str:
    """A plan in lines, as a model or a person reads it."""
    return "\n".join(_outline(step) for step in plan.steps)


def _outline(step: Step) -> str:
    needs = f" (needs {', '.join(step.needs)})" if step.needs else ""
    by = f"{step.tool}({step.arguments})" if step.tool else step.role or step.agent or "agent"
    return f"- {step.id}{needs}: {step.instruction} [{by}]"


def _done(state: PlannerState) -> list[StepResult]:
    """Results of the steps of the current plan that are done."""
    company, results = state.get("company"), state.get("results", {})
    if company is None:
        return []
    return [results[step.id] for step in company.plan.steps if step.id in results and results[step.id].status == "done"]


async def _holders(deps: Deps, runtime: Runtime[Context]) -> list[Agent]:
    """The agents of the registry that hold tools which the planner is not shown: it plans with them instead."""
    hidden = set(deps.toolbox.names) - set(deps.shown_tools.names)
    agents = await registry_of(deps, runtime).agents() if hidden else []
    return [
        agent
        for agent in agents
        if agent.status == "active" and any(hidden.intersection(below.tools) for below in hierarchy(agent))
    ]


def _messages(
    state: PlannerState,
    deps: Deps,
    holders: Sequence[Agent],
    done: Sequence[StepResult] = (),
    failed: Sequence[StepResult] = (),
) -> list[Any]:
    feedback, company = state.get("feedback", []), state.get("company")
    return render(
        "plan",
        tools=[*deps.shown_tools, *SPEECH.values()],
        holders=holders,
        task=state["task"],
        memory="",
        previous=outline(company.plan) if company and (feedback or failed) else "",
        done=done,
        failed=failed,
        feedback=feedback,
    )


def _step(draft: StepDraft) -> JsonObject:
    fields = draft.model_dump(exclude={"arguments"})
    if not draft.tool:  # an agent's step: stray arguments mean nothing
        return {**fields, "tool": None}
    return {**fields, "tools": [], "role": "", "arguments": _arguments(draft.arguments)}


def _arguments(drafts: Iterable[ArgumentDraft]) -> JsonObject:
    return {draft.name: draft.value for draft in drafts if draft.value is not None}


def _adapted(plan: Plan, draft: AdaptedPlan) -> Plan:
    new = {step.id: step for step in draft.steps}
    if set(new) != {step.id for step in plan.steps}:
        raise PlanError(f"the adapted plan has the steps {sorted(new)}; it must have those of the known plan")
    steps = [
        {
            **step.model_dump(),
            "instruction": new[step.id].instruction,
            "arguments": _arguments(new[step.id].arguments) if step.tool else {},
        }
        for step in plan.steps
    ]
    return Plan.parse({"steps": steps})
