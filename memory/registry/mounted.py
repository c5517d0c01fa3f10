"""A registry with libraries of others beside it, which are read and never written."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from langgraph.store.base import BaseStore

from repertory.memory.records import Agent
from repertory.memory.registry.registry import Registry
from repertory.memory.retrieval.index import Index, QueryForm, Thresholds

_AMONG = 25
"""Agents of a library that are looked through for active ones: it may have a whole collection of drafts."""


class Query(NamedTuple):
    """What an agent is looked for with."""

    text: str
    form: QueryForm = "role"


class Candidate(NamedTuple):
    """An agent that may be reused."""

    agent: Agent
    score: float
    thresholds: Thresholds
    """Those of the registry or library that it is from: they depend on its size."""

    @property
    def margin(self) -> float:
        """How far it is above the threshold for reuse; negative below."""
        return self.score - self.thresholds.fits


class Mounted:
    """One owner's registry, and the libraries that the owner mounted.

    An agent of the owner's own hides the libraries' of that name, also when it rests or is retired; among libraries the
    one that is mounted first does. Of a library only active agents are seen: whoever keeps it approved them. What they
    did there, and in which runs, is not: those are others' tasks.
    """

    def __init__(self, store: BaseStore, index: Index, owner: str, libraries: Iterable[str] = ()) -> None:
        """Mount libraries beside a registry.

        Args:
            store: has all of them.
            index: finds in all of them.
            owner: whose registry it is.
            libraries: owners of the libraries.
        """
        self.own = Registry(store, index, owner)
        self._libraries = [Registry(store, index, library) for library in libraries if library != owner]

    async def empty(self) -> list[str]:
        """The libraries that have nothing, as one whose name is misspelt."""
        return [library.owner for library in self._libraries if not await library.has_agents()]

    async def candidates(self, queries: Sequence[Query], k: int = 5) -> list[list[Candidate]]:
        """The agents that fit best, each owner's by its own measure.

        Args:
            queries: who is wanted, or what is to be done.
            k: the most to return of one owner for one query.

        Returns:
            For each query its candidates, best first.
        """
        groups = [await _found(self.own, queries, k)]
        for library in self._libraries:
            found = await _found(library, queries, max(k, _AMONG))
            groups.append([[_discreet(c) for c in group if c.agent.status == "active"][:k] for group in found])
        named = {each.agent.name for found in groups[1:] for group in found for each in group}
        hidden = set(await self.own.agents_named(named)) if named else set()
        return [_merged([found[n] for found in groups], hidden) for n in range(len(queries))]


def _discreet(candidate: Candidate) -> Candidate:
    """Without the tasks and runs of the library's owner."""
    agent = candidate.agent
    track = agent.track.model_copy(update={"deeds": (), "runs": ()})
    return candidate._replace(agent=agent.model_copy(update={"track": track}))


async def _found(registry: Registry, queries: Sequence[Query], k: int) -> list[list[Candidate]]:
    found = await registry.find_agents([query.text for query in queries], k)
    return [
        [Candidate(match.record, match.score, await registry.thresholds(query.form)) for match in group]
        for query, group in zip(queries, found, strict=True)
    ]


def _merged(groups: Sequence[Sequence[Candidate]], hidden: Iterable[str]) -> list[Candidate]:
    """The first group whole; of the others what neither it nor one before them hides."""
    own, *others = groups
    taken, merged = {*hidden, *(each.agent.name for each in own)}, list(own)
    for group in others:
        merged += [each for each in group if each.agent.name not in taken]
        taken |= {each.agent.name for each in group}
    return sorted(merged, key=lambda each: (-each.margin, each.agent.name))
