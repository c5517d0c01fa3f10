"""What a YAML file may hold: these models check it, and the schema for editors is made from them."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag
from pydantic.json_schema import GenerateJsonSchema

from repertory.memory.definitions.names import FUNCTION_PATTERN
from repertory.memory.records import Name

NAME_PATTERN = r"^[A-Za-z][A-Za-z0-9_-]{0,63}$"
FILE_PATTERN = r"^.*\.(yaml|yml|py)$"
NOT_BLANK = r"\S"
TAGS = ("<text>", "<mapping>")
"""Parts of a validation's locations that are no fields: they tell which form a value has."""


class Shape(BaseModel):
    """Base: nothing is converted, so that the schema for editors can say the same."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


def _form(value: Any) -> str | None:
    if isinstance(value, str):
        return TAGS[0]
    return TAGS[1] if isinstance(value, dict | Shape) else None


def _one_of(what: str) -> Discriminator:
    return Discriminator(_form, custom_error_type="form", custom_error_message=what)


def _distinct(values: list[str]) -> list[str]:
    if twice := sorted({value for value in values if values.count(value) > 1}):
        raise ValueError(f"names {twice[0]!r} twice; once is enough")
    return values


Words = Annotated[str, Field(pattern=NOT_BLANK, max_length=20_000)]
ModelName = Annotated[str, Field(pattern=NOT_BLANK)]


class ModelShape(Shape):
    """A model and its settings; what is left out is the run's."""

    name: ModelName | None = None
    """`provider:model`, such as `openai:gpt-5.1`."""
    temperature: float | None = Field(default=None, ge=0, le=2, allow_inf_nan=False)
    """From 0, the most predictable, to 2."""


class AgentShape(Shape):
    """An agent: what it is, what it may use, and the agents that it delegates to."""

    role: Words
    """Who this is, in a few words, such as `CSV analyst`."""
    description: Words
    """What it is good for. With the role, this is how the planner finds it, and all that a coordinator knows of it."""
    prompt: str = Field(default="", max_length=50_000)
    """The system prompt; a block of text after `|`. Left out: one is written where it is needed."""
    tools: Annotated[list[Name], AfterValidator(_distinct), Field(json_schema_extra={"uniqueItems": True})] = []
    """Names of the tools that it may call itself. What its delegates use is theirs alone."""
    model: Annotated[
        Annotated[ModelName, Tag(TAGS[0])] | Annotated[ModelShape, Tag(TAGS[1])],
        _one_of("must be a name such as openai:gpt-5.1, or `name` and `temperature`"),
    ] = ModelShape()
    """A name, such as `openai:gpt-5.1`, or name and temperature. Left out: the run's model."""
    memory: Literal["none", "thread"] = "none"
    """`thread`: it remembers what it was told, did and answered before in the same conversation."""
    orchestration: str = Field(default="model", pattern=FUNCTION_PATTERN)
    """Who chooses what it does next: `model`; or a Python function, as `./file.py:function` beside this file, or as
    `package.module:function`."""
    tags: list[Words] = []
    """Words of your own to sort agents by."""
    delegates: list[
        Annotated[
            Annotated[str, Field(pattern=f"({NAME_PATTERN}|{FILE_PATTERN})"), Tag(TAGS[0])]
            | Annotated["NamedShape", Tag(TAGS[1])],
            _one_of("must be an agent (`name`, `role`, …), a name under `agents`, or another file"),
        ]
    ] = []
    """Agents that it gives work to: in place, by a name under `agents`, or by another file, as `./stylist.yaml`."""


class NamedShape(AgentShape):
    """An agent with its name."""

    name: Name
    """A letter, then letters, digits, `_` and `-`; at most 64."""


class FileShape(NamedShape):
    """A hierarchy of agents for Repertory: an agent, and the agents below it."""

    agents: Annotated[
        dict[Name, AgentShape], Field(json_schema_extra={"propertyNames": {"pattern": NAME_PATTERN}})
    ] = {}
    """Agents by name, to be delegated to from several places in this file."""


def editor_schema() -> dict[str, Any]:
    """The JSON schema (draft 7, which editors know) of a YAML file that defines a hierarchy.

    It says all that can be said of a file by itself: whether names under `agents`, other files and functions are
    there, and whether delegates are distinct, is checked on loading.
    """
    schema = FileShape.model_json_schema(schema_generator=_Untitled)
    return {"$schema": "http://json-schema.org/draft-07/schema#", **schema, "title": "Repertory agent file"}


class _Untitled(GenerateJsonSchema):
    """Without titles that only repeat the fields' names."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the signature is pydantic's
        return False
