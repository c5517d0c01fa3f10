"""Two branches compared: what they share, where they part, and side by side from there on."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from repertory.memory.proposals import Message, Turn
from repertory.memory.records import Agent, JsonObject, Record
from repertory.memory.transcripts.moments import Kind, Moment, Place, heard, moments
from repertory.memory.transcripts.records import Fork, Transcript

_OF_A_PERSONA = ("role", "description", "prompt", "tools", "memory", "orchestration")


class Pair(Record):
    """What happened at one place of two runs; one of the sides may be missing."""

    a: Moment | None
    b: Moment | None
    what: tuple[str, ...] = ()
    """What differs: `message`, `path`, `heard`, `kind`, `text`, `calls`, `decision`, fields of a result; empty where
    both are the same; `missing` where one side is."""

    @property
    def moment(self) -> Moment:
        """The side that is there, A's where both are."""
        found = self.a or self.b
        if found is None:
            raise ValueError("a pair has at least one side")
        return found

    @property
    def kind(self) -> Kind:
        """What happened."""
        return self.moment.kind

    @property
    def at(self) -> str:
        """Where: `frame#n`, as a replay takes it, or the frame."""
        moment = self.moment
        return moment.frame if moment.n is None else f"{moment.frame}#{moment.n}"


class Change(Record):
    """What two runs had to go by, where it differs; a side that has no such thing is None."""

    of: Literal["task", "step", "persona", "message"]
    where: str
    """The step's id, the persona's path, or who the message was left for; empty for the task."""
    what: str
    """Name of the field; empty where one side has no such step or persona."""
    a: Any = None
    b: Any = None


class Comparison(Record):
    """Two runs compared."""

    runs: tuple[str, str]
    """Their ids."""
    forks: tuple[Fork | None, Fork | None] = (None, None)
    """Where each comes from, if it is a replay."""
    shared: int = 0
    """Proposals before the first divergence, decided alike, too."""
    pairs: tuple[Pair, ...] = ()
    """From the first divergence on; later pairs may be the same again."""
    changes: tuple[Change, ...] = ()
    """Task, steps, personas and messages that were not heard, where they differ."""

    @property
    def divergence(self) -> Pair | None:
        """Where the runs first part; None where the same happened in both."""
        return self.pairs[0] if self.pairs else None

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not self.pairs and not self.changes


def compare(a: Transcript, b: Transcript) -> Comparison:
    """Compare two runs, of conversations or of the planner.

    Exchanges are aligned by key, proposals by frame and number, in the order in which they were proposed. Run ids,
    ids of messages, usage and seconds are not compared.
    """
    ours, theirs = moments(a), moments(b)
    pairs = [_pair(ours.get(place), theirs.get(place)) for place in _places(ours, theirs)]
    first = next((index for index, pair in enumerate(pairs) if pair.what), len(pairs))
    return Comparison(
        runs=(a.run_id, b.run_id),
        forks=(a.forked_from, b.forked_from),
        shared=sum(pair.kind == "proposal" for pair in pairs[:first]),
        pairs=tuple(pairs[first:]),
        changes=tuple(_changes(a, b)),
    )


def _pair(a: Moment | None, b: Moment | None) -> Pair:
    if a is None or b is None:
        return Pair(a=a, b=b, what=("missing",))
    keys = [key for key in a.content if key in b.content]
    if a.kind != "outcome":  # one that is not known yet has a status, and nothing to compare beside it
        keys += sorted(a.content.keys() ^ b.content.keys())
    what = [key for key in keys if a.content.get(key) != b.content.get(key)]
    return Pair(a=a, b=b, what=(*(["path"] if a.path != b.path else []), *what))


def _places(ours: dict[Place, Moment], theirs: dict[Place, Moment]) -> list[Place]:
    """The places of both, in one order, whichever comes first."""
    exchanges = _merged(
        list(dict.fromkeys(place.exchange for place in ours if place.exchange)),
        list(dict.fromkeys(place.exchange for place in theirs if place.exchange)),
    )
    order = {exchange: index for index, exchange in enumerate((*exchanges, ""))}
    return sorted({*ours, *theirs}, key=lambda place: (order[place.exchange], place.rank))


def _merged(a: Sequence[str], b: Sequence[str]) -> list[str]:
    """Both orders in one; where they say nothing or contradict each other, by name."""
    merged: list[str] = []
    left, right = list(a), list(b)
    while left and right:
        if left[0] == right[0]:
            merged.append(left.pop(0))
            right.pop(0)
            continue
        ready = [keys[0] for keys, others in ((left, right), (right, left)) if keys[0] not in others]
        merged.append(min(ready or [left[0], right[0]]))
        left, right = ([key for key in keys if key != merged[-1]] for keys in (left, right))
    return [*merged, *left, *right]


def _changes(a: Transcript, b: Transcript) -> Iterator[Change]:
    if a.task != b.task:
        yield Change(of="task", where="", what="task", a=a.task, b=b.task)
    yield from _fields("step", _steps(a), _steps(b))
    yield from _fields("persona", _personas(a), _personas(b))
    ours, theirs = _unheard(a), _unheard(b)
    for name in sorted({*ours, *theirs}):
        if ours.get(name) != theirs.get(name):
            yield Change(of="message", where=name, what="unheard", a=ours.get(name), b=theirs.get(name))


def _fields(of: Literal["step", "persona"], a: dict[str, JsonObject], b: dict[str, JsonObject]) -> Iterator[Change]:
    for name in _merged(list(a), list(b)):
        ours, theirs = a.get(name), b.get(name)
        if ours is None or theirs is None:
            yield Change(of=of, where=name, what="", a=ours, b=theirs)
            continue
        for field in ours:
            if ours[field] != theirs[field]:
                yield Change(of=of, where=name, what=field, a=ours[field], b=theirs[field])


def _steps(transcript: Transcript) -> dict[str, JsonObject]:
    steps = transcript.company.plan.steps if transcript.company else ()
    return {step.id: step.model_dump(mode="json", exclude={"id"}) for step in steps}


def _personas(transcript: Transcript) -> dict[str, JsonObject]:
    found: dict[tuple[str, ...], Agent] = transcript.agent.paths() if transcript.agent else {}
    for casting in transcript.company.cast if transcript.company else ():
        found |= casting.agent.paths(("perform",))
    return {"/".join(path): _persona(agent) for path, agent in found.items()}


def _persona(agent: Agent) -> JsonObject:
    return {
        **agent.model_dump(mode="json", include=set(_OF_A_PERSONA)),
        "model": agent.model.name,
        "temperature": agent.model.temperature,
    }


def _unheard(transcript: Transcript) -> dict[str, list[JsonObject]]:
    """Messages that nobody has read: those read stand before the proposals that came after."""
    read = {message.id or message.text for exchange in transcript.exchanges for message in _read(exchange.turns)}
    left = {
        name: heard([message for message in messages if (message.id or message.text) not in read])
        for name, messages in transcript.messages.items()
    }
    return {name: messages for name, messages in left.items() if messages}


def _read(turns: Sequence[Turn]) -> Iterator[Message]:
    for turn in turns:
        yield from turn.heard
        for below in (*(result.turns for result in turn.results), *turn.at_work.values()):
            yield from _read(below)
