"""Topics: messages are answered or become tasks, tasks share the topic's memory, and nothing is done twice."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command

from repertory.graphs import build_topic, feedback
from repertory.memory.errors import InputError, ModelError, ResourceError
from repertory.memory.topics.memory import ROOT, TopicMemory
from repertory.nodes.context import Context, Limits
from repertory.nodes.planner.drafts import PlanDraft
from repertory.nodes.topic.converse import MAX_TASKS, TopicTurn
from tests.graphs.conftest import Keeping
from tests.playing import Players, agent_step, deps_for, plan_of, tool_step
from tests.scripted import Answer, Ask

CONFIG: Any = {"configurable": {"thread_id": "t"}}
AUTO = Context(policy="autonomous")
PLENTY = 5_000


def turn(answer: str = "", *tasks: str, parallel: bool = False) -> TopicTurn:
    """What a model makes of a message."""
    return TopicTurn(answer=answer, tasks=list(tasks), parallel=parallel)


class Talkers(Players):
    """Players who also converse: `turns` by message; plans by task, else one step that does the task."""

    def __init__(
        self,
        turns: dict[str, Answer] | None = None,
        plans: dict[str, PlanDraft] | None = None,
        acts: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(acts=acts)
        self._turns, self._by_task = turns or {}, plans or {}

    def __call__(self, ask: Ask) -> Answer:
        """Answer one call."""
        if ask.schema == "TopicTurn":
            return self._turns[section(ask, "message")]
        if ask.schema == "PlanDraft":
            task = section(ask, "task")
            return self._by_task.get(task) or plan_of(agent_step("s1", task, role="Worker: works"))
        return super().__call__(ask)

    def asked(self, schema: str) -> list[str]:
        """The prompts that asked for that schema."""
        return [ask.text for ask in self.model.asks if ask.schema == schema]


def section(ask: Ask, tag: str) -> str:
    found = re.search(rf"<{tag}>\n(.*?)\n</{tag}>", ask.text, re.DOTALL)
    assert found, ask.text
    return found[1]


class Talk:
    """A topic's graph over a thread."""

    def __init__(self, players: Players, keeping: Keeping, workspace: Path, *, context: Context = AUTO, **given: Any):
        deps = deps_for(players, workspace)
        self.graph = build_topic(deps, checkpointer=keeping.checkpointer, store=keeping.store, **given)
        self.memory, self.context = TopicMemory(keeping.store, "t"), context

    async def say(self, text: str, **fields: Any) -> Any:
        return await self.graph.ainvoke({"input": text, **fields}, CONFIG, context=self.context)

    async def questions(self) -> dict[str, Any]:
        """What is asked: by interrupt, the proposal."""
        state = await self.graph.aget_state(CONFIG)
        return {each.id: each.value["repertory"]["proposal"] for each in state.interrupts}

    async def answer(self, choose: Callable[[Any], Any]) -> Any:
        """Answer all that is asked, until nothing is."""
        out: Any = None
        while asked := await self.questions():
            resume = {key: choose(proposal) for key, proposal in asked.items()}
            out = await self.graph.ainvoke(Command(resume=resume), CONFIG, context=self.context)
        return out


async def test_a_message_is_answered_with_one_model_call(keeping: Keeping, workspace: Path) -> None:
    """And both are remembered: the next prompt has them."""
    players = Talkers({"My name is Ann": turn("Good day, Ann."), "What is my name?": turn("Ann")})
    talk = Talk(players, keeping, workspace)
    assert (await talk.say("My name is Ann"))["output"] == "Good day, Ann."
    out = await talk.say("What is my name?")
    assert (out["output"], out["tasks"], players.calls()) == ("Ann", [], 2)
    assert "- The user said: My name is Ann\n  Answered: Good day, Ann." in players.asked("TopicTurn")[1]
    assert out["usage"]["converse"].model_calls == 1


async def test_true_makes_one_task_of_the_message_without_asking_a_model(keeping: Keeping, workspace: Path) -> None:
    """Word for word; false answers only, whatever the model would rather do."""
    players = Talkers({"Sing a song": turn("I would sing.", "Sing")})
    talk = Talk(players, keeping, workspace)
    out = await talk.say("Sing a song", create_task=True)
    assert [(task["task"], task["status"], task["answer"]) for task in out["tasks"]] == [
        ("Sing a song", "completed", "did: Sing a song")
    ]
    assert out["output"] == "Done: Sing a song\n\ndid: Sing a song"
    assert players.asked("TopicTurn") == []
    out = await talk.say("Sing a song", create_task=False)
    assert (out["output"], out["tasks"]) == ("I would sing.", [])
    assert "Answer only" in players.asked("TopicTurn")[0]


async def test_what_one_message_wants_does_not_hold_for_the_next(keeping: Keeping, workspace: Path) -> None:
    """A field that is left out is left out."""
    players = Talkers({"hello": turn("Good day.")})
    talk = Talk(players, keeping, workspace)
    first = await talk.say("Sing", create_task=True, interaction_id="i")
    assert (await talk.say("hello"))["output"] == "Good day."
    assert first["tasks"][0]["id"] == "i-1"
    second = await talk.say("Sing", create_task=True)
    assert second["tasks"][0]["id"] != "i-1"


async def test_a_task_that_follows_sees_the_result_of_the_one_before(keeping: Keeping, workspace: Path) -> None:
    """It is in the topic's memory when the next one is planned; the steps' agents see it, too."""
    players = Talkers({"go": turn("", "count words", "tell the number")}, acts={"count words": lambda _: "four words"})
    out = await Talk(players, keeping, workspace).say("go")
    first, second = out["tasks"]
    assert (first["after"], second["after"]) == (None, first["id"])
    known = "- Task done: count words\n  Result: four words"
    assert known not in players.asked("PlanDraft")[0]
    assert known in players.asked("PlanDraft")[1]
    assert known in players.told("tell the number")[0].text


def meeting(begun: dict[str, asyncio.Event]) -> Callable[[str], Any]:
    """A tool that waits for its other call."""
    other = {"one": "two", "two": "one"}

    async def meet(name: str) -> str:
        """Wait for the other."""
        begun[name].set()
        await asyncio.wait_for(begun[other[name]].wait(), 60)
        return f"met {other[name]}"

    return meet


async def test_tasks_in_parallel_run_at_the_same_time(keeping: Keeping, workspace: Path) -> None:
    """Each waits for the other to have begun; as the model says, or as the caller does."""
    for fields, said in (({}, True), ({"parallel": True}, False)):
        begun = {"one": asyncio.Event(), "two": asyncio.Event()}
        plans = {name: plan_of(tool_step("s1", "meet", name=name)) for name in begun}
        players = Talkers({"go": turn("", "one", "two", parallel=said)}, plans)
        deps = deps_for(players, workspace)
        deps.toolbox.add(meeting(begun), risk="read")
        graph = build_topic(deps, checkpointer=keeping.checkpointer, store=InMemoryStore())
        out = await graph.ainvoke({"input": "go", **fields}, {"configurable": {"thread_id": str(said)}}, context=AUTO)
        assert [task["answer"] for task in out["tasks"]] == ["met two", "met one"]


async def test_what_follows_a_task_that_failed_is_not_begun(keeping: Keeping, workspace: Path) -> None:
    """It says why, and so does what follows it."""
    players = Talkers({"go": turn("On it.", "a", "b", "c")}, acts={"a": lambda _: "Could not be done: no tea"})
    out = await Talk(players, keeping, workspace).say("go")
    assert [task["status"] for task in out["tasks"]] == ["failed", "skipped", "skipped"]
    assert out["output"].startswith("On it.\n\nNot done: a\n\n")
    assert "no tea" in out["output"]
    assert "Not begun: b\n\nit was to follow 'a', which failed" in out["output"]


async def test_nested_questions_of_two_tasks_are_answered_one_by_one(keeping: Keeping, workspace: Path) -> None:
    """Two tasks at once, each with its plan and then a file to be written: every answer goes where it belongs."""
    plans = {name: plan_of(agent_step("s1", f"write {name}", tools=["write_file"])) for name in ("one", "two")}

    def writing(name: str) -> Callable[[Ask], Answer]:
        def act(ask: Ask) -> Answer:
            if any(message.type == "tool" for message in ask.messages):
                return f"wrote {name}"
            return [("write_file", {"path": f"{name}.md", "content": name})]

        return act

    players = Talkers(
        {"go": turn("", "one", "two", parallel=True)}, plans, {f"write {name}": writing(name) for name in plans}
    )
    talk = Talk(players, keeping, workspace, context=Context())
    await talk.say("go")
    asked = await talk.questions()
    assert sorted(each["content"]["task"] for each in asked.values()) == ["one", "two"]
    # one goes on while the other waits; then each is asked about its own file
    first = next(key for key, each in asked.items() if each["content"]["task"] == "two")
    await talk.graph.ainvoke(Command(resume={first: True}), CONFIG, context=talk.context)
    kinds = {each["kind"]: each for each in (await talk.questions()).values()}
    assert kinds["plan"]["content"]["task"] == "one"
    assert kinds["tool"]["calls"][0]["arguments"]["path"] == "two.md"
    out = await talk.answer(lambda each: each["kind"] == "plan" or each["calls"][0]["arguments"]["path"] == "two.md")
    one, two = out["tasks"]
    assert (two["status"], two["answer"]) == ("completed", "wrote two")
    assert one["task"] == "one"
    assert (workspace / "two.md").read_text() == "two"
    assert not (workspace / "one.md").exists()
    assert players.calls("PlanDraft") == 2


async def test_a_rejected_plan_is_reported_back(keeping: Keeping, workspace: Path) -> None:
    """The topic remembers that, too."""
    talk = Talk(Talkers(), keeping, workspace, context=Context())
    await talk.say("Sing", create_task=True)
    out = await talk.answer(lambda _: {"type": "reject", "message": "be quiet"})
    assert out["tasks"][0]["status"] == "rejected"
    assert out["output"].startswith("Not done, as you rejected it: Sing\n\n")
    assert "be quiet" in out["output"]
    [line] = await talk.memory.recall("x", budget_tokens=PLENTY)
    assert line.startswith("The user said: Sing\n  Answered: Not done, as you rejected it: Sing")


async def test_a_message_that_comes_while_a_task_waits_leaves_it_and_says_so(keeping: Keeping, workspace: Path) -> None:
    """Nothing is dropped silently."""
    talk = Talk(Talkers({"hello": turn("Good day.")}), keeping, workspace, context=Context())
    await talk.say("Sing", create_task=True)
    out = await talk.say("hello")
    assert out["output"] == "Left as it was, since you went on: Sing\n\nGood day."
    assert await talk.questions() == {}


async def test_callers_may_perform_the_tasks_themselves(keeping: Keeping, workspace: Path) -> None:
    """Then the tasks are derived, in their order, and nothing is planned."""
    players = Talkers({"go": turn("On it.", "one", "two"), "hello": turn("Good day.")})
    talk = Talk(players, keeping, workspace, perform=False)
    out = await talk.say("go")
    first, second = out["tasks"]
    assert (first["task"], first["status"], second["after"]) == ("one", "created", first["id"])
    assert (out["output"], players.calls()) == ("On it.", 1)
    assert (await talk.say("hello"))["output"] == "Good day."
    out = await build_topic(deps_for(players, workspace), perform=False, store=keeping.store).ainvoke(
        {"input": "hello"}, context=Context(topic="other")
    )
    assert out["tasks"] == []  # also without a thread


async def test_topics_share_nothing(keeping: Keeping, workspace: Path) -> None:
    """Threads are topics, unless the context names one."""
    players = Talkers({"My name is Ann": turn("Good day."), "Who am I?": turn("?")})
    talk = Talk(players, keeping, workspace)
    await talk.say("My name is Ann")
    other: Any = {"configurable": {"thread_id": "u"}}
    await talk.graph.ainvoke({"input": "Who am I?"}, other, context=AUTO)
    assert "Ann" not in players.asked("TopicTurn")[-1]
    named = Context(policy="autonomous", topic="t")
    await talk.graph.ainvoke({"input": "Who am I?"}, other, context=named)
    assert "My name is Ann" in players.asked("TopicTurn")[-1]


async def test_agents_note_facts_for_later_tasks(keeping: Keeping, workspace: Path) -> None:
    """With `remember`, in a nested run, whose topic is the thread."""

    def noting(ask: Ask) -> Answer:
        if any(message.type == "tool" for message in ask.messages):
            return "noted"
        return [("remember", {"key": "price", "value": "270"})]

    players = Talkers(
        plans={"find": plan_of(agent_step("s1", "find the price", tools=["remember"]))},
        acts={"find the price": noting},
    )
    talk = Talk(players, keeping, workspace)
    await talk.say("find", create_task=True)
    assert await talk.memory.fact("price") == "270"
    await talk.say("say the price", create_task=True)
    assert "- A task noted: price = 270" in players.asked("PlanDraft")[1]


async def test_bad_turns_go_back_to_the_model_with_the_reason(keeping: Keeping, workspace: Path) -> None:
    """Nothing at all, or more tasks than there may be; after the last attempt it is an error, and nothing is lost."""
    answers = [turn(), turn("", *["x"] * (MAX_TASKS + 1)), turn("Well.")]
    players = Talkers({"hm": lambda _: answers.pop(0)})
    assert (await Talk(players, keeping, workspace).say("hm"))["output"] == "Well."
    assert "neither an answer nor a task" in players.asked("TopicTurn")[1]
    assert f"{MAX_TASKS} at the most" in players.asked("TopicTurn")[2]
    context = Context(policy="autonomous", limits=Limits(plan_attempts=1))
    failing = Talk(Talkers({"hm": turn()}), keeping, workspace, context=context)
    with pytest.raises(ModelError):
        await failing.say("hm")


async def test_a_task_whose_plan_never_works_fails_and_others_go_on(keeping: Keeping, workspace: Path) -> None:
    """What the planner's model does badly is that task's failure."""
    bad = plan_of(tool_step("s1", "no_such_tool"))
    players = Talkers({"go": turn("", "bad", "good", parallel=True)}, {"bad": bad})
    out = await Talk(players, keeping, workspace).say("go")
    assert [task["status"] for task in out["tasks"]] == ["failed", "completed"]
    assert "no_such_tool" in (out["tasks"][0]["error"] or "")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "there is no message"),
        ({"input": "  "}, "0 characters"),
        ({"input": "x" * 20_001}, "20001 characters"),
        ({"input": "x", "create_task": "yes"}, "create_task is 'yes'"),
        ({"input": "x", "parallel": 3}, "parallel is 3"),
    ],
)
async def test_wrong_input_is_named(keeping: Keeping, workspace: Path, given: Any, message: str) -> None:
    """With what is wrong about it, and before any model is asked."""
    with pytest.raises(InputError, match=message):
        await Talk(Talkers(), keeping, workspace).graph.ainvoke({"tasks": [], **given}, CONFIG, context=AUTO)


async def test_what_is_missing_is_named(workspace: Path) -> None:
    """A store, and something that says which topic it is."""
    deps = deps_for(Talkers(), workspace)
    with pytest.raises(ResourceError, match="store"):
        await build_topic(deps).ainvoke({"input": "x"}, context=Context(topic="t"))
    with pytest.raises(InputError, match="topic"):
        await build_topic(deps, store=InMemoryStore()).ainvoke({"input": "x"})


def test_the_sync_face_works(workspace: Path) -> None:
    """As in every graph of ours."""
    store = InMemoryStore()
    graph = build_topic(deps_for(Talkers({"hello": turn("Good day.")}), workspace), store=store)
    assert graph.invoke({"input": "hello"}, context=Context(topic="t"))["output"] == "Good day."
    assert len(store.search((ROOT,), limit=10)) == 2


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("sum up", "completed", "270"), "Done: sum up\n\n270"),
        (("sum up", "failed", "", "no file"), "Not done: sum up\n\nno file"),
        (("sum up", "failed", "no file", "no file"), "Not done: sum up\n\nno file"),
        (("sum up", "stopped", "half", "limit"), "Stopped: sum up\n\nlimit\n\nhalf"),
        (("sum up", "cancelled", None, None), "Cancelled: sum up"),
        (("sum\nup", "odd", None, None), "Odd: sum up"),
    ],
)
def test_feedback_says_how_a_task_ended(given: Any, words: str) -> None:
    """With what it brought, or why it did not."""
    assert feedback(*given) == words
