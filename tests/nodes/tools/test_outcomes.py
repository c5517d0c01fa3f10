"""What tools return, as text and data."""

from dataclasses import dataclass
from functools import partial
from typing import Any, TypedDict

import pytest
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from pydantic import BaseModel

from repertory.memory.records import Artifact
from repertory.nodes.tools.outcomes import MAX_TEXT
from repertory.nodes.tools.toolbox import Toolbox


class Typed(TypedDict):
    """A structure."""

    total: int
    text: str


class Model(BaseModel):
    """A structure."""

    total: int


@dataclass
class Data:
    """A structure."""

    total: int


def as_typed() -> Typed:
    return Typed(total=3, text="three")


def as_model() -> Model:
    return Model(total=3)


async def as_data() -> Data:
    return Data(total=3)


def as_dict() -> dict[str, int]:
    return {"total": 3}


@pytest.mark.parametrize(
    ("function", "fields", "text"),
    [
        (as_typed, ("total", "text"), "three"),
        (as_model, ("total", "text"), '{"total": 3}'),
        (as_data, ("total", "text"), '{"total": 3}'),
        (as_dict, ("text",), '{"total": 3}'),
    ],
)
async def test_structures_are_data(function: Any, fields: tuple[str, ...], text: str) -> None:
    """Structures come back as fields, announced where the return annotation names them; `text` is always there."""
    made = Toolbox().add(function)
    outcome = await made.run({})
    assert made.fields == fields
    assert outcome.data == {"total": 3, "text": text}
    assert outcome.text == text


async def test_plain_values() -> None:
    """Text is text; a number or list is `value`, as it is; nothing is said to be done."""

    def number() -> float:
        return 1.5

    def nothing() -> None:
        return None

    box = Toolbox([number, nothing])
    assert box["number"].fields == ("value", "text")
    assert (await box["number"].run({})).data == {"value": 1.5, "text": "1.5"}
    assert (await box["nothing"].run({})).text == "done"


async def test_artifacts_are_taken_out_of_the_data() -> None:
    """Artifact records under `artifacts` name files that the tool left; they are no field to refer to."""
    left = Artifact(path="a.txt", size=1, sha256="0" * 64)

    def leave() -> dict[str, Any]:
        return {"artifacts": [left], "text": "left it"}

    outcome = await Toolbox().add(leave).run({})
    assert outcome.artifacts == (left,)
    assert outcome.data == {"text": "left it"}


async def test_long_text_is_cut_and_says_so() -> None:
    """Text is bounded, in the data too, and says how much there was."""

    def talk() -> str:
        return "x" * (MAX_TEXT + 1)

    outcome = await Toolbox().add(talk).run({})
    assert len(outcome.text) == MAX_TEXT
    assert outcome.text.endswith(f"[cut: {MAX_TEXT + 1} characters in all]")
    assert outcome.data["text"] == outcome.text


async def test_results_fit_a_checkpoint() -> None:
    """Whatever a tool returns, its data goes through LangGraph's serialiser and back."""

    def odd() -> dict[Any, Any]:
        return {"huge": 2**70, "nan": float("nan"), "broken": "\ud800", 3: {1}, "object": partial(int)}

    outcome = await Toolbox().add(odd).run({})
    serialiser = JsonPlusSerializer()
    assert serialiser.loads_typed(serialiser.dumps_typed(outcome.data)) == outcome.data
    assert (outcome.data["huge"], outcome.data["nan"], outcome.data["3"]) == (str(2**70), None, [1])
