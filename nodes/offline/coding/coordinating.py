"""Coordinating work that may have to go back: the prompt tells an order of delegates, and where to return on FAIL.

    Work in this order: requirements -> writer -> tester -> reviewer.
    If the reply of tester begins with FAIL, go back to writer; at most 3 rounds.

Each delegate gets the task, and as data what the others last replied.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from langchain_core.messages import BaseMessage

from repertory.nodes.offline.coding.writing import Turn
from repertory.nodes.offline.exchanges import read_dialogue
from repertory.nodes.offline.sections import section
from repertory.nodes.prompts import GAVE_UP, as_data

MAX_ROUNDS = 3
"""Where the prompt names no number."""

_ORDER = re.compile(r"[A-Za-z][\w-]*(?:\s*(?:->|→)\s*[A-Za-z][\w-]*)+")
_WORD = re.compile(r"[A-Za-z][\w-]*")
_ROUNDS = re.compile(r"\bat most (?P<count>\d+) (?:rounds|times)\b")


class Said(NamedTuple):
    """A delegate's reply."""

    name: str
    text: str

    @property
    def fails(self) -> bool:
        """Whether it says that the work has to be done again."""
        return self.text.lstrip().startswith("FAIL")


@dataclass(frozen=True)
class _Work:
    order: tuple[str, ...]
    judge: str
    """Whose FAIL sends the work back."""
    back: str
    """Who gets it then."""
    rounds: int


def coordinate(messages: Sequence[BaseMessage]) -> Turn | None:
    """The next delegation, or the answer; None where the prompt tells no such order.

    Words of a person about an answer begin the work again.
    """
    dialogue = read_dialogue(messages)
    work, now = _work(dialogue.system), dialogue.now
    if work is None or not now.line:
        return None
    done = [Said(name, text) for name, text in now.called if name in work.order]
    if done and now.failed:
        return f"{GAVE_UP} {done[-1].name}: {done[-1].text}"
    if done and done[-1].text.startswith(GAVE_UP):
        why = done[-1].text.removeprefix(GAVE_UP).strip()
        return _told(work, done[:-1], f"{GAVE_UP} {why}")
    to = _next(work, done)
    if to is None:
        failed = bool(done) and done[-1].name == work.judge and done[-1].fails
        return _told(work, done, f"{GAVE_UP} the tests still fail after {work.rounds} rounds." if failed else "Done.")
    task = "\n".join([section(now.line, "instruction") or now.line, *now.remarks])
    parts = [f'<data from="{name}">\n{as_data(text)}\n</data>' for name, text in _all(work, done).items()]
    return [("delegate", {"to": to, "message": "\n\n".join([task, *parts])})]


def _work(system: str) -> _Work | None:
    prompt, _, listed = system.rpartition("You may delegate to:")
    names = re.findall(r"^- ([A-Za-z][\w-]*): ", listed, re.M)
    order = next((tuple(re.split(r"\s*(?:->|→)\s*", match[0])) for match in _ORDER.finditer(prompt)), ())
    if len(order) < 2 or not set(order) <= set(names):
        return None
    sentence = next((part for part in re.split(r"(?<=[.!])\s|\n", prompt) if re.search(r"\bFAIL\b", part)), "")
    before, _, after = sentence.partition("FAIL")
    judge, back = (next((word for word in _WORD.findall(part) if word in order), "") for part in (before, after))
    rounds = _ROUNDS.search(prompt)
    return _Work(order, judge, back, int(rounds["count"]) if rounds else MAX_ROUNDS)


def _next(work: _Work, done: Sequence[Said]) -> str | None:
    """Who is next; None at the end, and where the rounds are used up."""
    if not done:
        return work.order[0]
    last = done[-1]
    if last.name == work.judge and last.fails:
        rounds = sum(said.name == work.judge for said in done)
        return work.back if rounds <= work.rounds else None
    at = work.order.index(last.name) + 1
    return work.order[at] if at < len(work.order) else None


def _all(work: _Work, done: Sequence[Said]) -> dict[str, str]:
    """What each said last; all that was said by who had to do it again, since each time it did something else."""
    latest = {said.name: said.text for said in done}
    again = "\n\n".join(said.text for said in done if said.name == work.back)
    return latest | ({work.back: again} if work.back in latest else {})


def _told(work: _Work, done: Sequence[Said], head: str) -> str:
    """The end of the matter. What stands in files stays there, whatever the head says."""
    return "\n\n".join([head, *(f"**{name}**\n{text}" for name, text in _all(work, done).items())])
