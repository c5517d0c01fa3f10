"""Queries with the skills that answer them, and the skills among which a model is to choose."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.skills import DATA, Skill, all_skills


@dataclass(frozen=True)
class Query:
    """What somebody wants."""

    text: str
    right: frozenset[str]
    """Ids of the skills that are right for it."""


def read_queries(folder: Path = DATA) -> list[Query]:
    """All queries, in an order that says nothing about them.

    Raises:
        FileNotFoundError: the data is not there. Made-up queries would be answered by whoever made up the skills.
    """
    lines = (folder / "queries_in.tsv").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if line.strip()]
    queries = [Query(text, frozenset(ids.strip().split(","))) for text, ids in pairs]
    return sorted(queries, key=lambda query: _hash(query.text))


def choose(count: int, queries: Sequence[Query], folder: Path = DATA) -> tuple[tuple[Skill, ...], list[Query]]:
    """So many skills, and the queries that can be answered with them.

    Those that queries want come first, in the order of the queries; others fill up as distractors.

    Raises:
        ValueError: there are not so many skills.
    """
    skills = all_skills(folder)
    if not 0 < count <= len(skills):
        raise ValueError(f"{count!r} skills were asked for; there are {len(skills)}")
    wanted = [skill for query in queries for skill in skills if skill.id in query.right]
    others = sorted(skills, key=lambda skill: _hash(skill.id))
    taken = set(list(dict.fromkeys([*wanted, *others]))[:count])
    ids = {skill.id for skill in taken}
    return tuple(skill for skill in skills if skill in taken), [query for query in queries if query.right & ids]


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
