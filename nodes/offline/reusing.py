"""Taking over known steps in a new plan: where a drafted step is work of the same kind, its performer does it."""

import re
from collections.abc import Sequence

from repertory.memory.tasks.likeness import is_alike
from repertory.nodes.planner.drafts import LikeStepDraft, PlanDraft, PlanDraftFromParts, StepDraft

_KNOWN = re.compile(r"^(?P<id>[\w-]+\.[\w-]+): (?P<instruction>.*) \[(?P<by>.*)\]$", re.S)
_TOOLS = re.compile(r"; tools: (?P<names>[\w, -]+)$")


def take_over(plan: PlanDraft, lines: Sequence[str]) -> PlanDraft:
    """The plan, its agents' steps like known ones where these do the same with no fewer tools.

    Args:
        plan: as it was drafted.
        lines: the known steps, as the planner's prompt lists them. Direct calls need no performer.
    """
    known = [match for line in lines if (match := _KNOWN.match(line))]
    return PlanDraftFromParts(steps=[_like(step, known) for step in plan.steps]) if known else plan


def _like(draft: StepDraft, known: Sequence[re.Match[str]]) -> LikeStepDraft:
    step = LikeStepDraft(**draft.model_dump())
    for match in () if step.tool else known:
        tools = _TOOLS.search(match["by"])
        held = set(tools["names"].split(", ")) if tools else set()
        if set(step.tools) <= held and is_alike(step.instruction, match["instruction"]):
            return step.model_copy(update={"like": match["id"], "role": "", "tools": []})
    return step
