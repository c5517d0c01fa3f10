"""What the loopback model answers: the plans of the cases, prompts, results and reports, the same ones every time."""

import hashlib
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from benchmarks.cases import Case, Work, all_cases
from tests.openai_server import Answer, Slow

REPORT = "You report on a finished task"
"""How the system message of a report begins; ours and the bare client's."""
_INSTRUCTION = re.compile(r"<instruction>\n(.*?)\n</instruction>", re.DOTALL)
AGENT = re.compile(r"^- (\w+) \(", re.MULTILINE)
"""The agents for which a prompt is wanted, in the request for it."""
_WORDS = """the figures in the sources agree with each other within their stated error and the trend of recent years
continues we therefore take the median of the three estimates and name the range beside it two points
remain open whether the permit is granted in time and how prices develop in winter both are marked below
costs are given in euros without tax for a full year of operation and rounded to hundreds where a value
was missing it was left out rather than guessed"""


def responder(latency: float) -> Callable[[dict[str, Any]], Answer]:
    """The model: a function of a chat request.

    Args:
        latency: seconds of a call; steps that are longer take a multiple of it.
    """

    def respond(request: dict[str, Any]) -> Answer:
        system, text = request["messages"][0]["content"], request["messages"][1]["content"]
        schema = request.get("response_format", {}).get("json_schema", {}).get("name", "")
        if "plan" in schema.lower():
            return {"steps": [_planned(step) for step in _case(text).steps]}
        if "drafts" in schema.lower():
            return {"prompts": [{"agent": name, "prompt": prose(name, 55)} for name in AGENT.findall(text)]}
        if "review" in schema.lower():
            return {"revisions": [revised(name) for name in AGENT.findall(text)[::3]]}
        if system.startswith(REPORT):
            return prose(text, 180)
        if instruction := _INSTRUCTION.search(text):
            longer = _lengths().get(instruction[1], 1) - 1
            answer = prose(instruction[1], 60 + _hash(instruction[1]) % 90)
            return Slow(longer * latency, answer) if longer else answer
        return _reacting(request["messages"])

    return respond


def _reacting(messages: list[dict[str, Any]]) -> Answer:
    """A single agent with all tools: it makes all calls at once that do not need each other, then answers."""
    case = next(case for case in all_cases() if any(case.task in str(message["content"]) for message in messages))
    rounds = sum(1 for message in messages if message["role"] == "assistant")
    levels = _levels(case)
    if rounds == len(levels):
        return prose(case.task, 180)
    return [(step.tool or "", KNOWN.get(step.id, step.arguments)) for step in levels[rounds]]


KNOWN: dict[str, dict[str, Any]] = {"t": {"expression": "2 + 2"}, "h": {"expression": "4 / 2"}}
"""Arguments of the lookup case that depend on results, as an agent would fill them in."""


def _levels(case: Case) -> list[list[Work]]:
    depth: dict[str, int] = {}
    for step in case.steps:
        depth[step.id] = 1 + max((depth[need] for need in step.needs), default=-1)
    return [[step for step in case.steps if depth[step.id] == level] for level in range(max(depth.values()) + 1)]


def _case(text: str) -> Case:
    return next(case for case in all_cases() if case.task in text)


def _planned(step: Work) -> dict[str, Any]:
    return {
        "id": step.id,
        "instruction": step.instruction,
        "needs": list(step.needs),
        "expected": "" if step.tool else "A short text with figures and what remains open.",
        "role": "" if step.tool else step.role,
        "tools": [],
        "tool": step.tool,
        "arguments": [{"name": name, "value": value} for name, value in step.arguments.items()],
    }


def revised(name: str) -> dict[str, str]:
    """What the reflection says about a draft that it makes better."""
    return {"agent": name, "weakness": "It does not say when the work is done.", "prompt": prose(f"{name} again", 60)}


@cache
def _lengths() -> dict[str, int]:
    return {step.instruction: step.length for case in all_cases() for step in case.steps}


def prose(seed: str, words: int) -> str:
    """So many words, which words depends on the seed."""
    vocabulary = _WORDS.split()
    start = _hash(seed) % len(vocabulary)
    return " ".join(vocabulary[(start + n) % len(vocabulary)] for n in range(words)).capitalize() + "."


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
