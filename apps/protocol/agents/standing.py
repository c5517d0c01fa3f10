"""Where a step of a planner's task stands, from the run's state and its journal."""

from typing import Any

from langgraph.store.base import BaseStore
from langgraph.types import StateSnapshot

from repertory.apps.protocol.agents.acts import acts_of, rating
from repertory.apps.protocol.agents.phases import Phase, planned
from repertory.memory.journal import Journal
from repertory.memory.plans import Company
from repertory.memory.proposals import Turn
from repertory.memory.records import JsonObject, StepResult
from repertory.memory.topics.work import Act, MadeFile, Work
from repertory.memory.transcripts.assembly import Assembly, entries
from repertory.nodes.deps import Deps
from repertory.nodes.persona.risks import risk_of
from repertory.nodes.planner.approve import PLANNER
from repertory.nodes.planner.perform import branch_of
from repertory.nodes.planner.plan import outline

_STUCK = "the run neither ended nor asked; execute a step to go on with it"


class Standing:
    """See the module's docstring.

    Args:
        phase: what the step is about.
        snapshot: the head of the run's thread.
        before: its state without what lanes that ended have added, which tells the journal's branch.
        store: keeps the journal.
        deps: the tools.
    """

    def __init__(self, phase: Phase, snapshot: StateSnapshot, before: Any, store: BaseStore, deps: Deps) -> None:
        self._phase, self._snapshot, self._before = phase, snapshot, before
        self._state: Any = snapshot.values
        self._store, self._deps = store, deps

    async def work(self, *, auto: bool) -> Work:
        """What the step has come to.

        Args:
            auto: whether the server permits what it performs itself.
        """
        acts = await self._acts(auto=auto)
        phase = self._phase
        known: JsonObject = {
            "key": phase.key,
            "name": phase.name,
            "input": phase.step.instruction if phase.step else None,
            "acts": acts,
            "planned": planned(self._state),
            "metadata": self._metadata(),
        }
        if self._snapshot.interrupts:
            return Work(**known, status="waiting")
        if phase.step:
            return self._step(self._state.get("results", {}).get(phase.step.id), known)
        return self._report(known) if phase.kind == "report" else self._plan(known)

    def _plan(self, known: JsonObject) -> Work:
        state, following = self._state, self._snapshot.next
        if not following:
            return Work(**known, status="failed", hopeless=True, error=state.get("error") or str(state.get("status")))
        if "step" in following:
            return Work(**known, status="completed", output=outline(state["company"].plan))
        if "report" in following:
            error = state.get("error") or "there is no plan"
            return Work(**known, status="failed", error=error)
        return Work(**known, status="failed", setback=True, error=_STUCK)

    def _step(self, result: StepResult | None, known: JsonObject) -> Work:
        if result is None:
            return Work(**known, status="failed", setback=True, error=_STUCK)
        files = tuple(MadeFile(path=file.path, sha256=file.sha256) for file in result.artifacts)
        done = result.status == "done"
        return Work(
            **known,
            status="completed" if done else "failed",
            output=result.output or None,
            additional_output={"performer": result.performer, "seconds": result.seconds, "data": result.data},
            error=None if done else result.error or result.status,
            files=files,
        )

    def _report(self, known: JsonObject) -> Work:
        state = self._state
        if self._snapshot.next:
            return Work(**known, status="failed", setback=True, error=_STUCK)
        done, answer = state.get("status") == "completed", state.get("answer") or None
        told = {"status": state.get("status"), "rating": state.get("rating"), "run_id": state.get("run_id")}
        return Work(
            **known,
            status="completed" if done else "failed",
            is_last=True,
            hopeless=not done,
            output=answer,
            additional_output=told,
            error=None if done else state.get("error") or str(state.get("status")),
        )

    def _metadata(self) -> JsonObject:
        company: Company | None = self._state.get("company")
        if company is None or self._state.get("status") == "planning":
            return {}
        agents = [casting.agent.name for casting in company.cast]
        return {"steps": len(company.plan.steps), "agents": agents, "source": self._state.get("source")}

    async def _acts(self, *, auto: bool) -> tuple[Act, ...]:
        acts = acts_of(await self._turns(), self._snapshot.interrupts, risk_of(self._deps), auto=auto)
        rated = None if self._snapshot.next else rating(self._state)
        return (*acts, rated) if rated and self._phase.kind == "report" else acts

    async def _turns(self) -> list[Turn]:
        """What was proposed in this step, in order."""
        run_id = self._state.get("run_id")
        if run_id is None:
            return []
        if self._phase.kind == "report":
            return []
        if self._phase.step is None:
            turns = await Journal(self._store, run_id, PLANNER).turns()
            return sorted(turns.values(), key=lambda turn: turn.n)
        if "company" not in self._before:
            return []
        step_id = self._phase.step.id
        result: StepResult | None = self._state.get("results", {}).get(step_id)
        journal = Journal(self._store, run_id, result.branch if result else branch_of(self._before))
        if result:
            return [turn for _, turn in entries(step_id, await journal.transcript(step_id))]
        turns = Assembly(await journal.turns(), await journal.calls()).turns()
        return [turn for turn in turns.values() if turn.proposal.step_id == step_id]
