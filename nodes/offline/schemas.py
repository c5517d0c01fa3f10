"""Answers of a schema: those that the planner asks for by their own rules, any other as well as can be."""

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from repertory.nodes.offline.adapting import adapt
from repertory.nodes.offline.conversing import converse
from repertory.nodes.offline.feedback import apply_feedback
from repertory.nodes.offline.judging import judge
from repertory.nodes.offline.planning import Planner
from repertory.nodes.offline.prompting import draft_prompts, review_prompts
from repertory.nodes.offline.recollecting import facts_of, remembered, resolve
from repertory.nodes.offline.repair import read_outline, repair
from repertory.nodes.offline.reusing import take_over
from repertory.nodes.offline.sections import Tool, catalogue, items, section, text_of
from repertory.nodes.planner.drafts import PlanDraft


def fill_schema(name: str, schema: dict[str, Any], messages: Sequence[BaseMessage], reply: str) -> dict[str, Any]:
    """What the model fills in.

    Args:
        name: of the schema; those of `repertory.nodes.planner.drafts` are known.
        schema: as JSON schema.
        messages: the prompt.
        reply: what would be answered in words; other schemas are filled with it.
    """
    system = "\n".join(text_of(message) for message in messages if isinstance(message, SystemMessage))
    user = next((text_of(message) for message in messages if isinstance(message, HumanMessage)), "")
    match name:
        case "PlanDraft":
            return _plan(catalogue(system), user).model_dump()
        case "PromptDrafts":
            return draft_prompts(user).model_dump()
        case "PromptReview":
            return review_prompts(user).model_dump()
        case "AdaptedPlan":
            return adapt(user).model_dump()
        case "Judgement":
            return judge(user).model_dump()
        case "TopicTurn":
            return converse(user).model_dump()
    filled = _fill(schema, schema, reply)
    return filled if isinstance(filled, dict) else {}


def _plan(tools: Sequence[Tool], user: str) -> PlanDraft:
    task = resolve(section(user, "task") or user, facts_of(remembered(user)))
    previous = read_outline(items(section(user, "previous_plan")))
    feedback = items(section(user, "feedback"))
    errors = {name: error for name, _, error in (item.partition(": ") for item in items(section(user, "failed")))}
    if errors or (previous and not feedback):  # a plan that nobody objects to, and that is to be made again, failed
        finished = [item.partition(":")[0] for item in items(section(user, "finished"))]
        return repair(previous, errors or {step.id: "" for step in previous}, finished, tools, task)
    planner = Planner(tools)
    planner.add_all(task)
    for text in feedback:
        apply_feedback(planner, text)
    return take_over(planner.plan(), items(section(user, "known_steps")))


def _fill(schema: dict[str, Any], root: dict[str, Any], reply: str) -> Any:
    """A value that a JSON schema accepts: the reply where words are wanted, else the least that there is."""
    if "$ref" in schema:
        return _fill(root["$defs"][schema["$ref"].rpartition("/")[2]], root, reply)
    if "enum" in schema:
        said = reply.lower()
        return next((option for option in schema["enum"] if str(option).lower() in said), schema["enum"][0])
    if "const" in schema:
        return schema["const"]
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return None if any(option.get("type") == "null" for option in options) else _fill(options[0], root, reply)
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            return {name: _fill(properties[name], root, reply) for name in schema.get("required", properties)}
        case "string":
            return reply
        case "integer" | "number":
            return schema.get("minimum", 0)
        case "boolean":
            return False
        case "array":
            return [_fill(schema["items"], root, reply)] * schema.get("minItems", 0)
    return None
