"""The steps of a task that the planner performs: the plan, each step of it in the plan's order, and the report.

A repair is another plan. The planner is driven one such step at a time: lanes of other steps wait, and it stops before
it plans anew and before it reports.
"""

from typing import Any, Literal, NamedTuple

from langgraph.types import StateSnapshot

from repertory.memory.plans import Company, Step
from repertory.memory.topics.work import Planned

STOPS = ["replan", "report"]
"""Nodes that the planner stops before."""


class Phase(NamedTuple):
    """A step of the protocol."""

    kind: Literal["plan", "step", "replan", "report"]
    step: Step | None = None
    """The plan's step."""

    @property
    def key(self) -> str:
        """What the ledger knows it by."""
        return f"step:{self.step.id}" if self.step else self.kind

    @property
    def name(self) -> str:
        """What clients read."""
        return self.step.id if self.step else self.kind

    @property
    def begin(self) -> tuple[str, ...]:
        """Steps of the plan that may begin."""
        return (self.step.id,) if self.step else ()


def phase_of(snapshot: StateSnapshot) -> Phase:
    """What a task is to do next."""
    state = snapshot.values
    if {"step", "perform"} & set(snapshot.next):
        rest = unfinished(state)
        return Phase("step", rest[0]) if rest else Phase("report")
    if {"report", "rate", "keep"} & set(snapshot.next):
        return Phase("report")
    return Phase("replan") if "replan" in snapshot.next or state.get("results") else Phase("plan")


def phase_at(key: str | None, snapshot: StateSnapshot) -> Phase:
    """The phase that a step began with, by its key; else what is next."""
    company: Company | None = snapshot.values.get("company")
    if key in ("plan", "replan", "report"):
        return Phase(key)  # type: ignore[arg-type]  # it is one of these
    for step in company.plan.steps if key and company else ():
        if key == Phase("step", step).key:
            return Phase("step", step)
    return phase_of(snapshot)


def unfinished(state: dict[str, Any]) -> list[Step]:
    """Steps of the plan that have not ended, in the plan's order but each after those that it needs."""
    company: Company | None = state.get("company")
    if company is None:
        return []
    placed, rest = set[str](), list(company.plan.steps)
    ordered: list[Step] = []
    while ready := next((step for step in rest if set(step.needs) <= placed), None):
        ordered.append(ready)
        placed.add(ready.id)
        rest.remove(ready)
    return [step for step in ordered if step.id not in state.get("results", {})]


def planned(state: dict[str, Any]) -> tuple[Planned, ...]:
    """The steps that are still to come, as far as they are known: those of an approved plan."""
    if state.get("status") != "performing":
        return ()
    return tuple(
        Planned(key=Phase("step", step).key, name=step.id, input=step.instruction) for step in unfinished(state)
    )
