"""Plan: break the task into steps. Replan: replace what failed."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from langgraph.runtime import Runtime

from repertory.memory.errors import ModelError, PlanError
from repertory.memory.plans import Casting, Company, Plan, Step
from repertory.memory.records import Agent, JsonObject, StepResult
from repertory.nodes.context import Context, Limits, context_of
from repertory.nodes.deps import Deps, Node
from repertory.nodes.persona.speech import SPEECH
from repertory.nodes.planner.checks import check_plan, hierarchy
from repertory.nodes.planner.drafts import LikeStepDraft, PlanDraft, PlanDraftFromParts, StepDraft
from repertory.nodes.planner.metered import Metered, metered
from repertory.nodes.planner.parts import Part, known_parts
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
        cast = state["company"].cast if kept else ()
        parts = await known_parts(state["task"], registry_of(deps, runtime), deps, cast)
        messages = _messages(state, deps, await _holders(deps, runtime), done, failed, parts)

        def check(draft: PlanDraft) -> Plan:
            return to_plan(draft, deps, limits, kept, used=ended, parts=parts)

        plan = await meter.fill_in(messages, PlanDraftFromParts if parts else PlanDraft, check)
        company = Company(plan=plan, cast=_with_performers(cast, plan, parts))
        return {
            "company": company,
            "source": "new",
            "cohort_id": None,
            "known_task": None,
            "known_record": None,
            "changes": [],
        }

    return plan


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


def to_plan(
    draft: PlanDraft,
    deps: Deps,
    limits: Limits,
    kept: Sequence[Step] = (),
    used: Iterable[str] = (),
    parts: Mapping[str, Part] = MappingProxyType({}),
) -> Plan:
    """The plan that a model drafted.

    Args:
        draft: what the model filled in.
        deps: the tools that exist.
        limits: the most steps.
        kept: finished steps that stay; drafted ones may need them.
        used: ids that are taken by steps that have ended, kept or not.
        parts: steps of cohorts that drafted ones may be like.

    Raises:
        PlanError: with the reason, for the model to do better.
    """
    ids = {step.id for step in draft.steps}
    if taken := sorted(ids & {*used, *(step.id for step in kept)}):
        raise PlanError(f"the id {taken[0]!r} belongs to a step that has ended; give new steps new ids")
    steps = [step.model_dump() for step in kept] + [_step(step, parts) for step in draft.steps]
    plan = Plan.parse({"steps": steps if draft.steps else []})
    check_plan(plan, deps.toolbox, limits)
    return plan


def outline(plan: Plan, *, expected: bool = False) -> str:
    """A plan in lines, as a model or a person reads it; with what is expected of each step, where that is wanted."""
    return "\n".join(_outline(step, expected) for step in plan.steps)


def _outline(step: Step, expected: bool) -> str:
    needs = f" (needs {', '.join(step.needs)})" if step.needs else ""
    result = f" (expected: {step.expected})" if expected and step.expected else ""
    by = f"{step.tool}({step.arguments})" if step.tool else step.role or step.agent or "agent"
    return f"- {step.id}{needs}: {step.instruction}{result} [{by}]"


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
    parts: Mapping[str, Part] = MappingProxyType({}),
) -> list[Any]:
    feedback, company = state.get("feedback", []), state.get("company")
    return render(
        "plan",
        tools=[*deps.shown_tools, *SPEECH.values()],
        holders=holders,
        parts=parts,
        task=state["task"],
        memory=state.get("memory", []),
        previous=outline(company.plan) if company and (feedback or failed) else "",
        done=done,
        failed=failed,
        feedback=feedback,
    )


def _step(draft: StepDraft, parts: Mapping[str, Part]) -> JsonObject:
    fields = draft.model_dump(exclude={"arguments", "like"})
    part = _part(draft, parts)
    if part and part.agent:
        role, tools = part.step.role, part.step.tools
        return {**fields, "tool": None, "agent": part.agent.name, "role": role, "tools": tools}
    tool = part.step.tool if part else draft.tool
    if not tool:  # an agent's step: stray arguments mean nothing
        return {**fields, "tool": None}
    arguments = {argument.name: argument.value for argument in draft.arguments if argument.value is not None}
    return {**fields, "tool": tool, "tools": [], "role": "", "arguments": arguments}


def _part(draft: StepDraft, parts: Mapping[str, Part]) -> Part | None:
    """The known step that a drafted one is like."""
    if not isinstance(draft, LikeStepDraft) or not draft.like:
        return None
    if draft.like not in parts:
        raise PlanError(f"step {draft.id!r} is like {draft.like!r}, which is no known step; there is {list(parts)}")
    return parts[draft.like]


def _with_performers(cast: Sequence[Casting], plan: Plan, parts: Mapping[str, Part]) -> tuple[Casting, ...]:
    """The cast with the agents of the known steps that the plan takes over."""
    found = {casting.agent.name: casting for casting in cast}
    known = {casting.agent.name: casting for part in parts.values() if (casting := part.casting)}
    for step in plan.steps:
        if step.agent and step.agent not in found:
            found[step.agent] = known[step.agent]
    return tuple(found.values())
