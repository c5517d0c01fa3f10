"""Tasks that were done, others that are asked, and agents with what they learnt from the former."""

import random
from collections.abc import Iterable, Sequence

from benchmarks.quality import Asked
from benchmarks.queries import Query
from repertory.memory.records import Agent, Track, Usage


def halved(queries: Sequence[Query], chance: random.Random) -> tuple[list[Query], list[Query]]:
    """Tasks that are done, and others that are asked."""
    mixed = chance.sample(list(queries), len(queries))
    return mixed[: len(mixed) // 2], mixed[len(mixed) // 2 :]


def dealt(queries: Sequence[Query], chance: random.Random) -> tuple[list[Query], list[Query]]:
    """The words of each task dealt to two: a task that is done, and one like it that is asked."""
    sides: tuple[list[Query], list[Query]] = ([], [])
    for query in queries:
        words = query.text.split()
        first = set(chance.sample(range(len(words)), len(words) // 2))
        for n, side in enumerate(sides):
            text = " ".join(word for place, word in enumerate(words) if (place in first) is (n == 0))
            side.append(Query(text, query.right))
    return sides


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
