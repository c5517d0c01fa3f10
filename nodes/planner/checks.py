"""What a company must satisfy beyond being well-formed: known tools, arguments that fit, size within the limits."""

from repertory.memory.errors import PlanError, ToolArgumentsError
from repertory.memory.plans import Company, Plan, Step
from repertory.memory.records import Agent
from repertory.memory.references import find_bare_names, find_references
from repertory.nodes.context import Limits
from repertory.nodes.deps import Deps
from repertory.nodes.persona.speech import SPEECH
from repertory.nodes.tools.toolbox import Tool, Toolbox


def check_plan(plan: Plan, toolbox: Toolbox, limits: Limits) -> None:
    """Check the steps.

    Raises:
        PlanError: naming the step, the value and the remedy.
    """
    if len(plan.steps) > limits.steps:
        raise PlanError(
            f"the plan has {len(plan.steps)} steps; the limit of this run is {limits.steps} (`limits.steps`)"
        )
    for step in plan.steps:
        _check_tools(f"step {step.id!r}", step.tools, toolbox)
        if step.tool:
            _check_call(step, plan, toolbox)


def check_company(company: Company, toolbox: Toolbox, limits: Limits) -> None:
    """Check the steps and the agents, delegates included.

    Raises:
        PlanError: naming the step or agent, the value and the remedy.
    """
    check_plan(company.plan, toolbox, limits)
    for casting in company.cast:
        for agent in hierarchy(casting.agent):
            _check_tools(f"agent {agent.name!r}", agent.tools, toolbox)


def hierarchy(agent: Agent) -> list[Agent]:
    """The agent and all delegates below it."""
    return [agent, *(below for delegate in agent.delegates for below in hierarchy(delegate))]


def is_performable(agent: Agent, deps: Deps) -> bool:
    """Whether this run has all tools and functions of the agent and of those below it."""
    members = hierarchy(agent)
    return all(name in deps.toolbox or name in SPEECH for member in members for name in member.tools) and all(
        member.orchestration == "model" or member.orchestration in deps.orchestrations for member in members
    )


def _check_tools(who: str, names: tuple[str, ...], toolbox: Toolbox) -> None:
    if unknown := [name for name in names if name not in toolbox and name not in SPEECH]:
        raise PlanError(f"{who} names the tool {unknown[0]!r}, which does not exist; there is {list(toolbox.names)}")


def _check_call(step: Step, plan: Plan, toolbox: Toolbox) -> None:
    name = step.tool or ""
    if name not in toolbox:
        raise PlanError(f"step {step.id!r} calls {name!r}, which is no tool; there is {list(toolbox.names)}")
    ids = {other.id for other in plan.steps}
    if bare := [bare for bare in find_bare_names(step.arguments) if bare in ids]:
        raise PlanError(f"step {step.id!r} refers to {bare[0]!r} without a field; write {{{{{bare[0]}.text}}}}")
    references = find_references(step.arguments)
    for reference in references:
        source = plan[reference.step]
        fields = toolbox[source.tool].fields if source.tool and source.tool in toolbox else ("text",)
        if reference.fields[0] not in fields:
            raise PlanError(
                f"step {step.id!r} refers to {reference.fields[0]!r} of {reference.step!r}, which has {list(fields)}"
            )
    if references:  # the values are known when the needed steps are done, and checked then
        return _check_names(step, toolbox[name])
    try:
        toolbox[name].check(step.arguments)
    except ToolArgumentsError as error:
        raise PlanError(f"step {step.id!r}: {error}") from error
    return None


def _check_names(step: Step, tool: Tool) -> None:
    known, required = tool.parameters.get("properties", {}), tool.parameters.get("required", [])
    if missing := sorted(set(required) - set(step.arguments)):
        raise PlanError(f"step {step.id!r}: {tool.name} needs the argument {missing[0]!r}; it takes {list(known)}")
    if not tool.parameters.get("additionalProperties") and (unknown := sorted(set(step.arguments) - set(known))):
        raise PlanError(f"step {step.id!r}: {tool.name} has no argument {unknown[0]!r}; it takes {list(known)}")
