"""Calls that the client or the user executes: they go out as questions, and the answers are their results."""

import asyncio
import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command

from repertory.graphs import build_persona, build_planner, restore, transcript_of
from repertory.memory.home import open_home
from repertory.memory.proposals import Decision, Outcome
from repertory.memory.records import Agent
from repertory.memory.transcripts.cutting import cut
from repertory.memory.transcripts.records import Transcript, Tweak
from repertory.nodes.context import Context
from repertory.nodes.decisions.policy import Policy, Rule
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import given_model
from repertory.nodes.offline.model import OfflineModel
from repertory.nodes.tools.elsewhere import ask_user, declared_tools
from repertory.nodes.tools.toolbox import Toolbox
from tests.graphs.conftest import Keeping
from tests.playing import Players, agent_step, deps_for, plan_of, tool_step
from tests.processes import run_until
from tests.scripted import ScriptedModel

CONFIG: Any = {"configurable": {"thread_id": "t"}}
OTHER: Any = {"configurable": {"thread_id": "other"}}
AUTONOMOUS = Context(policy="autonomous")
LOOKUP = {
    "name": "look_up",
    "description": "Look up the price of an article.",
    "parameters": {"type": "object", "properties": {"article": {"type": "string"}}, "required": ["article"]},
}
PRICE = {"type": "result", "status": "completed", "output": "12", "data": {"currency": "EUR"}}


def elsewhere(players: Players, workspace: Path) -> Deps:
    """Deps with a tool of the client's, and the question to the user."""
    deps = deps_for(players, workspace)
    return replace(deps, toolbox=Toolbox([*deps.toolbox, *declared_tools([LOOKUP]), ask_user()]))


class Run:
    """A planner's run; every invocation is made on a graph of its own, as after a restart."""

    def __init__(self, players: Players, keeping: Keeping, workspace: Path, context: Context = AUTONOMOUS) -> None:
        self.players, self._keeping, self._workspace, self._context = players, keeping, workspace, context

    @property
    def graph(self) -> Any:
        """The planner."""
        deps = elsewhere(self.players, self._workspace)
        return build_planner(deps, checkpointer=self._keeping.checkpointer, store=self._keeping.store)

    async def go(self, given: Any = None, config: Any = CONFIG) -> Any:
        """One invocation; what it leaves."""
        return await self.graph.ainvoke(given or {"task": "do it"}, config, context=self._context)

    async def answer(self, out: Any, answer: Any) -> Any:
        """Answer the one question that is open."""
        [question] = out["__interrupt__"]
        return await self.go(Command(resume={question.id: answer}))


def asked(out: Any) -> Any:
    """The payload of the one question that is open."""
    [question] = out["__interrupt__"]
    return question.value


def act(*calls: tuple[str, dict[str, Any]]) -> Sequence[Any]:
    """Make these calls at once, then finish."""
    return [list(calls), "done"]


async def test_a_clients_call_goes_out_and_its_result_comes_in(keeping: Keeping, workspace: Path) -> None:
    """Though nothing asks: the payload says who executes it; the model reads the result as data."""
    players = Players(
        plan_of(agent_step("a", "price", tools=["look_up"])), acts={"price": act(("look_up", {"article": "pen"}))}
    )
    run = Run(players, keeping, workspace)
    out = await run.go()
    shown = asked(out)
    [action] = shown["action_requests"]
    assert (action["name"], action["args"], action["executor"]) == ("look_up", {"article": "pen"}, "client")
    assert shown["repertory"]["executors"] == {"0.0": "client"}
    assert shown["repertory"]["verdicts"] == {"0.0": "auto"}
    assert shown["review_configs"] == [{"action_name": "look_up", "allowed_decisions": ["result", "respond", "reject"]}]
    assert not shown["config"]["allow_accept"]
    assert "waits for the result of look_up" in shown["description"]
    out = await run.answer(out, PRICE)
    assert (out["status"], out["results"]["a"].trusted) == ("completed", False)
    assert players.told("price")[1].messages[-1].text == "<data>\n12\n</data>"


async def test_each_call_of_a_proposal_has_a_decision_of_its_own(keeping: Keeping, workspace: Path) -> None:
    """One is executed by the client, one rejected, one made here; the policy's word on each is shown."""
    calls = [
        ("look_up", {"article": "pen"}),
        ("look_up", {"article": "gold"}),
        ("read_file", {"path": "a.txt"}),
        ("write_file", {"path": "x.txt", "content": "mine"}),
    ]
    tools = ["look_up", "read_file", "write_file"]
    players = Players(plan_of(agent_step("a", "all", tools=tools)), acts={"all": act(*calls)})
    policy = Policy.preset("autonomous").preceded_by([Rule(then="ask", tool="write_file")])
    run = Run(players, keeping, workspace, Context(policy=policy))
    out = await run.go()
    shown = asked(out)["repertory"]
    assert list(shown["executors"].values()) == ["client", "client", "server", "server"]
    assert list(shown["verdicts"].values()) == ["auto", "auto", "auto", "ask"]
    out = await run.answer(out, {"decisions": [PRICE, {"type": "reject", "message": "no"}, True, {"type": "approve"}]})
    assert out["status"] == "completed"
    texts = [message.text for message in players.told("all")[1].messages[-4:]]
    assert texts[:2] == ["<data>\n12\n</data>", "Not done: no"]
    assert "alpha" in texts[2]
    assert (workspace / "x.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("yes", "'look_up' is executed by the client; answer with its result"),
        ({"verdict": "edit", "edit": {"article": "ink"}}, "answer with its result"),
        ({"type": "result"}, "status: Field required"),
        ({"type": "result", "status": "done"}, "'done'"),
        ({"type": "result", "status": "completed", "output": 12}, "output"),
        ({"type": "result", "status": "completed", "colour": "red"}, "colour"),
        ({"decisions": [PRICE, PRICE]}, "2 decisions for 1 actions"),
    ],
)
async def test_an_answer_without_the_result_is_refused_and_asked_again(
    workspace: Path, answer: Any, reason: str
) -> None:
    """The objection says what is needed; the right answer is then taken, and the call is made once."""
    plan = plan_of(agent_step("a", "price", tools=["look_up"]))
    players = Players(plan, acts={"price": act(("look_up", {"article": "pen"}))})
    run = Run(players, Keeping(InMemorySaver(), InMemoryStore()), workspace)
    out = await run.answer(await run.go(), answer)
    assert reason in asked(out)["repertory"]["objection"]
    assert f"Not accepted: {asked(out)['repertory']['objection']}" in asked(out)["description"]
    out = await run.answer(out, PRICE)
    assert (out["status"], len(players.told("price"))) == ("completed", 2)


async def test_the_result_of_what_the_server_executes_is_not_taken(keeping: Keeping, workspace: Path) -> None:
    """Nobody can say that a file was written: it is approved, and then written."""
    calls = act(("look_up", {"article": "pen"}), ("write_file", {"path": "x.txt", "content": "mine"}))
    players = Players(plan_of(agent_step("a", "both", tools=["look_up", "write_file"])), acts={"both": calls})
    run = Run(players, keeping, workspace)
    out = await run.answer(await run.go(), [PRICE, PRICE])
    assert "'write_file' is executed by the server" in asked(out)["repertory"]["objection"]
    assert not (workspace / "x.txt").exists()
    await run.answer(out, [PRICE, True])
    assert (workspace / "x.txt").read_text() == "mine"


async def test_a_planned_call_is_asked_about_though_the_plan_was_approved(keeping: Keeping, workspace: Path) -> None:
    """Its result reaches the steps that refer to it; no model is called for either."""
    plan = plan_of(
        tool_step("s1", "look_up", article="pen"),
        tool_step("s2", "write_file", ["s1"], path="x.txt", content="{{s1.text}}"),
    )
    players = Players(plan)
    run = Run(players, keeping, workspace, Context(policy="supervised"))
    out = await run.answer(await run.go(), True)
    assert asked(out)["repertory"]["verdicts"] == {"0.0": "auto"}  # what was granted, and still has to be done
    out = await run.answer(out, PRICE)
    assert out["__interrupt__"][0].value["action_requests"][0]["args"] == {"path": "x.txt", "content": "12"}
    out = await run.answer(out, True)
    assert (out["status"], out["results"]["s1"].data) == ("completed", {"currency": "EUR", "text": "12"})
    assert ((workspace / "x.txt").read_text(), players.calls("step")) == ("12", 0)


async def test_a_planned_call_that_failed_elsewhere_is_taken_over_by_an_agent(
    keeping: Keeping, workspace: Path
) -> None:
    """It reads why, and may ask the client again."""
    acts = {"call look_up": act(("look_up", {"article": "pencil"}))}
    players = Players(plan_of(tool_step("s1", "look_up", article="pen")), acts=acts)
    run = Run(players, keeping, workspace)
    out = await run.answer(await run.go(), {"type": "result", "status": "failed", "output": "sold out"})
    assert "sold out" in players.told("call look_up")[0].text
    assert asked(out)["action_requests"][0]["args"] == {"article": "pencil"}
    out = await run.answer(out, PRICE)
    assert (out["status"], out["results"]["s1"].output) == ("completed", "done")


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("blue", "blue"),
        ("no", "no"),
        ({"type": "respond", "message": "rather blue"}, "rather blue"),
        ([{"type": "response", "args": "blue"}], "blue"),
        ({"type": "result", "status": "completed", "output": "blue"}, "blue"),
        ({"type": "result", "status": "completed", "data": {"colour": "blue"}}, '{"colour": "blue"}'),
        ({"type": "result", "status": "completed"}, "done"),
    ],
)
async def test_the_users_words_are_the_result_of_a_question(workspace: Path, answer: Any, text: str) -> None:
    """However they are given, yes and no included; and they count as words of our own."""
    players = Players(plan_of(tool_step("s1", "ask_user", question="Which colour?")))
    run = Run(players, Keeping(InMemorySaver(), InMemoryStore()), workspace)
    out = await run.go()
    assert asked(out)["repertory"]["executors"] == {"0.0": "user"}
    out = await run.answer(out, answer)
    assert (out["results"]["s1"].output, out["results"]["s1"].trusted) == (text, True)


async def test_a_person_may_refuse_to_answer(keeping: Keeping, workspace: Path) -> None:
    """The persona reads that it was rejected, and goes on."""
    plan = plan_of(agent_step("a", "ask", tools=["ask_user"]))
    players = Players(plan, acts={"ask": act(("ask_user", {"question": "Which colour?"}))})
    run = Run(players, keeping, workspace)
    out = await run.answer(await run.go(), {"type": "reject", "message": "none of your business"})
    assert out["status"] == "completed"
    assert "none of your business" in players.told("ask")[1].messages[-1].text


async def test_a_call_that_is_denied_does_not_go_out(keeping: Keeping, workspace: Path) -> None:
    """Alone it asks nobody; beside another it is marked, its result is not waited for, and it counts as refused."""
    calls = act(("look_up", {"article": "pen"}), ("ask_user", {"question": "why?"}))
    plan = plan_of(
        agent_step("a", "alone", tools=["look_up"]), agent_step("b", "both", ["a"], tools=["look_up", "ask_user"])
    )
    players = Players(plan, acts={"alone": act(("look_up", {"article": "pen"})), "both": calls})
    policy = Policy.preset("autonomous").preceded_by([Rule(then="deny", tool="look_up")])
    run = Run(players, keeping, workspace, Context(policy=policy))
    out = await run.go()
    assert "does not allow 'look_up'" in players.told("alone")[1].messages[-1].text
    assert asked(out)["repertory"]["verdicts"] == {"0.0": "deny", "0.1": "auto"}
    out = await run.answer(out, [True, "because"])
    assert out["status"] == "completed"
    texts = [str(message.text) for message in players.told("both")[1].messages[-2:]]
    assert "does not allow 'look_up'" in texts[0]
    assert texts[1] == "because"


async def test_a_delegate_deep_down_waits_for_the_user(keeping: Keeping) -> None:
    """In a conversation where nothing asks; the coordinator reads only what its delegate reports."""

    def play(ask: Any) -> Any:
        name = str(ask.messages[0].text).split()[2].rstrip(".")
        first = ask.messages[-1].type == "human"
        calls = {"top": ("delegate", {"to": "low", "message": "ask"}), "low": ("ask_user", {"question": "Which?"})}
        return [calls[name]] if first else f"{name} heard {ask.messages[-1].text}"

    low = Agent(name="low", role="low", description="low", prompt="You are low.", tools=("ask_user",))
    top = Agent(name="top", role="top", description="top", prompt="You are top.", delegates=(low,))
    deps = Deps(models=given_model(ScriptedModel(responder=play)), toolbox=Toolbox([ask_user()]))
    graph = build_persona(top, deps, checkpointer=keeping.checkpointer, store=keeping.store)
    out = await graph.ainvoke({"message": "go"}, CONFIG, context=AUTONOMOUS)
    assert asked(out)["repertory"]["proposal"]["path"] == ["top", "low"]
    out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: "blue"}), CONFIG, context=AUTONOMOUS)
    assert out["reply"] == "top heard <data>\nlow heard blue\n</data>"


async def test_a_transcript_keeps_what_came_from_elsewhere(keeping: Keeping, workspace: Path) -> None:
    """Going on from after the result asks nobody again; deciding anew without a result asks for it."""
    plan = plan_of(agent_step("a", "price", tools=["look_up"]))
    players = Players(plan, acts={"price": lambda ask: "done" if ask.messages[-1].type == "tool" else PEN})
    run = Run(players, keeping, workspace)
    await run.answer(await run.go(), PRICE)
    document = Transcript.model_validate_json((await transcript_of(run.graph, CONFIG)).model_dump_json())
    [step] = [exchange for exchange in document.exchanges if exchange.key == "a"]
    assert step.turns[0].decision is not None
    assert step.turns[0].decision.outcomes == {
        "0.0": Outcome(status="completed", output="12", data={"currency": "EUR"})
    }

    await restore(run.graph, OTHER, cut(document, Tweak(at="a#1"), "f" * 32))
    out = await run.graph.ainvoke(None, OTHER, context=AUTONOMOUS)
    assert (out["status"], "__interrupt__" in out) == ("completed", False)

    third: Any = {"configurable": {"thread_id": "third"}}
    tweak = Tweak(at="a#0", decision=Decision(verdict="approve"))
    await restore(run.graph, third, cut(document, tweak, "e" * 32))
    out = await run.graph.ainvoke(None, third, context=AUTONOMOUS)
    assert "answer with its result" in asked(out)["repertory"]["objection"]
    answer = Command(resume={out["__interrupt__"][0].id: {**PRICE, "output": "13"}})
    out = await run.graph.ainvoke(answer, third, context=AUTONOMOUS)
    assert "13" in players.told("price")[-1].messages[-1].text


@pytest.mark.parametrize(
    ("task", "tool", "arguments", "answer", "written"),
    [
        (
            "ask the user which colour they like and write it to colour.txt",
            "ask_user",
            {"question": "Please say which colour you like."},
            "blue",
            "colour.txt",
        ),
        ("Look up the price of 'pen' and write it to price.txt", "look_up", {"article": "pen"}, PRICE, "price.txt"),
    ],
)
async def test_the_offline_model_plans_with_what_others_execute(
    keeping: Keeping, workspace: Path, task: str, tool: str, arguments: dict[str, Any], answer: Any, written: str
) -> None:
    """It finds the tool by its meaning, fills its arguments, and what comes in ends in the file."""
    players = Players()
    deps = replace(elsewhere(players, workspace), models=given_model(OfflineModel()))
    graph = build_planner(deps, checkpointer=keeping.checkpointer, store=keeping.store)
    out = await graph.ainvoke({"task": task}, CONFIG, context=AUTONOMOUS)
    [action] = asked(out)["action_requests"]
    assert (action["name"], action["args"]) == (tool, arguments)
    out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: answer}), CONFIG, context=AUTONOMOUS)
    assert out["status"] == "completed"
    assert (workspace / written).read_text() == (answer if isinstance(answer, str) else "12")


PEN = [("look_up", {"article": "pen"})]


async def _go(folder: Path, *, killed: bool) -> Any:
    """Go on with the run in this folder, or begin it; the tool `note` kills the process the first time."""

    def note() -> str:
        """Look around."""
        if killed:
            os.kill(os.getpid(), signal.SIGKILL)
        return "noted"

    toolbox = Toolbox(declared_tools([LOOKUP]))
    toolbox.add(note, risk="read")
    calls = [*PEN, ("note", {})]
    plan = plan_of(agent_step("a", "both", tools=["look_up", "note"]))
    players = Players(plan, acts={"both": lambda ask: calls if ask.messages[-1].type == "human" else "done"})
    async with open_home(folder / "home", environ={"REPERTORY_EMBEDDINGS": "lexical"}) as home:
        deps = replace(deps_for(players, folder), toolbox=toolbox)
        graph = build_planner(deps, checkpointer=home.checkpointer, store=home.store)
        state = await graph.aget_state(CONFIG)
        if not killed:
            out = await graph.ainvoke(None, CONFIG, context=AUTONOMOUS)
            (folder / "end").write_text(f"{out['status']} {players.calls('step')} {len(out.get('__interrupt__', ()))}")
            (folder / "read").write_text(str(players.told("both")[0].messages[-2].text))
            return
        out = await graph.ainvoke(None if state.values else {"task": "do it"}, CONFIG, context=AUTONOMOUS)
        answer = Command(resume={out["__interrupt__"][0].id: [PRICE, True]})
        await graph.ainvoke(answer, CONFIG, context=AUTONOMOUS)


def _die(folder: Path) -> None:
    asyncio.run(_go(folder, killed=True))


def _go_on(folder: Path) -> None:
    asyncio.run(_go(folder, killed=False))


def test_a_result_that_came_in_survives_the_process(tmp_path: Path) -> None:
    """Killed while a call beside it ran: another process goes on with the result, and nobody is asked again."""
    code, _ = run_until(_die, tmp_path)
    assert code == -signal.SIGKILL
    code, _ = run_until(_go_on, tmp_path)
    assert code == 0
    assert (tmp_path / "end").read_text() == "completed 1 0"
    assert (tmp_path / "read").read_text() == "<data>\n12\n</data>"
