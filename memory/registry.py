"""The company's memory: agents and cohorts, kept in a store, which is the truth, and found through an index."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, NamedTuple, TypeVar

from langgraph.store.base import BaseStore

from repertory.memory.errors import InputError
from repertory.memory.plans import Cohort
from repertory.memory.records import Agent, Usage
from repertory.memory.retrieval.documents import agent_rows, cohort_rows, key_of, task_key
from repertory.memory.retrieval.index import Collection, Index, Match
from repertory.memory.retrieval.upkeep import Upkeep
from repertory.memory.storage.shelf import Shelf, Write

_R = TypeVar("_R", Agent, Cohort)


class Found(NamedTuple, Generic[_R]):
    """A record that fits a query, and how well."""

    record: _R
    score: float
    """In [0, 1]; compare it with `fits` and `doubtful` of the index that gave it."""


class Registry:
    """Agents and cohorts of one owner. Nothing of another owner is ever seen or touched.

    A write goes to the store first and to the index after it; what an index missed is caught up with before a search.
    """

    def __init__(self, store: BaseStore, index: Index, owner: str = "local") -> None:
        """Look after the records of `owner`.

        Raises:
            InputError: an empty or overlong owner.
        """
        self.index = index
        self.owner = owner
        self._shelf = Shelf(store, owner)
        self._upkeep = Upkeep(index, self._shelf, owner, self._rows)

    async def save_agent(self, agent: Agent) -> Agent:
        """Keep an agent under its name.

        The same content changes nothing; other content becomes the next version, and the old one stays readable.
        Version, owner and the track record of a known name are the registry's: what the caller has there is ignored.

        Returns:
            The agent as it is kept.
        """
        return (await self.save_agents([agent]))[0]

    async def save_agents(self, agents: Sequence[Agent]) -> list[Agent]:
        """Keep several agents, as `save_agent` does, all at once.

        Raises:
            InputError: two of them have the same name.
        """
        if len(names := {agent.name for agent in agents}) != len(agents):
            raise InputError(f"agents {[agent.name for agent in agents]!r} to be kept: give each a name of its own")
        async with self._shelf.lock():
            olds = await self.agents_named(names)
            news = [agent.model_copy(update=self._continued(agent, olds.get(agent.name))) for agent in agents]
            changed = [new for new in news if new != olds.get(new.name)]
            before = _rows(agent_rows(olds.get(new.name)) for new in changed)
            after = _rows(map(agent_rows, changed))
            writes = [write for new in changed for write in _versions(new, olds.get(new.name))]
            stamps = await self._shelf.put(writes, changes="agents" if before != after else None) if writes else None
        await self._upkeep.follow("agents", before, after, stamps)
        return news

    async def agent(self, name: str, version: int | None = None) -> Agent | None:
        """The agent of that name in its newest version, or in the one asked for; None where there is none."""
        value = await self._shelf.get(("agents",), name)
        if value is not None and version not in (None, value["version"]):
            value = await self._shelf.get(("versions",), f"{name}@{version}")
        return None if value is None else Agent.model_validate(value)

    async def agents_named(self, names: Iterable[str]) -> dict[str, Agent]:
        """Those of the named agents that there are, by name, in their newest version."""
        values = await self._shelf.get_each(("agents",), names)
        return {name: Agent.model_validate(value) for name, value in values.items()}

    async def agents(self) -> list[Agent]:
        """All agents in their newest version, inactive ones too, by name."""
        values = await self._shelf.get_all(("agents",))
        return [Agent.model_validate(values[name]) for name in sorted(values)]

    async def find_agents(self, queries: Sequence[str], k: int = 5) -> list[list[Found[Agent]]]:
        """The active agents that fit best.

        Args:
            queries: who is wanted, each as `role: description`.
            k: the most to return for one query.

        Returns:
            For each query its agents, best first.
        """
        found = await self._upkeep.search("agents", queries, k)
        values = await self._shelf.get_each(("agents",), (key_of(match.key) for group in found for match in group))
        agents = {row: agent for agent in map(Agent.model_validate, values.values()) for row in agent_rows(agent)}
        return [_records(group, agents) for group in found]

    async def save_cohort(self, cohort: Cohort) -> None:
        """Keep a cohort under its id; a known one is replaced, but for its track record."""
        async with self._shelf.lock():
            old = await self.cohort(cohort.id)
            track = cohort.track if old is None else old.track
            new = cohort.model_copy(update={"owner": self.owner, "track": track})
            if new == old:
                return
            before, after = cohort_rows(old), cohort_rows(new)
            writes = [
                Write(("cohorts",), new.id, _dump(new)),
                Write(("tasks", task_key(new.task)), new.id, {"saved": datetime.now(UTC).isoformat()}),
            ]
            stamps = await self._shelf.put(writes, changes="cohorts" if before != after else None)
        await self._upkeep.follow("cohorts", before, after, stamps)

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
        return _records(found, cohorts)

    async def count(
        self,
        run_id: str,
        *,
        agents: Mapping[str, tuple[bool, Usage]],
        cohort: tuple[str, bool, Usage] | None,
    ) -> None:
        """Add a run to the track records: exactly once, however often it is called for that run.

        Args:
            run_id: identifies the run.
            agents: by name, whether the agent succeeded, and what it used. Names that are not kept are ignored.
            cohort: the same for the cohort that did the task, with its id.
        """
        async with self._shelf.lock():
            olds: list[tuple[str, Agent | Cohort, bool, Usage]] = [
                ("agents", agent, *agents[name]) for name, agent in (await self.agents_named(agents)).items()
            ]
            if cohort is not None and (kept := await self.cohort(cohort[0])) is not None:
                olds.append(("cohorts", kept, cohort[1], cohort[2]))
            writes = []
            for label, old, success, usage in olds:
                track = old.track.count(run_id, success=success, usage=usage)
                if track != old.track:
                    key = old.name if isinstance(old, Agent) else old.id
                    writes.append(Write((label,), key, _dump(old.model_copy(update={"track": track}))))
            if writes:
                await self._shelf.put(writes)

    async def reindex(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Fill the index anew from the store.

        Args:
            progress: is told how many rows are done, and of how many.

        Returns:
            The number of rows that the index now has for this owner.
        """
        return await self._upkeep.refill(progress)

    async def reconcile(self) -> int:
        """Bring the index up to date with the store; cheap when nothing was missed. Searches do it by themselves.

        Returns:
            The number of rows that were missing, outdated or superfluous.
        """
        return await self._upkeep.reconcile()

    async def _rows(self, collection: Collection) -> dict[str, str]:
        """What belongs in the index."""
        if collection == "agents":
            return _rows(map(agent_rows, await self.agents()))
        return _rows(map(cohort_rows, await self.cohorts()))

    def _continued(self, agent: Agent, old: Agent | None) -> dict[str, Any]:
        """What the registry says of an agent."""
        if old is None:
            return {"owner": self.owner, "version": 1}
        version = old.version + (_content(agent) != _content(old))
        return {"owner": self.owner, "version": version, "track": old.track}


def _records(found: Sequence[Match], records: Mapping[str, _R]) -> list[Found[_R]]:
    """The records of rows that are current; what the index holds beyond them is ignored."""
    return [Found(records[match.key], match.score) for match in found if match.key in records]


def _rows(parts: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {row: text for part in parts for row, text in part.items()}


def _versions(new: Agent, old: Agent | None) -> list[Write]:
    """The old version, where it becomes one, before the new one."""
    write = Write(("agents",), new.name, _dump(new))
    if old is None or new.version == old.version:
        return [write]
    return [Write(("versions",), f"{old.name}@{old.version}", _dump(old)), write]


def _content(agent: Agent) -> dict[str, Any]:
    """What makes a version: all but the bookkeeping, of delegates too."""
    content = agent.model_dump(exclude={"version", "track", "owner", "status", "delegates"})
    return content | {"delegates": [_content(delegate) for delegate in agent.delegates]}


def _dump(record: Agent | Cohort) -> dict[str, Any]:
    return record.model_dump(mode="json")
