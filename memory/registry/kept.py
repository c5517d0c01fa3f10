"""What agents and cohorts have in common: a shelf in the store, rows in the index, and an owner."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence, Set
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

from langgraph.store.base import BaseStore

from repertory.memory.plans import Cohort
from repertory.memory.records import Agent
from repertory.memory.retrieval.documents import Document, agent_rows, cohort_rows
from repertory.memory.retrieval.index import Collection, Index, Match
from repertory.memory.retrieval.ranking import Parts
from repertory.memory.retrieval.upkeep import Upkeep
from repertory.memory.storage.shelf import Shelf, Write

R = TypeVar("R", Agent, Cohort)


class Found(NamedTuple, Generic[R]):
    """A record that fits a query, and how well."""

    record: R
    score: float
    """In [0, 1]; compare it with the thresholds of the registry that gave it."""
    parts: Parts
    """What the score is made of."""


class Kept:
    """Records of one owner."""

    def __init__(self, store: BaseStore, index: Index, owner: str = "local") -> None:
        """Look after the records of `owner`.

        Raises:
            InputError: an empty or overlong owner.
        """
        self.index = index
        self.owner = owner
        self._shelf = Shelf(store, owner)
        self._upkeep = Upkeep(index, self._shelf, owner, rows_of)

    async def _write(
        self, writes: Sequence[Write], touched: Mapping[Collection, Set[str]]
    ) -> Callable[[], Awaitable[None]]:
        """Write records; only while the lock is held.

        Args:
            writes: the records.
            touched: the keys of index rows that this brings or takes away.

        Returns:
            What brings the index after them, to be awaited when the lock is no longer held.
        """
        changed = {collection: keys for collection, keys in touched.items() if keys}
        if writes:
            await self._shelf.put(writes, changed=changed.items())
        return partial(self._upkeep.follow, list(changed))


def rows_of(collection: Collection, values: Mapping[str, dict[str, Any]]) -> dict[str, Document]:
    """What the index is to hold for records, as the store has them."""
    if collection == "agents":
        return all_rows(agent_rows(Agent.model_validate(value)) for value in values.values())
    return all_rows(cohort_rows(Cohort.model_validate(value)) for value in values.values())


def records_of(found: Sequence[Match], records: Mapping[str, R]) -> list[Found[R]]:
    """The records of rows that are current; what the index holds beyond them is ignored."""
    return [Found(records[match.key], match.score, match.parts) for match in found if match.key in records]


def all_rows(parts: Iterable[Mapping[str, Document]]) -> dict[str, Document]:
    """The rows of several records together."""
    return {row: text for part in parts for row, text in part.items()}


def dump(record: Agent | Cohort) -> dict[str, Any]:
    """A record as the store keeps it."""
    return record.model_dump(mode="json")
