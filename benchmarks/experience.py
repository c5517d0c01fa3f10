"""Tasks that were done, others that are asked, and agents with what they learnt from the former."""

import random
from collections.abc import Iterable, Sequence, Set

from benchmarks.quality import Asked
from benchmarks.queries import Query
from repertory.memory.records import Agent, Track, Usage


def halved(queries: Sequence[Query], chance: random.Random) -> tuple[list[Query], list[Query]]:
    """Tasks that are done, and others that are asked."""
    mixed = chance.sample(list(queries), len(queries))
    return mixed[: len(mixed) // 2], mixed[len(mixed) // 2 :]


def dealt(queries: Sequence[Query], chance: random.Random) -> tuple[list[Query], list[Query]]:
    """The words of each task dealt to two: a task that is done, and one of its kind that shares no word with it."""
    sides: tuple[list[Query], list[Query]] = ([], [])
    for query in queries:
        places = range(len(query.text.split()))
        first = set(chance.sample(places, len(places) // 2))
        sides[0].append(_part(query, first))
        sides[1].append(_part(query, first.symmetric_difference(places)))
    return sides


def drawn(queries: Sequence[Query], chance: random.Random) -> tuple[list[Query], list[Query]]:
    """Three of five words of each task, drawn twice: a task that is done, and one like it that is asked."""
    sides: tuple[list[Query], list[Query]] = ([], [])
    for query in queries:
        places = range(len(query.text.split()))
        for side in sides:
            side.append(_part(query, set(chance.sample(places, max(1, round(0.6 * len(places)))))))
    return sides


def _part(query: Query, places: Set[int]) -> Query:
    return Query(" ".join(word for place, word in enumerate(query.text.split()) if place in places), query.right)


def taught(agents: Iterable[Agent], done: Sequence[Query], first: Sequence[Asked]) -> list[Agent]:
    """With a deed and a success of a right agent for each task done, and a failure of a wrong one that ranked first."""
    tracks: dict[str, Track] = {}
    for n, (query, asked) in enumerate(zip(done, first, strict=True)):
        right = min(query.right)
        tracks[right] = tracks.get(right, Track()).count(f"run {n}", success=True, usage=Usage(), deeds=[query.text])
        if asked.ids and asked.ids[0] not in query.right:
            wrong = asked.ids[0]
            tracks[wrong] = tracks.get(wrong, Track()).count(f"run {n}", success=False, usage=Usage())
    return [agent.model_copy(update={"track": tracks.get(agent.imported_as, Track())}) for agent in agents]
