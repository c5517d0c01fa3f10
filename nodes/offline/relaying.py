"""Relaying: a coordinator whose prompt numbers the delegates that a message goes through, one after the other.

    1. Give what was said to you to answerer.
    2. Give its answer to stylist.

The first gets the message, each one after it what the one before answered, and the last answer is the reply.
"""

import re
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import BaseMessage

from repertory.nodes.offline.exchanges import read_dialogue

_LISTED = "You may delegate to:"
_NUMBERED = re.compile(r"^\s*\d+[.)]\s+(.+)$", re.M)
_DELEGATE = re.compile(r"^- (?P<name>[A-Za-z][\w-]*): ", re.M)


def next_delegate(messages: Sequence[BaseMessage]) -> list[tuple[str, dict[str, Any]]]:
    """The call that passes the message on; none where the prompt numbers no delegates, or all had their turn."""
    dialogue = read_dialogue(messages)
    order, done = _order(dialogue.system), dialogue.now.called
    if len(done) >= len(order) or dialogue.now.failed:
        return []
    text = done[-1][1] if done else dialogue.now.line
    return [("delegate", {"to": order[len(done)], "message": _directed(text, dialogue.now.remarks)})]


def relayed(messages: Sequence[BaseMessage]) -> str | None:
    """What the last delegate answered, once all have had their turn; None where this is no relay, or it broke off."""
    dialogue = read_dialogue(messages)
    done = dialogue.now.called
    return done[-1][1] if done and not dialogue.now.failed and len(done) == len(_order(dialogue.system)) else None


def _order(system: str) -> list[str]:
    """Delegates in the order in which the numbered lines of the prompt first name them; one alone is no relay."""
    prompt, _, listed = system.rpartition(_LISTED)
    names = [match["name"] for match in _DELEGATE.finditer(listed)]
    named = [name for line in _NUMBERED.findall(prompt) for name in names if re.search(rf"\b{name}\b", line)]
    order = list(dict.fromkeys(named))
    return order if len(order) > 1 else []


def _directed(text: str, remarks: Sequence[str]) -> str:
    """The message, with what a person said about the work as a direction."""
    said = "\n".join(remarks)
    return f"{text}\n\n<direction>\n{said}\n</direction>" if said else text
