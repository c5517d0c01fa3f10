"""What models are asked to fill in: small schemas that a strict server accepts, and their way into records."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


def _all_required(schema: dict[str, Any]) -> None:
    """Fields that code may leave out are demanded of models all the same."""
    schema["required"] = list(schema["properties"])
    for field in schema["properties"].values():
        field.pop("default", None)


class Draft(BaseModel):
    """Base of the schemas: every field required, nothing else allowed, as strict structured output demands."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_all_required)


class ArgumentDraft(Draft):
    """One argument of a direct tool call."""

    name: str
    value: str | int | float | bool | list[str] | None = Field(
        description="a value, or {{step.field}} to take a field of the result of a needed step"
    )


class StepDraft(Draft):
    """One step, as a model proposes it."""

    id: str = Field(description="short: s1, s2, …")
    instruction: str
    needs: list[str] = Field(description="ids of the steps whose results this one uses")
    expected: str = Field(description="what a good result looks like")
    role: str = Field(description="for an agent: 'role: what it is good at'; empty for a tool step")
    tools: list[str] = Field(description="tools that the agent may use; empty for a tool step")
    tool: str | None = Field(description="the tool to call directly; null for an agent")
    arguments: list[ArgumentDraft] = Field(description="all arguments of that tool; empty for an agent")


class PlanDraft(Draft):
    """A plan, as a model proposes it."""

    steps: Sequence[StepDraft]


class LikeStepDraft(StepDraft):
    """One step, where known ones are shown."""

    like: str | None = Field(None, description="the known step whose performer does this one; null for none")


class PlanDraftFromParts(PlanDraft):
    """A plan that may take over known steps: asked for only where there are some to show."""

    model_config = ConfigDict(title="PlanDraft")

    steps: Sequence[LikeStepDraft]


class PromptDraft(Draft):
    """The system prompt of one agent."""

    agent: str
    prompt: str


class PromptDrafts(Draft):
    """First drafts of all prompts."""

    prompts: list[PromptDraft]


class Revision(Draft):
    """What is weak in one draft, and a better one."""

    agent: str
    weakness: str
    prompt: str


class PromptReview(Draft):
    """The prompt creator's criticism of its own drafts; drafts not named stay."""

    revisions: list[Revision]


class AdaptedStep(Draft):
    """A step of a known plan, said anew for another task."""

    id: str
    instruction: str
    arguments: list[ArgumentDraft] = Field(description="for a tool step, all its arguments; else empty")
    expected: str = Field("", description="what was expected, said anew; empty where nothing was")


class AdaptedPlan(Draft):
    """A known plan adapted to a similar task: the same steps, other words."""

    fits: bool = Field(description="whether the known plan does this task; if not, leave the steps empty")
    steps: list[AdaptedStep]


class Verdict(Draft):
    """Whether one candidate fits one step."""

    step: str
    agent: str | None = Field(description="the agent that fits, or null for none")
    reason: str


class Judgement(Draft):
    """The judge's verdict on all doubtful candidates together."""

    verdicts: list[Verdict]
