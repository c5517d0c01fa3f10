"""What ranks agents and cohorts for a text. An index can always be filled again from the store, which is the truth."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from repertory.memory.errors import ResourceError
from repertory.memory.retrieval.background import Background

Collection = Literal["agents", "cohorts"]


class Match(NamedTuple):
    """A row that an index found."""

    key: str
    score: float
    """In [0, 1], higher is better; comparable within one index only."""


class Thresholds(NamedTuple):
    """From which score on a match is reused. They do not transfer between embedders, so each brings its own."""

    fits: float
    """At or above: reuse."""
    doubtful: float
    """At or above, and below `fits`: a model judges. Below: create."""


class IndexLostError(ResourceError):
    """The index was found damaged or unreachable and was replaced by an empty one: fill it, and ask again."""


class Index(Protocol):
    """Ranks short documents by how well they fit a query; each owner has collections of its own."""

    stamps: dict[tuple[Collection, str], str]
    """The change of the store, per collection and owner, up to which this index is known to agree with it."""

    @property
    def notice(self) -> str | None:
        """What a user should know about the ranking, and the remedy; None when all is well."""
        ...

    @property
    def fits(self) -> float:
        """Scores from here on: reuse."""
        ...

    @property
    def doubtful(self) -> float:
        """Scores from here up to `fits`: a model judges; lower ones: create."""
        ...

    async def put(self, collection: Collection, owner: str, documents: Mapping[str, str]) -> None:
        """Insert documents by key, or replace them."""
        ...

    async def remove(self, collection: Collection, owner: str, keys: Iterable[str]) -> None:
        """Forget keys; unknown ones are ignored."""
        ...

    async def search(self, collection: Collection, owner: str, queries: Sequence[str], k: int = 5) -> list[list[Match]]:
        """The best `k` matches of each query, best first. An empty collection answers without embedding anything.

        Raises:
            IndexLostError: the index had to be replaced by an empty one.
        """
        ...

    async def keys(self, collection: Collection, owner: str) -> set[str]:
        """All keys that are there."""
        ...

    async def close(self) -> None:
        """Release files and connections; calling it twice does nothing."""
        ...


@runtime_checkable
class LastingIndex(Protocol):
    """An index that stays open beyond the runs that change it, and is closed by whoever opened it."""

    background: Background | None
    """Where it is brought up to date while nobody waits; None where whoever changes something waits."""
