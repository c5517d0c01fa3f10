"""Runs of several tasks over one store: what the first leaves, the next may use."""

from collections.abc import Callable, Sequence
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command

from repertory.graphs import build_planner
from repertory.memory.registry import Registry
from repertory.memory.retrieval.lexical import LexicalIndex
from repertory.nodes.context import Context
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import given_model
from repertory.nodes.planner.drafts import AdaptedPlan, AdaptedStep, ArgumentDraft
from repertory.nodes.tools.toolbox import Toolbox
from tests.playing import Players
from tests.scripted import Answer, Ask


def look(path: str) -> str:
    """Look at a file."""
    return f"seen {path}"


def adapted(*steps: AdaptedStep) -> AdaptedPlan:
    """A plan that fits, said anew."""
    return AdaptedPlan(fits=True, steps=list(steps))


def said(id_: str, instruction: str, *, expected: str = "", **arguments: Any) -> AdaptedStep:
    """A step, said anew."""
    drafts = [ArgumentDraft(name=name, value=value) for name, value in arguments.items()]
    return AdaptedStep(id=id_, instruction=instruction, arguments=drafts, expected=expected)


class Adapting(Players):
    """Players one of whom adapts plans: `adaptations` in turn, the last one repeated."""

    def __init__(self, *plans: Answer, adaptations: Sequence[Answer] = (), **acts: Any) -> None:
        super().__init__(*(plans or (AssertionError("nobody plans"),)), **acts)
        self._adaptations = list(adaptations)

    def __call__(self, ask: Ask) -> Answer:
        """Answer one call."""
        if ask.schema != "AdaptedPlan":
            return super().__call__(ask)
        if not self._adaptations:
            raise AssertionError("nobody adapts")
        return self._adaptations.pop(0) if len(self._adaptations) > 1 else self._adaptations[0]


class House:
    """A store and an index that several runs share."""

    def __init__(self) -> None:
        self.store = InMemoryStore()
        self.index = LexicalIndex()
        self.registry = Registry(self.store, self.index)
        self._saver = InMemorySaver()
        self._runs = 0

    async def ask(self, players: Players, task: str, *, tools: Sequence[Callable[..., Any]] = (look,)) -> Any:
        """Run a task up to the question about its plan: the content of the proposal, and what answers it."""
        self._runs += 1
        config: Any = {"configurable": {"thread_id": str(self._runs)}}
        box = Toolbox()
        for tool in tools:
            box.add(tool, risk="read")
        deps = Deps(models=given_model(players.model), toolbox=box, index=self.index)
        graph: Any = build_planner(deps, checkpointer=self._saver, store=self.store)
        out = await graph.ainvoke({"task": task}, config, context=Context())

        async def answer(value: Any) -> Any:
            return await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: value}), config, context=Context())

        return out["__interrupt__"][0].value["repertory"]["proposal"]["content"], answer

    async def run(self, players: Players, task: str, **given: Any) -> Any:
        """Run a task whose plan is approved; what came out."""
        _, answer = await self.ask(players, task, **given)
        return await answer(True)
