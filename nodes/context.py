"""Settings of one run, given as LangGraph context: `graph.ainvoke(..., context=Context(policy="autonomous"))`."""

from typing import Any, Protocol

from pydantic import Field

from repertory.memory.plans import MAX_STEPS
from repertory.memory.records import Record
from repertory.nodes.decisions.policy import Policy, PolicyLike


class Limits(Record):
    """Bounds of one run, or of one message of a conversation. Reaching one ends it in an orderly way."""

    steps: int = Field(default=100, ge=1, le=MAX_STEPS)
    """Steps of a plan, repaired ones included."""
    model_calls: int = Field(default=500, ge=0)
    tokens: int = Field(default=5_000_000, ge=0)
    """Input and output tokens together."""
    seconds: float = Field(default=3600.0, gt=0)
    """Wall time of work; waiting for a person does not count."""
    parallel_model_calls: int = Field(default=32, ge=1)
    turns: int = Field(default=25, ge=1)
    """Model responses of one persona for one message."""
    remembered: int = Field(default=50, ge=0)
    """Earlier messages of its conversation that a persona with `memory: thread` is shown: the latest."""
    memory_tokens: int = Field(default=600, ge=0)
    """Tokens of its topic's memory that the prompts of a run show."""
    messages: int = Field(default=10, ge=0)
    """`tell` and `ask` together, per step."""
    replans: int = Field(default=1, ge=0)
    plan_attempts: int = Field(default=3, ge=1)
    """Proposals of a plan that a model may make before the run gives up on bad ones."""


class Context(Record):
    """What a run is allowed. It is not kept in checkpoints: pass it again when you resume."""

    policy: PolicyLike = "supervised"
    """A preset's name, or rules."""
    limits: Limits = Limits()
    owner: str = "local"
    """Whose agents are cast and kept."""
    libraries: tuple[str, ...] = ()
    """Owners whose active agents may be cast, too. Nothing of theirs is ever changed."""
    topic: str | None = None
    """The topic whose memory the run shares; None: it has none."""
    begin: tuple[str, ...] | None = None
    """Steps of the plan that may begin in this invocation, by id, for callers that drive a run step by step; the others
    wait for a later one. One that has asked a person goes on, and takes the answer, only where it is among them. None:
    all."""

    @property
    def rules(self) -> Policy:
        """The policy, with a preset's name looked up."""
        return self.policy if isinstance(self.policy, Policy) else Policy.preset(self.policy)


class HasContext(Protocol):
    """LangGraph's Runtime, as far as we look at it here."""

    @property
    def context(self) -> Any: ...  # noqa: D102


def context_of(runtime: HasContext) -> Context:
    """The run's context, or the default one where the caller gave none."""
    context = runtime.context
    if context is None:
        return Context()
    return context if isinstance(context, Context) else Context.parse(context)
