"""A report every month, with the offline model: the second costs one planning call, another task uses a part of it."""

from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult
from langgraph.types import Command
from pydantic import PrivateAttr

from repertory.graphs import build_planner, restore, transcript_of
from repertory.memory.registry import Registry
from repertory.memory.retrieval.lexical import LexicalIndex
from repertory.memory.transcripts.cutting import cut
from repertory.memory.transcripts.records import Tweak
from repertory.nodes.context import Context
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import given_model
from repertory.nodes.offline import OfflineModel
from repertory.nodes.tools.builtin import builtin_toolbox
from tests.graphs.conftest import Keeping

MAY = (
    "Describe sales_may.csv, summarize minutes_may.md for a newcomer, recommend what to do next in May, and write the "
    "recommendation to may.md"
)
JUNE = MAY.replace("_may", "_june").replace("May", "June").replace(" may.md", " june.md")
OTHER = (
    "Count the words of minutes_june.md, then recommend what to do next in June (sales_june.csv and minutes_june.md)"
)


class CountingModel(OfflineModel):
    """The offline model, and the schemas of what it was asked for; None for words."""

    _asked: list[str | None] = PrivateAttr(default_factory=list)

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        tools, forced = kwargs.get("tools") or [], kwargs.get("tool_choice") not in (None, "auto")
        self._asked.append(tools[0]["function"]["name"] if forced else None)
        return super()._generate(messages, *args, **kwargs)

    def planning(self) -> list[str]:
        """The schemas asked for since the last time."""
        asked = [schema for schema in self._asked if schema]
        self._asked.clear()
        return asked


class Office:
    """A workspace with two months, a store, and a graph."""

    def __init__(self, folder: Path, keeping: Keeping) -> None:
        self.workspace = folder / "office"
        self.workspace.mkdir()
        for month, best in (("may", "coffee"), ("june", "tea")):
            (self.workspace / f"sales_{month}.csv").write_text(f"product,revenue\n{best},250\nmilk,100\n")
            (self.workspace / f"minutes_{month}.md").write_text(f"In {month} Ann calls {best} farms. Bob is ill.\n")
        self.model, self.store = CountingModel(), keeping.store
        index = LexicalIndex()
        self.registry = Registry(keeping.store, index)
        deps = Deps(models=given_model(self.model), toolbox=builtin_toolbox(self.workspace), index=index)
        self.graph: Any = build_planner(deps, checkpointer=keeping.checkpointer, store=keeping.store)

    async def run(self, thread: str, task: str) -> tuple[Any, Any]:
        """Run a task, everything approved: the plan's proposal, and what came out."""
        config: Any = {"configurable": {"thread_id": thread}}
        out = await self.graph.ainvoke({"task": task}, config)
        content = out["__interrupt__"][0].value["repertory"]["proposal"]["content"]
        return content, await self.approve(out, config)

    async def approve(self, out: Any, config: Any) -> Any:
        """Approve all that is asked."""
        while asked := out.get("__interrupt__"):
            out = await self.graph.ainvoke(Command(resume={each.id: True for each in asked}), config)
        return out

    def written(self, name: str) -> str:
        return (self.workspace / name).read_text()


@pytest.fixture
def office(tmp_path: Path, keeping: Keeping) -> Office:
    return Office(tmp_path, keeping)


async def test_a_monthly_report(office: Office) -> None:
    """First planned; then one call a month, same agent, other files; a different task is planned with a part of it."""
    _, first = await office.run("may", MAY)
    assert (first["status"], office.model.planning()) == ("completed", ["PlanDraft", "PromptDrafts", "PromptReview"])
    assert "coffee" in office.written("may.md")

    content, out = await office.run("june", JUNE)
    assert (out["status"], office.model.planning()) == ("completed", ["AdaptedPlan"])
    assert (content["source"], content["known"]["task"]) == ("similar", MAY)
    before = {change["before"] for change in content["changes"]}
    assert {"sales_may.csv", "minutes_may.md", "may.md"} <= before
    assert "may" not in str(content["steps"]).lower()
    assert out["company"].cast[0].agent.prompt == first["company"].cast[0].agent.prompt
    assert "tea" in office.written("june.md")
    assert "coffee" not in office.written("june.md")

    content, out = await office.run("again", f"{JUNE.replace('recommend what', 'RECOMMEND  WHAT')}!")
    assert (content["source"], out["status"], office.model.planning()) == ("equal", "completed", [])

    content, out = await office.run("other", OTHER)
    assert (out["status"], office.model.planning()) == ("completed", ["PlanDraft"])
    [agent] = content["agents"]
    assert (content["source"], agent["origin"], agent["name"]) == ("new", "cohort", first["company"].cast[0].agent.name)
    assert agent["reason"].startswith("did this for 'Describe sales_")

    content, _ = await office.run("none", "What is 6*7?")
    assert (content["source"], content["known"], content["passed_over"]) == ("new", None, [])


async def test_a_replay_that_changes_nothing_leaves_no_second_cohort(office: Office) -> None:
    """It is the same company for the same task: it counts as one more use of it."""
    await office.run("may", MAY)
    transcript = await transcript_of(office.graph, {"configurable": {"thread_id": "may"}})
    there: Any = {"configurable": {"thread_id": "there"}}
    await restore(office.graph, there, cut(transcript, Tweak(at="planner#0"), "f" * 32))
    out = await office.approve(await office.graph.ainvoke(None, there, context=Context()), there)
    assert out["status"] == "completed"
    [cohort] = await office.registry.cohorts()
    assert (cohort.task, cohort.track.uses, cohort.track.successes) == (MAY, 2, 2)


async def test_a_replay_of_an_adapted_plan_still_tells_what_was_adapted(office: Office) -> None:
    """The proposal at which it begins is shown as it was."""
    await office.run("may", MAY)
    content, _ = await office.run("june", JUNE)
    transcript = await transcript_of(office.graph, {"configurable": {"thread_id": "june"}})
    there: Any = {"configurable": {"thread_id": "there"}}
    await restore(office.graph, there, cut(transcript, Tweak(at="planner#0"), "f" * 32))
    out = await office.graph.ainvoke(None, there, context=Context())
    again = out["__interrupt__"][0].value["repertory"]["proposal"]["content"]
    for part in ("source", "known", "changes", "passed_over", "steps"):
        assert again[part] == content[part], part
