"""What a run teaches: track records of agents and cohorts, once for each run."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from repertory.memory.records import Track, Usage
from repertory.memory.registry.agents import KeptAgents
from repertory.memory.registry.cohorts import KeptCohorts
from repertory.memory.registry.history import used
from repertory.memory.registry.kept import all_rows, dump
from repertory.memory.retrieval.documents import agent_rows
from repertory.memory.storage.shelf import Write


class Lesson(NamedTuple):
    """What a run teaches about one agent or cohort."""

    success: bool | None
    """Whether it did well; None: it was there, and the run says neither."""
    usage: Usage = Usage()
    seconds: float = 0.0
    deeds: tuple[str, ...] = ()
    """What it did well."""
    version: int | None = None
    """The version of an agent that was used; None: the newest."""


class Learning(KeptAgents, KeptCohorts):
    """The track records of one owner's agents and cohorts."""

    async def learn(
        self,
        run_id: str,
        *,
        agents: Mapping[str, Lesson],
        cohorts: Mapping[str, Lesson] = MappingProxyType({}),
        liked: bool | None = None,
    ) -> None:
        """Add a run to the track records: exactly once, however often it is called for that run.

        All records, and the note that the run was counted, are one write: a crash leaves all of them or none where the
        store has transactions, as SQLite and Postgres do.

        Args:
            run_id: identifies the run.
            agents: by name. Names that are not kept are ignored.
            cohorts: by id: the one that did the task, and the one that it was adapted from.
            liked: whether a person was satisfied with the run; None where nobody said.
        """
        async with self._shelf.lock():
            if await self._shelf.get(("counted",), run_id) is not None:
                return
            writes = [Write(("counted",), run_id, {"agents": sorted(agents)})]
            touched: set[str] = set()
            for name, old in (await self.agents_named(agents)).items():
                lesson = agents[name]
                new = old.model_copy(update={"track": _counted(old.track, run_id, lesson, liked)})
                writes.append(Write(("agents",), name, dump(new)))
                writes += used(new, run_id, lesson.version, success=lesson.success)
                touched |= all_rows([agent_rows(old)]).keys() ^ all_rows([agent_rows(new)]).keys()
            for kept in (await self.cohorts_by_id(cohorts)).values():
                track = _counted(kept.track, run_id, cohorts[kept.id], liked)
                writes.append(Write(("cohorts",), kept.id, dump(kept.model_copy(update={"track": track}))))
            follow = await self._write(writes, {"agents": touched})
        await follow()


def _counted(track: Track, run_id: str, lesson: Lesson, liked: bool | None) -> Track:
    return track.count(
        run_id,
        success=lesson.success,
        usage=lesson.usage,
        seconds=lesson.seconds,
        liked=liked,
        deeds=lesson.deeds,
    )
