"""What a persona did before, and what it has not heard yet, read from turns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.store.memory import InMemoryStore

from repertory.memory.journal import Journal
from repertory.memory.proposals import Call, Message, Proposal, Turn
from repertory.nodes.context import Limits
from repertory.nodes.live import LiveRun
from repertory.nodes.persona.past import earlier_frames, unheard
from repertory.nodes.persona.state import Frame

PATH = ("boss", "low")


def run_with(*frames: str, path: tuple[str, ...] = PATH, heard: dict[str, str] | None = None) -> LiveRun:
    """A run in which that persona replied once in each of these frames, called there with the frame's key."""
    run = LiveRun(Journal(InMemoryStore(), "r"), Limits())
    for key in frames:
        messages = (Message(sender="user", by="user", text="x", id=heard[key]),) if heard and key in heard else ()
        proposal = Proposal(id=f"r/{key}#0", path=path, kind="reply", text=f"re {key}")
        run.turns[f"{key}#0"] = Turn(n=0, proposal=proposal, heard=messages)
        above, _, call_id = key.rpartition("/")
        if above and "." in call_id:
            call = Call(id=call_id, name="low", arguments={"message": f"at {key}"})
            n = int(call_id.partition(".")[0])
            before = run.turns.get(f"{above}#{n}")
            calls = (*(before.proposal.calls if before else ()), call)
            boss = Proposal(id=f"r/{above}#{n}", path=path[:-1], kind="delegate", calls=calls)
            run.turns[f"{above}#{n}"] = Turn(n=n, proposal=boss)
    return run


def at(key: str, *, step_id: str | None = None, path: tuple[str, ...] = PATH) -> Frame:
    return Frame(run_id="r", branch="-", step_id=step_id, key=key, path=path)


@pytest.mark.parametrize(
    ("frames", "now", "earlier"),
    [
        (["m0/0.0", "m0/1.0"], "m0/2.0", ["m0/0.0", "m0/1.0"]),
        (["m0/0.0", "m0/0.1"], "m0/0.2", []),
        (["m0/10.0", "m0/9.0", "m0/2.0"], "m0/11.0", ["m0/2.0", "m0/9.0", "m0/10.0"]),
        (["m10/0.0", "m9/0.0", "m2/5.0"], "m11/0.0", ["m2/5.0", "m9/0.0", "m10/0.0"]),
        (["m0/1.0"], "m0/0.0", []),
        (["m1/0.0"], "m0/5.0", []),
        (["m0/0.0/0.0", "m0/0.0/1.0", "m0/0.1/0.0"], "m0/0.0/2.0", ["m0/0.0/0.0", "m0/0.0/1.0"]),
        (["m0/0.10", "m0/0.9"], "m0/1.0", ["m0/0.9", "m0/0.10"]),
    ],
)
def test_earlier_is_what_had_ended_before(frames: list[str], now: str, earlier: list[str]) -> None:
    """By the numbers of messages, turns and calls; calls of one turn are at work at once."""
    found = earlier_frames(run_with(*frames), at(now), 50)
    assert [frame.message for frame in found] == [f"at {key}" for key in earlier]


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(0, 12)), min_size=1, unique=True))
def test_earlier_is_an_order(places: list[tuple[int, int, int]]) -> None:
    """Nothing is earlier than itself, nothing both ways; what is, is so in the order of the numbers."""
    keys = [f"m{message}/{turn}.{call}" for message, turn, call in places]
    run = run_with(*keys)
    before = {key: [frame.message.removeprefix("at ") for frame in earlier_frames(run, at(key), 999)] for key in keys}
    for place, key in zip(places, keys, strict=True):
        assert key not in before[key]
        assert not any(key in before[other] for other in before[key])
        assert set(before[key]) == {other for other, there in zip(keys, places, strict=True) if there[:2] < place[:2]}
        rank = dict(zip(keys, places, strict=True))
        assert before[key] == sorted(before[key], key=rank.__getitem__)


@pytest.mark.parametrize("most", [0, 1, 2, 3])
def test_the_latest_are_taken(most: int) -> None:
    """The oldest first."""
    found = earlier_frames(run_with("m0/0.0", "m1/0.0", "m2/0.0"), at("m3/0.0"), most)
    latest = ["at m0/0.0", "at m1/0.0", "at m2/0.0"][3 - most :]
    assert [frame.message for frame in found] == latest


def test_of_two_steps_neither_is_earlier() -> None:
    """Whatever their ids look like; within one step it is as in a conversation."""
    run = run_with("m0/0.0", "m1/0.0")
    assert earlier_frames(run, at("m2/0.0", step_id="m2"), 50) == ()
    assert [frame.message for frame in earlier_frames(run, at("m1/1.0", step_id="m1"), 50)] == ["at m1/0.0"]


def test_a_direct_call_is_no_frame_of_an_agent_that_has_its_steps_name() -> None:
    """`perform/x` is step x's call as well as agent x: neither remembers nor hears for the other."""
    path = ("perform", "x")
    run = run_with("x/call", path=path)
    run.messages = {"perform/x": [Message(sender="user", by="user", text="hi", id="1")]}
    assert earlier_frames(run, at("x", step_id="x", path=path), 50) == ()
    assert [message.text for message in unheard(run, at("x", step_id="x", path=path), ())] == ["hi"]
    assert [message.text for message in unheard(run, at("y", step_id="y", path=path), ())] == ["hi"]


def test_heard_is_what_it_or_an_earlier_frame_has_read() -> None:
    """Not what a sibling or a later frame reads; in the order in which they were left."""
    run = run_with("m0/0.0", "m0/1.0", "m0/1.1", heard={"m0/0.0": "a", "m0/1.1": "b"})
    run.messages = {"boss/low": [Message(sender="user", by="user", text=id_, id=id_) for id_ in "cab"]}
    assert [message.text for message in unheard(run, at("m0/1.0"), ())] == ["c", "b"]
    assert [message.text for message in unheard(run, at("m0/2.0"), ())] == ["c"]
    own = Turn(
        n=0,
        proposal=Proposal(id="p", path=PATH, kind="reply"),
        heard=(Message(sender="user", by="user", text="c", id="c"),),
    )
    assert [message.text for message in unheard(run, at("m0/1.0"), (own,))] == ["b"]


def test_a_step_hears_what_is_left_for_its_id_and_its_delegates_do_not() -> None:
    """Its agent alone does, and once what it heard by its path."""
    run = run_with()
    run.messages = {
        "s": [Message(sender="t", text="for the step", id="1")],
        "perform/x": [Message(sender="user", by="user", text="for the agent", id="2")],
    }
    heard = unheard(run, at("s", step_id="s", path=("perform", "x")), ())
    assert [message.text for message in heard] == ["for the agent", "for the step"]
    assert unheard(run, at("s/0.0", step_id="s", path=("perform", "x", "low")), ()) == ()
