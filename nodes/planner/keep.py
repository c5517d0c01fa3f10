"""Keep: store the company that did well, count what each agent did, and have the topic remember what was done.

Once per run, whatever crashes.
"""

from langgraph.runtime import Runtime

from repertory.memory.plans import Cohort, Company
from repertory.memory.records import StepResult
from repertory.memory.registry import Lesson, Registry
from repertory.nodes.context import Context, context_of
from repertory.nodes.deps import Deps, Node
from repertory.nodes.planner.joining import is_new, joined
from repertory.nodes.planner.perform import spent_so_far
from repertory.nodes.planner.recall import registry_of
from repertory.nodes.planner.remembered import note, rests_on
from repertory.nodes.planner.state import PlannerState, PlannerUpdate

_DEED = 300
"""Characters of what an agent was wanted for that are remembered."""


def keeper(deps: Deps) -> Node:
    """Make the node that keeps what a run taught. A run that failed or displeased teaches its failures only."""

    async def keep(state: PlannerState, runtime: Runtime[Context]) -> PlannerUpdate:
        registry, company, run_id = registry_of(deps, runtime), state.get("company"), state["run_id"]
        await note(state, deps, runtime)
        if company is None:  # stopped before there was a plan
            return {}
        await _approve_drafts(state, company, registry)
        satisfied = state["rating"] == "satisfied" and state["status"] == "completed"
        strangers = set[str]()
        cohorts = [cohort_id] if (cohort_id := state.get("cohort_id")) else []
        if satisfied:
            company = await joined(company, registry, run_id)
            based = rests_on(state["task"], company.plan, state.get("memory", []), deps.toolbox)
            cohort = Cohort(
                id=run_id,
                task=state["task"],
                company=company,
                rated_by=state.get("rated_by") or "policy",
                owner=registry.owner,
                topic=context_of(runtime).topic if based else None,
                rests_on=based,
            )
            cohorts.append((await registry.save_cohort(cohort)).id)
        else:  # nobody new is kept; who is kept under the name of one has not been here
            strangers = {casting.agent.name for casting in company.cast if is_new(casting, registry.owner)}
        lessons = _lessons(state, company, satisfied=satisfied)
        liked = state["rating"] == "satisfied" if state.get("rated_by") == "user" else None
        await registry.learn(
            run_id,
            agents={name: each for name, each in lessons.items() if name not in strangers},
            cohorts=dict.fromkeys(cohorts, _of_cohorts(state, satisfied=satisfied)),
            liked=liked,
        )
        return {"company": company, "cohort_id": cohorts[-1] if cohorts else None}

    return keep


async def _approve_drafts(state: PlannerState, company: Company, registry: Registry) -> None:
    """Whoever approved the plan saw the prompts of its agents; who edited one approved what it became."""
    reused = [casting.agent for casting in company.cast if casting.origin == "reused"]
    seen = {agent.name: agent.version for agent in reused if agent.status == "draft"}
    if state.get("approved_by") == "user" and seen:
        await registry.approve_seen(seen, by=f"run {state['run_id']}")


def _of_cohorts(state: PlannerState, *, satisfied: bool) -> Lesson:
    """A step that fails is its agent's failure; a cohort fails where its answer displeases."""
    success = True if satisfied else False if state["status"] == "completed" else None
    seconds = sum(result.seconds for result in state.get("results", {}).values())
    return Lesson(success, spent_so_far(state), seconds)


def _lessons(state: PlannerState, company: Company, *, satisfied: bool) -> dict[str, Lesson]:
    """What each agent did: success counts in satisfying runs only, a failure is that of the step's agent alone.

    Steps that were replaced after they failed are no more in the company; their results tell who performed them.
    """
    steps = {step.id: step for step in company.plan.steps}
    versions = {casting.agent.name: casting.agent.version for casting in company.cast}
    lessons: dict[str, Lesson] = {}
    for step_id, result in state.get("results", {}).items():
        step, (kind, _, name) = steps.get(step_id), result.performer.partition(" ")
        agent = step.agent if step else name if kind == "agent" else None
        if agent is None:
            continue
        before = lessons.get(agent, Lesson(None))
        success = _together(before.success, _success(result, satisfied=satisfied))
        deeds = (step.instruction[:_DEED],) if step and success else ()
        lessons[agent] = Lesson(
            success,
            before.usage + result.usage,
            before.seconds + result.seconds,
            (*before.deeds, *deeds),
            versions.get(agent),
        )
    return lessons


def _success(result: StepResult, *, satisfied: bool) -> bool | None:
    if result.status == "done":
        return True if satisfied else None
    return False if result.status == "failed" and (satisfied or not result.refused) else None


def _together(one: bool | None, other: bool | None) -> bool | None:
    """A failure of one of its steps is the agent's."""
    known = [each for each in (one, other) if each is not None]
    return all(known) if known else None
