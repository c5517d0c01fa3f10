"""Parts of cohorts for a new plan: steps that did well before, each with its performer."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from repertory.memory.plans import Casting, Cohort, Step
from repertory.memory.records import Agent
from repertory.memory.registry import Registry
from repertory.memory.tasks.forms import form_of
from repertory.memory.tasks.likeness import clauses, share
from repertory.nodes.deps import Deps
from repertory.nodes.persona.speech import SPEECH
from repertory.nodes.planner.known import does_well, done, newer, unfit
from repertory.nodes.prompts import brief

MOST = 6
"""Parts that the planner is shown."""
RELATED = 0.6
"""Share of the words of a step's instruction that the task must have."""
_CLAUSES = 8  # of a task are looked for
_COHORTS = 4  # are looked through


class Part(NamedTuple):
    """A step of a cohort, and who performed it."""

    step: Step
    agent: Agent | None
    """None for a direct tool call."""
    reason: str
    """What a person is told of where it comes from."""

    @property
    def performer(self) -> str:
        """Who does it, as the planner reads it."""
        if self.agent is None:
            return f"{self.step.tool}({self.step.arguments})"
        tools = f"; tools: {', '.join(self.step.tools)}" if self.step.tools else ""
        return f"{self.agent.role}{tools}"

    @property
    def casting(self) -> Casting | None:
        """Its agent, in the version of the cohort."""
        return None if self.agent is None else Casting(agent=self.agent, origin="cohort", reason=self.reason)


async def known_parts(task: str, registry: Registry, deps: Deps, cast: Sequence[Casting] = ()) -> dict[str, Part]:
    """The steps of related cohorts that a new plan for a task may take over.

    Args:
        task: what is to be planned.
        registry: has the cohorts.
        deps: tools and functions of this run; what needs others is left out.
        cast: agents that the plan has already; no other version of them is offered.

    Returns:
        By ids such as `c1.load`, the most related first; empty where nothing is related.
    """
    found = await registry.find_cohorts([task, *clauses(task)[:_CLAUSES]], k=_COHORTS)
    best = sorted((match for group in found for match in group), key=lambda match: -match.score)
    there = {match.record.id: match.record for match in best if match.record.topic is None}  # right anywhere
    cohorts = [cohort for cohort in there.values() if does_well(cohort)][:_COHORTS]
    kept = await registry.agents_named(casting.agent.name for cohort in cohorts for casting in cohort.company.cast)
    agents = {casting.agent.name: casting.agent for casting in cast}
    form, ranked = form_of(task), list[tuple[float, str, Part]]()
    seen: set[tuple[str | None, str]] = set()
    for number, cohort in enumerate(cohorts, start=1):
        for part in _parts(cohort, kept, deps):
            said = form_of(part.step.instruction)
            work = (part.agent.name if part.agent else part.step.tool, said)
            if work in seen or share(said, form) < RELATED:
                continue
            if part.agent and agents.setdefault(part.agent.name, part.agent).content() != part.agent.content():
                continue
            seen.add(work)
            ranked.append((share(said, form), f"c{number}.{part.step.id}", part))
    ranked.sort(key=lambda one: -one[0])
    return {part_id: part for _, part_id, part in ranked[:MOST]}


def _parts(cohort: Cohort, kept: Mapping[str, Agent], deps: Deps) -> Iterator[Part]:
    """The steps of a cohort that this run could perform on their own."""
    came = f"did this for {brief(cohort.task, 60)!r}, and {done(cohort)}"
    for step in cohort.company.plan.steps:
        if step.tool:
            if step.tool in deps.shown_tools:
                yield Part(step, None, came)
        elif step.agent and not set(step.tools) & set(SPEECH):  # who speaks to other steps is no use without them
            agent = cohort.company.agent(step.agent)
            has_tools = all(name in deps.toolbox for name in step.tools)
            if has_tools and unfit(agent, kept, deps) is None:
                yield Part(step, agent, f"{came}{newer(agent, kept)}")
