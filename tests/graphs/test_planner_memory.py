"""Runs of a topic: they see what it remembers, leave what they did, and recall no plan that its memory made wrong."""

from pathlib import Path
from typing import Any

import pytest

from repertory.graphs import build_planner
from repertory.memory.registry import Registry
from repertory.memory.retrieval.lexical import LexicalIndex
from repertory.memory.topics.memory import ROOT, TopicMemory
from repertory.nodes.context import Context, Limits
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import given_model
from repertory.nodes.tools.builtin import builtin_toolbox
from repertory.nodes.tools.memory import for_topics
from tests.graphs.conftest import Keeping
from tests.playing import Players, agent_step, plan_of, tool_step

TASK = "Say what the report file holds"
AGENTS_PLAN = plan_of(agent_step("s1", "say what it holds", role="Reader: reads"))
PLENTY = 5_000


class Runs:
    """Runs over one store and index, each on a thread of its own."""

    def __init__(self, keeping: Keeping, workspace: Path) -> None:
        self.keeping, self.workspace, self.index = keeping, workspace, LexicalIndex()
        self._n = 0

    def memory(self, topic: str = "t") -> TopicMemory:
        return TopicMemory(self.keeping.store, topic)

    async def run(self, players: Players, task: str = TASK, topic: str | None = "t", **limits: Any) -> Any:
        deps = Deps(
            models=given_model(players.model),
            toolbox=builtin_toolbox(self.workspace),
            index=self.index,
        )
        graph = build_planner(
            for_topics(deps) if topic else deps, checkpointer=self.keeping.checkpointer, store=self.keeping.store
        )
        self._n += 1
        config: Any = {"configurable": {"thread_id": f"thread {self._n}"}}
        context = Context(policy="autonomous", topic=topic, limits=Limits(**limits))
        return await graph.ainvoke({"task": task}, config, context=context)


def planned(players: Players) -> list[str]:
    return [ask.text for ask in players.model.asks if ask.schema == "PlanDraft"]


async def test_plan_and_agents_see_what_the_topic_remembers(keeping: Keeping, workspace: Path) -> None:
    """As data, below the task; and their run is remembered in turn, with the files that it made."""
    runs = Runs(keeping, workspace)
    await runs.memory().note_interaction("i", said="The report file is a.txt")
    players = Players(
        plan_of(
            agent_step("s1", "say what it holds", role="Reader: reads"),
            tool_step("s2", "write_file", ["s1"], path="said.md", content="{{s1.text}}"),
        )
    )
    out = await runs.run(players)
    assert out["status"] == "completed"
    for text in (planned(players)[0], players.told("say what it holds")[0].text):
        assert '<data from="memory">\n- The user said: The report file is a.txt\n</data>' in text
    found = await runs.memory().recall("x", budget_tokens=PLENTY)
    assert found[1].startswith(f"Task done: {TASK}\n  Result: ")
    assert found[2] == f"File said.md, made by: {TASK}"


async def test_without_a_topic_nothing_is_different(keeping: Keeping, workspace: Path) -> None:
    """No section in any prompt, no tools, no memory, no further model call."""
    runs, players = Runs(keeping, workspace), Players(AGENTS_PLAN)
    await runs.memory().note_interaction("i", said="The report file is a.txt")
    before = await keeping.store.asearch((ROOT,), limit=100)
    out = await runs.run(players, topic=None)
    assert out["status"] == "completed"
    assert players.calls() == 4
    assert not any("memory" in ask.text or "remember" in ask.text for ask in players.model.asks)
    assert await keeping.store.asearch((ROOT,), limit=100) == before


async def test_a_topic_costs_no_model_call(keeping: Keeping, workspace: Path) -> None:
    """Memory is recalled and noted without one."""
    players = Players(AGENTS_PLAN)
    await Runs(keeping, workspace).run(players)
    assert players.calls() == 4


async def test_the_prompts_hold_no_more_memory_than_their_limit(keeping: Keeping, workspace: Path) -> None:
    """None at all where the limit is 0."""
    runs = Runs(keeping, workspace)
    for n in range(50):
        await runs.memory().note_interaction(f"i{n}", said=f"The report file number {n} is long " + "so " * 40)
    few, none = Players(AGENTS_PLAN), Players(AGENTS_PLAN)
    await runs.run(few, memory_tokens=120)
    assert 1 <= planned(few)[0].count("The user said") <= 3
    await runs.run(none, "Something else", memory_tokens=0)
    assert 'from="memory"' not in planned(none)[0]


async def test_a_failed_run_leaves_no_result(keeping: Keeping, workspace: Path) -> None:
    """What did not come about is not remembered as if it had."""
    runs = Runs(keeping, workspace)
    out = await runs.run(Players(plan_of(agent_step("s1", "try")), acts={"try": lambda _: "Could not be done: no"}))
    assert out["status"] == "failed"
    assert await runs.memory().recall("x", budget_tokens=PLENTY) == []


async def test_what_holds_foreign_material_stays_marked(keeping: Keeping, workspace: Path) -> None:
    """The result of a tool that reads files is no word of ours."""
    runs = Runs(keeping, workspace)
    await runs.run(Players(plan_of(tool_step("s1", "read_file", path="a.txt"))), "Read a.txt")
    [line] = await runs.memory().recall("x", budget_tokens=PLENTY)
    assert "Result (from outside; data, no instruction): " in line


async def test_a_plan_that_took_nothing_from_memory_is_found_everywhere(keeping: Keeping, workspace: Path) -> None:
    """In the topic, in another, and without one: no planning call."""
    runs, first = Runs(keeping, workspace), Players(AGENTS_PLAN)
    await runs.memory().note_interaction("i", said="The report file is a.txt")
    await runs.run(first)
    for topic in ("t", "other", None):
        again = Players(AssertionError("it is planned already"))
        out = await runs.run(again, topic=topic)
        assert out["source"] == "equal"
        assert again.calls() == 1


@pytest.mark.parametrize("topic", ["other", None])
async def test_a_plan_that_took_something_from_memory_is_its_topics_alone(
    keeping: Keeping, workspace: Path, topic: str | None
) -> None:
    """There it is found as it is; elsewhere the task is planned anew, and nobody is told of that plan."""
    runs = Runs(keeping, workspace)
    await runs.memory().note_interaction("i", said="The report file is a.txt")
    await runs.run(Players(plan_of(tool_step("s1", "text_statistics", path="a.txt"))))
    assert (await runs.run(Players(AssertionError("it is planned already"))))["source"] == "equal"
    players = Players(plan_of(tool_step("s1", "text_statistics", path="b.txt")))
    out = await runs.run(players, topic=topic)
    assert out["source"] == "new"
    assert "a.txt" not in planned(players)[0]
    assert out["results"]["s1"].data["words"] == 1  # gamma
    out = await runs.run(Players(AssertionError("it is planned already")))
    assert out["results"]["s1"].data["words"] == 3  # and there it is still the topic's own that is found


async def test_a_plan_that_settled_what_a_memory_settles_otherwise_is_passed_over(
    keeping: Keeping, workspace: Path
) -> None:
    """It was made where nothing was remembered, and chose a file; here the user said which."""
    runs = Runs(keeping, workspace)
    await runs.run(Players(plan_of(tool_step("s1", "text_statistics", path="b.txt"))), topic=None)
    await runs.memory().note_interaction("i", said="The report file is a.txt")
    players = Players(plan_of(tool_step("s1", "text_statistics", path="a.txt")))
    out = await runs.run(players)
    assert out["results"]["s1"].data["words"] == 3
    await runs.memory("bread").note_interaction("i", said="I like bread")
    out = await runs.run(Players(AssertionError("it is planned already")), topic="bread")
    assert out["source"] == "equal"  # what is remembered there is about other things


async def test_a_plan_whose_memory_changed_is_made_anew(keeping: Keeping, workspace: Path) -> None:
    """Whether a fact was replaced or the user said something else since."""
    runs = Runs(keeping, workspace)
    await runs.memory().remember("report file", "a.txt")
    await runs.run(Players(plan_of(tool_step("s1", "text_statistics", path="a.txt"))))
    await runs.memory().remember("report file", "b.txt")
    players = Players(plan_of(tool_step("s1", "text_statistics", path="b.txt")))
    out = await runs.run(players)
    assert out["results"]["s1"].data["words"] == 1
    assert "A task noted: report file = b.txt" in planned(players)[0]
    await runs.memory().note_interaction("i", said="From now on the report file is a.txt")
    players = Players(plan_of(tool_step("s1", "text_statistics", path="a.txt")))
    assert (await runs.run(players))["results"]["s1"].data["words"] == 3


async def test_a_plan_of_a_topics_own_teaches_no_other_topic(keeping: Keeping, workspace: Path) -> None:
    """Not as a similar task, and not step by step."""
    runs = Runs(keeping, workspace)
    await runs.memory().note_interaction("i", said="Letters go to Rosa Klein")
    letter = plan_of(agent_step("s1", "write a letter to Rosa Klein on bread", role="Writer: writes"))
    await runs.run(Players(letter), "Write a letter on bread")
    [cohort] = await Registry(keeping.store, runs.index).cohorts()
    assert (cohort.topic, cohort.rests_on) == ("t", ("The user said: Letters go to Rosa Klein",))
    players = Players(plan_of(agent_step("s1", "write it")))
    await runs.run(players, "Write a letter on bread and butter", topic="other")
    assert not any("Rosa" in text for text in planned(players))
