"""What agents and cohorts have in common: a shelf in the store, rows in the index, and an owner."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from langgraph.store.base import BaseStore

from repertory.memory.plans import Cohort
from repertory.memory.records import Agent
from repertory.memory.retrieval.index import Collection, Index, Match
from repertory.memory.retrieval.upkeep import Upkeep
from repertory.memory.storage.shelf import Shelf

R = TypeVar("R", Agent, Cohort)


class Found(NamedTuple, Generic[R]):
    """A record that fits a query, and how well."""

    record: R
    score: float
    """In [0, 1]; compare it with `fits` and `doubtful` of the index that gave it."""


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
        self._upkeep = Upkeep(index, self._shelf, owner, self._rows)

    async def _rows(self, collection: Collection) -> dict[str, str]:
        """What belongs in the index."""
        raise NotImplementedError


def records_of(found: Sequence[Match], records: Mapping[str, R]) -> list[Found[R]]:
    """The records of rows that are current; what the index holds beyond them is ignored."""
    return [Found(records[match.key], match.score) for match in found if match.key in records]


def all_rows(parts: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The rows of several records together."""
    return {row: text for part in parts for row, text in part.items()}


def dump(record: Agent | Cohort) -> dict[str, Any]:
    """A record as the store keeps it."""
    return record.model_dump(mode="json")
