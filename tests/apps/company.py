"""A company behind a loopback OpenAI server: it plans, writes prompts, acts and reports as a test says."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from repertory.nodes.planner.drafts import PlanDraft, StepDraft
from tests.openai_answers import Answer
from tests.playing import plan_of


class Company:
    """A responder for `OpenAIServer`.

    Args:
        plans: the planner's answers, in order; the last one is repeated.
        acts: by step instruction, what the step's agent does in each of its turns. A step that is not named answers
            `did: <instruction>`.
    """

    def __init__(self, *plans: PlanDraft, acts: Mapping[str, Sequence[Answer]] | None = None) -> None:
        self._plans, self._acts = list(plans), dict(acts or {})
        self.asked: list[str] = []
        """Schemas and instructions of all calls, in order."""
        self.texts: list[str] = []
        """What was asked in each."""

    def __call__(self, request: dict[str, Any]) -> Answer:
        """Answer one call."""
        schema = (request.get("response_format") or {}).get("json_schema", {}).get("name", "")
        text = "\n".join(str(message["content"]) for message in request["messages"])
        instruction = re.search(r"<instruction>\n(.*?)\n</instruction>", text, re.DOTALL)
        report = "You report on a finished task" in text
        self.asked.append(schema or ("report" if report else instruction[1] if instruction else "?"))
        self.texts.append(text)
        if schema == "PlanDraft":
            plan = self._plans.pop(0) if len(self._plans) > 1 else self._plans[0]
            return plan.model_dump()
        if schema == "PromptDrafts":
            names = re.findall(r"^- (\w+) \(", text, re.MULTILINE)
            return {"prompts": [{"agent": name, "prompt": f"You are {name}."} for name in names]}
        if schema == "PromptReview":
            return {"revisions": []}
        if report:
            return "the report"
        if instruction is None:
            raise AssertionError(f"nobody plays {text!r}")
        turn = sum(message["role"] == "assistant" for message in request["messages"])
        acts = self._acts.get(instruction[1])
        return acts[turn] if acts else f"did: {instruction[1]}"


def company(*steps: StepDraft, acts: Mapping[str, Sequence[Answer]] | None = None) -> Company:
    """A company with one plan."""
    return Company(plan_of(*steps), acts=acts)
