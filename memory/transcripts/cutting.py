"""Cut: the part of a run that a proposal did not depend on, as a run of its own, with what is to be different.

Kept is all that had happened independently of the proposal: earlier messages, earlier turns of its persona and of the
coordinators above it, their other calls, and, of a plan, every finished step that does not depend on its step.
"""

import uuid
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from repertory.memory.edits import fitting
from repertory.memory.errors import InputError, TranscriptError
from repertory.memory.plans import Casting, Company
from repertory.memory.proposals import Decision, Message, Turn
from repertory.memory.records import Agent, JsonObject, ModelSpec
from repertory.memory.transcripts.assembly import entries
from repertory.memory.transcripts.records import Exchange, Fork, PersonaTweak, Transcript, Tweak
from repertory.memory.transcripts.renaming import as_new, renaming

PLANNER = "planner"
"""The exchange that holds the planner's own proposals."""
CALL = "call"
"""Below a step: the frame of the direct tool call that it begins with."""


class Place(NamedTuple):
    """Where a proposal stands."""

    root: str
    """Key of its exchange."""
    calls: tuple[str, ...]
    """The calls that lead from the root to its frame."""
    n: int | None
    """Its number in the frame; None for the beginning of a step."""


def proposal_ids(transcript: Transcript) -> list[str]:
    """Ids of all proposals, as `frame#n`: those of a message or step together, a delegate's after its coordinator's."""
    found = []
    for exchange in transcript.exchanges:
        if exchange.call:
            found.append(f"{exchange.key}/{CALL}#0")
        found += [f"{frame}#{turn.n}" for frame, turn in entries(exchange.key, exchange.turns)]
    return found


def cut(transcript: Transcript, tweak: Tweak, run_id: str | None = None) -> Transcript:
    """The run up to a proposal, under a new id, changed; going on with it is the replay.

    Args:
        transcript: the original, which stays as it is.
        tweak: where, and what is different.
        run_id: of the new run; None: a new one.

    Raises:
        InputError: there is no such proposal, or no such persona, or an edit does not fit the proposal.
    """
    place = _place(transcript, tweak.at)
    if place.root == PLANNER:
        kept = _before_plan(transcript, place, tweak.decision)
    elif transcript.agent is None:
        kept = _before_step(transcript, place, tweak.decision)
    else:
        kept = _before_message(transcript, place, tweak.decision)
    messages = {to: left for to, all_ in transcript.messages.items() if (left := _still_left(all_, transcript, kept))}
    run_id = run_id or uuid.uuid4().hex
    change = renaming(transcript.run_id, run_id)
    update = {
        "run_id": run_id,
        "messages": messages,
        "forked_from": Fork(run_id=transcript.run_id, tweak=tweak),
        "exchanges": tuple(as_new(exchange, change) for exchange in kept.exchanges),
        **_changed(kept, tweak),
    }
    return kept.model_copy(update=update)


def _place(transcript: Transcript, at: str) -> Place:
    short = at.removeprefix(f"{transcript.run_id}/")
    known = proposal_ids(transcript)
    steps = [exchange.key for exchange in transcript.exchanges if not transcript.agent and exchange.key != PLANNER]
    if short in steps:
        return Place(short, (), None)
    if short not in known:
        near = get_close_matches(short, [*known, *steps], n=3) or [*known, *steps]
        there = f"{', '.join(near[:12])}{' …' if len(near) > 12 else ''}"
        raise InputError(f"there is no proposal {at!r} in the run {transcript.run_id!r}; there is {there}")
    frame, _, n = short.rpartition("#")
    root, *calls = frame.split("/")
    return Place(root, tuple(calls), int(n))


def _before_message(transcript: Transcript, place: Place, decision: Decision | None) -> Transcript:
    """All earlier messages, and of this one what had happened."""
    keys = [exchange.key for exchange in transcript.exchanges]
    index = keys.index(place.root)
    last = transcript.exchanges[index]
    turns = _before(last.turns, place.calls, place.n or 0, decision)
    last = last.model_copy(update={"turns": turns, "result": None})
    return transcript.model_copy(update={"exchanges": (*transcript.exchanges[:index], last)})


def _before(turns: Sequence[Turn], calls: Sequence[str], n: int, decision: Decision | None) -> tuple[Turn, ...]:
    """Turns of a frame before a proposal, which is its own, or stands below the first of `calls`."""
    if not calls:
        at = [_decided_anew(turns[n], decision)] if decision else []
        return (*turns[:n], *at)
    call, *rest = calls
    turn = turns[int(call.partition(".")[0])]
    found = next((result.turns for result in turn.results if result.call_id == call), turn.at_work.get(call, ()))
    below = _before(found, rest, n, decision)
    others = {call_id: at_work for call_id, at_work in turn.at_work.items() if call_id != call}
    update = {
        "results": tuple(result for result in turn.results if result.call_id != call),
        "at_work": {**others, **({call: below} if below else {})},
    }
    return (*turns[: turn.n], turn.model_copy(update=update))


def _decided_anew(turn: Turn, decision: Decision) -> Turn:
    decided = fitting(decision, turn.proposal)
    return turn.model_copy(update={"decision": decided, "results": (), "at_work": {}, "begun": {}})


def _before_step(transcript: Transcript, place: Place, decision: Decision | None) -> Transcript:
    """Every step that does not depend on this one, and of this one what had happened."""
    company, exchanges = transcript.company, {exchange.key: exchange for exchange in transcript.exchanges}
    if company is None or place.root not in [step.id for step in company.plan.steps]:
        raise InputError(f"the step {place.root!r} is no more in the plan, which was made anew after it; take another")
    gone = company.plan.dependants(place.root)
    step = exchanges[place.root].model_copy(update={"result": None})
    if place.n is None:
        step = step.model_copy(update={"call": None, "turns": ()})
    elif place.calls == (CALL,):
        call = _decided_anew(step.call, decision) if step.call and decision else None
        step = step.model_copy(update={"call": call, "turns": ()})
    else:
        step = step.model_copy(update={"turns": _before(step.turns, place.calls, place.n, decision)})
    kept = [step if key == place.root else exchange for key, exchange in exchanges.items() if key not in gone]
    ended = {"status": "performing", "answer": "", "error": None, "rating": None, "rated_by": None}
    state = {**transcript.state, "usage": {}, **ended}
    plans = [_without_rating(exchange) if exchange.key == PLANNER else exchange for exchange in kept]
    return transcript.model_copy(update={"exchanges": tuple(plans), "state": state})


def _without_rating(exchange: Exchange) -> Exchange:
    return exchange.model_copy(
        update={"turns": tuple(turn for turn in exchange.turns if turn.proposal.kind != "rating")}
    )


def _before_plan(transcript: Transcript, place: Place, decision: Decision | None) -> Transcript:
    """The plans proposed before, and the steps that had ended then."""
    n = place.n or 0
    exchange = next(exchange for exchange in transcript.exchanges if exchange.key == PLANNER)
    turn = exchange.turns[n]
    if turn.proposal.kind != "plan":
        raise InputError(f"proposal {turn.proposal.id!r} is a rating; replay the run from one of its plans or steps")
    words = [one.decision.text for one in exchange.turns[:n] if one.decision and one.decision.verdict == "respond"]
    ended = turn.proposal.content.get("ended", [])
    steps = [one for one in transcript.exchanges if one.key in ended]
    state = {
        **transcript.state,
        "usage": {},
        "status": "planning",
        "approved_by": None,
        "granted": [],
        "answer": "",
        "error": None,
        "rating": None,
        "rated_by": None,
        "feedback": words,
        "proposals": n,
        "replans": _replans(exchange.turns[: n + 1]),
        **_source(turn),
        "preset": decision.model_dump(mode="json") if decision else None,
    }
    plans = exchange.model_copy(update={"turns": exchange.turns[:n]})
    known = {one.agent.name for one in transcript.company.cast if one.known} if transcript.company else set[str]()
    try:
        company = company_of(turn.proposal.content, known)
    except (KeyError, TypeError, ValueError, InputError) as error:
        raise TranscriptError(
            f"proposal {turn.proposal.id!r} shows no plan that could be performed: {error}"
        ) from error
    return transcript.model_copy(update={"exchanges": (plans, *steps), "company": company, "state": state})


def _replans(plans: Sequence[Turn]) -> int:
    """How often the rest had been planned anew: each time more steps had ended."""
    return len({tuple(ended) for plan in plans if (ended := plan.proposal.content.get("ended"))})


def _source(plan: Turn) -> JsonObject:
    """Where a proposed plan came from; words about it had the next one planned from scratch."""
    content = plan.proposal.content
    known = content.get("known") or {}
    record = {key: value for key, value in known.items() if key not in ("cohort", "task")}
    return {
        "source": content.get("source", "new"),
        "cohort_id": known.get("cohort"),
        "known_task": known.get("task"),
        "known_record": record or None,
        "changes": content.get("changes", []),
        "passed_over": content.get("passed_over", []),
    }


def company_of(content: JsonObject, known: Collection[str] = ()) -> Company:
    """The company that the content of a plan's proposal shows.

    Args:
        content: of the proposal.
        known: agents that are kept already; one that is new in the plan is then an edited one.
    """
    agents = [dict(agent) for agent in content["agents"]]
    cast = [
        Casting(
            origin=agent.pop("origin"),
            reason=agent.pop("reason"),
            agent=(made := Agent.model_validate(agent)),
            known=made.name in known,
        )
        for agent in agents
    ]
    return Company.parse({"plan": {"steps": content["steps"]}, "cast": cast})


def _still_left(left: Collection[Message], whole: Transcript, kept: Transcript) -> tuple[Message, ...]:
    """Messages that belong to the part kept: heard in it, told in it, or by a person and never heard at all."""
    heard, heard_before = _heard(whole), _heard(kept)
    frames = {name.rpartition("#")[0] for name in proposal_ids(kept)}
    return tuple(
        message
        for message in left
        if message.id in heard_before
        or (message.by == "user" and message.id not in heard)
        or (message.by == "agent" and message.id.partition("#")[0] in frames)
    )


def _heard(transcript: Transcript) -> set[str]:
    turns = (turn for exchange in transcript.exchanges for _, turn in entries(exchange.key, exchange.turns))
    return {message.id for turn in turns for message in turn.heard}


def _changed(transcript: Transcript, tweak: Tweak) -> dict[str, Any]:
    """The hierarchy, or the agents of the plan, with other prompts and models."""
    left = dict(tweak.personas)
    if transcript.agent is not None:
        agent = tweaked(transcript.agent, left)
        changed: dict[str, Any] = {"agent": agent}
        known = ["/".join(path) for path in transcript.agent.paths()]
    else:
        company = transcript.company or Company.parse({"plan": {"steps": []}})
        cast = tuple(c.model_copy(update={"agent": tweaked(c.agent, left, ("perform",))}) for c in company.cast)
        changed = {"company": company.model_copy(update={"cast": cast})}
        known = ["/".join(path) for c in company.cast for path in c.agent.paths(("perform",))]
    if unknown := [path for path in left if path not in known]:
        raise InputError(f"there is no persona {unknown[0]!r} to change; there is {known}")
    return changed


def tweaked(agent: Agent, tweaks: dict[str, PersonaTweak], root: tuple[str, ...] = ()) -> Agent:
    """A hierarchy with other prompts and models, by path."""
    path = (*root, agent.name)
    delegates = tuple(tweaked(delegate, tweaks, path) for delegate in agent.delegates)
    update: dict[str, Any] = {"delegates": delegates}
    if tweak := tweaks.get("/".join(path)):
        name = agent.model.name if tweak.model is None else tweak.model
        temperature = agent.model.temperature if tweak.temperature is None else tweak.temperature
        prompt = agent.prompt if tweak.prompt is None else tweak.prompt
        update |= {"prompt": prompt, "model": ModelSpec(name=name, temperature=temperature)}
    return agent.model_copy(update=update)
