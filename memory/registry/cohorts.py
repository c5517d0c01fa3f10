"""Cohorts that are kept: companies that did a task to their user's satisfaction."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from repertory.memory.plans import Cohort
from repertory.memory.registry.kept import Found, Kept, all_rows, dump, records_of
from repertory.memory.retrieval.documents import cohort_rows, key_of, task_key
from repertory.memory.storage.shelf import Write


class KeptCohorts(Kept):
    """The cohorts of one owner."""

    async def save_cohort(self, cohort: Cohort) -> None:
        """Keep a cohort under its id; a known one is replaced, but for its track record."""
        async with self._shelf.lock():
            old = await self.cohort(cohort.id)
            track = cohort.track if old is None else old.track
            new = cohort.model_copy(update={"owner": self.owner, "track": track})
            if new == old:
                return
            follow = await self._write_cohorts(
                [(new, datetime.now(UTC).isoformat())], {} if old is None else {old.id: old}
            )
        await follow()

    async def cohort(self, cohort_id: str) -> Cohort | None:
        """The cohort of that id; None where there is none."""
        value = await self._shelf.get(("cohorts",), cohort_id)
        return None if value is None else Cohort.model_validate(value)

    async def cohorts(self) -> list[Cohort]:
        """All cohorts, by id."""
        values = await self._shelf.get_all(("cohorts",))
        return [Cohort.model_validate(values[key]) for key in sorted(values)]

    async def equal_cohort(self, task: str) -> Cohort | None:
        """The cohort that did this very task: the same but for case, white space and final punctuation.

        Among several: one that a person rated, then the one that succeeds most often, then the latest. No embedding.
        """
        saved = await self._shelf.get_all(("tasks", task_key(task)))
        values = await self._shelf.get_each(("cohorts",), saved)
        cohorts = [
            cohort
            for cohort in map(Cohort.model_validate, values.values())
            if cohort.rating == "satisfied" and task_key(cohort.task) == task_key(task)
        ]

        def worth(cohort: Cohort) -> tuple[bool, float, str]:
            rate = cohort.track.successes / cohort.track.uses if cohort.track.uses else 1.0
            return cohort.rated_by == "user", rate, str(saved[cohort.id]["saved"])

        return max(cohorts, key=worth, default=None)

    async def find_cohorts(self, task: str, k: int = 5) -> list[Found[Cohort]]:
        """The cohorts whose users were satisfied and whose tasks are most similar, best first."""
        (found,) = await self._upkeep.search("cohorts", [task], k)
        values = await self._shelf.get_each(("cohorts",), (key_of(match.key) for match in found))
        cohorts = {row: cohort for cohort in map(Cohort.model_validate, values.values()) for row in cohort_rows(cohort)}
        return records_of(found, cohorts)

    async def _write_cohorts(
        self, news: Sequence[tuple[Cohort, str]], olds: Mapping[str, Cohort]
    ) -> Callable[[], Awaitable[None]]:
        """Put cohorts in the place of old ones; only while the lock is held.

        Args:
            news: the cohorts, each with the time at which it was saved.
            olds: those of these ids, as they were until now.

        Returns:
            What brings the index after them, to be awaited when the lock is no longer held.
        """
        before = all_rows(cohort_rows(olds.get(new.id)) for new, _ in news)
        after = all_rows(cohort_rows(new) for new, _ in news)
        writes = [Write(("cohorts",), new.id, dump(new)) for new, _ in news]
        writes += [Write(("tasks", task_key(new.task)), new.id, {"saved": saved}) for new, saved in news]
        stamps = await self._shelf.put(writes, changes="cohorts" if before != after else None) if writes else None
        return partial(self._upkeep.follow, "cohorts", before, after, stamps)
