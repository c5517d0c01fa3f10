"""A person's edit of a proposed company: any field of any step or agent, steps added, removed and put in order."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from repertory.memory.errors import AnswerError
from repertory.memory.plans import Casting, Company, Plan, Step
from repertory.memory.records import BOOKKEEPING, Agent, JsonObject, StepResult
from repertory.nodes.context import Limits
from repertory.nodes.planner.checks import check_company, hierarchy
from repertory.nodes.tools.toolbox import Toolbox

_PROVENANCE = {"origin", "reason", *BOOKKEEPING}
"""Fields of a proposed agent that are shown and not the reader's to set."""

_SHOWN = {"task", "source", "known", "changes", "passed_over", "ended"}
"""Parts of a proposal that come back with an edit of the whole, and change nothing."""


def company_content(company: Company) -> JsonObject:
    """A company as it is shown and edited: steps, and agents with where each came from."""
    return {
        "steps": [step.model_dump(mode="json") for step in company.plan.steps],
        "agents": [
            {**casting.agent.model_dump(mode="json"), "origin": casting.origin, "reason": casting.reason}
            for casting in company.cast
        ],
    }


def edit_company(
    company: Company,
    edit: JsonObject,
    toolbox: Toolbox,
    limits: Limits,
    *,
    ended: Mapping[str, StepResult] = MappingProxyType({}),
) -> Company:
    """Apply an edit.

    Args:
        company: what was proposed.
        edit: `steps`: all steps in their new order, each by id with the fields that change (a step that is not
            named is removed, one with a new id is added). `agents`: agents by name with the fields that change; one
            with a new name is added. Either may be left out. A step without agent and tool is cast afterwards.
        toolbox: the tools that exist.
        limits: the most steps.
        ended: results of steps that have been performed; what is done cannot change any more.

    Returns:
        The company to perform.

    Raises:
        InputError: the edit is refused; the message names the value and the remedy.
    """
    if unknown := sorted(set(edit) - {"steps", "agents", *_SHOWN}):
        raise AnswerError(f"a company has no {unknown[0]!r} to edit; there are `steps` and `agents`")
    steps = _steps(company, edit["steps"]) if "steps" in edit else list(company.plan.steps)
    plan = Plan.parse({"steps": [step.model_dump() for step in steps]})
    _check_ended(plan, company.plan, ended)
    cast = _cast(company, edit.get("agents", []))
    used = {step.agent for step in plan.steps}
    edited = Company.parse({"plan": plan, "cast": tuple(casting for name, casting in cast.items() if name in used)})
    check_company(edited, toolbox, limits)
    _check_performers(edited, company)
    return edited


def _check_ended(plan: Plan, before: Plan, ended: Mapping[str, StepResult]) -> None:
    """What is done stays; the ids of what failed are taken."""
    steps, known = {step.id: step for step in plan.steps}, {step.id: step for step in before.steps}
    for step_id, result in ended.items():
        if result.status == "done" and step_id in known and steps.get(step_id) != known[step_id]:
            raise AnswerError(f"step {step_id!r} has been performed and cannot change any more; leave it as it was")
        if step_id in steps and step_id not in known:
            raise AnswerError(f"the id {step_id!r} belongs to a step that {result.status}; give the step a new id")


def _check_performers(edited: Company, before: Company) -> None:
    """Tools that are given to a step are of use only where its agent has them."""
    known = {step.id: set(step.tools) for step in before.plan.steps}
    for step in edited.plan.steps:
        added = set(step.tools) - known.get(step.id, set())
        if step.agent and (missing := sorted(added - set(edited.agent(step.agent).tools))):
            raise AnswerError(
                f"step {step.id!r} is given the tool {missing[0]!r}, which its agent {step.agent!r} does not have; "
                "give it to the agent, too"
            )


def _steps(company: Company, given: Any) -> list[Step]:
    known = {step.id: step for step in company.plan.steps}
    steps = []
    for item in _objects(given, "steps", "id"):
        before = known.get(item["id"])
        if before is None:
            steps.append(Step.parse(item))
            continue
        changed = {**before.model_dump(), **item}
        if item.get("tool") and not before.tool:  # from an agent to a direct call
            changed |= {"agent": None, "tools": ()}
        elif item.get("agent") and before.tool:  # and back
            changed |= {"tool": None, "arguments": {}}
        steps.append(Step.parse(changed))
    return steps


def _cast(company: Company, given: Any) -> dict[str, Casting]:
    cast = {casting.agent.name: casting for casting in company.cast}
    functions = {member.orchestration for casting in company.cast for member in hierarchy(casting.agent)} | {"model"}
    for item in _objects(given, "agents", "name"):
        before = cast.get(item["name"])
        if before is None and "role" not in item:
            raise AnswerError(
                f"there is no agent {item['name']!r} to change; there is {sorted(cast)}. A new one needs `role` and "
                "`description`"
            )
        fields = {key: value for key, value in item.items() if key not in _PROVENANCE}
        agent = Agent.parse({**before.agent.model_dump(), **fields} if before else fields)
        if unknown := sorted({member.orchestration for member in hierarchy(agent)} - functions):
            raise AnswerError(
                f"agent {agent.name!r} is to be managed by {unknown[0]!r}, a function that no agent of the plan has; "
                "an edit brings in no code: define such an agent in a file, and add it to the registry"
            )
        if before is None or agent != before.agent:
            known = before is not None and (before.known or before.origin != "new")
            cast[agent.name] = Casting(agent=agent, origin="new", reason="edited by the user", known=known)
    return cast


def _objects(given: Any, what: str, key: str) -> list[JsonObject]:
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise AnswerError(f"`{what}` must be a list of objects, not {given!r}")
    for item in given:
        if not isinstance(item.get(key), str):
            raise AnswerError(f"each of `{what}` needs its `{key}`; {item!r} has none")
    return given
