"""Cohorts that are kept: companies that did a task to their user's satisfaction."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from repertory.memory.plans import Cohort, Company
from repertory.memory.registry.kept import Found, Kept, all_rows, dump, records_of
from repertory.memory.retrieval.documents import cohort_rows, key_of, task_key
from repertory.memory.storage.shelf import Write
from repertory.memory.tasks.forms import form_key, verbatim_of


class KeptCohorts(Kept):
    """The cohorts of one owner."""

    async def save_cohort(self, cohort: Cohort) -> Cohort:
        """Keep a cohort under its id; a known one is replaced, but for its track record.

        The same company for an equal task is kept once, under its first id.

        Returns:
            The cohort as it is kept.
        """
        async with self._shelf.lock():
            old = await self.cohort(cohort.id)
            new = cohort.model_copy(update={"owner": self.owner, "track": old.track if old else cohort.track})
            if old is None and (same := await self._same(cohort)):
                old, rated_by = same, "user" if "user" in (same.rated_by, cohort.rated_by) else "policy"
                new = same.model_copy(update={"rated_by": rated_by, "rests_on": cohort.rests_on})
            if new == old:
                return new
            follow = await self._write_cohorts(
                [(new, datetime.now(UTC).isoformat())], {} if old is None else {old.id: old}
            )
        await follow()
        return new

    async def cohort(self, cohort_id: str) -> Cohort | None:
        """The cohort of that id; None where there is none."""
        value = await self._shelf.get(("cohorts",), cohort_id)
        return None if value is None else Cohort.model_validate(value)

    async def cohorts_by_id(self, ids: Iterable[str]) -> dict[str, Cohort]:
        """Those of the cohorts that there are, by id."""
        values = await self._shelf.get_each(("cohorts",), ids)
        return {cohort_id: Cohort.model_validate(value) for cohort_id, value in values.items()}

    async def cohorts(self) -> list[Cohort]:
        """All cohorts, by id."""
        values = await self._shelf.get_all(("cohorts",))
        return [Cohort.model_validate(values[key]) for key in sorted(values)]

    async def equal_cohorts(self, task: str) -> list[Cohort]:
        """The cohorts that did this very task: the same but for case, white space and final punctuation.

        In quotations, files, folders and addresses every letter counts. Best first: what a person rated, then what
        succeeds most often, then the latest. No embedding.
        """
        verbatim = verbatim_of(task)
        found = await self._by_key("tasks", task_key, task)
        return [cohort for cohort in found if verbatim_of(cohort.task) == verbatim]

    async def cohorts_of_form(self, task: str) -> list[Cohort]:
        """The cohorts that did a task of the same form: the same but for names, dates, numbers and the like.

        Ordered as equal ones are, and these are among them.
        """
        return await self._by_key("forms", form_key, task)

    async def find_cohorts(self, tasks: Sequence[str], k: int = 5) -> list[list[Found[Cohort]]]:
        """The cohorts whose users were satisfied and whose tasks are most similar.

        Args:
            tasks: what is to be done, or parts of it.
            k: the most to return for one of them.

        Returns:
            For each task its cohorts, best first.
        """
        found = await self._upkeep.search("cohorts", tasks, k)
        values = await self._shelf.get_each(("cohorts",), (key_of(match.key) for group in found for match in group))
        cohorts = {row: cohort for cohort in map(Cohort.model_validate, values.values()) for row in cohort_rows(cohort)}
        return [records_of(group, cohorts) for group in found]

    async def _same(self, cohort: Cohort) -> Cohort | None:
        """The same company for an equal task, as it is kept."""
        equal = await self.equal_cohorts(cohort.task)
        there = (known for known in equal if known.topic == cohort.topic)
        return next((known for known in there if _is_same(known.company, cohort.company)), None)

    async def _by_key(self, label: str, key: Callable[[str], str], task: str) -> list[Cohort]:
        saved = await self._shelf.get_all((label, key(task)))
        values = await self._shelf.get_each(("cohorts",), saved)
        cohorts = [
            cohort
            for cohort in map(Cohort.model_validate, values.values())
            if cohort.rating == "satisfied" and key(cohort.task) == key(task)
        ]

        def worth(cohort: Cohort) -> tuple[bool, float, str]:
            rate = cohort.track.successes / cohort.track.uses if cohort.track.uses else 1.0
            return cohort.rated_by == "user", rate, str(saved[cohort.id]["saved"])

        return sorted(cohorts, key=worth, reverse=True)

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
        for new, saved in news:
            keys = ("tasks", task_key(new.task)), ("forms", form_key(new.task))
            writes += [Write(labels, new.id, {"saved": saved}) for labels in keys]
        return await self._write(writes, {"cohorts": before.keys() ^ after.keys()})


def _is_same(company: Company, other: Company) -> bool:
    """Whether two companies have the same plan and the same agents, their bookkeeping aside."""
    agents, others = ({c.agent.name: c.agent.content() for c in one.cast} for one in (company, other))
    return company.plan == other.plan and agents == others
