"""A run of the planner as a transcript, and a transcript as a run."""

from typing import Any

from langgraph.store.base import BaseStore

from repertory.memory.journal import Journal
from repertory.memory.proposals import Turn
from repertory.memory.records import StepResult, Usage
from repertory.memory.transcripts.assembly import Assembly
from repertory.memory.transcripts.records import Exchange, Fork, Transcript
from repertory.nodes.persona.recorded import keep_turns
from repertory.nodes.planner.approve import PLANNER
from repertory.nodes.planner.cast import uncast
from repertory.nodes.planner.perform import branch_of, branches_of
from repertory.nodes.planner.state import PlannerState

_WHOLE = {"task", "run_id", "company", "results"}
"""Fields of the state that have a place of their own in a transcript."""
_NEVER = {"objection"}


async def transcript(state: PlannerState, store: BaseStore) -> Transcript:
    """The run of a thread's state, from its journal."""
    run_id, company = state["run_id"], state.get("company")
    journal = Journal(store, run_id, branch_of(state) if company else "-")
    origin = await journal.origin()
    plans = Assembly(await Journal(store, run_id, PLANNER).turns(), {}).frame(PLANNER)
    known = _Branches(run_id, store)
    results = dict(state.get("results", {}))
    under_way: list[str] = []
    if company:
        results = {**await known.results(branch_of(state)), **results}
        under_way = [step.id for step in company.plan.steps if step.id not in results]
    branches = {step_id: result.branch for step_id, result in results.items()}
    exchanges = [await known.ended(result) for result in results.values()]
    exchanges += [await known.step(step_id, branch_of(state)) for step_id in under_way]
    started = [one for one in exchanges if one.result or one.turns or one.call]
    rest = {key: value for key, value in state.items() if key not in _WHOLE | _NEVER}
    return Transcript(
        run_id=run_id,
        task=state["task"],
        company=company,
        state=_plain(rest),
        exchanges=(*([Exchange(key=PLANNER, turns=plans)] if plans else []), *started),
        messages={to: tuple(left) for to, left in (await journal.messages(branches)).items()},
        forked_from=Fork.model_validate(origin["forked_from"]) if origin.get("forked_from") else None,
    )


async def write(transcript: Transcript, store: BaseStore) -> tuple[PlannerState, str]:
    """Write a transcript into the journal; the state to go on from, and the node after which it stands."""
    run_id, exchanges = transcript.run_id, {exchange.key: exchange for exchange in transcript.exchanges}
    plans = exchanges.pop(PLANNER, Exchange(key=PLANNER)).turns
    await Journal(store, run_id, PLANNER).keep_turns(PLANNER, plans)
    state: Any = {
        **transcript.state,
        "usage": {node: Usage.model_validate(usage) for node, usage in transcript.state.get("usage", {}).items()},
        "task": transcript.task,
        "run_id": run_id,
        "objection": None,
        **({"company": transcript.company} if transcript.company else {}),
    }
    results: dict[str, StepResult] = {}
    for key, exchange in exchanges.items():
        if exchange.result:
            results[key] = exchange.result.model_copy(update={"branch": _kept(exchange.result)})
            turns = exchange.turns or ((exchange.call,) if exchange.call else ())
            journal = Journal(store, run_id, _kept(exchange.result))
            await journal.keep_result(results[key], turns, 0.0)
            if exchange.call and exchange.turns:  # an agent took it over
                await journal.keep_turns(f"{key}/call", [exchange.call])
    state["results"] = results
    await _keep_messages(transcript, state, store)
    if transcript.company:
        journal = Journal(store, run_id, branch_of(state))
        await journal.keep_company(transcript.company, branches_of(state))
        for exchange in exchanges.values():
            if exchange.result is None:
                await keep_turns(journal, exchange)
                if exchange.call:
                    await journal.keep_turns(f"{exchange.key}/call", [exchange.call])
    return state, _stands_after(state)


async def _keep_messages(transcript: Transcript, state: PlannerState, store: BaseStore) -> None:
    """What agents left for each other, in the branches in which they did."""
    branches = branches_of(state)
    now = branch_of(state) if transcript.company else "-"
    for to, messages in transcript.messages.items():
        for message in messages:
            if message.by == "agent":
                branch = branches.get(message.sender, now)
                await Journal(store, transcript.run_id, branch).keep_message(to, message)


def _kept(result: StepResult) -> str:
    return result.branch or "-"


def _stands_after(state: PlannerState) -> str:
    """The node after which a run goes on as it would have."""
    status, company = state["status"], state.get("company")
    if status == "performing":
        return "approve"
    if status == "planning":
        if company is None:
            return "recall"
        return "plan" if uncast(company) else "cast"
    if status == "stopped" and not state.get("answer"):  # on the way to the report
        return "plan"
    if state.get("rated_by") or (status == "rejected" and not state["results"]):
        return "keep"
    return "report"


class _Branches:
    """The branches of a run's journal, each read once."""

    def __init__(self, run_id: str, store: BaseStore) -> None:
        self._run_id, self._store = run_id, store
        self._read: dict[str, Assembly] = {}

    async def results(self, branch: str) -> dict[str, StepResult]:
        """Results of a branch that may not be in the state yet."""
        found = await Journal(self._store, self._run_id, branch).results()
        return {step_id: result for step_id, (result, _) in found.items()}

    async def ended(self, result: StepResult) -> Exchange:
        """A step that has ended: its turns are kept with its result."""
        turns = await Journal(self._store, self._run_id, _kept(result)).transcript(result.step_id)
        call = (await self._frames(_kept(result))).frame(f"{result.step_id}/call")
        if turns and _is_call(turns[0], result):
            return Exchange(key=result.step_id, call=turns[0], result=result)
        return Exchange(key=result.step_id, call=call[0] if call else None, turns=tuple(turns), result=result)

    async def step(self, step_id: str, branch: str) -> Exchange:
        """A step that is under way, or has not begun."""
        frames = await self._frames(branch)
        call = frames.frame(f"{step_id}/call")
        return Exchange(key=step_id, call=call[0] if call else None, turns=frames.frame(step_id))

    async def _frames(self, branch: str) -> Assembly:
        if branch not in self._read:
            journal = Journal(self._store, self._run_id, branch)
            self._read[branch] = Assembly(await journal.turns(), await journal.calls())
        return self._read[branch]


def _is_call(turn: Turn, result: StepResult) -> bool:
    return turn.proposal.id.endswith(f"/{result.step_id}/call#0")


def _plain(state: dict[str, Any]) -> dict[str, Any]:
    usage = {node: used.model_dump(mode="json") for node, used in state.get("usage", {}).items()}
    return {**state, "usage": usage}
