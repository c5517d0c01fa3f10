"""A transcript whose parts do not fit each other is refused, and so is one of another hierarchy."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from repertory.memory.errors import TranscriptError
from repertory.memory.records import Agent
from repertory.memory.transcripts.checks import check_same_hierarchy, check_transcript
from repertory.memory.transcripts.records import Transcript
from tests.memory.transcripts.making import a_talk, agents, lady, transcripts

quick = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
Json = dict[str, Any]


def turns_in(document: Json) -> Iterator[Json]:
    """All turns of a transcript's JSON, nested ones included."""
    for exchange in document["exchanges"]:
        for turn in (*([exchange["call"]] if exchange["call"] else []), *exchange["turns"]):
            yield from with_nested(turn)


def with_nested(turn: Json) -> Iterator[Json]:
    yield turn
    for below in (*(result["turns"] for result in turn["results"]), *turn["at_work"].values()):
        for nested in below:
            yield from with_nested(nested)


@quick
@given(transcripts())
def test_a_run_holds_together(transcript: Transcript) -> None:
    """Nested or not, under way or ended, of a conversation or a plan."""
    check_transcript(transcript)


@quick
@given(transcripts(), st.data())
def test_a_turn_out_of_its_place_is_refused(transcript: Transcript, data: st.DataObject) -> None:
    """Whichever turn it is: another number, another run, another frame, another path, each by the proposal's id."""
    document = transcript.model_dump(mode="json")
    turns = list(turns_in(document))
    if not turns:
        return
    turn = data.draw(st.sampled_from(turns))
    proposal, id_ = turn["proposal"], turn["proposal"]["id"]
    match data.draw(st.sampled_from(["n", "run", "frame", "path", "decision"])):
        case "n":
            turn["n"] += 1
        case "run":
            proposal["id"] = f"another{id_}"
        case "frame":
            proposal["id"] = id_.replace("#", "/0.7#") if "#" in id_ else f"{id_}/0.7"
        case "path":
            proposal["path"] = [*proposal["path"], "ghost"]
        case "decision":
            if not (turn["results"] or turn["at_work"] or turn["begun"]):
                return
            turn["decision"] = None
    with pytest.raises(TranscriptError) as error:
        check_transcript(Transcript.model_validate(document))
    assert repr(proposal["id"]) in str(error.value) or repr(id_) in str(error.value)


def reply(n: int = 0, **fields: Any) -> Json:
    proposal = {"id": f"r/m0#{n}", "path": ["lady"], "kind": "reply", "text": "So."}
    return {"n": n, "proposal": proposal, "decision": {"verdict": "approve"}, **fields}


def calling(name: str = "look", **fields: Any) -> Json:
    turn = reply(**fields)
    call = {"id": "0.0", "name": name, "arguments": {"message": "x"}}
    return {**turn, "proposal": {**turn["proposal"], "kind": "tool", "calls": [call]}}


def talk(*turns: Json, **fields: Any) -> Json:
    exchange = {"key": "m0", "message": "Hello", "turns": turns}
    return {"run_id": "r", "agent": lady().model_dump(), "exchanges": [exchange], **fields}


def done(call_id: str = "0.0", **fields: Any) -> Json:
    return {"call_id": call_id, "status": "done", "text": "seen", **fields}


def below(n: int = 0, name: str = "stylist", **fields: Any) -> Json:
    turn = reply(n, **fields)
    return {**turn, "proposal": {**turn["proposal"], "id": f"r/m0/0.0#{n}", "path": ["lady", name]}}


def edited(*calls: Any) -> Json:
    return {"decision": {"verdict": "edit", "edit": {"calls": calls}}}


SENT_BACK = {"decision": {"verdict": "respond", "text": "no"}}
CALL = {"id": "0.0", "name": "look"}


@pytest.mark.parametrize(
    ("document", "reasons"),
    [
        (talk(reply(1)), ["turn 1", "'r/m0#1'", "turn 0"]),
        (talk(reply(**SENT_BACK), reply()), ["'r/m0#0'", "turn 1 belongs"]),
        (talk(reply(decision=None), reply(1)), ["'r/m0#0'", "not decided"]),
        (talk(reply(), reply(1)), ["'r/m0#0'", "accepted"]),
        (talk(reply(), run_id="other"), ["'r/m0#0'", "'other/m0#0'"]),
        (talk(calling("write")), ["'0.0'", "'r/m0#0'", "'write'", "['look', 'stylist']"]),
        (talk(calling(results=[done()], decision=None)), ["'0.0'", "nobody decided"]),
        (talk(calling(results=[done()], **SENT_BACK)), ["'0.0'", "nobody decided"]),
        (talk(calling(results=[done("0.1")])), ["'0.1'", "nobody decided"]),
        (talk(calling(begun={"0.1": 1})), ["'0.1'", "nobody decided"]),
        (talk(calling(begun={"0.0": 0})), ["'0.0'", "0 times"]),
        (talk(calling("stylist", at_work={"0.0": [below()]}, decision=None)), ["'0.0'", "nobody decided"]),
        (talk(calling(results=[done(), done()])), ["'0.0'", "two outcomes"]),
        (talk(calling(results=[done()], begun={"0.0": 1})), ["'0.0'", "two outcomes"]),
        (talk(calling(), reply(1)), ["'0.0'", "'r/m0#0'", "no result"]),
        (talk(calling(results=[done(turns=[below(name="look")])])), ["'look'", "no delegate"]),
        (talk(calling("stylist", results=[done(turns=[below(1)])])), ["'r/m0/0.0#1'", "turn 0"]),
        (talk(calling("stylist", results=[done(turns=[below(name="ghost")])])), ["'lady/ghost'", "'lady/stylist'"]),
        (talk(calling("stylist", results=[done(turns=[below(decision=None)])])), ["'0.0'", "not decided"]),
        (
            talk(
                calling(
                    "stylist",
                    at_work={"0.0": [below()]},
                    decision={"verdict": "approve", "refused": {"0.0": "no"}},
                )
            ),
            ["'0.0'", "refused"],
        ),
        (talk(calling(**edited({**CALL, "name": "burn"}))), ["'0.0'", "'burn'"]),
        (talk(calling(**edited(CALL, CALL))), ["['0.0', '0.0']", "once"]),
        (talk(calling(**edited({**CALL, "id": "0.1"}))), ["['0.1']"]),
        (talk(calling(**edited("look"))), ["'r/m0#0'", "('look',)", "no calls"]),
        (talk({**reply(), "proposal": {**reply()["proposal"], "kind": "tool"}}), ["'r/m0#0'", "'tool'", "0 calls"]),
        (talk({**reply(), "proposal": {**reply()["proposal"], "kind": "plan"}}), ["'r/m0#0'", "'plan'"]),
        (talk({**reply(), "proposal": {**reply()["proposal"], "supersedes": "r/m0#7"}}), ["supersedes", "'r/m0#7'"]),
        (talk(messages={"lady/ghost": []}), ["'lady/ghost'", "'lady/stylist'"]),
        (talk(task="also a plan"), ["'r'", "both"]),
        (talk(exchanges=[{"key": "m1"}]), ["'m1'", "'m0'"]),
        (talk(exchanges=[{"key": "m0"}, {"key": "m0"}]), ["'m0'", "'m1'"]),
        (talk(exchanges=[{"key": "m0", "call": reply()}]), ["'m0'", "direct call"]),
        (talk(exchanges=[{"key": "m0", "result": {"step_id": "m1", "status": "done"}}]), ["'m0'", "'m1'"]),
        (talk(forked_from={"run_id": "r", "tweak": {"at": "m0#0"}}), ["'r'", "replay of itself"]),
        (
            talk(
                exchanges=[
                    {"key": "m0", "turns": [reply(decision=None)], "result": {"step_id": "m0", "status": "done"}}
                ]
            ),
            ["'m0'", "'r/m0#0'", "not decided"],
        ),
        ({"run_id": "r"}, ["'r'", "neither"]),
    ],
)
def test_what_does_not_fit_is_named(document: Json, reasons: list[str]) -> None:
    """With the id of the proposal or the call, what it should be, and what to do."""
    with pytest.raises(TranscriptError) as error:
        check_transcript(Transcript.model_validate(document))
    for reason in (*reasons, "its run"):
        assert reason in str(error.value)


PLAN: Json = {
    "plan": {
        "steps": [
            {"id": "draft", "instruction": "Draft it.", "agent": "lady"},
            {"id": "load", "instruction": "Load it.", "tool": "look"},
        ]
    },
    "cast": [{"agent": lady().model_dump()}],
}


def at(key: str, name: str, call: str | None = None, frame: str = "", **fields: Any) -> Json:
    turn = calling(call, **fields) if call else reply(**fields)
    return {**turn, "proposal": {**turn["proposal"], "id": f"r/{key}{frame}#0", "path": ["perform", name]}}


def performed(key: str, *turns: Json, **fields: Any) -> Json:
    return {"run_id": "r", "task": "t", "company": PLAN, "exchanges": [{"key": key, "turns": turns, **fields}]}


ENDED: Json = {"status": "failed", "error": "so"}
RATED: Json = {"n": 0, "proposal": {"id": "r/rating", "path": ["planner"], "kind": "rating"}}
PLANNED: Json = {"n": 0, "proposal": {"id": "r/planner#0", "path": ["planner"], "kind": "plan"}}


@pytest.mark.parametrize(
    "document",
    [
        performed("draft", at("draft", "lady", "tell")),
        performed("load", call=at("load", "load", "look", "/call", results=[done(status="failed")])),
        performed("load", at("load", "stand_in"), call=at("load", "load", "look", "/call", results=[done()])),
        performed("gone", at("gone", "somebody", "anything"), result={"step_id": "gone", **ENDED}),
        performed("planner", {**PLANNED, "decision": {"verdict": "approve"}}, {**RATED, "n": 1}),
        {"run_id": "r", "task": "t"},
        {**performed("draft"), "messages": {"draft": [], "perform/lady/stylist": [], "perform/stand_in": []}},
    ],
)
def test_runs_of_plans_hold_together(document: Json) -> None:
    """Speech between agents, direct calls and who takes them over, steps that a new plan no longer has, ratings."""
    check_transcript(Transcript.model_validate(document))


@pytest.mark.parametrize(
    ("document", "reasons"),
    [
        (performed("gone", at("gone", "lady")), ["'gone'", "['draft', 'load']"]),
        (performed("draft", at("draft", "ghost")), ["'draft'", "'ghost'", "'lady'"]),
        (performed("draft", at("draft", "lady", "burn")), ["'burn'", "'tell'"]),
        (
            performed("draft", {**at("draft", "x"), "proposal": {**at("draft", "x")["proposal"], "path": ["lady"]}}),
            ["'lady'", "perform/AGENT"],
        ),
        (performed("load", call=at("load", "load", "burn", "/call")), ["['burn']", "'look'"]),
        (performed("load", call=at("load", "load", "look")), ["'r/load#0'", "'r/load/call#0'"]),
        (performed("load", at("load", "lady")), ["'load'", "'lady'"]),
        (performed("planner", RATED, {**PLANNED, "n": 1}), ["'r/rating'", "not the last"]),
        (performed("planner", PLANNED, {**RATED, "n": 1}), ["'r/planner#0'", "not decided"]),
        (performed("planner", {**PLANNED, "begun": {"0.0": 1}}), ["'r/planner#0'", "calls"]),
        ({**performed("draft"), "exchanges": [{"key": "draft"}, {"key": "draft"}]}, ["two", "'draft'"]),
        ({**performed("draft"), "messages": {"ghost": []}}, ["'ghost'"]),
        ({**performed("draft"), "company": None}, ["'draft'", "no step"]),
    ],
)
def test_what_does_not_fit_a_plan_is_named(document: Json, reasons: list[str]) -> None:
    """Steps, agents, direct calls and the planner's own proposals."""
    with pytest.raises(TranscriptError) as error:
        check_transcript(Transcript.model_validate(document))
    for reason in reasons:
        assert reason in str(error.value)


@quick
@given(agents())
def test_a_hierarchy_is_its_own(agent: Agent) -> None:
    """A transcript fits the hierarchy it was recorded with, in whatever order its parts are named now."""
    turned = agent.model_copy(update={"tools": agent.tools[::-1], "delegates": agent.delegates[::-1]})
    check_same_hierarchy(Transcript(run_id="r", agent=agent), turned)


def styled(**fields: Any) -> Agent:
    agent = lady()
    return agent.model_copy(update={"delegates": (agent.delegates[0].model_copy(update=fields),)})


@pytest.mark.parametrize(
    ("agent", "reasons"),
    [
        (lady().model_copy(update={"name": "lord"}), ["'lord'", "name 'lady'"]),
        (lady().model_copy(update={"delegates": ()}), ["'lady'", "delegates ['stylist'], not []"]),
        (styled(name="barber"), ["'lady'", "['stylist'], not ['barber']"]),
        (styled(tools=("count", "burn")), ["'lady/stylist'", "tools ['count'], not ['burn', 'count']"]),
        (styled(memory="thread"), ["'lady/stylist'", "memory 'none', not 'thread'"]),
        (styled(orchestration="lines"), ["'lady/stylist'", "orchestration 'model', not 'lines'"]),
    ],
)
def test_another_hierarchy_is_refused(agent: Agent, reasons: list[str]) -> None:
    """With the first difference, and the persona where it is."""
    with pytest.raises(TranscriptError) as error:
        check_same_hierarchy(a_talk(), agent)
    for reason in ("another hierarchy", *reasons):
        assert reason in str(error.value)


def test_prompts_and_models_may_differ() -> None:
    """They are what a replay changes; a planner's run fits no hierarchy."""
    check_transcript(a_talk())
    check_same_hierarchy(a_talk(), lady("Another prompt."))
    check_same_hierarchy(a_talk(), styled(prompt="Shout.", description="Shouts.", model={"name": "x"}))
    with pytest.raises(TranscriptError, match="planner"):
        check_same_hierarchy(Transcript(run_id="r", task="t"), lady())
