"""Code-managed personas: a Python function, or a generator, chooses what to do next in the place of a model.

    def dialogue(told: Told):
        told.state["lines"] = told.state.get("lines", 0) + 1      # its own, kept for the next message
        answer = yield Delegate("answerer", told.message)          # an Answer
        styled = yield Delegate("stylist", answer.text)
        return styled.text                                         # proposed as the reply

Each action is a proposal like any other. The function is run again from its beginning whenever it is to go on, and is
given the recorded answers: what it does may depend on nothing but what it was told and what it got. Words of a person
about the reply that it returned make it start over, with those words in `Told.feedback`.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from repertory.memory.records import JsonObject


@dataclass(frozen=True)
class Delegate:
    """Give work to a delegate, which sees this message only."""

    to: str
    message: str


@dataclass(frozen=True)
class UseTool:
    """Call one of the persona's tools."""

    name: str
    arguments: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """Answer. Where the words are accepted the function is not gone on with; else it gets the person's answer."""

    text: str


@dataclass(frozen=True)
class Answer:
    """What an action brought back."""

    status: Literal["done", "failed", "refused"]
    """`refused`: a person or the policy did not allow it."""
    text: str
    """The delegate's reply, the tool's result, why it failed, or the words of the person who refused."""
    data: JsonObject = field(default_factory=dict)
    """The tool's structured result."""

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return self.status == "done"


@dataclass(frozen=True)
class Earlier:
    """An earlier message of the same conversation, and the reply."""

    message: str
    reply: str


@dataclass
class Told:
    """What a code-managed persona knows."""

    message: str
    """What it was told."""
    earlier: tuple[Earlier, ...] = ()
    """The conversation before, oldest first; empty for `memory: none`."""
    state: JsonObject = field(default_factory=dict)
    """Its own, as the last message left it, JSON-like; change it in place. Empty at first, and for `memory: none`."""
    feedback: list[str] = field(default_factory=list)
    """Words of a person to this persona since the message, oldest first."""


Act = Delegate | UseTool
Action = Act | Reply | Sequence[Act]
"""What a generator yields; of several acts at once it gets a list of answers, in their order."""
Orchestration = Callable[[Told], str | Generator[Action, Any, str | None]]
"""A function that returns the reply, or a generator that yields actions and returns it."""
Orchestrations = Mapping[str, Orchestration]
"""Functions by the names that agents give them."""
