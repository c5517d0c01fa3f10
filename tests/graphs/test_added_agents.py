"""Hierarchies from files in the planner: cast for a step like any agent, and performed with all below them."""

from pathlib import Path
from typing import Any

from langgraph.types import Command

from repertory.graphs import build_planner
from repertory.memory.definitions.load import load_agent
from repertory.memory.records import Agent
from repertory.memory.registry import Registry
from repertory.memory.retrieval.lexical import LexicalIndex
from repertory.nodes.context import Context
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import given_model
from repertory.nodes.persona.functions import Functions
from repertory.nodes.tools.builtin import builtin_toolbox
from tests.graphs.conftest import Keeping
from tests.playing import Players, agent_step, plan_of
from tests.scripted import Answer, Ask

EXAMPLES = Path(__file__).parents[2] / "examples" / "personas"
CONFIG: Any = {"configurable": {"thread_id": "t"}}


class Newsroom(Players):
    """Plays the personas of both examples, by the beginning of their prompts, turn by turn."""

    def __init__(self, role: str, *tools: str) -> None:
        super().__init__(plan_of(agent_step("s1", "Write an item on a.txt", role=role, tools=tools)))
        self.script: dict[str, list[Answer]] = {
            "You are the editor": [
                [("delegate", {"to": "reader", "message": "What is in a.txt?"})],
                [("delegate", {"to": "writer", "message": "Write: alpha twice, beta once."})],
                "Alpha leads beta.",
            ],
            "State the facts": [[("read_file", {"path": "a.txt"})], self._facts],
            "Write the item": [[("delegate", {"to": "checker", "message": "Alpha leads?"})], "Alpha leads beta."],
            "Compare the text": ["Nothing to mend."],
            "Write the text": [lambda _: f"Draft {self._count('Write the text')}"],
            "Name each statement": [self._objection],
        }
        self.spoke: list[str] = []

    def __call__(self, ask: Ask) -> Any:
        system = str(ask.messages[0].text)
        who = next((start for start in self.script if system.startswith(start)), None)
        if ask.schema or who is None:
            return super().__call__(ask)
        self.spoke.append(who)
        turn = sum(message.type == "ai" for message in ask.messages)
        return self.script[who][turn]

    def _count(self, who: str) -> int:
        return self.spoke.count(who)

    def _facts(self, ask: Ask) -> str:
        assert "alpha alpha beta" in ask.text  # what the tool read
        return "alpha twice, beta once (a.txt)"

    def _objection(self, ask: Ask) -> str:
        assert "alpha twice, beta once (a.txt)" in ask.text
        return "Nothing to mend." if "Draft 2" in ask.text else "Draft 1 goes beyond the facts."


async def proposed(
    players: Players, keeping: Keeping, workspace: Path, *added: Agent, functions: bool = True
) -> tuple[Any, list[dict[str, Any]]]:
    """The planner's graph, and the agents that it proposes."""
    deps = Deps(
        models=given_model(players.model),
        toolbox=builtin_toolbox(workspace),
        index=LexicalIndex(),
        orchestrations=Functions() if functions else {},
    )
    registry = Registry(keeping.store, deps.index)
    await registry.save_agents(added)
    graph = build_planner(deps, checkpointer=keeping.checkpointer, store=keeping.store)
    out = await graph.ainvoke({"task": "Write an item on a.txt"}, CONFIG, context=Context())
    return graph, out["__interrupt__"][0].value["repertory"]["proposal"]["content"]["agents"]


async def approved(graph: Any) -> Any:
    state = await graph.aget_state(CONFIG)
    return await graph.ainvoke(Command(resume={state.interrupts[0].id: "approve"}), CONFIG, context=Context())


async def test_a_hierarchy_from_yaml_is_cast_and_performed(keeping: Keeping, workspace: Path) -> None:
    """The planner wants a reader of files; the newsroom has one below it, so it is cast, whole, as it was written."""
    newsroom = load_agent(EXAMPLES / "newsroom.yaml")
    players = Newsroom(f"{newsroom.role}: {newsroom.description}", "read_file")
    graph, [agent] = await proposed(players, keeping, workspace, newsroom)
    assert (agent["name"], agent["origin"], players.calls()) == ("newsroom", "reused", 1)
    assert Agent.parse({key: value for key, value in agent.items() if key not in ("origin", "reason")}) == newsroom
    out = await approved(graph)
    assert out["status"] == "completed"
    result = out["results"]["s1"]
    assert (result.performer, result.output) == ("agent newsroom", "Alpha leads beta.")
    assert players.spoke == [
        "You are the editor",
        "State the facts",
        "State the facts",
        "You are the editor",
        "Write the item",
        "Compare the text",
        "Write the item",
        "You are the editor",
    ]
    kept = await Registry(keeping.store, LexicalIndex()).agent("newsroom")
    assert kept is not None
    assert (kept.version, kept.track.uses, kept.track.successes) == (1, 1, 1)


async def test_a_hierarchy_that_a_function_manages_needs_no_prompt(keeping: Keeping, workspace: Path) -> None:
    """It is cast without a call for prompts; its function goes round until the checker is satisfied."""
    desk = load_agent(EXAMPLES / "fact_desk.py")
    players = Newsroom(f"{desk.role}: {desk.description}")
    graph, [agent] = await proposed(players, keeping, workspace, desk)
    assert (agent["name"], agent["origin"], agent["prompt"], players.calls()) == ("fact_desk", "reused", "", 1)
    out = await approved(graph)
    assert (out["status"], out["results"]["s1"].output) == ("completed", "Draft 2")
    assert players.spoke == ["State the facts"] * 2 + ["Write the text", "Name each statement"] * 2


async def test_without_its_function_a_hierarchy_is_not_cast(keeping: Keeping, workspace: Path) -> None:
    """Another run, in a process that does not have the function, gets a new agent and says so."""
    desk = load_agent(EXAMPLES / "fact_desk.py")
    players = Newsroom(f"{desk.role}: {desk.description}")
    _, [agent] = await proposed(players, keeping, workspace, desk, functions=False)
    assert (agent["name"], agent["origin"]) == ("fact_desk_2", "new")


async def test_a_company_whose_function_is_gone_is_planned_anew(keeping: Keeping, workspace: Path) -> None:
    """The equal task would use the company again, but this process cannot perform it."""
    desk = load_agent(EXAMPLES / "fact_desk.py")
    players = Newsroom(f"{desk.role}: {desk.description}")
    graph, _ = await proposed(players, keeping, workspace, desk)
    await approved(graph)
    _, [again] = await proposed(players, keeping, workspace)
    assert again["origin"] == "cohort"
    _, [other] = await proposed(players, keeping, workspace, functions=False)
    assert (other["name"], other["origin"]) == ("fact_desk_2", "new")


async def test_who_has_to_tell_tells_itself(keeping: Keeping, workspace: Path) -> None:
    """A step that leaves messages for others is not given to a coordinator whose delegate alone could."""
    newsroom = load_agent(EXAMPLES / "newsroom.yaml")
    teller = Agent(name="teller", role="T", description="tells", prompt="Tell.", tools=("tell",))
    hierarchy = newsroom.model_copy(update={"delegates": (*newsroom.delegates, teller)})
    players = Newsroom(f"{newsroom.role}: {newsroom.description}", "tell")
    _, [agent] = await proposed(players, keeping, workspace, hierarchy)
    assert (agent["name"], agent["origin"]) == ("news_editor", "new")


async def test_an_edit_brings_in_no_code(keeping: Keeping, workspace: Path, tmp_path: Path) -> None:
    """An agent of the plan cannot be given a function at approval, at no depth; the edit is refused with the reason."""
    code = tmp_path / "code.py"
    code.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\ndef line(told):\n    return 'ran'\n")
    newsroom = load_agent(EXAMPLES / "newsroom.yaml")
    players = Newsroom(f"{newsroom.role}: {newsroom.description}")
    graph, _ = await proposed(players, keeping, workspace, newsroom)
    below = {"name": "x", "role": "X", "description": "d", "orchestration": f"{code}:line"}
    for change in ({"orchestration": f"{code}:line"}, {"delegates": [below]}):
        edit = {"verdict": "edit", "edit": {"agents": [{"name": "newsroom", **change}]}}
        state = await graph.aget_state(CONFIG)
        out = await graph.ainvoke(Command(resume={state.interrupts[0].id: edit}), CONFIG, context=Context())
        assert "an edit brings in no code" in out["__interrupt__"][0].value["repertory"]["objection"]
    assert not (tmp_path / "ran").exists()
    assert players.calls() == 1
