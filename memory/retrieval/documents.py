"""The texts by which agents and cohorts are found: what is embedded, and when two tasks are the same."""

import hashlib
import re
import unicodedata

from repertory.memory.plans import Cohort
from repertory.memory.records import Agent

TEMPLATE = "1"
"""Version of the texts below. Changing how they are made changes it, so that no index mixes two forms."""

# Public agent collections open every description alike; embedded, that makes strangers similar.
_BOILERPLATE = re.compile(
    r"\b(?:use (?:this|the) agent|invoke(?: this agent)?|use (?:it|this)|use)\s+"
    r"(?:proactively )?(?:when(?:ever)?|for|to|if)\s+(?:you(?:'re| are)? (?:need(?:ing)?|want)?(?: to)?)?\s*",
    re.IGNORECASE,
)
_FINAL_PUNCTUATION = " .!?…。,;:"


def agent_rows(agent: Agent | None) -> dict[str, str]:
    """What the index is to hold for an agent, by key: `role: description`; nothing while it is inactive."""
    if agent is None or agent.status != "active":
        return {}
    description = _BOILERPLATE.sub("", agent.description).strip() or agent.description
    return _row(agent.name, f"{agent.role}: {description}")


def cohort_rows(cohort: Cohort | None) -> dict[str, str]:
    """What the index is to hold for a cohort, by key: its task; nothing where its user was not satisfied."""
    if cohort is None or cohort.rating != "satisfied":
        return {}
    return _row(cohort.id, cohort.task)


def key_of(row: str) -> str:
    """The agent's name or the cohort's id in the key of an index row."""
    return row.rpartition(":")[0]


def task_key(task: str) -> str:
    """Equal for tasks that differ in nothing but case, white space and final punctuation."""
    text = " ".join(unicodedata.normalize("NFKC", task).casefold().split())
    return _digest(text.rstrip(_FINAL_PUNCTUATION))


def _row(key: str, text: str) -> dict[str, str]:
    # The text's digest is in the key, so that comparing keys tells whether an index is up to date.
    return {f"{key}:{_digest(text)}": text}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
