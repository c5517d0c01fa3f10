"""Cast: give each step an agent, reused from the registry where one fits, else new."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from langgraph.runtime import Runtime

from repertory.memory.errors import InputError
from repertory.memory.plans import Casting, Company, Step
from repertory.memory.records import Agent
from repertory.memory.registry import Candidate, Mounted, Query, Registry
from repertory.nodes.context import Context, context_of
from repertory.nodes.deps import Deps, Node
from repertory.nodes.persona.speech import SPEECH
from repertory.nodes.planner.checks import hierarchy, is_performable
from repertory.nodes.planner.drafts import Judgement
from repertory.nodes.planner.metered import Metered, metered
from repertory.nodes.planner.recall import mounted
from repertory.nodes.planner.state import PATH, PlannerState, PlannerUpdate
from repertory.nodes.prompts import render

_MOST = 5
"""Agents that a judge is shown for a step."""
_AMONG = 25
"""Agents that are looked through for active ones where drafts do not count: there may be a whole collection of them."""


class Doubt(NamedTuple):
    """A step for which candidates are neither clearly fit nor clearly unfit."""

    step: Step
    candidates: tuple[Agent, ...]


def caster(deps: Deps) -> Node:
    """Make the node that casts the steps that have neither an agent nor a tool.

    At most one model call, which judges the doubtful candidates of all steps together.
    """

    @metered("cast", deps)
    async def cast(state: PlannerState, runtime: Runtime[Context], meter: Metered) -> PlannerUpdate:
        company, there = state["company"], mounted(deps, runtime)
        steps, registry = uncast(company), there.own
        asks = context_of(runtime).rules.decide(PATH, "plan") == "ask"
        cast = {casting.agent.name: casting for casting in company.cast}
        chosen, doubts, unfit = await _candidates(steps, cast, there, deps, drafts=asks)
        chosen |= await _judged(doubts, meter)
        kept = await registry.agents_named(_base(step) for step in steps if step.id not in chosen)
        performers: dict[str, str] = {}
        for step in steps:
            casting = chosen.get(step.id) or await _created(step, cast, kept, registry, unfit[step.id])
            cast.setdefault(casting.agent.name, casting)
            performers[step.id] = casting.agent.name
        plan = company.plan.model_copy(
            update={
                "steps": tuple(
                    step.model_copy(update={"agent": performers[step.id]}) if step.id in performers else step
                    for step in company.plan.steps
                )
            }
        )
        used = {step.agent for step in plan.steps}
        return {"company": Company(plan=plan, cast=tuple(c for c in cast.values() if c.agent.name in used))}

    return cast


def uncast(company: Company) -> list[Step]:
    """The steps that nobody performs yet."""
    return [step for step in company.plan.steps if not step.tool and not step.agent]


async def _candidates(
    steps: Sequence[Step], cast: Mapping[str, Casting], there: Mounted, deps: Deps, *, drafts: bool
) -> tuple[dict[str, Casting], list[Doubt], dict[str, str]]:
    """Steps whose best candidate clearly fits, those in doubt, and why somebody new would be created for a step.

    Drafts count only where a person sees their prompts. Who is cast already counts as that version: a plan has one.
    """
    chosen: dict[str, Casting] = {}
    doubts: list[Doubt] = []
    unfit: dict[str, str] = {}
    k = _MOST if drafts else _AMONG
    found = await there.candidates([wanted_for(step) for step in steps], k) if steps else []
    for step, ranked in zip(steps, found, strict=True):
        candidates = [
            each._replace(agent=cast[name].agent) if (name := each.agent.name) in cast else each for each in ranked
        ]
        hindered = [_hindrance(each.agent, step, deps, drafts=drafts) for each in candidates]
        able = [each for each, why in zip(candidates, hindered, strict=True) if why is None][:_MOST]
        unfit[step.id] = _why_new(candidates, hindered)
        if able and able[0].margin >= 0:
            chosen[step.id] = Casting(agent=able[0].agent, origin="reused", reason=_reason(able[0], there.own.owner))
        elif doubtful := [each.agent for each in able if each.score >= each.thresholds.doubtful]:
            doubts.append(Doubt(step, tuple(doubtful)))
    return chosen, doubts, unfit


def _hindrance(agent: Agent, step: Step, deps: Deps, *, drafts: bool) -> str | None:
    """Why an agent cannot perform a step, whatever it is good at; None where it can."""
    if agent.status == "draft" and not drafts:
        return "is a draft, and nobody would see its prompt"
    tools = {name for member in hierarchy(agent) for name in member.tools}
    said = set(SPEECH).intersection(step.tools)  # what is to be said, it says itself
    if lacking := sorted({*step.tools} - tools | said - set(agent.tools)):
        return f"lacks the tool {', '.join(lacking)}"
    return None if is_performable(agent, deps) else "needs tools or functions that this run does not have"


def _why_new(candidates: Sequence[Candidate], hindered: Sequence[str | None]) -> str:
    if not candidates:
        return "nobody like it is kept"
    best, why = candidates[0], hindered[0]
    scored = f"{best.agent.name!r} scores {best.score:.2f} against a threshold of {best.thresholds.fits:.2f}"
    return f"the best known, {scored}{f', and {why}' if why else ''}"


def wanted_for(step: Step) -> Query:
    """What casting searches for: who is wanted for a step, or else what it is to do."""
    return Query(step.role) if step.role else Query(step.instruction, "task")


def _reason(candidate: Candidate, owner: str) -> str:
    agent = candidate.agent
    track = agent.track
    did = f"did {track.successes} of {track.uses} such steps well" if track.uses else "not tried yet"
    draft = "; a draft: nobody has approved its prompt so far" if agent.status == "draft" else ""
    library = f"; from the library {agent.owner!r}" if agent.owner != owner else ""
    return f"{candidate.score:.2f} against a threshold of {candidate.thresholds.fits:.2f}; {did}{draft}{library}"


async def _judged(doubts: Sequence[Doubt], meter: Metered) -> dict[str, Casting]:
    if not doubts:
        return {}
    candidates = {doubt.step.id: {agent.name: agent for agent in doubt.candidates} for doubt in doubts}

    def check(judgement: Judgement) -> dict[str, Casting]:
        fit: dict[str, Casting] = {}
        for verdict in judgement.verdicts:
            if verdict.agent is None:
                continue
            if verdict.agent not in candidates.get(verdict.step, {}):
                raise InputError(f"{verdict.agent!r} is no candidate for the step {verdict.step!r}")
            agent = candidates[verdict.step][verdict.agent]
            fit[verdict.step] = Casting(agent=agent, origin="reused", reason=f"judged fit: {verdict.reason}")
        return fit

    return await meter.fill_in(render("judge", doubts=doubts), Judgement, check)


async def _created(
    step: Step, cast: Mapping[str, Casting], kept: Collection[str], registry: Registry, reason: str
) -> Casting:
    """A new agent for a step; steps that want the same role and tools share one. `kept`: names that are taken."""
    role, description = _wanted(step)
    for casting in cast.values():
        agent = casting.agent
        same = casting.origin == "new" and (agent.role, agent.description) == (role, description)
        if same and set(step.tools) <= set(agent.tools):
            return casting
    name = base = _base(step)
    n, taken = 1, base in kept
    while taken or name in cast:
        n += 1
        name = f"{base}_{n}"
        taken = await registry.agent(name) is not None
    return Casting(agent=Agent(name=name, role=role, description=description, tools=step.tools), reason=reason)


def _wanted(step: Step) -> tuple[str, str]:
    """Role and description of the agent that a step wants."""
    role, _, description = step.role.partition(":")
    return role.strip() or "Step agent", description.strip() or step.instruction


def _base(step: Step) -> str:
    """The name that a new agent for the step gets, where it is free."""
    base = re.sub(r"[^a-z0-9]+", "_", _wanted(step)[0].lower()).strip("_")[:56] or "agent"
    return base if base[0].isalpha() else f"agent_{base}"
