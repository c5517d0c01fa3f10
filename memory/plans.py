"""Plans, and the companies that perform them."""

from collections import Counter
from graphlib import CycleError, TopologicalSorter
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from repertory.memory.errors import InputError, PlanError
from repertory.memory.records import Agent, JsonObject, Name, Record, Text, Track
from repertory.memory.references import find_references


class Step(Record):
    """One step of a plan, performed by an agent with tools, or by one tool called directly."""

    id: Name
    instruction: Text
    needs: tuple[Name, ...] = ()
    """Ids of the steps whose results this one sees, and waits for."""
    expected: str = ""
    """What a good result looks like."""
    agent: Name | None = None
    """Name of the agent that performs it; filled by casting."""
    role: str = ""
    """Who is wanted, as `role: description`; what casting searches for."""
    tools: tuple[Name, ...] = ()
    """What an agent needs for it."""
    tool: Name | None = None
    """The tool called directly, without a model."""
    arguments: JsonObject = Field(default_factory=dict)
    """Its arguments: values, or references such as `{{step.field}}` into results of needed steps."""

    @model_validator(mode="after")
    def _performer_is_one(self) -> Self:
        if self.tool and (self.agent or self.tools):
            raise ValueError(f"step {self.id!r} names both tool {self.tool!r} and an agent or its tools; keep one")
        if self.arguments and not self.tool:
            raise ValueError(f"step {self.id!r} has arguments but no tool to call with them")
        return self


MAX_STEPS = 1000


class Plan(Record):
    """An acyclic graph of steps, in an order in which each step comes after its needs."""

    steps: tuple[Step, ...]

    @classmethod
    def _error(cls, message: str) -> InputError:
        return PlanError(message)

    @model_validator(mode="before")
    @classmethod
    def _not_oversized(cls, data: Any) -> Any:
        steps = data.get("steps") if isinstance(data, dict) else None
        if isinstance(steps, list | tuple):
            if not steps:
                raise ValueError("the plan has no steps; give at least one")
            if len(steps) > MAX_STEPS:
                raise ValueError(f"the plan has {len(steps)} steps; the most is {MAX_STEPS}")
        return data

    @model_validator(mode="after")
    def _is_a_graph(self) -> Self:
        ids = [step.id for step in self.steps]
        if twice := [id_ for id_, times in Counter(ids).items() if times > 1]:
            raise ValueError(f"two steps have the id {twice[0]!r}; ids must differ")
        if "planner" in ids:
            raise ValueError("a step has the id 'planner', which is the planner's own; give it another")
        known = set(ids)
        for step in self.steps:
            if unknown := [need for need in step.needs if need not in known]:
                raise ValueError(f"step {step.id!r} needs {unknown[0]!r}, which is not a step; steps are {ids[:20]}")
            referred = {reference.step for reference in find_references(step.arguments)}
            if missing := sorted(referred - set(step.needs)):
                raise ValueError(f"step {step.id!r} refers to {missing[0]!r} without needing it; add it to `needs`")
        try:
            order = list(TopologicalSorter({step.id: step.needs for step in self.steps}).static_order())
        except CycleError as error:
            raise ValueError(f"the steps wait for each other in a circle: {' -> '.join(error.args[1])}") from None
        if order != ids:
            rank = _stable_order(self.steps)
            object.__setattr__(self, "steps", tuple(sorted(self.steps, key=lambda step: rank[step.id])))
        return self

    def __getitem__(self, step_id: str) -> Step:
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)

    def dependants(self, step_id: str) -> set[str]:
        """Ids of the steps that need this one, directly or through others."""
        found: set[str] = {step_id}
        for step in self.steps:  # in topological order: one pass is enough
            if found & set(step.needs):
                found.add(step.id)
        return found - {step_id}


def _stable_order(steps: tuple[Step, ...]) -> dict[str, int]:
    """Topological rank that keeps the given order wherever the needs allow it."""
    rank: dict[str, int] = {}
    waiting = list(steps)
    while waiting:
        step = next(step for step in waiting if all(need in rank for need in step.needs))
        rank[step.id] = len(rank)
        waiting.remove(step)
    return rank


class Casting(Record):
    """An agent in a plan, and where it came from."""

    agent: Agent
    origin: Literal["new", "reused", "cohort"] = "new"
    reason: str = ""
    known: bool = False
    """A person edited an agent that is kept: it becomes that one's next version."""


class Company(Record):
    """A plan with its agents: what is proposed for approval, performed, and kept as a cohort."""

    plan: Plan
    cast: tuple[Casting, ...] = ()

    @model_validator(mode="after")
    def _names_are_distinct(self) -> Self:
        names = [casting.agent.name for casting in self.cast]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two agents are named {twice[0]!r}; names must differ")
        for step in self.plan.steps:
            if step.agent is not None and step.agent not in names:
                raise ValueError(f"step {step.id!r} is given to agent {step.agent!r}, which is not one of {names}")
        return self

    def agent(self, name: str) -> Agent:
        """The agent of that name (KeyError where there is none)."""
        for casting in self.cast:
            if casting.agent.name == name:
                return casting.agent
        raise KeyError(name)


class Cohort(Record):
    """A company that satisfied its user, with the task that it did."""

    id: str
    task: Text
    company: Company
    rating: Literal["satisfied", "unsatisfied"] = "satisfied"
    rated_by: Literal["user", "policy"] = "policy"
    track: Track = Track()
    owner: str = "local"
    topic: str | None = None
    """The only topic that the plan is right in, since it holds what that one's memory said; None: any, and none."""
    rests_on: tuple[str, ...] = ()
    """What that memory said: while it says the same, the plan is right as it is."""
