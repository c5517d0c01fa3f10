"""Planning the rest anew when steps failed: another way for what failed, and new ids for what waited for it."""

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from repertory.nodes.offline.drafted import Drafts
from repertory.nodes.offline.planning import Planner
from repertory.nodes.offline.sections import Tool
from repertory.nodes.planner.drafts import ArgumentDraft, PlanDraft, StepDraft

_STEP = re.compile(
    r"^(?P<id>[A-Za-z][\w-]*)(?: \(needs (?P<needs>[^)]*)\))?: (?P<instruction>.*) \[(?P<by>.*)\]$", re.S
)
_CALL = re.compile(r"^(?P<tool>[\w-]+)\((?P<arguments>\{.*\})\)$", re.S)


@dataclass(frozen=True)
class Known:
    """A step of the plan that failed, as its outline tells it."""

    id: str
    instruction: str
    needs: tuple[str, ...]
    role: str
    tool: str | None
    arguments: Mapping[str, Any]


def read_outline(lines: Sequence[str]) -> list[Known]:
    """The steps of an outline; lines of another form are left out."""
    found = []
    for line in lines:
        if step := _STEP.match(line):
            call = _CALL.match(step["by"])
            needs = tuple(need.strip() for need in (step["needs"] or "").split(",") if need.strip())
            arguments = _literal(call["arguments"]) if call else {}
            tool = call["tool"] if call else None
            found.append(Known(step["id"], step["instruction"], needs, "" if call else step["by"], tool, arguments))
    return found


def repair(
    steps: Sequence[Known], failed: Mapping[str, str], finished: Sequence[str], tools: Sequence[Tool], task: str
) -> PlanDraft:
    """Steps that replace those that failed, and those that waited for them.

    Args:
        steps: the plan so far.
        failed: errors by id of all steps that did not get done.
        finished: ids of those that did; new steps may need them.
        tools: what may be used.
        task: what it is all for; said again where nothing is known of what failed.
    """
    drafts = Drafts(reserved={*failed, *finished, *(step.id for step in steps)})
    planner = Planner(tools, drafts)
    new: dict[str, str] = {}
    for step in steps:
        if step.id not in failed:
            continue
        needs = [new.get(need, need) for need in step.needs if need in new or need in finished]
        waited = any(need in failed for need in step.needs)
        new[step.id] = planner.agent(_instruction(step, failed[step.id], waited), needs=needs, role=step.role)
        if waited and step.tool:
            _call_again(drafts, step, new, needs)
    if not new:
        reason = "; ".join(failed.values()) or "no step could be done"
        planner.agent(f"Report what is missing for the task: {task} ({reason})", needs=list(finished), role="")
    return planner.plan()


def _instruction(step: Known, error: str, waited: bool) -> str:
    if waited or not error:
        return step.instruction
    how = f"Calling {step.tool} with {dict(step.arguments)}" if step.tool else "A first attempt"
    reason = " ".join(error.split())[:300]
    return f"{step.instruction} {how} failed: {reason}. Find another way, or say plainly what is missing."


def _call_again(drafts: Drafts, step: Known, new: Mapping[str, str], needs: Sequence[str]) -> None:
    """What only waited is done as it was planned, with references to the new steps."""
    made = drafts.made[-1]
    arguments = [ArgumentDraft(name=name, value=_renamed(value, new)) for name, value in step.arguments.items()]
    draft = StepDraft(
        id=made.draft.id, instruction=step.instruction, needs=list(needs), expected="", role="", tools=[],
        tool=step.tool, arguments=arguments,
    )  # fmt: skip
    drafts.made[-1] = type(made)(draft, made.kind, made.sources, made.clause)


def _renamed(value: Any, new: Mapping[str, str]) -> Any:
    if not isinstance(value, str):
        return value
    return re.sub(r"\{\{\s*([\w-]+)\.", lambda match: f"{{{{{new.get(match[1], match[1])}.", value)


def _literal(text: str) -> Mapping[str, Any]:
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return {}
    return value if isinstance(value, dict) else {}
