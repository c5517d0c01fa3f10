"""The script of the conformance agent: what it does in which step, as a client wrote it."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from repertory.memory.portable import portable
from repertory.memory.records import JsonObject, describe
from repertory.memory.topics.entities import Party
from repertory.memory.topics.errors import RefusedError


class _Item(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class ScriptAction(_Item):
    """An action to propose."""

    name: str
    args: JsonObject = Field(default_factory=dict)
    executor: Party = "server"


class ScriptStep(_Item):
    """What happens in one step."""

    name: str | None = None
    output: str | None = None
    actions: tuple[ScriptAction, ...] = ()


def read_step(script: Any, number: int) -> tuple[ScriptStep | None, bool]:
    """A step of a script, and whether none comes after it.

    Args:
        script: what the task's `additional_input.script` says.
        number: of the step, from 0.

    Returns:
        The step; None where the script has no step of that number, which makes a last one that says what it is told.

    Raises:
        RefusedError: it is no list of steps; the message says where it is wrong, and shows the value.
    """
    if script is None:
        return None, True
    if not isinstance(script, list):
        raise RefusedError(f"script is {type(script).__name__}, {str(script)[:80]!r}: give a list, one object a step")
    steps = [_read(n, item) for n, item in enumerate(script)]
    return (steps[number], number + 1 == len(steps)) if number < len(steps) else (None, True)


def _read(number: int, item: Any) -> ScriptStep:
    given = portable(item)
    if isinstance(given, dict):  # null is as good as absent, and JSON has lists where we have tuples
        given = {key: value for key, value in given.items() if value is not None}
        if isinstance(given.get("actions"), list):
            given["actions"] = tuple(_without_nulls(action) for action in given["actions"])
    try:
        return ScriptStep.model_validate(given)
    except ValidationError as error:
        raise RefusedError(
            f"script[{number}] cannot be read: {describe(error)}; a step is an object with `name`, `output` and "
            "`actions`, each of them an object with `name`, `args` and `executor`"
        ) from error


def _without_nulls(action: Any) -> Any:
    return {key: value for key, value in action.items() if value is not None} if isinstance(action, dict) else action
