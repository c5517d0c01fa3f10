"""The choice of a function: run again from its beginning at any point, it chooses what it chose there."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langgraph.store.memory import InMemoryStore

from repertory.memory.errors import InputError
from repertory.memory.journal import Journal
from repertory.memory.proposals import Call, CallResult, Decision, Message, Proposal, Turn
from repertory.memory.records import Agent
from repertory.nodes.context import Limits
from repertory.nodes.deps import Deps
from repertory.nodes.live import LiveRun
from repertory.nodes.models.configured import given_model
from repertory.nodes.persona.choice import Choice, Situation
from repertory.nodes.persona.coded import by_function
from repertory.nodes.persona.orchestration import Answer, Delegate, Reply, Told, UseTool
from repertory.nodes.persona.past import EarlierFrame
from repertory.nodes.persona.speech import delegate_tool
from repertory.nodes.persona.state import Frame
from repertory.nodes.tools.toolbox import Toolbox
from tests.scripted import ScriptedModel

BELOW = Agent(name="low", role="r", description="d")
AGENT = Agent(name="boss", role="r", description="d", tools=("look",), delegates=(BELOW,), orchestration="f")


def chooser(function: Callable[[Told], Any]) -> Callable[..., Choice]:
    """The choice of a boss who is managed by this function, as a plain function of its turns."""
    box = Toolbox()

    @box.add
    def look(text: str = "") -> str:
        """Look."""
        return text

    deps = Deps(models=given_model(ScriptedModel()), toolbox=box, orchestrations={"f": function})
    choose = by_function(AGENT, [box["look"], delegate_tool(AGENT)], deps)
    run = LiveRun(Journal(InMemoryStore(), "r"), Limits())

    def chosen(
        turns: Sequence[Turn] = (), heard: Sequence[Message] = (), earlier: Sequence[EarlierFrame] = ()
    ) -> Choice:
        frame = Frame(run_id="r", branch="-", key="m0", path=("boss",))
        return asyncio.run(choose(Situation(run, frame, "go", tuple(turns), tuple(heard), tuple(earlier))))  # type: ignore[arg-type]

    return chosen


def turn(n: int, choice: Choice, decision: Decision, *texts: str, heard: Sequence[Message] = ()) -> Turn:
    """The turn that comes of a choice, with a result for each call where there are texts."""
    calls = tuple(Call(id=f"{n}.{i}", name=name, arguments=args) for i, (name, args) in enumerate(choice.calls))
    proposal = Proposal(
        id=f"r/m0#{n}",
        path=("boss",),
        kind="tool" if calls else "reply",
        text=choice.text,
        calls=calls,
        content=choice.content,
    )
    results = tuple(
        CallResult(call_id=call.id, status="done", text=text) for call, text in zip(calls, texts, strict=False)
    )
    return Turn(n=n, proposal=proposal, decision=decision, results=results, heard=tuple(heard))


ACTS = st.one_of(
    st.builds(UseTool, st.just("look"), st.fixed_dictionaries({"text": st.text(max_size=3)})),
    st.builds(Delegate, st.just("low"), st.text("ab", min_size=1, max_size=3)),
)
ACTIONS = st.one_of(ACTS, st.lists(ACTS, min_size=1, max_size=3), st.builds(Reply, st.text("ab", min_size=1)))
VERDICTS = st.sampled_from(["approve", "respond", "reject"])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(ACTIONS, VERDICTS, st.booleans()), max_size=6))
def test_run_again_from_the_beginning_it_chooses_the_same(script: list[tuple[Any, Any, bool]]) -> None:
    """Any script of actions, decisions and messages: at each point the function has got exactly what came of each."""
    got: list[Any] = []

    def play(told: Told) -> Any:
        got.clear()
        for action, _, _ in script:
            got.append((yield action))
            got.append(list(told.feedback))
        return "done"

    choose, turns, expected, words = chooser(play), list[Turn](), list[Any](), list[str]()
    for n, (action, verdict, hears) in enumerate(script):
        choice = choose(turns)
        acts = list(action) if isinstance(action, list) else [action]
        if isinstance(action, Reply):
            assert choice.text == action.text
            verdict = "respond"  # else it would be at its end
        else:
            assert [args for _, args in choice.calls] == [
                act.arguments if isinstance(act, UseTool) else {"message": act.message} for act in acts
            ]
        text = f"words {n}" if verdict != "approve" else ""
        done = verdict == "approve"
        texts = [f"{n} {i}" for i in range(len(acts))] if done else []
        turns.append(turn(n, choice, Decision(verdict=verdict, text=text), *texts))
        answers = [Answer("done", t) for t in texts] if done else [Answer("refused", text)] * len(acts)
        words += [text] * (verdict == "respond")
        heard = [Message(sender="u", by="user", text=f"heard {n}")] if hears else []
        assert got == expected
        expected += [answers if isinstance(action, list) else answers[0], [*words, *(m.text for m in heard)]]
        choose(turns, heard)  # as the next choice hears it
        assert got == expected
        expected[-1] = list(words)  # the message was not kept: as if that choice had not been
    assert choose(turns).text == "done"


def test_messages_heard_in_earlier_turns_are_found_where_they_were() -> None:
    """`told.feedback` grows as it did then, by words and by messages, in their order."""
    seen: list[list[str]] = []

    def listen(told: Told) -> Any:
        seen.clear()
        seen.append(list(told.feedback))
        for n in range(2):
            yield UseTool("look", {"text": str(n)})
            seen.append(list(told.feedback))
        return "done"

    choose = chooser(listen)
    zero, one, two = (Message(sender="u", by="user", text=f"m{n}") for n in range(3))
    first = turn(0, choose((), [zero]), Decision(verdict="respond", text="no"), heard=[zero])
    second = turn(1, choose([first], [one]), Decision(verdict="approve"), "done", heard=[one])
    choose([first, second], [two])
    assert seen == [["m0"], ["m0", "no", "m1"], ["m0", "no", "m1", "m2"]]


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        ([{"id": "0.1", "name": "look", "arguments": {"text": "z"}}], [("refused", ""), ("done", "new")]),
        ([{"id": "0.0", "name": "low", "arguments": {"message": "z"}}], [("done", "new"), ("refused", "")]),
    ],
)
def test_calls_that_a_person_left_out_are_refused(edit: Any, expected: Any) -> None:
    """Each answer is that of its own act."""
    got: list[Answer] = []

    def two(told: Told) -> Any:
        got.extend((yield [Delegate("low", "x"), UseTool("look", {"text": "y"})]))
        return "done"

    choose = chooser(two)
    before = turn(0, choose(), Decision(verdict="edit", edit={"calls": edit}))
    result = CallResult(call_id=edit[0]["id"], status="done", text="new")
    choose([before.model_copy(update={"results": (result,)})])
    assert [(one.status, one.text if one.ok else "") for one in got] == expected


def accepted(n: int, text: str, verdict: Any = "approve", state: Any = None) -> EarlierFrame:
    content = {"state": state} if state is not None else {}
    proposal = Proposal(id=f"r/m{n}#0", path=("boss",), kind="reply", text=text, content=content)
    edit = {"text": f"edited {text}"} if verdict == "edit" else None
    decision = Decision(verdict=verdict, edit=edit) if verdict else None
    return EarlierFrame(f"told {n}", (Turn(n=0, proposal=proposal, decision=decision),))


@pytest.mark.parametrize(
    ("earlier", "reply", "state"),
    [
        ([], [], {}),
        ([accepted(0, "a", state={"n": 1})], ["a"], {"n": 1}),
        ([accepted(0, "a", "edit", {"n": 1})], ["edited a"], {"n": 1}),
        ([accepted(0, "a", state={"n": 1}), accepted(1, "b", "reject", {"n": 2})], ["a", ""], {"n": 1}),
        ([accepted(0, "a", state={"n": 1}), accepted(1, "b", None, {"n": 2})], ["a", ""], {"n": 1}),
        ([accepted(0, "a", state={"n": 1}), accepted(1, "b")], ["a", "b"], {}),
    ],
)
def test_what_is_left_of_earlier_messages(earlier: list[EarlierFrame], reply: list[str], state: Any) -> None:
    """Replies and state of those that were accepted; a reply that left none emptied it."""
    found: list[Any] = []

    def look_back(told: Told) -> str:
        found.append(([one.reply for one in told.earlier], dict(told.state)))
        return "done"

    chooser(look_back)((), (), earlier)
    assert found == [(reply, state)]


def test_changing_state_in_place_does_not_change_what_is_recorded() -> None:
    """Nested values neither."""
    recorded = accepted(0, "a", state={"lines": [1]})

    def grow(told: Told) -> str:
        told.state["lines"].append(2)
        return "done"

    choice = chooser(grow)((), (), [recorded])
    assert choice.content == {"state": {"lines": [1, 2]}}
    assert recorded.turns[0].proposal.content == {"state": {"lines": [1]}}


@pytest.mark.parametrize("recorded", ["another", "look y"])
def test_what_it_did_and_does_not_do_any_more_is_refused(recorded: str) -> None:
    """With both, and the proposal."""

    def look(told: Told) -> Any:
        yield UseTool("look", {"text": "x"})
        return "done"

    choice = Choice(text="another") if recorded == "another" else Choice(calls=(("look", {"text": "y"}),))
    with pytest.raises(InputError, match=r"r/m0#0.*replay from an earlier proposal"):
        chooser(look)([turn(0, choice, Decision(verdict="respond", text="x"))])
