"""Keep: store the company that did well, and count what each agent did. Once per run, whatever crashes."""

from collections.abc import Collection

from langgraph.runtime import Runtime

from repertory.memory.plans import Cohort, Company
from repertory.memory.records import Agent, StepResult, Usage
from repertory.memory.registry import Registry
from repertory.nodes.context import Context, context_of
from repertory.nodes.deps import Deps, Node
from repertory.nodes.planner.perform import spent_so_far
from repertory.nodes.planner.recall import registry_of
from repertory.nodes.planner.state import PlannerState, PlannerUpdate


def keeper(deps: Deps) -> Node:
    """Make the node that keeps what a run taught. A run that failed or displeased teaches its failures only."""

    async def keep(state: PlannerState, runtime: Runtime[Context]) -> PlannerUpdate:
        registry, company, run_id = registry_of(deps, runtime), state.get("company"), state["run_id"]
        if company is None:  # stopped before there was a plan
            return {}
        satisfied = state["rating"] == "satisfied" and state["status"] == "completed"
        cohort_id = state.get("cohort_id")
        if satisfied:
            company = await _kept(company, registry)
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
        await registry.count(run_id, agents=_deeds(state, company, satisfied=satisfied), cohort=counted)
        return {"company": company}

    return keep


async def _kept(company: Company, registry: Registry) -> Company:
    """New agents join the registry; the others are there, and stay the version that was approved."""
    new = [casting for casting in company.cast if casting.origin == "new"]
    known = await registry.agents_named(casting.agent.name for casting in new if not casting.known)
    names = {casting.agent.name: casting.agent.name for casting in company.cast}
    agents = []
    for casting in new:
        agent = casting.agent
        if not casting.known:
            others = {name for old, name in names.items() if old != agent.name}
            agent = await _named(agent, others, known.get(agent.name), registry)
        names[casting.agent.name] = agent.name
        agents.append(agent)
    kept = {agent.name: agent for agent in await registry.save_agents(agents)}
    cast = tuple(
        casting.model_copy(update={"agent": kept[names[casting.agent.name]]}) if casting.origin == "new" else casting
        for casting in company.cast
    )
    steps = tuple(
        step.model_copy(update={"agent": names[step.agent]}) if step.agent else step for step in company.plan.steps
    )
    return Company(plan=company.plan.model_copy(update={"steps": steps}), cast=cast)


async def _named(agent: Agent, others: Collection[str], known: Agent | None, registry: Registry) -> Agent:
    """The agent under a name of its own: another run may have kept another agent of that name, `known`, meanwhile."""
    named, n = agent, 1
    while named.name in others or (known and known.content() != named.content()):
        n += 1
        named = agent.model_copy(update={"name": f"{agent.name[:60]}_{n}"})
        known = await registry.agent(named.name)
    return named


async def _is_same(registry: Registry, cohort_id: str, company: Company) -> bool:
    known = await registry.cohort(cohort_id)
    return known is not None and _essence(known.company) == _essence(company)


def _essence(company: Company) -> tuple[object, ...]:
    agents = [casting.agent.model_dump(exclude={"track"}) for casting in company.cast]
    return company.plan, agents


def _deeds(state: PlannerState, company: Company, *, satisfied: bool) -> dict[str, tuple[bool, Usage]]:
    """What each agent did: success counts in satisfying runs only, a failure is that of the step's agent alone.

    Steps that were replaced after they failed are no more in the company; their results tell who performed them.
    """
    performers = {step.id: step.agent for step in company.plan.steps}
    deeds: dict[str, tuple[bool, Usage]] = {}
    for step_id, result in state.get("results", {}).items():
        kind, _, name = result.performer.partition(" ")
        agent = performers.get(step_id, name if kind == "agent" else None)
        if agent is None or not _counts(result, satisfied=satisfied):
            continue
        well, usage = deeds.get(agent, (True, Usage()))
        deeds[agent] = (well and result.status == "done", usage + result.usage)
    return deeds


def _counts(result: StepResult, *, satisfied: bool) -> bool:
    return satisfied or (result.status == "failed" and not result.refused)
