"""What ranks agents and cohorts for a text. An index can always be filled again from the store, which is the truth."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, runtime_checkable

from repertory.memory.errors import ResourceError
from repertory.memory.retrieval.background import Background
from repertory.memory.retrieval.documents import Document
from repertory.memory.retrieval.ranking import Parts, Ranking
from repertory.memory.storage.shelf import Position

if TYPE_CHECKING:
    from repertory.memory.retrieval.calibration import Calibration
    from repertory.memory.retrieval.embeddings import Embedder

Collection = Literal["agents", "cohorts"]
Place = Literal["agents", "cohorts", "agents-anew", "cohorts-anew"]
"""Where rows are: those that are searched, and those that are embedded anew, to be searched once all are there."""
ANEW: Mapping[Collection, Place] = MappingProxyType({"agents": "agents-anew", "cohorts": "cohorts-anew"})
"""Where the rows of a collection are embedded anew."""


class Match(NamedTuple):
    """A row that an index found."""

    key: str
    score: float
    """In [0, 1], higher is better; comparable within one index only."""
    parts: Parts
    """What the score is made of."""


class Thresholds(NamedTuple):
    """From which score on a match is reused. They do not transfer; see `calibration`."""

    fits: float
    """At or above: reuse."""
    doubtful: float
    """At or above, and below `fits`: a model judges. Below: create."""


QueryForm = Literal["task", "role"]
"""What a query says: what is to be done, or who is wanted, as `role: description`."""


class ByForm(NamedTuple):
    """Thresholds for each form of queries: two descriptions are more alike than a task and a description."""

    task: Thresholds
    role: Thresholds


class Memo(NamedTuple):
    """What an index remembers of a place, for as long as it has the rows."""

    made: str
    """Different whenever a place is begun."""
    position: Position = Position()
    """The change of the store up to which the rows are known to agree with it; they may be newer."""


class IndexLostError(ResourceError):
    """The index was found damaged or unreachable and was replaced by an empty one: fill it, and ask again."""


class Index(Protocol):
    """Ranks short documents by how well they fit a query; each owner has collections of its own."""

    calibrated: dict[tuple[str, str], tuple[Position, "Calibration"]]
    """By space and owner: a calibration, and the change of the store when it was last looked at."""

    @property
    def notice(self) -> str | None:
        """What a user should know about the ranking, and the remedy; None when all is well."""
        ...

    @property
    def ranking(self) -> Ranking:
        """The weights that scores are made with."""
        ...

    @property
    def space(self) -> str:
        """Names what scores depend on besides the documents: the embedder, the form of the texts and the weights."""
        ...

    @property
    def kept(self) -> bool:
        """Whether rows outlive the process; of a home's, known after its first use."""
        ...

    @property
    def shared(self) -> bool:
        """Whether other processes write it, too."""
        ...

    async def put(self, place: Place, owner: str, documents: Mapping[str, Document]) -> None:
        """Insert documents by key, or replace them; replacing makes Chroma forget others now and then."""
        ...

    async def remove(self, place: Place, owner: str, keys: Iterable[str]) -> None:
        """Forget keys; unknown ones are ignored."""
        ...

    async def search(self, collection: Collection, owner: str, queries: Sequence[str], k: int = 5) -> list[list[Match]]:
        """The best `k` matches of each query, best first. An empty collection answers without embedding anything.

        Raises:
            IndexLostError: the index had to be replaced by an empty one.
        """
        ...

    async def keys(self, place: Place, owner: str, among: Iterable[str] | None = None) -> set[str]:
        """The keys that are there: all, or those of `among`."""
        ...

    async def likeness(self, text: str, others: Sequence[str]) -> list[float]:
        """How like a text others are, each in [0, 1]: cosines, or by words alone mutual coverage."""
        ...

    async def embedder(self) -> "Embedder | None":
        """What texts are embedded with; None where ranking is by words."""
        ...

    async def count(self, place: Place, owner: str) -> int:
        """The number of rows."""
        ...

    async def usual(self) -> ByForm:
        """The thresholds of a small collection; those of a larger one are calibrated, and no lower."""
        ...

    async def memo(self, place: Place, owner: str) -> Memo | None:
        """What it remembers of a place; None where nothing was begun."""
        ...

    async def begin(self, place: Place, owner: str) -> None:
        """Make an empty place; one that is there already stays as it is."""
        ...

    async def remember(self, place: Place, owner: str, position: Position) -> None:
        """Remember up to which change of the store a place agrees."""
        ...

    async def replace(self, collection: Collection, owner: str) -> None:
        """Search the rows that were embedded anew; the ones that were searched until now go."""
        ...

    async def close(self) -> None:
        """Release files and connections; calling it twice does nothing."""
        ...


@runtime_checkable
class LastingIndex(Protocol):
    """An index that stays open beyond the runs that change it, and is closed by whoever opened it."""

    background: Background | None
    """Where it is brought up to date while nobody waits; None where whoever changes something waits."""
