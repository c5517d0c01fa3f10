"""A cut keeps what a proposal did not depend on, and nothing else."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from repertory.memory.errors import InputError
from repertory.memory.plans import Casting, Company, Plan, Step
from repertory.memory.proposals import Call, Decision, Message, Proposal, Turn
from repertory.memory.records import Agent, StepResult, Usage
from repertory.memory.transcripts.assembly import entries
from repertory.memory.transcripts.checks import check_transcript
from repertory.memory.transcripts.cutting import cut, proposal_ids
from repertory.memory.transcripts.records import Exchange, PersonaTweak, Transcript, Tweak
from tests.memory.transcripts.making import a_talk, conversations, lady, plans, transcripts

quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
RUN = "f" * 32


def all_turns(transcript: Transcript) -> dict[str, Turn]:
    """All turns by `frame#n`."""
    found = {}
    for exchange in transcript.exchanges:
        if exchange.call:
            found[f"{exchange.key}/call#0"] = exchange.call
        found |= {f"{frame}#{turn.n}": turn for frame, turn in entries(exchange.key, exchange.turns)}
    return found


def depends(other: str, at: str) -> bool:
    """Whether a proposal of the same message or step comes of another, or is that one: told by their names alone."""
    frame, _, n = at.rpartition("#")
    theirs, _, m = other.rpartition("#")
    calls, others = frame.split("/")[1:], theirs.split("/")[1:]
    for one, two in zip(calls, others, strict=False):
        if one != two:
            return int(two.split(".")[0]) > int(one.split(".")[0])
    depth = min(len(calls), len(others))
    mine, its = [*calls, n][depth], [*others, m][depth]
    first, second = int(mine.split(".")[0]), int(its.split(".")[0])
    return second > first if len(calls) > len(others) else second >= first


@quick
@given(conversations(), st.data())
def test_kept_is_what_does_not_depend_on_it(transcript: Transcript, data: st.DataObject) -> None:
    """Of any conversation, at any proposal: earlier messages, earlier turns, other calls; each as it was."""
    names = proposal_ids(transcript)
    assume(names)
    at = data.draw(st.sampled_from(names))
    fork = cut(transcript, Tweak(at=at), RUN)
    check_transcript(fork)
    message = int(at.split("/")[0].split("#")[0][1:])
    expected = [
        name
        for name in names
        if int(name.split("/")[0].split("#")[0][1:]) < message
        or (name.split("/")[0].split("#")[0] == f"m{message}" and not depends(name, at))
    ]
    assert sorted(proposal_ids(fork)) == sorted(expected)
    before = all_turns(transcript)
    for name, turn in all_turns(fork).items():
        assert _spoken(turn) == _spoken(before[name])
        assert turn.proposal.id == f"{RUN}/{name}"
        assert turn.usage == Usage()
    assert [exchange.result is None for exchange in fork.exchanges] == [*[False] * message, True]
    assert fork.forked_from is not None
    assert (fork.forked_from.run_id, fork.forked_from.tweak.at) == (transcript.run_id, at)


def _spoken(turn: Turn) -> Any:
    return turn.proposal.model_dump(exclude={"id", "supersedes"}), turn.decision, turn.heard


@quick
@given(transcripts(), st.data(), st.sampled_from(["approve", "respond", "reject"]))
def test_a_decision_is_put_in_its_place(transcript: Transcript, data: st.DataObject, verdict: Any) -> None:
    """The proposal is kept with the new decision, and without what had come of the old one."""
    names = [name for name in proposal_ids(transcript) if not name.startswith("planner")]
    assume(names)
    at = data.draw(st.sampled_from(names))
    decision = Decision(verdict=verdict, text="words")
    fork = cut(transcript, Tweak(at=at, decision=decision), RUN)
    check_transcript(fork)
    turn = all_turns(fork)[at]
    assert (turn.decision, turn.results, turn.at_work, turn.begun) == (decision, (), {}, {})
    assert set(proposal_ids(fork)) == {*proposal_ids(cut(transcript, Tweak(at=at), RUN)), at}


@quick
@given(plans(), st.data())
def test_of_a_plan_the_other_steps_are_kept(transcript: Transcript, data: st.DataObject) -> None:
    """From the beginning of a step, or from any proposal in it."""
    names = [name for name in proposal_ids(transcript) if not name.startswith("planner")]
    keys = [exchange.key for exchange in transcript.exchanges if exchange.key != "planner"]
    at = data.draw(st.sampled_from([*keys, *names]))
    fork = cut(transcript, Tweak(at=at), RUN)
    check_transcript(fork)
    root = at.partition("/")[0].partition("#")[0]
    assert {exchange.key: exchange.result is None for exchange in fork.exchanges if exchange.key == root} == {
        root: True
    }
    for exchange in transcript.exchanges:
        if exchange.key not in (root, "planner"):
            [kept] = [one for one in fork.exchanges if one.key == exchange.key]
            assert (kept.result is None) == (exchange.result is None)
            assert len(kept.turns) == len(exchange.turns)
    inner = [name for name in proposal_ids(fork) if name.partition("/")[0].partition("#")[0] == root]
    if at == root:
        assert inner == []
    elif not at.endswith("call#0"):
        own = [name for name in names if name.partition("/")[0].partition("#")[0] == root]
        assert set(inner) == {name for name in own if name.endswith("call#0") or not depends(name, at)}


@quick
@given(
    transcripts(), st.text(max_size=12) | st.sampled_from(["m0#-1", "m0", "#", "m0#", "m0/9.9#0", "planner", "s0#99"])
)
def test_what_is_no_proposal_is_refused(transcript: Transcript, at: str) -> None:
    """With an InputError that shows it; never another error."""
    known = {*proposal_ids(transcript), *(exchange.key for exchange in transcript.exchanges)}
    assume(at not in known or at == "planner" or transcript.agent is not None)
    assume(at not in proposal_ids(transcript))
    with pytest.raises(InputError) as caught:
        cut(transcript, Tweak(at=at), RUN)
    assert repr(at) in str(caught.value)


def test_the_whole_id_does_as_well() -> None:
    """As proposals are named on screens; another run's does not."""
    assert cut(a_talk(), Tweak(at="r/m0/0.0#1"), RUN).exchanges == cut(a_talk(), Tweak(at="m0/0.0#1"), RUN).exchanges
    with pytest.raises(InputError, match="'q/m0#0'"):
        cut(a_talk(), Tweak(at="q/m0#0"), RUN)


def test_text_that_looks_like_an_id_is_left_alone() -> None:
    """Arguments, words and messages are not renamed with the proposals, whatever stands in them."""
    odd = {"id": "r/m0#0", "supersedes": "r/m0#0", "text": '"id":"r/m0#0", half \ud83c'}
    call = Call(id="0.0", name="count", arguments=odd)
    talk = a_talk()
    turn = talk.exchanges[1].turns[0]
    waiting = turn.model_copy(update={"proposal": turn.proposal.model_copy(update={"kind": "tool", "calls": (call,)})})
    talk = talk.model_copy(update={"exchanges": (talk.exchanges[0], Exchange(key="m1", message="x", turns=(waiting,)))})
    fork = cut(talk, Tweak(at="m1#0", decision=Decision(verdict="approve")), RUN)
    [kept] = fork.exchanges[1].turns
    assert kept.proposal.calls[0].arguments == odd
    assert kept.proposal.id == f"{RUN}/m1#0"


@pytest.mark.parametrize(
    ("edit", "reason"),
    [({"calls": []}, "calls"), ({}, "no words"), ({"text": ""}, "no words"), ({"text": 3}, "no words")],
)
def test_an_edit_that_does_not_fit_is_refused(edit: dict[str, Any], reason: str) -> None:
    """Of a reply: it needs words."""
    with pytest.raises(InputError, match=reason):
        cut(a_talk(), Tweak(at="m0#1", decision=Decision(verdict="edit", edit=edit)), RUN)


def test_an_edit_of_arguments_becomes_the_whole_call() -> None:
    """As review makes it."""
    fork = cut(a_talk(), Tweak(at="m0#0", decision=Decision(verdict="edit", edit={"message": "so"})), RUN)
    [turn] = fork.exchanges[0].turns
    assert turn.decision is not None
    assert turn.decision.edit == {"calls": [{"id": "0.0", "name": "stylist", "arguments": {"message": "so"}}]}


def test_personas_are_changed_by_path() -> None:
    """Prompt, model and temperature, each by itself; the rest of the hierarchy is as it was."""
    tweak = Tweak(
        at="m0#1", personas={"lady/stylist": PersonaTweak(model="openai:x"), "lady": PersonaTweak(prompt="P")}
    )
    agent = cut(a_talk(), tweak, RUN).agent
    assert agent is not None
    stylist = agent.delegates[0]
    assert (agent.prompt, stylist.prompt, stylist.model.name, stylist.model.temperature) == (
        "P",
        "Rewrite.",
        "openai:x",
        None,
    )
    back = agent.model_copy(update={"prompt": lady().prompt, "delegates": lady().delegates})
    assert back == lady()
    with pytest.raises(InputError, match=r"'lady/poet'.*lady/stylist"):
        cut(a_talk(), Tweak(at="m0#1", personas={"lady/poet": PersonaTweak(prompt="P")}), RUN)


def test_the_same_cut_twice_is_the_same() -> None:
    """And a cut can be cut."""
    once = cut(a_talk(), Tweak(at="m1#0"), RUN)
    assert once == cut(a_talk(), Tweak(at="m1#0"), RUN)
    twice = cut(once, Tweak(at="m0/0.0#1"), "e" * 32)
    check_transcript(twice)
    assert proposal_ids(twice) == proposal_ids(cut(a_talk(), Tweak(at="m0/0.0#1"), "e" * 32))
    assert twice.forked_from is not None
    assert twice.forked_from.run_id == RUN


# --- plans


def agent(name: str) -> Agent:
    return Agent(name=name, role="r", description="d", prompt="p")


def a_plan() -> Transcript:
    """By hand: a and b, c which needs a, d which needs c and b; planned anew once, where x had failed."""
    needs: dict[str, tuple[str, ...]] = {"a": (), "b": (), "c": ("a",), "d": ("c", "b")}
    steps = tuple(Step(id=key, instruction=key, needs=below, agent="one") for key, below in needs.items())
    first = (*steps[:1], Step(id="x", instruction="x", agent="one"))
    agents = [{**agent("one").model_dump(mode="json"), "origin": "reused", "reason": "fits"}]

    def content(ended: list[str], of: tuple[Step, ...]) -> dict[str, Any]:
        shown = [step.model_dump(mode="json") for step in of]
        return {"task": "t", "source": "new", "known": None, "ended": ended, "steps": shown, "agents": agents}

    plans_ = tuple(
        Turn(
            n=n,
            proposal=Proposal(id=f"r/planner#{n}", path=("planner",), kind="plan", content=shown),
            decision=Decision(verdict="approve", text=""),
        )
        for n, shown in enumerate((content([], first), content(["a", "x"], steps)))
    )
    exchanges = [Exchange(key="planner", turns=plans_)]
    for key in ("a", "x", "b", "c", "d"):
        reply = Proposal(id=f"r/{key}#0", path=("perform", "one"), kind="reply", text=key, step_id=key)
        turn = Turn(n=0, proposal=reply, decision=Decision(verdict="approve"), usage=Usage(model_calls=1))
        status: Any = "failed" if key == "x" else "done"
        result = StepResult(step_id=key, status=status, output=key, usage=Usage(model_calls=1))
        exchanges.append(Exchange(key=key, turns=(turn,), result=result))
    company = Company(plan=Plan(steps=steps), cast=(Casting(agent=agent("one"), origin="reused"),))
    state = {"status": "completed", "replans": 1, "proposals": 2, "source": "new", "rating": "satisfied"}
    messages = {
        "d": (Message(sender="a", text="from a", id="a#0.0"), Message(sender="c", text="from c", id="c#0.0")),
        "perform/one": (Message(sender="user", by="user", text="never heard", id="u"),),
    }
    return Transcript(run_id="r", task="t", company=company, state=state, exchanges=tuple(exchanges), messages=messages)


@pytest.mark.parametrize(("at", "gone"), [("a", "acd"), ("b", "bd"), ("c", "cd"), ("d", "d"), ("c#0", "cd")])
def test_a_step_goes_with_its_dependants(at: str, gone: str) -> None:
    """Results of the others stay; what they cost is the original's; the run is not reported or rated any more."""
    assert check_transcript(a_plan()) is None
    fork = cut(a_plan(), Tweak(at=at), RUN)
    check_transcript(fork)
    ended = {exchange.key for exchange in fork.exchanges if exchange.result}
    assert ended == set("abcdx") - set(gone)
    assert (fork.state["status"], fork.state["rating"]) == ("performing", None)
    assert all(exchange.result.usage == Usage() for exchange in fork.exchanges if exchange.result)


def test_messages_go_with_those_who_left_them() -> None:
    """What agents of kept steps left stays, and what a person left that nobody has heard."""
    messages = cut(a_plan(), Tweak(at="c"), RUN).messages
    assert {to: [message.text for message in left] for to, left in messages.items()} == {
        "d": ["from a"],
        "perform/one": ["never heard"],
    }


def test_before_the_second_plan() -> None:
    """What had ended then is kept, and one replan has been made."""
    fork = cut(a_plan(), Tweak(at="planner#1"), RUN)
    check_transcript(fork)
    assert [exchange.key for exchange in fork.exchanges] == ["planner", "a", "x"]
    assert (fork.state["replans"], fork.state["proposals"], fork.state["status"]) == (1, 1, "planning")


def test_before_the_first_plan() -> None:
    """Nothing had been done, and nothing planned anew; the company is the one that was proposed."""
    fork = cut(a_plan(), Tweak(at="planner#0"), RUN)
    assert [exchange.key for exchange in fork.exchanges] == ["planner"]
    assert (fork.state["replans"], fork.state["proposals"]) == (0, 0)
    assert fork.company is not None
    assert [step.id for step in fork.company.plan.steps] == ["a", "x"]
    assert fork.company.cast[0].origin == "reused"


@pytest.mark.parametrize("content", [{}, {"steps": [], "agents": []}, {"steps": 3, "agents": []}, {"agents": [{}]}])
def test_a_plan_that_shows_none_is_refused(content: dict[str, Any]) -> None:
    """A document made elsewhere; the proposal is named."""
    document = json.loads(a_plan().model_dump_json())
    document["exchanges"][0]["turns"][0]["proposal"]["content"] = content
    with pytest.raises(InputError, match="planner#0"):
        cut(Transcript.parse(document), Tweak(at="planner#0"), RUN)


def test_a_step_of_an_earlier_plan_is_refused() -> None:
    """It has no place in the plan there is."""
    with pytest.raises(InputError, match="'x' is no more in the plan"):
        cut(a_plan(), Tweak(at="x#0"), RUN)
