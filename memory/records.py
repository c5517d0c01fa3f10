"""The records that are planned, performed and kept. All frozen, all JSON-serialisable."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from repertory.memory.errors import InputError

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
"""An identifier that is safe everywhere it travels: tool names, file names, paths of personas."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
JsonObject = dict[str, Any]


class Record(BaseModel):
    """Base of all records: immutable, and strict about unknown fields so that a typo is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def parse(cls, data: Any) -> Self:
        """Validate data from outside.

        Raises:
            InputError: naming each offending field and value.
        """
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise cls._error(f"{cls.__name__}: {describe(error)}") from error

    @classmethod
    def _error(cls, message: str) -> InputError:
        return InputError(message)


def describe(error: ValidationError) -> str:
    """Say in one line what a validation found: where, what, and the value."""
    lines = []
    for item in error.errors(include_url=False):
        where = ".".join(str(part) for part in item["loc"])
        message = item["msg"].removeprefix("Value error, ")
        value = "" if item["type"] == "value_error" else f" (got {_short(item['input'])})"
        lines.append(f"{where}: {message}{value}" if where else f"{message}{value}")
    return "; ".join(lines)


def _short(value: object, limit: int = 80) -> str:
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}…"


class Usage(Record):
    """What model calls cost: their number (every attempt counts) and their tokens."""

    model_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def tokens(self) -> int:
        """Input and output tokens together."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            model_calls=self.model_calls + other.model_calls,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
        )


class ModelSpec(Record):
    """Which model an agent uses; what is None is taken from the run's default."""

    name: str | None = None
    """`provider:model`, for example `openai:gpt-5.1`."""
    temperature: float | None = Field(default=None, ge=0, le=2)


class Track(Record):
    """A track record: of an agent its steps, of a cohort its runs."""

    uses: int = 0
    successes: int = 0
    """Uses that were well done, in runs that their user was satisfied with."""
    usage: Usage = Usage()
    seconds: float = 0.0
    """Time that it worked."""
    ratings: int = 0
    """Runs that a person rated; where the policy rates, nobody does."""
    liked: int = 0
    """Of those, the runs that the person was satisfied with."""
    deeds: tuple[str, ...] = ()
    """What it was wanted for and did well, the latest last, each once: similar work finds it by them."""
    runs: tuple[str, ...] = ()
    """Ids of the latest runs counted."""

    def count(
        self,
        run_id: str,
        *,
        success: bool | None,
        usage: Usage,
        seconds: float = 0.0,
        liked: bool | None = None,
        deeds: Iterable[str] = (),
    ) -> "Track":
        """Count one run; one that is among the latest counted changes nothing.

        Args:
            run_id: identifies the run.
            success: whether it did well; None where the run says nothing about it, and is no use that counts.
            usage: what its model calls cost.
            seconds: how long it worked.
            liked: whether a person was satisfied with the run; None where nobody said.
            deeds: what it did well in it.
        """
        if run_id in self.runs:
            return self
        return Track(
            uses=self.uses + int(success is not None),
            successes=self.successes + int(success is True),
            usage=self.usage + usage,
            seconds=self.seconds + seconds,
            ratings=self.ratings + int(liked is not None),
            liked=self.liked + int(liked is True),
            deeds=tuple(dict.fromkeys(reversed((*self.deeds, *deeds))))[:MAX_DEEDS][::-1],
            runs=(*self.runs, run_id)[-_MAX_RUNS:],
        )


MAX_DEEDS = 8
"""Deeds of an agent that are remembered. Measured on MetaTool: five past tasks bring most of what any number does."""
_MAX_RUNS = 100


AgentStatus = Literal["draft", "active", "inactive", "retired"]
"""`draft`: nobody has approved its prompt yet; it is cast only where a person is asked. `active`: it can be cast.
`inactive`: it rests, and can be woken. `retired`: for good; it is kept for the runs that it was in."""
AT_REST: tuple[AgentStatus, ...] = ("inactive", "retired")
"""Agents there are neither found nor cast, and only a move leads out of it."""

_NODES = {"begin", "propose", "review", "act"}
_KEYS = {"message", "frame", "turns", "reported", "unknown", "retries", "objection", "call_id", "reply"}
_SPEECH = {"delegate", "tell", "ask"}
_RESERVED = _NODES | _KEYS | _SPEECH
"""What no delegate can be named: a persona's graph has nodes, state keys and tools of these names."""


BOOKKEEPING = frozenset({"version", "status", "track", "owner", "created_by", "imported_as"})
"""Fields of an agent that are the registry's, and nobody's to edit."""


class Agent(Record):
    """A persona: a step agent, a one-shot worker, or a coordinator whose delegates are agents themselves."""

    name: Name
    role: Text
    """Who this is, in a few words: `CSV analyst`."""
    description: Text
    """What it is good for; with the role, this is what casting searches."""
    prompt: str = Field(default="", max_length=50_000)
    """The system prompt. Empty means: not yet written."""
    tools: tuple[Name, ...] = ()
    model: ModelSpec = ModelSpec()
    memory: Literal["none", "thread"] = "none"
    """`thread`: it remembers what it was told, did and answered before in the same conversation."""
    delegates: tuple["Agent", ...] = ()
    orchestration: str = Field(default="model", pattern=r"^\S+$")
    """`model`: the model chooses what to do next. Else the name of a Python function that does."""
    tags: tuple[str, ...] = ()
    version: int = Field(default=1, ge=1)
    status: AgentStatus = "active"
    track: Track = Track()
    owner: str = "local"
    created_by: str = ""
    """What brought it into the registry: `run ID`, `file NAME`, `import NAME`, `library OWNER`."""
    imported_as: str = ""
    """Its name where it was imported from, if that cannot be a name here."""

    @model_validator(mode="after")
    def _delegates_are_distinct(self) -> Self:
        names = [delegate.name for delegate in self.delegates]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"agent {self.name!r} has two delegates named {twice[0]!r}; give each its own name")
        if reserved := sorted(_RESERVED & set(names)):
            raise ValueError(
                f"agent {self.name!r} has a delegate named {reserved[0]!r}, a name that every persona's graph uses; "
                "give it another"
            )
        if tools := sorted(set(self.tools) & set(names)):
            raise ValueError(f"agent {self.name!r} has a delegate and a tool named {tools[0]!r}; rename the delegate")
        return self

    def content(self) -> JsonObject:
        """What makes it what it is, and a version of it: all but the bookkeeping, of delegates too."""
        content = self.model_dump(mode="json", exclude={*BOOKKEEPING, "delegates"})
        return content | {"delegates": [delegate.content() for delegate in self.delegates]}

    def paths(self, root: tuple[str, ...] = ()) -> dict[tuple[str, ...], "Agent"]:
        """This agent and all below it, each by the names that lead to it; a name leads the names below it.

        Args:
            root: names above this agent.
        """
        path = (*root, self.name)
        below = [delegate.paths(path) for delegate in self.delegates]
        return {path: self} | {name: agent for paths in below for name, agent in paths.items()}


class Artifact(Record):
    """A file that a step left in the workspace."""

    path: str
    """Relative to the workspace."""
    size: int
    """Bytes."""
    sha256: str


StepStatus = Literal["done", "failed", "skipped", "stopped"]


class StepResult(Record):
    """How a step ended. `skipped`: a need failed. `stopped`: a limit of the run was reached first."""

    step_id: Name
    status: StepStatus
    output: str = ""
    data: JsonObject = Field(default_factory=dict)
    """The structured result, which later steps refer to by field."""
    trusted: bool = True
    artifacts: tuple[Artifact, ...] = ()
    usage: Usage = Usage()
    performer: str = ""
    """`agent NAME` or `tool NAME`."""
    branch: str = ""
    """The branch of the run's journal that has its transcript."""
    seconds: float = 0.0
    error: str | None = None
    refused: bool = False
    """A person or the policy refused it; so it is not tried in another way."""
