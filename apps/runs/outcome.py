"""How a run stands, from its checkpoint and its journal."""

from collections.abc import Mapping
from typing import Any

from langgraph.types import StateSnapshot

from repertory.apps.runs.events import Kept, Outcome, Pending, StepOutcome, UsageReport
from repertory.apps.runs.threads import Thread
from repertory.memory.home import Home
from repertory.memory.journal import Journal
from repertory.memory.plans import Company
from repertory.memory.records import Agent, Artifact, JsonObject, StepResult, Usage
from repertory.memory.registry import Registry
from repertory.nodes.planner.edit import company_content
from repertory.nodes.planner.perform import branch_of


async def outcome_of(thread: Thread, snapshot: StateSnapshot, home: Home) -> Outcome:
    """How a run stands.

    Args:
        thread: the run.
        snapshot: the head of its thread.
        home: where its journal is: steps that ended since the last checkpoint are there only.
    """
    if thread.settings.agent is not None:
        return await _conversation(thread, thread.settings.agent, snapshot, home)
    state: Any = snapshot.values
    company: Company | None = state.get("company")
    run_id: str | None = state.get("run_id")
    results: dict[str, StepResult] = dict(state.get("results", {}))
    if run_id and company and snapshot.next:
        journal = Journal(home.store, run_id, branch_of(state))
        results |= {step_id: result for step_id, (result, _) in (await journal.results()).items()}
    pending = tuple(Pending.of(interrupt) for interrupt in snapshot.interrupts)
    status = state.get("status", "unfinished") if snapshot.values and not snapshot.next else "unfinished"
    return Outcome(
        status="needs_decision" if pending else status,
        answer=state.get("answer", ""),
        error=state.get("error") or (thread.error if status == "unfinished" and not pending else None),
        thread_id=thread.id,
        run_id=run_id,
        task=thread.settings.task,
        steps=_steps(company, results, pending) if company else (),
        agents=tuple(company_content(company)["agents"]) if company else (),
        source=state.get("source"),
        rating=state.get("rating"),
        artifacts=tuple(_artifacts(company, results)) if company else (),
        usage=_usage(state.get("usage", {}), results),
        kept=await _kept(state, company, home, thread) if status == "completed" else None,
        pending=pending,
    )


async def _conversation(thread: Thread, agent: Agent, snapshot: StateSnapshot, home: Home) -> Outcome:
    """How a conversation stands: what came of its latest message."""
    state: Any = snapshot.values
    pending = tuple(Pending.of(interrupt) for interrupt in snapshot.interrupts)
    result = None
    if state.get("exchanges") and not snapshot.next:
        journal = Journal(home.store, state["run_id"], state["exchanges"][state["key"]].branch)
        result, _ = (await journal.results())[state["key"]]
    ended = {"done": "completed", "failed": "failed", "stopped": "stopped"}[result.status] if result else "unfinished"
    return Outcome(
        status="needs_decision" if pending else ended,
        answer=state.get("reply") or "",
        error=state.get("error") or (thread.error if ended == "unfinished" and not pending else None),
        thread_id=thread.id,
        run_id=state.get("run_id"),
        task=state.get("message", thread.settings.task),
        agents=(agent.model_dump(mode="json"),),
        artifacts=result.artifacts if result else (),
        usage=_usage({}, {state["key"]: result} if result else {}),
        pending=pending,
    )


def _steps(
    company: Company, results: Mapping[str, StepResult], pending: tuple[Pending, ...]
) -> tuple[StepOutcome, ...]:
    asking = {decision.step_id for decision in pending}
    return tuple(
        StepOutcome.ended(step, results[step.id])
        if step.id in results
        else StepOutcome(
            id=step.id,
            instruction=step.instruction,
            needs=step.needs,
            performer=f"tool {step.tool}" if step.tool else f"agent {step.agent}" if step.agent else "",
            status="needs_decision" if step.id in asking else "waiting",
        )
        for step in company.plan.steps
    )


def _artifacts(company: Company, results: Mapping[str, StepResult]) -> list[Artifact]:
    """The files that were left; of several versions of a file, the last in the order of the plan."""
    ordered = (results[step.id] for step in company.plan.steps if step.id in results)
    return list({file.path: file for result in ordered for file in result.artifacts}.values())


def _usage(by_node: Mapping[str, Usage], results: Mapping[str, StepResult]) -> UsageReport:
    parts = dict(by_node)
    if results:
        parts["perform"] = sum((result.usage for result in results.values()), Usage())
    return UsageReport(total=sum(parts.values(), Usage()), by_node=parts)


async def _kept(state: JsonObject, company: Company | None, home: Home, thread: Thread) -> Kept | None:
    if company is None or state.get("rating") != "satisfied":
        return None
    registry = Registry(home.store, home.index, thread.settings.owner)
    kept = await registry.agents_named(casting.agent.name for casting in company.cast if casting.origin == "new")
    new = tuple(name for name, agent in kept.items() if agent.version == 1)
    if await registry.cohort(state["run_id"]) is not None:
        return Kept(cohort=state["run_id"], known=False, agents=new)
    known: Any = state.get("cohort_id")
    return Kept(cohort=known, known=True, agents=new) if known else None
