"""Skills: tools of realistic size, made from real descriptions of what agents are good at, or made up without them."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from langchain_core.tools import StructuredTool

from benchmarks.answers import prose
from repertory.nodes.tools.toolbox import Toolbox

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
"""Descriptions and queries. They are no part of the project: without them skills are made up."""

_REQUEST = {"type": "string", "description": "What is wanted, with everything that has to hold."}
_CONTEXT = {"type": "string", "description": "What is known already."}
_OPTIONS: dict[str, dict[str, Any]] = {
    "files": {"type": "array", "items": {"type": "string"}, "description": "Paths in the workspace."},
    "format": {"type": "string", "enum": ["markdown", "json", "plain"]},
    "limit": {"type": "integer", "description": "The most findings; 10 if not given."},
    "language": {"type": "string", "description": "Of the result, as a BCP 47 tag."},
    "audience": {"type": "string", "description": "For whom the result is."},
    "dry_run": {"type": "boolean", "description": "Change nothing."},
}
_BOILERPLATE = re.compile(r"^(?:use (?:this agent )?(?:when|for)|acts as)\s+(?:you need\s+(?:to\s+)?)?", re.IGNORECASE)


@dataclass(frozen=True)
class Skill:
    """Something that can be done by one tool."""

    id: str
    role: str
    """Who does such things; unique, and part of every task that needs the skill."""
    description: str
    group: str

    @property
    def tool(self) -> str:
        """The tool's name."""
        return "use_" + re.sub(r"[^a-z0-9]+", "_", self.role.lower()).strip("_")

    @property
    def need(self) -> str:
        """The words of a task that needs it."""
        return f"the {self.role}'s part"

    @property
    def parameters(self) -> dict[str, Any]:
        """JSON schema of its arguments: two that all have, and up to two more."""
        names = sorted(_OPTIONS, key=lambda name: _hash(f"{self.id}/{name}"))[: _hash(self.id) % 3]
        properties = {"request": _REQUEST, "context": _CONTEXT, **{name: _OPTIONS[name] for name in names}}
        return {"type": "object", "properties": properties, "required": ["request"], "additionalProperties": False}


@cache
def all_skills(folder: Path = DATA) -> tuple[Skill, ...]:
    """All skills that there are, sorted by group: a library of agents, each taken as a skill, or 320 made up."""
    library = folder / "agent_library.json"
    found = _from_library(json.loads(library.read_text())) if library.exists() else _made_up()
    return tuple(sorted(found, key=lambda skill: (skill.group, skill.id)))


def pick(count: int, folder: Path = DATA) -> tuple[Skill, ...]:
    """So many skills, evenly from all groups.

    Raises:
        ValueError: there are not so many.
    """
    skills = all_skills(folder)
    if not 0 < count <= len(skills):
        raise ValueError(f"{count!r} skills were asked for; there are {len(skills)}")
    return tuple(skills[n * len(skills) // count] for n in range(count))


def toolbox_of(skills: Iterable[Skill], used: Callable[[Skill], None]) -> Toolbox:
    """A tool for each skill, which tells `used` when it is called and brings back a hundred words."""
    return Toolbox([_tool(skill, used) for skill in skills])


def _tool(skill: Skill, used: Callable[[Skill], None]) -> StructuredTool:
    async def use(**_: Any) -> str:
        used(skill)
        return prose(skill.id, 100)

    return StructuredTool.from_function(
        coroutine=use,
        name=skill.tool,
        description=skill.description,
        args_schema=skill.parameters,
        metadata={"risk": "read", "trusted": True},
    )


_LEAST = 40
"""Characters; what is shorter was cut off and describes nothing."""
_GROUPS = {"persona": "everyday help", "captain": "research analysis"}
"""Groups of the library that say where it comes from, and not what it is about."""


def _from_library(records: Sequence[dict[str, Any]]) -> list[Skill]:
    """The agents' descriptions without the words that many begin with; of two of the same role, the first."""
    found: dict[str, Skill] = {}
    for record in records:
        role = " ".join(record["role"].lower().split())
        description = _BOILERPLATE.sub("", record["description"])
        group = _GROUPS.get(record["tags"][0], record["tags"][0].replace("-", " "))
        if len(description) >= _LEAST:
            found.setdefault(role, Skill(record["id"], role, description[:1].upper() + description[1:], group))
    return list(found.values())


_FIELDS = """archives bakeries bridges choirs dairies elections fisheries gardens harbours hospitals libraries mills
museums orchards printworks railways schools shipyards theatres vineyards"""
_TRADES = """accountant analyst auditor buyer designer editor forecaster historian inspector instructor modeller
negotiator planner reporter scheduler translator"""


def _made_up() -> list[Skill]:
    """Descriptions of the usual length that say nothing about anything."""
    return [
        Skill(
            f"made/{field}-{trade}",
            f"{field} {trade}",
            f"Does the work of an {trade} for {field}: {prose(field + trade, 28)}",
            field,
        )
        for field in _FIELDS.split()
        for trade in _TRADES.split()
    ]


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
