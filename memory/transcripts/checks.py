"""Whether a transcript holds together, and whether it is of a given hierarchy.

A run goes on from a transcript without looking back: what is wrong in it must be found before.
"""

from collections.abc import Mapping

from repertory.memory.errors import TranscriptError
from repertory.memory.records import Agent
from repertory.memory.transcripts.frames import FrameCheck, Path, check_place, refuse
from repertory.memory.transcripts.records import Exchange, Transcript

_SPEECH = ("tell", "ask")
"""What agents of a plan can do beside their tools."""


def check_transcript(transcript: Transcript) -> None:
    """Check that the parts of a transcript fit each other.

    Turns are numbered without a gap, proposals have the ids and paths of their place, calls are those that a persona
    of the hierarchy can make, and only what was decided has results.

    Raises:
        TranscriptError: naming the first proposal, call or exchange that does not fit, and what it should be.
    """
    if transcript.forked_from and transcript.forked_from.run_id == transcript.run_id:
        refuse(f"run {transcript.run_id!r} is said to be a replay of itself")
    if transcript.agent is not None:
        _check_conversation(transcript, transcript.agent)
    else:
        _check_plan(transcript)


def check_same_hierarchy(transcript: Transcript, agent: Agent) -> None:
    """Check that a transcript is of this hierarchy; prompts, models and descriptions may differ.

    Raises:
        TranscriptError: naming the first difference.
    """
    if transcript.agent is None:
        raise TranscriptError(
            f"run {transcript.run_id!r} is a planner's, with agents of its own; it cannot go on with {agent.name!r}"
        )
    _check_same(transcript.agent, agent, ())


def _check_same(there: Agent, here: Agent, above: Path) -> None:
    where = "/".join((*above, here.name))
    for what, one, other in (
        ("name", there.name, here.name),
        ("delegates", sorted(d.name for d in there.delegates), sorted(d.name for d in here.delegates)),
        ("tools", sorted(there.tools), sorted(here.tools)),
        ("orchestration", _function(there), _function(here)),
        ("memory", there.memory, here.memory),
    ):
        if one != other:
            raise TranscriptError(
                f"the transcript is of another hierarchy: for {where!r} it has {what} {one!r}, not {other!r}; "
                "take the hierarchy that it was recorded with, or begin a new run"
            )
    ours = {delegate.name: delegate for delegate in here.delegates}
    for delegate in there.delegates:
        _check_same(delegate, ours[delegate.name], (*above, here.name))


def _function(agent: Agent) -> str:
    """Which function manages it; the file that has it may lie elsewhere on another machine."""
    return agent.orchestration.rpartition(":")[2]


def _check_conversation(transcript: Transcript, agent: Agent) -> None:
    if transcript.company is not None or transcript.task or transcript.state:
        refuse(f"run {transcript.run_id!r} has both a hierarchy and a plan or task")
    for index, exchange in enumerate(transcript.exchanges):
        if exchange.key != f"m{index}":
            refuse(f"exchange {exchange.key!r} stands where 'm{index}' belongs")
        if exchange.call is not None:
            refuse(f"exchange {exchange.key!r} begins with a direct call, which steps of a plan do")
        _check_result(exchange)
        FrameCheck(transcript.run_id, exchange.key, (agent.name,), agent).check(exchange.turns)
    _check_addressees(transcript, {"/".join(path) for path in agent.paths()})


def _check_plan(transcript: Transcript) -> None:
    run_id, company = transcript.run_id, transcript.company
    if company is None and not transcript.task:
        refuse(f"run {run_id!r} has neither a hierarchy nor a task")
    agents = {casting.agent.name: casting.agent for casting in company.cast} if company else {}
    keys = [exchange.key for exchange in transcript.exchanges]
    if twice := [key for key in keys if keys.count(key) > 1]:
        refuse(f"there are two exchanges {twice[0]!r}")
    for exchange in transcript.exchanges:
        if exchange.key == "planner":
            _check_planner(run_id, exchange)
        else:
            _check_step(transcript, exchange, agents)
    paths = {"/".join(path) for agent in agents.values() for path in agent.paths(("perform",))}
    steps = {step.id for step in company.plan.steps} if company else set()
    _check_addressees(transcript, {"planner", *paths, *steps, *keys}, stand_ins=True)


def _check_planner(run_id: str, exchange: Exchange) -> None:
    """The plans that the planner proposed, and at the end the rating, which has no number in its id."""
    for n, turn in enumerate(exchange.turns):
        rating = turn.proposal.kind == "rating"
        check_place(turn, n, f"{run_id}/rating" if rating else f"{run_id}/planner#{n}", ("planner",))
        if turn.proposal.calls or turn.results or turn.at_work or turn.begun:
            refuse(f"proposal {turn.proposal.id!r} of the planner makes calls; its steps do")
        if n + 1 < len(exchange.turns) and (rating or turn.decision is None):
            refuse(f"proposal {turn.proposal.id!r} is {'a rating' if rating else 'not decided'}, and not the last")


def _check_step(transcript: Transcript, exchange: Exchange, agents: Mapping[str, Agent]) -> None:
    """One step; one that a new plan no longer has must have ended, and its agent may be gone with it."""
    run_id, key = transcript.run_id, exchange.key
    steps = {step.id: step for step in transcript.company.plan.steps} if transcript.company else {}
    step, ended = steps.get(key), exchange.result is not None
    if step is None and not ended:
        refuse(f"exchange {key!r} is no step of the plan; steps are {sorted(steps)}")
    _check_result(exchange)
    if exchange.call is not None:
        called = [call.name for call in exchange.call.proposal.calls]
        if step and called != [step.tool]:
            refuse(f"proposal {exchange.call.proposal.id!r} calls {called}; the plan has {step.tool!r}")
        FrameCheck(run_id, f"{key}/call", ("perform", key)).check([exchange.call])
    if not exchange.turns:
        return
    path = exchange.turns[0].proposal.path
    if len(path) != 2 or path[0] != "perform":
        refuse(f"proposal {exchange.turns[0].proposal.id!r} has the path {'/'.join(path)!r}, not 'perform/AGENT'")
    if step and not ended and path[1] != step.agent and not (step.tool and path[1] not in agents):
        refuse(f"step {key!r} is performed by {path[1]!r}; the plan gives it to {step.agent!r}")
    agent = None if ended else agents.get(path[1])
    FrameCheck(run_id, key, path, agent, beside=_SPEECH).check(exchange.turns)


def _check_result(exchange: Exchange) -> None:
    if exchange.result is None:
        return
    if exchange.result.step_id != exchange.key:
        refuse(f"exchange {exchange.key!r} has the result of {exchange.result.step_id!r}")
    if exchange.result.status == "done" and exchange.turns and exchange.turns[-1].decision is None:
        refuse(f"exchange {exchange.key!r} is done, and proposal {exchange.turns[-1].proposal.id!r} is not decided")


def _check_addressees(transcript: Transcript, known: set[str], *, stand_ins: bool = False) -> None:
    for name in transcript.messages:
        if name not in known and not (stand_ins and name.startswith("perform/")):
            refuse(f"messages were left for {name!r}, who is not one of {sorted(known)}")
