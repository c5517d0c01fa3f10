"""Keep: store the company that did well, and count what each agent did. Once per run, whatever crashes."""

from langgraph.runtime import Runtime

from repertory.memory.records import Casting, Cohort, Company, StepResult, Usage
from repertory.memory.registry import Registry
from repertory.nodes.context import Context, context_of
from repertory.nodes.deps import Deps
from repertory.nodes.perform import spent_so_far
from repertory.nodes.recall import registry_of
from repertory.nodes.state import Node, PlannerState, PlannerUpdate


def keeper(deps: Deps) -> Node:
    """Make the node that keeps what a run taught. A run that failed or displeased teaches its failures only."""

    async def keep(state: PlannerState, runtime: Runtime[Context]) -> PlannerUpdate:
        registry, company, run_id = registry_of(deps, runtime), state.get("company"), state["run_id"]
        if company is None:  # stopped before there was a plan
            return {}
        satisfied = state["rating"] == "satisfied" and state["status"] == "completed"
        cohort_id = state.get("cohort_id")
        if satisfied:
            cast = tuple([await _kept(casting, registry) for casting in company.cast])
            company = Company(plan=company.plan, cast=cast)
            if state["source"] != "equal" or cohort_id is None or not await _is_same(registry, cohort_id, company):
                cohort_id = run_id
                cohort = Cohort(
                    id=run_id,
                    task=state["task"],
                    company=company,
                    rated_by=state.get("rated_by") or "policy",
                    owner=context_of(runtime).owner,
                )
                if await registry.cohort(run_id) is None:
                    await registry.save_cohort(cohort)
        counted = (cohort_id, satisfied, spent_so_far(state)) if cohort_id else None
        await registry.count(run_id, agents=_deeds(state, satisfied=satisfied), cohort=counted)
        return {"company": company}

    return keep


async def _kept(casting: Casting, registry: Registry) -> Casting:
    """New agents join the registry; the others are there, and stay the version that was approved."""
    if casting.origin != "new":
        return casting
    return casting.model_copy(update={"agent": await registry.save_agent(casting.agent)})


async def _is_same(registry: Registry, cohort_id: str, company: Company) -> bool:
    known = await registry.cohort(cohort_id)
    return known is not None and _essence(known.company) == _essence(company)


def _essence(company: Company) -> tuple[object, ...]:
    agents = [casting.agent.model_dump(exclude={"track"}) for casting in company.cast]
    return company.plan, agents


def _deeds(state: PlannerState, *, satisfied: bool) -> dict[str, tuple[bool, Usage]]:
    """What each agent did: success counts in satisfying runs only, a failure is that of the step's agent alone."""
    deeds: dict[str, tuple[bool, Usage]] = {}
    for step in state["company"].plan.steps:
        result = state["results"].get(step.id)
        if step.agent is None or result is None or not _counts(result, satisfied=satisfied):
            continue
        well, usage = deeds.get(step.agent, (True, Usage()))
        deeds[step.agent] = (well and result.status == "done", usage + result.usage)
    return deeds


def _counts(result: StepResult, *, satisfied: bool) -> bool:
    return satisfied or (result.status == "failed" and not result.refused)
