"""The texts by which agents and cohorts are found: what is embedded, and when two tasks are the same."""

import hashlib
import re
import unicodedata
from typing import NamedTuple

from repertory.memory.plans import Cohort
from repertory.memory.records import AT_REST, Agent

TEMPLATE = "3"
"""Version of the texts below and of how an index holds them. Changing either changes it: no index mixes two forms."""


class Document(NamedTuple):
    """What an index knows of an agent or a cohort."""

    text: str
    """What it is; this is embedded."""
    more: str = ""
    """What else its words are looked for in. Measured: prompts as words bring R@1 from .90 to .93, by words alone from
    .62 to .77; embedded, they bring nothing."""
    deeds: tuple[str, ...] = ()
    """What it did well; embedded, and words too."""


# Public agent collections open every description alike; embedded, that makes strangers similar.
_BOILERPLATE = re.compile(
    r"\b(?:use (?:this|the) agent|invoke(?: this agent)?|use (?:it|this)|use)\s+"
    r"(?:proactively )?(?:when(?:ever)?|for|to|if)\s+(?:you(?:'re| are)? (?:need(?:ing)?|want)?(?: to)?)?\s*",
    re.IGNORECASE,
)
# `5!` is no exclamation, and a dot on its own is a folder.
_FINAL_PUNCTUATION = re.compile(r"(?:(?<=[^\s./])\.+|(?<=[^\s\d!])!+|\s*[?…。！？,;:])+$")


def agent_rows(agent: Agent | None) -> dict[str, Document]:
    """What the index is to hold for an agent, by key; nothing while it rests, or once it is retired."""
    if agent is None or agent.status in AT_REST:
        return {}
    return _row(agent.name, Document(agent_text(agent.role, agent.description), agent.prompt, agent.track.deeds))


def agent_text(role: str, description: str) -> str:
    """What is embedded of an agent: `role: description`, without the opening that public collections share."""
    return f"{role}: {_BOILERPLATE.sub('', description).strip() or description}"


def cohort_rows(cohort: Cohort | None) -> dict[str, Document]:
    """What the index is to hold for a cohort, by key: its task; nothing where its user was not satisfied."""
    if cohort is None or cohort.rating != "satisfied":
        return {}
    return _row(cohort.id, Document(cohort.task))


def key_of(row: str) -> str:
    """The agent's name or the cohort's id in the key of an index row."""
    return row.rpartition(":")[0]


def task_key(task: str) -> str:
    """Equal for tasks that differ in nothing but case, white space and final punctuation."""
    text = " ".join(unicodedata.normalize("NFC", task).casefold().split())  # NFKC would make 25 of 2⁵
    return _digest(_FINAL_PUNCTUATION.sub("", text))


def _row(key: str, document: Document) -> dict[str, Document]:
    # The digest is in the key, so that comparing keys tells whether an index is up to date.
    return {f"{key}:{_digest(chr(0).join((document.text, document.more, *document.deeds)))}": document}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
