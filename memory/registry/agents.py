"""Agents that are kept: each under its name, in all its versions."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from repertory.memory.errors import InputError
from repertory.memory.records import AT_REST, Agent
from repertory.memory.registry.history import History, written
from repertory.memory.registry.kept import Found, all_rows, dump, records_of
from repertory.memory.registry.lifecycle import Move, moved
from repertory.memory.retrieval.documents import agent_rows, key_of
from repertory.memory.retrieval.ranking import track_factor
from repertory.memory.storage.shelf import Write

_RERANKED = 10
"""Agents of which at least the track record is looked at: it moves nobody further."""


class Moved(NamedTuple):
    """An agent before a move and after it; the same where it was there already."""

    before: Agent
    after: Agent


class KeptAgents(History):
    """The agents of one owner."""

    async def save_agent(self, agent: Agent) -> Agent:
        """Keep an agent under its name.

        The same content changes nothing; other content becomes the next version, and the old one stays readable.
        Version, owner and the track record of a known name are the registry's: what the caller has there is ignored.
        One that is at rest or retired stays so.

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
            follow = await self._write_agents([new for new in news if new != olds.get(new.name)], olds)
        await follow()
        return news

    async def move_agents(self, names: Iterable[str], move: Move) -> list[Moved]:
        """Move agents within their life cycle, all or none; their content stays what it is at that moment.

        Args:
            names: the agents.
            move: where to.

        Raises:
            InputError: there is no agent of a name, or the move does not lead on from its status.
        """
        wanted = list(dict.fromkeys(names))
        async with self._shelf.lock():
            olds = await self.agents_named(wanted)
            if missing := [name for name in wanted if name not in olds]:
                raise InputError(f"there is no agent {missing[0]!r}; `repertory agents list` names all that there are")
            moves = [Moved(olds[name], moved(olds[name], move)) for name in wanted]
            follow = await self._write_agents([each.after for each in moves if each.after != each.before], olds)
        await follow()
        return moves

    async def approve_seen(self, seen: Mapping[str, int], *, by: str) -> None:
        """Approve drafts in the versions that a person saw; one that has changed since stays a draft.

        Args:
            seen: versions by the agents' names.
            by: what approves them, for their history, such as `run ID`.
        """
        async with self._shelf.lock():
            olds = await self.agents_named(seen)
            drafts = [old for name, old in olds.items() if old.status == "draft" and old.version == seen[name]]
            follow = await self._write_agents([moved(old, "approve") for old in drafts], olds, by=by)
        await follow()

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

    async def has_agents(self) -> bool:
        """Whether any agent was ever kept."""
        return (await self._shelf.position("agents")).number > 0

    async def agents(self) -> list[Agent]:
        """All agents in their newest version, inactive ones too, by name."""
        values = await self._shelf.get_all(("agents",))
        return [Agent.model_validate(values[name]) for name in sorted(values)]

    async def find_agents(self, queries: Sequence[str], k: int = 5) -> list[list[Found[Agent]]]:
        """The agents that fit best, drafts among them, by the formula of `retrieval/ranking.py`.

        Args:
            queries: who is wanted, each as `role: description`, or what is to be done.
            k: the most to return for one query.

        Returns:
            For each query its agents, best first.
        """
        found = await self._upkeep.search("agents", queries, max(2 * k, _RERANKED))
        values = await self._shelf.get_each(("agents",), (key_of(match.key) for group in found for match in group))
        agents = {row: agent for agent in map(Agent.model_validate, values.values()) for row in agent_rows(agent)}
        return [self._ranked(records_of(group, agents))[:k] for group in found]

    def _ranked(self, found: Sequence[Found[Agent]]) -> list[Found[Agent]]:
        """With the track records, which the index does not know."""
        ranked = []
        for each in found:
            factor = track_factor(each.record.track, self.index.ranking)
            parts = each.parts._replace(track=factor)
            ranked.append(Found(each.record, min(each.score * factor, 1.0), parts))
        return sorted(ranked, key=lambda each: (-each.score, each.record.name))

    async def _write_agents(
        self, news: Sequence[Agent], olds: Mapping[str, Agent], versions: Iterable[Agent] = (), *, by: str = ""
    ) -> Callable[[], Awaitable[None]]:
        """Put agents in the place of old ones, which stay as versions; only while the lock is held.

        Args:
            news: the agents.
            olds: those of these names, as they were until now.
            versions: older ones still, to be kept besides.
            by: what moves them, for their history.

        Returns:
            What brings the index after them, to be awaited when the lock is no longer held.
        """
        before = all_rows(agent_rows(olds.get(new.name)) for new in news)
        after = all_rows(map(agent_rows, news))
        writes = [_version(version) for version in versions]
        writes += [write for new in news for write in _writes(new, olds.get(new.name), by)]
        return await self._write(writes, {"agents": before.keys() ^ after.keys()})

    def _continued(self, agent: Agent, old: Agent | None) -> dict[str, Any]:
        """What the registry says of an agent."""
        if old is None:
            return {"owner": self.owner, "version": 1}
        same = agent.content() == old.content()
        return {
            "owner": self.owner,
            "version": old.version + (not same),
            # A run that ends later than its agent was put to rest does not wake it.
            "status": old.status if old.status in AT_REST else agent.status,
            "track": old.track,
            "created_by": old.created_by if same else agent.created_by,
            "imported_as": agent.imported_as or old.imported_as,
        }


def _writes(new: Agent, old: Agent | None, by: str) -> list[Write]:
    """The old version, where it becomes one, before the new one; and what is to be remembered of that."""
    writes = [*written(new, old, by), Write(("agents",), new.name, dump(new))]
    return writes if old is None or new.version == old.version else [_version(old), *writes]


def _version(old: Agent) -> Write:
    return Write(("versions",), f"{old.name}@{old.version}", dump(old))
