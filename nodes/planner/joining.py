"""How the agents of a company that did well join the registry."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from repertory.memory.plans import Casting, Company
from repertory.memory.records import Agent, Track
from repertory.memory.registry import Registry
from repertory.memory.registry.duplicates import Twin


class _Joining(NamedTuple):
    """A casting whose agent is to be kept, as it is to be kept; or not at all."""

    casting: Casting
    kept: bool = True


async def joined(company: Company, registry: Registry, run_id: str) -> Company:
    """Keep a company's new agents, and those of shared libraries as the owner's own.

    An agent that is nearly the same as one that a run brought becomes that one's next version: its prompt did well. One
    that is nearly the same as an agent that a person brought, or as another of the company, is not kept besides it. The
    agents that are there already stay the versions that were approved.

    Args:
        company: as it was performed; joining it again changes nothing.
        registry: of the run's owner.
        run_id: the run.

    Returns:
        The company with its agents as they are kept, but for the tools of a merged one: it had its own, and performs
        this plan with no others.
    """
    joining = await _joining(company, registry)
    agents = [_credited(each.casting, run_id, registry.owner) for each in joining.values() if each.kept]
    kept = {agent.name: agent for agent in await registry.save_agents(agents)}
    castings: dict[str, Casting] = {}
    for old, each in joining.items():
        agent = kept[each.casting.agent.name] if each.kept else each.casting.agent
        as_performed = {"tools": company.agent(old).tools, "owner": registry.owner}
        castings[old] = each.casting.model_copy(update={"agent": agent.model_copy(update=as_performed)})
    return _with(company, castings)


async def _joining(company: Company, registry: Registry) -> dict[str, _Joining]:
    """By the name that each has in the company."""
    arriving = [c for c in company.cast if c.known or is_new(c, registry.owner)]
    strangers = [casting.agent for casting in arriving if not casting.known]
    taken = await registry.agents_named(agent.name for agent in strangers)
    new = [agent for agent in strangers if not _is_there(agent, taken)]
    twins = await registry.twins(new, drafts=False)  # nobody chose drafts: what did well is kept beside them
    names = {casting.agent.name: casting.agent.name for casting in company.cast}
    joining: dict[str, _Joining] = {}
    for casting in arriving:
        name, twin = casting.agent.name, twins.get(casting.agent.name)
        others = {other for old, other in names.items() if old != name}
        if casting.known:
            joining[name] = _Joining(casting)
        elif twin is not None and twin.agent.name not in others:
            joining[name] = _beside(casting, twin)
        elif fellow := await registry.twin_among(casting.agent, [each.casting.agent for each in joining.values()]):
            reason = f"not kept on its own: it is {fellow.likeness:.2f} like {fellow.agent.name!r} of the same plan"
            joining[name] = _Joining(casting.model_copy(update={"reason": reason}), kept=False)
        else:
            agent = await _named(casting.agent, others, taken.get(name), registry)
            joining[name] = _Joining(casting.model_copy(update={"agent": agent}))
        names[name] = joining[name].casting.agent.name
    return joining


def is_new(casting: Casting, owner: str) -> bool:
    """Whether nobody of that name was the owner's before the run, as far as the run knew."""
    return (casting.origin == "new" and not casting.known) or is_foreign(casting, owner)


def is_foreign(casting: Casting, owner: str) -> bool:
    """Whether an agent is from a library of somebody else, as it is there or as a person edited it."""
    return (casting.origin == "reused" or casting.known) and casting.agent.owner != owner


def _is_there(agent: Agent, taken: Mapping[str, Agent]) -> bool:
    return agent.name in taken and taken[agent.name].content() == agent.content()


def _beside(casting: Casting, twin: Twin) -> _Joining:
    """The next version of its twin, where a run brought that one; else nothing that is kept."""
    known, like = twin.agent, f"{twin.likeness:.2f} like {twin.agent.name!r}"
    plain = all(each.orchestration == "model" and not each.delegates for each in (known, casting.agent))
    if not known.created_by.startswith("run ") or not plain:
        reason = f"not kept on its own: it is {like}; what that one lacks can be added to it"
        return _Joining(casting.model_copy(update={"reason": reason}), kept=False)
    tools = tuple(dict.fromkeys((*known.tools, *casting.agent.tools)))
    agent = casting.agent.model_copy(update={"name": known.name, "tools": tools})
    return _Joining(casting.model_copy(update={"agent": agent, "reason": f"{like}: its next version"}))


def _credited(casting: Casting, run_id: str, owner: str) -> Agent:
    """With where it came from; a library's begins a track record of its own.

    What a person edited is theirs from then on: no near-duplicate becomes its next version.
    """
    origin: dict[str, object] = {"created_by": f"edit in run {run_id}" if casting.known else f"run {run_id}"}
    if is_foreign(casting, owner):
        origin = {"created_by": f"library {casting.agent.owner}", "track": Track()}
    return casting.agent.model_copy(update={**origin, "status": "active"})


async def _named(agent: Agent, others: Collection[str], known: Agent | None, registry: Registry) -> Agent:
    """The agent under a name of its own: another run may have kept another agent of that name, `known`, meanwhile."""
    named, n = agent, 1
    while named.name in others or (known and known.content() != named.content()):
        n += 1
        named = agent.model_copy(update={"name": f"{agent.name[:60]}_{n}"})
        known = await registry.agent(named.name)
    return named


def _with(company: Company, castings: Mapping[str, Casting]) -> Company:
    """The company with other castings in the place of some, by name."""
    names = {casting.agent.name: castings.get(casting.agent.name, casting).agent.name for casting in company.cast}
    steps = tuple(
        step.model_copy(update={"agent": names[step.agent]}) if step.agent else step for step in company.plan.steps
    )
    cast = tuple(castings.get(casting.agent.name, casting) for casting in company.cast)
    return Company(plan=company.plan.model_copy(update={"steps": steps}), cast=cast)
