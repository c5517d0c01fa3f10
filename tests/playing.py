"""A scripted company for tests of the planner: a responder that plans, writes prompts, reflects, acts and reports."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from langgraph.store.base import BaseStore

from repertory.memory.journal import Journal
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import given_model
from repertory.nodes.planner.drafts import ArgumentDraft, PlanDraft, PromptDraft, PromptDrafts, PromptReview, StepDraft
from repertory.nodes.planner.perform import branch_of
from repertory.nodes.tools.builtin import builtin_toolbox
from tests.scripted import Answer, Ask, ScriptedModel

Act = Callable[[Ask], Answer]


def agent_step(
    id_: str, instruction: str, needs: Sequence[str] = (), *, role: str = "", tools: Sequence[str] = ()
) -> StepDraft:
    """A step for an agent."""
    return StepDraft(
        id=id_,
        instruction=instruction,
        needs=list(needs),
        expected="",
        role=role or f"Role {id_}: does {id_}",
        tools=list(tools),
        tool=None,
        arguments=[],
    )


def tool_step(id_: str, tool: str, needs: Sequence[str] = (), **arguments: Any) -> StepDraft:
    """A step that is one tool call."""
    return StepDraft(
        id=id_,
        instruction=f"call {tool}",
        needs=list(needs),
        expected="",
        role="",
        tools=[],
        tool=tool,
        arguments=[ArgumentDraft(name=name, value=value) for name, value in arguments.items()],
    )


class Players:
    """What the scripted model plays.

    Args:
        plans: answers to the planner, in order; the last one is repeated.
        acts: by step instruction, what the step's agent does in each of its turns: a sequence of answers, or a
            function of the ask. A step not named answers `did: <instruction>`.
    """

    def __init__(self, *plans: Answer, acts: Mapping[str, Sequence[Answer] | Act] | None = None) -> None:
        self._plans, self._acts = list(plans), dict(acts or {})
        self.model = ScriptedModel(responder=self)

    def __call__(self, ask: Ask) -> Answer:
        """Answer one call."""
        if ask.schema == "PlanDraft":
            return self._plans.pop(0) if len(self._plans) > 1 else self._plans[0]
        if ask.schema == "PromptDrafts":
            names = re.findall(r"^- (\w+) \(", ask.text, re.MULTILINE)
            return PromptDrafts(prompts=[PromptDraft(agent=name, prompt=f"You are {name}.") for name in names])
        if ask.schema == "PromptReview":
            return PromptReview(revisions=[])
        if ask.schema is not None:
            raise AssertionError(f"nobody plays {ask.schema}")
        if "You report on a finished task" in ask.text:
            return "report: " + " | ".join(
                re.findall(r"<data from=\"\w+\" status=\"\w+\">\n(.*?)\n</data>", ask.text, re.DOTALL)
            )
        return self._act(ask)

    def calls(self, kind: str | None = None) -> int:
        """Model calls so far; those with a schema of that name, or `step` and `report`."""
        return sum(1 for ask in self.model.asks if kind is None or self._kind(ask) == kind)

    def told(self, instruction: str) -> list[Ask]:
        """What the agent with that instruction was asked."""
        return [ask for ask in self.model.asks if self._kind(ask) == "step" and _instruction(ask) == instruction]

    def _kind(self, ask: Ask) -> str:
        return ask.schema or ("report" if "You report on a finished task" in ask.text else "step")

    def _act(self, ask: Ask) -> Answer:
        instruction = _instruction(ask)
        act = self._acts.get(instruction)
        if act is None:
            return f"did: {instruction}"
        if callable(act):
            return act(ask)
        turn = len(self.told(instruction)) - 1
        return act[turn]


def _instruction(ask: Ask) -> str:
    found = re.search(r"<instruction>\n(.*?)\n</instruction>", ask.text, re.DOTALL)
    return found[1] if found else ""


def deps_for(players: Players, workspace: Path) -> Deps:
    """Deps with the scripted model and the built-in tools."""
    return Deps(models=given_model(players.model), toolbox=builtin_toolbox(workspace, allow_private=True))


def plan_of(*steps: StepDraft) -> PlanDraft:
    """A drafted plan."""
    return PlanDraft(steps=list(steps))


async def journal_of(graph: Any, config: Any, store: BaseStore) -> Journal:
    """The journal that the steps of a planner's thread are written to now."""
    state = (await graph.aget_state(config)).values
    return Journal(store, state["run_id"], branch_of(state))
