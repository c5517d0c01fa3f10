"""Tasks that are told apart by a number, and a model for them: what comes of each shows whether it is its own.

Two steps that do not need each other, one that needs both, and a report that repeats what all of them found.
"""

import re
from typing import Any

from tests.openai_server import Answer

_TASK = re.compile(r"<task>\n.*?number (\d+)", re.DOTALL)
_AGENT = re.compile(r"^- (\w+) \(", re.MULTILINE)
_INSTRUCTION = re.compile(r"<instruction>\n(.*?)\n</instruction>", re.DOTALL)
_FOUND = re.compile(r'<data from="(?:price|stock|advice)"[^>]*>\n(.*?)\n</data>', re.DOTALL)
_STEPS = {
    "price": ("Look up the price of order number {n}.", "Price clerk: knows what everything costs", ()),
    "stock": ("Look up the stock for order number {n}.", "Stock clerk: knows what is in the store", ()),
    "advice": ("Advise on order number {n}.", "Adviser: says what to do with an order", ("price", "stock")),
}


def task_of(number: int) -> str:
    """The words in which a task is given."""
    return f"Find out what is to be done about order number {number}."


def is_right(number: int, output: str | None) -> bool:
    """Whether an answer holds what all steps of that task found, and nothing of another one."""
    said = output or ""
    found = [instruction.format(n=number) for instruction, _, _ in _STEPS.values()]
    return all(f"Done: {each}" in said for each in found) and set(re.findall(r"number (\d+)", said)) == {str(number)}


def respond(request: dict[str, Any]) -> Answer:
    """The model: a function of a chat request."""
    texts = [str(message["content"]) for message in request["messages"]]
    text = "\n".join(texts[1:])
    schema = (request.get("response_format") or {}).get("json_schema", {}).get("name", "")
    match schema:
        case "PlanDraft":
            return {"steps": _plan(_number(text), request)}
        case "AdaptedPlan":
            return {"fits": False, "steps": []}  # planned anew, so that every task costs the same
        case "Judgement":
            return {"verdicts": []}
        case "PromptDrafts":
            return {
                "prompts": [{"agent": name, "prompt": f"You are {name}. Be brief."} for name in _AGENT.findall(text)]
            }
        case "PromptReview":
            return {"revisions": []}
    if instruction := _INSTRUCTION.search(text):
        return " ".join([f"Done: {instruction[1]}", *_FOUND.findall(text)])
    return " ".join(_FOUND.findall(text))  # the report


def _number(text: str) -> int:
    found = _TASK.search(text)
    if found is None:
        raise AssertionError(f"nobody plays {text!r}")
    return int(found[1])


def _plan(number: int, request: dict[str, Any]) -> list[dict[str, Any]]:
    like = {"like": None} if '"like"' in str(request["response_format"]).replace("'", '"') else {}
    return [
        {
            "id": step_id,
            "instruction": instruction.format(n=number),
            "needs": list(needs),
            "expected": "",
            "role": role,
            "tools": [],
            "tool": None,
            "arguments": [],
            **like,
        }
        for step_id, (instruction, role, needs) in _STEPS.items()
    ]
