"""What happened to an agent: what brought it, its versions, its moves, and the runs that it was in."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from repertory.memory.records import Agent, Record
from repertory.memory.registry.kept import Kept
from repertory.memory.storage.shelf import Write


class Event(Record):
    """One thing that happened to an agent."""

    at: str
    """When: ISO 8601, UTC."""
    event: Literal["created", "changed", "moved", "used"]
    version: int
    """The version that came of it, or that was used."""
    by: str = ""
    """What brought it, such as `run ID` or `file NAME`; empty where nobody said."""
    detail: str = ""
    """The status that it moved to; whether it did well."""


class History(Kept):
    """The histories of one owner's agents."""

    async def history(self, name: str) -> list[Event]:
        """What happened to the agent of that name, the earliest first; nothing where there is none."""
        values = await self._shelf.get_all(("history", name))
        return sorted(map(Event.model_validate, values.values()), key=lambda event: (event.at, event.version))


def written(new: Agent, old: Agent | None, moved_by: str) -> list[Write]:
    """The events of putting an agent in the place of an old one."""
    events: list[tuple[str, Event]] = []
    if old is None or new.version != old.version:
        kind: Literal["created", "changed"] = "created" if old is None else "changed"
        events.append((f"v{new.version}", _event(kind, new, new.created_by)))
    if old is not None and new.status != old.status:
        events.append((f"moved {_now()}", _event("moved", new, moved_by, new.status)))
    return _writes(new.name, events)


def used(agent: Agent, run_id: str, version: int | None, *, success: bool | None) -> list[Write]:
    """The event of a run that the agent was in, in that version, or else the newest.

    Its success is None where the run says nothing about it.
    """
    detail = {True: "did well", False: "failed", None: ""}[success]
    event = _event("used", agent, f"run {run_id}", detail)
    return _writes(agent.name, [(f"run {run_id}", event.model_copy(update={"version": version or agent.version}))])


def _event(
    event: Literal["created", "changed", "moved", "used"], agent: Agent, by: str = "", detail: str = ""
) -> Event:
    return Event(at=_now(), event=event, version=agent.version, by=by, detail=detail)


def _writes(name: str, events: Sequence[tuple[str, Event]]) -> list[Write]:
    return [Write(("history", name), key, event.model_dump(mode="json")) for key, event in events]


def _now() -> str:
    return datetime.now(UTC).isoformat()
