"""Personas that a Python function manages: loops, counters, state of its own, and everything a person may answer."""

from collections.abc import Callable, Generator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command

from repertory.graphs import build_persona, build_planner, restore, transcript_of
from repertory.memory.errors import FunctionError, InputError
from repertory.memory.proposals import Decision
from repertory.memory.records import Agent
from repertory.memory.transcripts.checks import check_transcript
from repertory.memory.transcripts.cutting import cut, proposal_ids
from repertory.memory.transcripts.difference import compare
from repertory.memory.transcripts.records import Transcript, Tweak
from repertory.nodes.context import Context, Limits
from repertory.nodes.decisions.policy import Policy, Rule
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import given_model
from repertory.nodes.persona.orchestration import Answer, Delegate, Reply, Told, UseTool
from tests.graphs.conftest import Keeping
from tests.graphs.test_persona import AUTONOMOUS, CONFIG, INTERACTIVE, LOW, Cast, agent, paths, to
from tests.playing import Players, agent_step, deps_for, plan_of
from tests.scripted import Ask

Actions = Generator[Any, Any, str]
THERE: Any = {"configurable": {"thread_id": "there"}}


def coded(name: str, *delegates: Agent, tools: tuple[str, ...] = (), memory: str = "none") -> Agent:
    """An agent managed by the function of its name."""
    return agent(name, *delegates, tools=tools).model_copy(update={"orchestration": name, "memory": memory})


def conversation(cast: Cast, keeping: Keeping, root: Agent, functions: Mapping[str, Callable[[Told], Any]]) -> Any:
    deps = Deps(models=given_model(cast.model), toolbox=cast.toolbox, orchestrations=functions)
    return build_persona(root, deps, checkpointer=keeping.checkpointer, store=keeping.store)


def home() -> Keeping:
    return Keeping(InMemorySaver(), InMemoryStore())


def talk() -> Cast:
    """`low` answers what it is told."""
    return Cast(low=lambda ask: f"re {ask.messages[-1].text}")


async def say(graph: Any, message: str, context: Context = AUTONOMOUS, config: Any = CONFIG) -> Any:
    return await graph.ainvoke({"message": message}, config, context=context)


async def answer(graph: Any, out: Any, value: Any, context: Context = INTERACTIVE) -> Any:
    """Answer the one question that waits."""
    [question] = out["__interrupt__"]
    return await graph.ainvoke(Command(resume={question.id: value}), CONFIG, context=context)


def shown(out: Any) -> Any:
    [question] = out["__interrupt__"]
    return question.value["repertory"]["proposal"]


# --- what functions do


async def test_a_plain_function_replies(keeping: Keeping) -> None:
    """Without a model call; the reply is a proposal like any other."""
    cast = talk()
    graph = conversation(cast, keeping, coded("plain"), {"plain": lambda told: told.message.upper()})
    out = await say(graph, "go", INTERACTIVE)
    assert (shown(out)["kind"], shown(out)["text"], shown(out)["path"]) == ("reply", "GO", ["plain"])
    out = await answer(graph, out, True)
    assert (out["reply"], cast.model.asks) == ("GO", [])


def loop(told: Told) -> Actions:
    """Ask `low` until it has said it three times, counting."""
    n, words = 0, told.message
    while n < 3:
        n += 1
        words = (yield Delegate("low", f"{words}{n}")).text
    looked = yield UseTool("look", {"text": words})
    return f"{n}: {looked.text}"


async def test_a_loop_with_a_counter(keeping: Keeping) -> None:
    """Each round sees what the last brought; each action has its own place in the transcript."""
    graph = conversation(talk(), keeping, coded("loop", LOW, tools=("look",)), {"loop": loop})
    out = await say(graph, "go")
    assert out["reply"] == "3: saw re re re go123"
    document = await transcript_of(graph, CONFIG)
    check_transcript(document)
    own = [name for name in proposal_ids(document) if "/" not in name]
    assert own == [f"m0#{n}" for n in range(5)]


def both(told: Told) -> Actions:
    """Two at once, and a tool beside them."""
    one, two, three = yield [Delegate("low", "a"), Delegate("low", "b"), UseTool("look", {"text": "c"})]
    alone = yield [Delegate("low", "d")]
    return " ".join([one.text, two.text, three.text, *(only.text for only in alone)])


async def test_several_acts_at_once_are_answered_in_their_order(keeping: Keeping) -> None:
    """However the answers cross; a list of one act is answered with a list of one."""
    graph = conversation(talk(), keeping, coded("both", LOW, tools=("look",)), {"both": both})
    context = Context(policy=Policy.preset("autonomous").preceded_by([Rule(then="ask", path="both/low")]))
    out = await say(graph, "go", context)
    assert len(out["__interrupt__"]) == 2
    for question in sorted(out["__interrupt__"], key=lambda q: q.value["action_request"]["args"]["text"])[::-1]:
        out = await graph.ainvoke(Command(resume={question.id: True}), CONFIG, context=context)
    out = await answer(graph, out, {"verdict": "edit", "edit": {"text": "mine"}}, context)
    assert out["reply"] == "re a re b saw c mine"


def told_all(told: Told) -> Actions:
    """Show what came of one delegation and one tool call, whatever it was."""
    first = yield Delegate("low", "x")
    second = yield UseTool("write", {"text": "w"})
    return " | ".join(f"{one.status} {one.ok} {one.text}" for one in (first, second))


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], "done True re x | done True wrote w"),
        (
            [Rule(then="deny", tool="low"), Rule(then="deny", tool="write")],
            "refused False the policy does not allow 'low' here | refused False the policy does not allow 'write' here",
        ),
        ([Rule(then="deny", path="*/low", kind="reply")], "failed False the reply was rejected. the policy"),
    ],
)
async def test_failure_and_refusal_by_the_policy_are_answers(
    keeping: Keeping, rules: list[Rule], expected: str
) -> None:
    """The function goes on with them."""
    graph = conversation(talk(), keeping, coded("all", LOW, tools=("write",)), {"all": told_all})
    out = await say(graph, "go", Context(policy=Policy.preset("autonomous").preceded_by(rules)))
    assert str(out["reply"]).startswith(expected)


@pytest.mark.parametrize(
    ("answered", "expected"),
    [
        (False, "refused False the user rejected it"),
        ({"verdict": "reject", "text": "not now"}, "refused False not now"),
        ("other words", "refused False other words"),
        ({"verdict": "edit", "edit": {"message": "y"}}, "done True re y"),
        ({"verdict": "edit", "edit": {"calls": [{"name": "write", "arguments": {"text": "v"}}]}}, "done True wrote v"),
    ],
)
async def test_answers_of_a_person_about_an_action(keeping: Keeping, answered: Any, expected: str) -> None:
    """A no, words, an edit of the message, another tool instead: the function gets what came of it."""
    graph = conversation(talk(), keeping, coded("all", LOW, tools=("write",)), {"all": told_all})
    context = Context(policy=Policy.preset("autonomous").preceded_by([Rule(then="ask", path="all", kind="delegate")]))
    out = await answer(graph, await say(graph, "go", context), answered, context)
    assert str(out["reply"]).split(" | ")[0] == expected
    check_transcript(await transcript_of(graph, CONFIG))


async def test_words_about_an_action_are_feedback_too(keeping: Keeping) -> None:
    """The function finds them in `told.feedback`, in order, and every run of it finds the same."""
    runs: list[list[str]] = []

    def listen(told: Told) -> Actions:
        yield UseTool("look")
        runs.append(list(told.feedback))
        yield UseTool("look")
        return " ".join(told.feedback)

    graph = conversation(talk(), keeping, coded("listen", tools=("look",)), {"listen": listen})
    out = await say(graph, "go", INTERACTIVE)
    for words in ("one", "two"):
        out = await answer(graph, out, words)
    assert shown(out)["text"] == "one two"
    assert runs == [["one"]] * len(runs)


# --- words about a reply


def offered(told: Told) -> Actions:
    """Offer a reply, and go on with what is said about it."""
    said = yield Reply("first")
    said = yield Reply(f"second after {said.status} {said.text}")
    return f"third after {said.text}"


async def test_words_about_a_yielded_reply_go_to_where_it_stands(keeping: Keeping) -> None:
    """The function goes on from there; a yes ends it, and nothing after it runs."""
    graph = conversation(talk(), keeping, coded("offer"), {"offer": offered})
    out = await say(graph, "go", INTERACTIVE)
    out = await answer(graph, out, "again")
    assert shown(out)["text"] == "second after refused again"
    assert shown(out)["supersedes"].endswith("m0#0")
    out = await answer(graph, out, "once more")
    assert shown(out)["text"] == "third after once more"
    out = await say(graph, "anew", AUTONOMOUS)
    assert out["reply"] == "first"


async def test_words_about_a_returned_reply_start_it_over(keeping: Keeping) -> None:
    """With the words in `told.feedback` and its state as it was; calls made before are not made again."""

    def counting(told: Told) -> Actions:
        told.state["runs"] = told.state.get("runs", 0) + 1
        done = yield UseTool("write", {"text": f"w{len(told.feedback)}"})
        return f"{done.text} {told.feedback} {told.state['runs']}"

    cast = talk()
    graph = conversation(cast, keeping, coded("counting", tools=("write",), memory="thread"), {"counting": counting})
    context = Context(policy=Policy.preset("autonomous").preceded_by([Rule(then="ask", kind="reply")]))
    out = await say(graph, "go", context)
    for n in range(5):
        assert shown(out)["text"] == f"wrote w{n} {[f'words {i}' for i in range(n)]} 1"
        out = await answer(graph, out, f"words {n}", context)
    out = await answer(graph, out, True, context)
    assert out["reply"].endswith(" 1")
    assert cast.done == [f"w{n}" for n in range(6)]
    out = await say(graph, "go", context)
    assert shown(out)["text"] == "wrote w0 [] 2"


# --- state of its own


def tally(told: Told) -> str:
    """The last two messages, and how many there were."""
    told.state["last"] = [*told.state.get("last", []), told.message][-2:]
    told.state["n"] = told.state.get("n", 0) + 1
    before = [f"{one.message}>{one.reply}" for one in told.earlier]
    return f"{told.state['n']} {told.state['last']} {len(before)}"


async def test_state_goes_from_message_to_message(keeping: Keeping) -> None:
    """And to another home, and not where there is no memory."""
    for memory, expected in (("thread", "4 ['c', 'd'] 3"), ("none", "1 ['d'] 0")):
        config: Any = {"configurable": {"thread_id": memory}}
        root = coded("tally", memory=memory)
        graph = conversation(talk(), keeping, root, {"tally": tally})
        for words in ("a", "b", "c"):
            await say(graph, words, config=config)
        document = Transcript.model_validate_json((await transcript_of(graph, config)).model_dump_json())
        assert (await say(graph, "d", config=config))["reply"] == expected
        elsewhere = conversation(talk(), home(), root, {"tally": tally})
        await restore(elsewhere, config, document, agent=root)
        assert (await say(elsewhere, "d", config=config))["reply"] == expected


async def test_a_delegate_has_state_of_its_own(keeping: Keeping) -> None:
    """Called twice for one message and again for the next; another delegate of the same function has another."""

    def relay(told: Told) -> Actions:
        one = yield Delegate("tally", told.message)
        two = yield Delegate("tally", told.message)
        three = yield Delegate("other", told.message)
        return f"{one.text}; {two.text}; {three.text}"

    root = coded(
        "relay",
        coded("tally", memory="thread"),
        agent("other").model_copy(update={"orchestration": "tally", "memory": "thread"}),
    )
    graph = conversation(talk(), keeping, root, {"relay": relay, "tally": tally})
    assert (await say(graph, "a"))["reply"] == "1 ['a'] 0; 2 ['a', 'a'] 1; 1 ['a'] 0"
    assert (await say(graph, "b"))["reply"] == "3 ['a', 'b'] 2; 4 ['b', 'b'] 3; 2 ['a', 'b'] 1"


async def test_a_reply_that_was_not_accepted_leaves_no_state(keeping: Keeping) -> None:
    """Rejected, or left open when the next message came: as if it had not been."""
    graph = conversation(talk(), keeping, coded("tally", memory="thread"), {"tally": tally})
    await answer(graph, await say(graph, "a", INTERACTIVE), False)
    await say(graph, "b", INTERACTIVE)
    out = await say(graph, "c", AUTONOMOUS)
    assert out["reply"] == "1 ['c'] 2"


async def test_earlier_has_the_replies_that_were_accepted(keeping: Keeping) -> None:
    """As they were edited; empty where none was."""

    def recount(told: Told) -> str:
        return f"re {told.message} {[(one.message, one.reply) for one in told.earlier]}"

    graph = conversation(talk(), keeping, coded("recount", memory="thread"), {"recount": recount})
    await answer(graph, await say(graph, "a", INTERACTIVE), {"verdict": "edit", "edit": {"text": "mine"}})
    await answer(graph, await say(graph, "b", INTERACTIVE), False)
    assert (await say(graph, "c"))["reply"] == "re c [('a', 'mine'), ('b', '')]"


async def test_state_can_be_emptied(keeping: Keeping) -> None:
    """What a function takes out of it does not come back."""

    def forgetting(told: Told) -> str:
        had = dict(told.state)
        told.state.clear()
        if told.message == "keep":
            told.state["kept"] = True
        return f"had {had}"

    graph = conversation(talk(), keeping, coded("forgetting", memory="thread"), {"forgetting": forgetting})
    replies = [(await say(graph, words))["reply"] for words in ("keep", "drop", "what")]
    assert replies == ["had {}", "had {'kept': True}", "had {}"]


async def test_state_is_the_same_in_this_process_and_in_the_next(keeping: Keeping) -> None:
    """As JSON has it: tuples are lists, keys are texts; what JSON cannot hold is refused with the function's name."""

    def odd(told: Told) -> str:
        seen = repr(told.state)
        told.state["pair"] = (1, 2)
        told.state[3] = "three"  # type: ignore[index]
        if told.message == "bad":
            told.state["set"] = {1}
        return seen

    graph = conversation(talk(), keeping, coded("odd", memory="thread"), {"odd": odd})
    await say(graph, "a")
    assert (await say(graph, "b"))["reply"] == "{'pair': [1, 2], '3': 'three'}"
    with pytest.raises(InputError, match="state") as caught:
        await say(graph, "bad")
    assert "'odd'" in str(caught.value)


async def test_arguments_are_the_same_after_a_restart(keeping: Keeping) -> None:
    """A tuple given to a tool is a list in the journal, and no sign of another function."""

    def pair(told: Told) -> Actions:
        got = yield UseTool("join", {"words": ("a", "b")})
        again = yield UseTool("join", {"words": (got.text,)})
        return str(again.text)

    def join(words: Any) -> str:
        """Join."""
        return "-".join(words)

    def at_home(keeping: Keeping) -> Any:
        cast = talk()
        cast.toolbox.add(join, risk="read")
        return conversation(cast, keeping, root, {"pair": pair})

    root = coded("pair", tools=("join",))
    graph = at_home(keeping)
    out = await say(graph, "go", INTERACTIVE)
    out = await answer(graph, out, True)
    document = Transcript.model_validate_json((await transcript_of(graph, CONFIG)).model_dump_json())
    graph = at_home(home())
    await restore(graph, CONFIG, document, agent=root)
    assert (await graph.ainvoke(None, CONFIG, context=AUTONOMOUS))["reply"] == "a-b"


# --- what goes wrong


async def test_a_function_that_is_not_deterministic_is_refused_by_name(keeping: Keeping) -> None:
    """It would get answers to other actions than it asked for."""
    turn = count()

    def moody(told: Told) -> Actions:
        one = yield UseTool("look", {"text": f"at {next(turn)}"})
        return str(one.text)

    graph = conversation(talk(), keeping, coded("moody", tools=("look",)), {"moody": moody})
    with pytest.raises(InputError, match=r"'moody' of agent 'moody' did .*'at 1'.* had done .*'at 0'"):
        await say(graph, "go")


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        (Delegate("nobody", "x"), "'nobody'"),
        (Delegate("low", ""), "'message'"),
        (Delegate("low", 7), "7"),  # type: ignore[arg-type]
        (UseTool("fly"), "'fly'"),
        (UseTool("delegate", {"to": "low", "message": "x"}), "'delegate'"),
        (UseTool("low", {"message": "x"}), "'low'"),
        (UseTool("look", {"what": "x"}), "what"),
        ([], "no action"),
        ([Reply("x")], "Reply"),
        ("words", "the text 'words'"),
        (None, "None"),
        (7, "7"),
        (Reply(""), "''"),
        (Reply(7), "7"),  # type: ignore[arg-type]
    ],
)
async def test_an_action_that_cannot_be_done_is_refused_with_the_reason(
    keeping: Keeping, action: Any, reason: str
) -> None:
    """Ours, naming the function; nothing is proposed."""

    def wrong(told: Told) -> Actions:
        yield action
        return "not reached"

    graph = conversation(talk(), keeping, coded("wrong", LOW, tools=("look",)), {"wrong": wrong})
    with pytest.raises(InputError, match=reason) as caught:
        await say(graph, "go")
    assert "in the function 'wrong' of agent 'wrong', at 'm0'" in str(caught.value)
    assert proposal_ids(await transcript_of(graph, CONFIG)) == []


@pytest.mark.parametrize("result", ["", "  ", None, 7, b"x"])
@pytest.mark.parametrize("generator", [True, False])
async def test_a_reply_that_is_no_words_is_refused(keeping: Keeping, result: Any, generator: bool) -> None:
    """From a function as from a generator."""

    def yielding(told: Told) -> Any:
        yield UseTool("look")
        return result

    function = yielding if generator else lambda told: result
    graph = conversation(talk(), keeping, coded("mute", tools=("look",)), {"mute": function})
    with pytest.raises(InputError, match="the reply"):
        await say(graph, "go")


async def test_a_function_that_raises_can_be_mended_and_gone_on_with(keeping: Keeping) -> None:
    """Its own error comes out, with its name; then the mended one goes on where it stood, without a call made twice."""

    def broken(told: Told) -> Actions:
        got = yield UseTool("write", {"text": "w"})
        raise ZeroDivisionError(got.text)

    def mended(told: Told) -> Actions:
        got = yield UseTool("write", {"text": "w"})
        return f"mended: {got.text}"

    cast, root = talk(), coded("f", tools=("write",))
    with pytest.raises(FunctionError, match=r"raised ZeroDivisionError: .*wrote w") as caught:
        await say(conversation(cast, keeping, root, {"f": broken}), "go")
    assert "the function 'f' of agent 'f', at 'm0'" in str(caught.value)
    assert "test_functions.py:" in str(caught.value)
    out = await conversation(cast, keeping, root, {"f": mended}).ainvoke(None, CONFIG, context=AUTONOMOUS)
    assert (out["reply"], cast.done) == ("mended: wrote w", ["w"])


async def test_a_function_without_an_end_meets_the_limit(keeping: Keeping) -> None:
    """`limits.turns`, as for a model."""

    def endless(told: Told) -> Actions:
        while True:
            yield UseTool("look")

    graph = conversation(talk(), keeping, coded("endless", tools=("look",)), {"endless": endless})
    out = await say(graph, "go", Context(policy="autonomous", limits=Limits(turns=7)))
    assert out["reply"] is None
    assert "limits.turns" in out["error"]


def test_an_unknown_function_is_refused_when_it_is_built() -> None:
    """At any depth, by name."""
    root = agent("boss", coded("ghost"))
    with pytest.raises(InputError, match=r"'ghost'.*'f'"):
        conversation(talk(), home(), root, {"f": tally})


async def test_a_function_that_fails_in_a_plan_fails_its_step(keeping: Keeping, workspace: Path) -> None:
    """Refused actions are its step's error, which names it; the other steps are done."""

    def wrong(told: Told) -> Actions:
        yield UseTool("fly")
        return "never"

    plan = plan_of(agent_step("a", "do a", role="Alpha: a"), agent_step("b", "do b", role="Beta: b"))
    players = Players(plan)
    deps = deps_for(players, workspace)
    deps = Deps(models=deps.models, toolbox=deps.toolbox, orchestrations={"wrong": wrong})
    graph = build_planner(deps, checkpointer=keeping.checkpointer, store=keeping.store)
    out = await graph.ainvoke({"task": "x"}, CONFIG, context=Context(limits=Limits(replans=0)))
    document = await transcript_of(graph, CONFIG)
    assert document.company is not None
    cast = tuple(
        c.model_copy(update={"agent": c.agent.model_copy(update={"orchestration": "wrong"})})
        if c.agent.name == "alpha"
        else c
        for c in document.company.cast
    )
    document = document.model_copy(update={"company": document.company.model_copy(update={"cast": cast})})
    there = home()
    graph = build_planner(deps, checkpointer=there.checkpointer, store=there.store)
    await restore(graph, CONFIG, document)
    out = await graph.ainvoke(None, CONFIG, context=Context(policy="autonomous", limits=Limits(replans=0)))
    assert {key: result.status for key, result in out["results"].items()} == {"a": "failed", "b": "done"}
    assert "'fly'" in out["results"]["a"].error


# --- code in model in code


def outer(told: Told) -> Actions:
    first = yield Delegate("middle", f"{told.message} 1")
    second = yield Delegate("middle", f"{told.message} 2")
    return f"outer [{first.text}] [{second.text}]"


def inner(told: Told) -> Actions:
    wrote = yield UseTool("write", {"text": told.message})
    return f"inner {wrote.text}"


FUNCTIONS = {"outer": outer, "inner": inner}
NESTED = coded("outer", agent("middle", coded("inner", tools=("write",))))
PROPOSALS = 3 + 2 * (2 + 2)


def nested() -> Cast:
    def middle(ask: Ask) -> Any:
        if ask.messages[-1].type == "human":
            return [to("inner", f"from {ask.messages[-1].text}")]
        return f"middle done {ask.messages[1].text}"

    return Cast(middle=middle)


async def test_code_in_a_model_in_code(keeping: Keeping) -> None:
    """Each level under its own path, all of it asked; only the middle costs model calls."""
    cast = nested()
    graph = conversation(cast, keeping, NESTED, FUNCTIONS)
    out, asked = await say(graph, "go", INTERACTIVE), []
    while out.get("__interrupt__"):
        asked += paths(out)
        out = await answer(graph, out, True)
    assert out["reply"] == "outer [middle done go 1] [middle done go 2]"
    once = ["outer", "outer/middle", "outer/middle/inner", "outer/middle/inner", "outer/middle"]
    assert asked == [*once, *once, "outer"]
    assert (len(cast.model.asks), cast.done) == (4, ["from go 1", "from go 2"])


POINTS = [
    *("m0#0", "m0/0.0#0", "m0/0.0/0.0#0", "m0/0.0/0.0#1", "m0/0.0#1"),
    *("m0#1", "m0/1.0#0", "m0/1.0/0.0#0", "m0/1.0/0.0#1", "m0/1.0#1", "m0#2"),
]


@pytest.mark.parametrize("at", POINTS)
async def test_every_replay_point_of_nested_code(keeping: Keeping, at: str) -> None:
    """The prefix costs nothing and writes nothing, the rest is live, and it ends the same."""
    graph = conversation(nested(), keeping, NESTED, FUNCTIONS)
    await say(graph, "go")
    document = await transcript_of(graph, CONFIG)
    assert len(proposal_ids(document)) == PROPOSALS
    fork = cut(document, Tweak(at=at), "f" * 32)
    cast = nested()
    graph = conversation(cast, keeping, NESTED, FUNCTIONS)
    await restore(graph, THERE, fork, agent=NESTED)
    out = await graph.ainvoke(None, THERE, context=AUTONOMOUS)
    assert out["reply"] == "outer [middle done go 1] [middle done go 2]"
    redone = set(proposal_ids(document)) - set(proposal_ids(fork))
    assert len(cast.model.asks) == sum(name.count("/") == 1 for name in redone)
    wrote = {"m0/0.0/0.0": "from go 1", "m0/1.0/0.0": "from go 2"}
    again = [text for frame, text in wrote.items() if f"{frame}#1" in redone and at != f"{frame}#1"]
    assert cast.done == again
    assert compare(document, await transcript_of(graph, THERE)).same


@pytest.mark.parametrize("at", POINTS)
async def test_words_in_a_replay_of_nested_code(keeping: Keeping, at: str) -> None:
    """To whichever level: it goes on to the end, and the transcript holds together."""
    graph = conversation(nested(), keeping, NESTED, FUNCTIONS)
    await say(graph, "go")
    words = Decision(verdict="respond", text="other words")
    fork = cut(await transcript_of(graph, CONFIG), Tweak(at=at, decision=words), "f" * 32)
    cast = nested()
    heard: list[str] = []

    def listening(function: Callable[[Told], Actions]) -> Callable[[Told], Actions]:
        def listen(told: Told) -> Actions:
            reply = yield from function(told)
            heard.extend(told.feedback)
            return reply

        return listen

    middle = cast.plays["middle"]
    cast.plays["middle"] = lambda ask: "middle after words" if "other words" in ask.text else middle(ask)  # type: ignore[operator]
    functions = {name: listening(function) for name, function in FUNCTIONS.items()}
    graph = conversation(cast, keeping, NESTED, functions)
    await restore(graph, THERE, fork, agent=NESTED)
    out = await graph.ainvoke(None, THERE, context=AUTONOMOUS)
    assert str(out["reply"]).startswith("outer [")
    by_model = at.count("/") == 1
    assert set(heard) == (set() if by_model else {"other words"})
    assert any("other words" in ask.text for ask in cast.model.asks) or not by_model
    check_transcript(await transcript_of(graph, THERE))


async def test_a_persons_edit_of_what_a_delegate_is_told(keeping: Keeping) -> None:
    """The delegate gets the edited words, and the function what came of them."""
    graph = conversation(talk(), keeping, coded("relay", LOW), {"relay": lambda told: _relay(told)})
    out = await say(graph, "go", INTERACTIVE)
    out = await answer(graph, out, {"verdict": "edit", "edit": {"message": "gone"}})
    assert shown(out)["text"] == "re gone"
    for _ in range(2):
        out = await answer(graph, out, True)
    assert out["reply"] == "re gone"
    graph = conversation(talk(), keeping, coded("relay", LOW), {"relay": _relay})
    document = await transcript_of(graph, CONFIG)
    assert document.exchanges[0].turns[0].proposal.calls[0].arguments == {"message": "go"}


def _relay(told: Told) -> Actions:
    got: Answer = yield Delegate("low", told.message)
    return got.text


async def test_moved_to_a_new_home_after_every_turn(keeping: Keeping) -> None:
    """Nested code with memory: it ends as it would have, each call made once."""
    root = coded("outer", agent("middle", coded("inner", tools=("write",), memory="thread")), memory="thread")
    cast = nested()
    graph = conversation(cast, keeping, root, FUNCTIONS)
    out = await say(graph, "go", INTERACTIVE)
    moves = 0
    while out.get("__interrupt__"):
        document = Transcript.model_validate_json((await transcript_of(graph, CONFIG)).model_dump_json())
        graph = conversation(cast, home(), root, FUNCTIONS)
        await restore(graph, CONFIG, document, agent=root)
        out = await graph.ainvoke(None, CONFIG, context=INTERACTIVE)
        out = await answer(graph, out, True)
        moves += 1
    assert (moves, len(cast.model.asks), cast.done) == (PROPOSALS, 4, ["from go 1", "from go 2"])
