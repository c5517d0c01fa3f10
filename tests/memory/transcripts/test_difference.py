"""Comparing two runs finds exactly what differs, where it differs, whichever comes first."""

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from repertory.memory.proposals import Decision
from repertory.memory.records import ModelSpec
from repertory.memory.transcripts.difference import Change, Comparison, compare
from repertory.memory.transcripts.moments import moments
from repertory.memory.transcripts.records import Fork, Transcript, Tweak
from tests.memory.transcripts.making import a_talk, lady, plans, transcripts

quick = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
Json = dict[str, Any]


class Leaf(NamedTuple):
    """A value in a transcript's JSON, and what a comparison should say when it changes."""

    holder: Any
    key: Any
    at: str
    kind: str
    what: str


def leaves(document: Json) -> Iterator[Leaf]:
    """The values that a comparison must see, found by another way than its own."""
    for exchange in document["exchanges"]:
        key = exchange["key"]
        if exchange["message"]:
            yield Leaf(exchange, "message", key, "told", "message")
        if exchange["call"]:
            yield from of_turn(exchange["call"], f"{key}/call")
        for turn in exchange["turns"]:
            yield from of_turn(turn, key)
        if exchange["result"]:
            yield Leaf(exchange["result"], "output", key, "end", "output")
            yield Leaf(exchange["result"], "performer", key, "end", "performer")
    if document["state"].get("answer"):
        yield Leaf(document["state"], "answer", "planner", "end", "answer")


def of_turn(turn: Json, frame: str) -> Iterator[Leaf]:
    at = f"{frame}#{turn['n']}"
    yield Leaf(turn["proposal"], "text", at, "proposal", "text")
    for message in turn["heard"]:
        yield Leaf(message, "text", at, "proposal", "heard")
    for call in turn["proposal"]["calls"]:
        yield Leaf(call["arguments"], next(iter(call["arguments"])), at, "proposal", "calls")
    if turn["decision"]:
        yield Leaf(turn["decision"], "text", at, "proposal", "decision")
    for result in turn["results"]:
        yield Leaf(result, "text", at, "outcome", "text")
        for below in result["turns"]:
            yield from of_turn(below, f"{frame}/{result['call_id']}")
    for call_id, turns in turn["at_work"].items():
        for below in turns:
            yield from of_turn(below, f"{frame}/{call_id}")
    for call_id in turn["begun"]:
        yield Leaf(turn["begun"], call_id, at, "outcome", "attempt")


def under_another_id(transcript: Transcript) -> Transcript:
    """The same run under another id, at other costs, its messages under other ids."""
    text = transcript.model_dump_json().replace(f'"{transcript.run_id}/', '"another/')
    document = Transcript.model_validate_json(text).model_dump(mode="json")
    document["run_id"] = "another"

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for key in ("usage", "seconds"):
                if isinstance(value.get(key), dict) and "model_calls" in value[key]:
                    value[key]["model_calls"] += 7
                elif isinstance(value.get(key), float):
                    value[key] += 1.5
            if "sender" in value:
                value["id"] = f"other{value['id']}"
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(item)

    walk(document)
    return Transcript.model_validate(document)


def mirrored(comparison: Comparison) -> Comparison:
    return comparison.model_copy(
        update={
            "runs": comparison.runs[::-1],
            "forks": comparison.forks[::-1],
            "pairs": tuple(pair.model_copy(update={"a": pair.b, "b": pair.a}) for pair in comparison.pairs),
            "changes": tuple(change.model_copy(update={"a": change.b, "b": change.a}) for change in comparison.changes),
        }
    )


@quick
@given(transcripts())
def test_a_run_differs_in_nothing_from_itself(transcript: Transcript) -> None:
    """Nor from itself under another id, at another cost."""
    for other in (transcript, under_another_id(transcript)):
        comparison = compare(transcript, other)
        assert comparison.same, comparison
        assert comparison.divergence is None
        assert comparison.shared == sum(moment.kind == "proposal" for moment in moments(transcript).values())


@quick
@given(transcripts(), st.data())
def test_one_change_is_found_exactly_there(transcript: Transcript, data: st.DataObject) -> None:
    """Whatever it is and however deep: one pair differs, the first one, and in that field only."""
    document = transcript.model_dump(mode="json")
    found = list(leaves(document))
    assume(found)
    leaf = data.draw(st.sampled_from(found))
    leaf.holder[leaf.key] = leaf.holder[leaf.key] + (1 if isinstance(leaf.holder[leaf.key], int) else "!")
    comparison = compare(transcript, Transcript.model_validate(document))
    differing = [pair for pair in comparison.pairs if pair.what]
    assert [(pair.at, pair.kind, pair.what) for pair in differing] == [(leaf.at, leaf.kind, (leaf.what,))]
    assert comparison.divergence == differing[0]
    assert comparison.changes == ()


@quick
@given(transcripts(), transcripts())
def test_it_does_not_matter_which_comes_first(a: Transcript, b: Transcript) -> None:
    """The other way round, sides are exchanged and nothing else."""
    assert compare(b, a) == mirrored(compare(a, b))


@quick
@given(plans())
def test_every_proposal_has_a_place_of_its_own(transcript: Transcript) -> None:
    """None is lost, and what the planner proposed stands before the steps, the rating after them."""
    found = [moment for moment in moments(transcript).values() if moment.kind == "proposal"]
    assert len(found) == sum(
        leaf.key == "text" and leaf.what == "text" and leaf.kind == "proposal"
        for leaf in leaves(transcript.model_dump(mode="json"))
    )
    own = [moment.path == ("planner",) for moment in found]
    rated = [moment.content["kind"] == "rating" for moment in found]
    assert own == sorted(own, reverse=True) or rated[-1]
    assert sum(rated[:-1]) == 0


def test_moments_stand_in_the_order_in_which_they_were_made() -> None:
    """A turn, the frames of its calls, and what the calls brought; depth first."""
    assert [(moment.kind, moment.frame, moment.n) for moment in moments(a_talk()).values()] == [
        ("told", "m0", None),
        ("proposal", "m0", 0),
        ("proposal", "m0/0.0", 0),
        ("outcome", "m0/0.0", 0),
        ("proposal", "m0/0.0", 1),
        ("outcome", "m0", 0),
        ("proposal", "m0", 1),
        ("end", "m0", None),
        ("told", "m1", None),
        ("proposal", "m1", 0),
    ]


def branch() -> Transcript:
    """The talk, gone another way from the stylist's reply on."""
    document = a_talk().model_dump(mode="json")
    first = document["exchanges"][0]["turns"][0]
    turns = first["results"][0]["turns"]
    turns[1]["decision"] = {"verdict": "respond", "text": "Ruder."}
    again = copy.deepcopy(turns[1])
    again["n"] = 2
    again["proposal"] |= {"id": "r/m0/0.0#2", "text": "Nay.", "supersedes": "r/m0/0.0#1"}
    turns.append(again | {"decision": None})
    first["at_work"] = {"0.0": turns}
    first["results"] = []
    document["exchanges"] = [document["exchanges"][0] | {"turns": [first], "result": None}]
    document["forked_from"] = {"run_id": "r", "tweak": {"at": "m0/0.0#1", "decision": turns[1]["decision"]}}
    return Transcript.model_validate(document | {"run_id": "r2"})


def test_a_branch_is_shown_from_where_it_parts() -> None:
    """What is shared is counted; then pairs in order, where either side may be missing."""
    comparison = compare(a_talk(), branch())
    assert comparison.shared == 2
    assert comparison.forks == (
        None,
        Fork(run_id="r", tweak=Tweak(at="m0/0.0#1", decision=Decision(verdict="respond", text="Ruder."))),
    )
    assert [(pair.at, pair.kind, pair.what) for pair in comparison.pairs] == [
        ("m0/0.0#1", "proposal", ("decision",)),
        ("m0/0.0#2", "proposal", ("missing",)),
        ("m0#0", "outcome", ("status",)),
        ("m0#1", "proposal", ("missing",)),
        ("m0", "end", ("missing",)),
        ("m1", "told", ("missing",)),
        ("m1#0", "proposal", ("missing",)),
    ]
    assert comparison.divergence is not None
    assert comparison.pairs[1].a is None
    assert comparison.pairs[3].b is None


def test_hierarchies_are_compared() -> None:
    """Prompts, models, and delegates that one of them lacks."""
    stylist = lady().delegates[0].model_copy(update={"model": ModelSpec(name="openai:x")})
    other = a_talk().model_copy(update={"agent": lady("Be rude.").model_copy(update={"delegates": (stylist,)})})
    assert compare(a_talk(), other).pairs == ()
    assert compare(a_talk(), other).changes == (
        Change(of="persona", where="lady", what="prompt", a="You are a lady.", b="Be rude."),
        Change(of="persona", where="lady/stylist", what="model", a=None, b="openai:x"),
    )
    alone = a_talk().model_copy(update={"agent": lady().model_copy(update={"delegates": ()})})
    (change,) = compare(alone, a_talk()).changes
    assert (change.where, change.what, change.a) == ("lady/stylist", "", None)


def test_plans_are_compared() -> None:
    """Tasks, steps by id, and the agents that perform them."""

    def run(task: str, **steps: str) -> Transcript:
        plan = {"steps": [{"id": id_, "instruction": words, "agent": "lady"} for id_, words in steps.items()]}
        prompt = f"Do {task}."
        company = {"plan": plan, "cast": [{"agent": lady(prompt).model_dump(), "reason": task}]}
        return Transcript.model_validate({"run_id": task, "task": task, "company": company})

    comparison = compare(run("x", one="Read.", two="Write."), run("y", one="Read it.", three="Send."))
    assert [(change.of, change.where, change.what) for change in comparison.changes] == [
        ("task", "", "task"),
        ("step", "one", "instruction"),
        ("step", "three", ""),
        ("step", "two", ""),
        ("persona", "perform/lady", "prompt"),
    ]


@pytest.mark.parametrize("read", [False, True])
def test_messages_are_compared_once(read: bool) -> None:
    """One that was read stands with the proposal that came after, one that was not by itself."""
    message = {"sender": "user", "text": "Hurry.", "id": "u1", "by": "user"}
    document = a_talk().model_dump(mode="json")
    document["messages"] = {"lady": [message]}
    if read:
        document["exchanges"][1]["turns"][0]["heard"] = [message]
    comparison = compare(a_talk(), Transcript.model_validate(document))
    assert [(change.of, change.where) for change in comparison.changes] == ([] if read else [("message", "lady")])
    assert [pair.what for pair in comparison.pairs] == ([("heard",)] if read else [])
