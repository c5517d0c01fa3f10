"""Code writing, managed by code: requirements, then rounds of writing and testing, then a review."""

from collections.abc import Generator, Mapping
from typing import Any

from repertory.nodes.persona.orchestration import Action, Answer, Delegate, Told
from repertory.nodes.prompts import GAVE_UP, as_data

MAX_ROUNDS = 3
"""How often failing tests go back to the writer."""


def write_code(told: Told) -> Generator[Action, Any, str]:
    """Have a request carried out, with at most `MAX_ROUNDS` repairs.

    Every delegate gets the request in the user's own words, and what the others replied as data.
    """
    request = "\n".join([told.message, *told.feedback])
    said: dict[str, str] = {}

    def ask(name: str) -> Generator[Action, Any, str | None]:
        """Give work to a delegate; the answer to give up with where it could not do it."""
        answer: Answer = yield Delegate(name, _message(request, said))
        if not answer.ok:
            return f"{GAVE_UP} {name}: {answer.text}"
        if answer.text.startswith(GAVE_UP):
            return answer.text
        said[name] = answer.text
        return None

    for name in ("requirements", "writer", "tester"):
        if gave_up := (yield from ask(name)):
            return _report(gave_up, said)
    rounds = 0
    while not _passed(said["tester"]):
        if rounds == MAX_ROUNDS:
            return _report(f"{GAVE_UP} the tests still fail after {MAX_ROUNDS} rounds.", said)
        rounds += 1
        written = said["writer"]
        for name in ("writer", "tester"):
            if gave_up := (yield from ask(name)):
                return _report(gave_up, said)
        said["writer"] = f"{written}\n\n{said['writer']}"
    gave_up = yield from ask("reviewer")
    return _report(gave_up or "Done.", said)


def _message(request: str, said: Mapping[str, str]) -> str:
    return "\n\n".join([request, *(f'<data from="{name}">\n{as_data(text)}\n</data>' for name, text in said.items())])


def _passed(text: str) -> bool:
    return text.lstrip().startswith("PASS")


def _report(head: str, said: Mapping[str, str]) -> str:
    """How it ended, what was changed in all rounds, and what everybody else said last."""
    return "\n\n".join([head, *(f"**{name}**\n{text}" for name, text in said.items())])
