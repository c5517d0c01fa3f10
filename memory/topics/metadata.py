"""Who may say what about a task: metadata, key by key, with the party that gave each.

The user outranks the client, and the client the server: a party changes keys of its own rank or below.
"""

from typing import Any

from repertory.memory.records import JsonObject
from repertory.memory.topics.entities import Party
from repertory.memory.topics.errors import ForbiddenError, RefusedError
from repertory.memory.topics.records import Task, now

_RANK: dict[Party, int] = {"server": 0, "client": 1, "user": 2}


def source_of(given: str | None) -> Party:
    """The party that a request names as the source of its metadata.

    Raises:
        ForbiddenError: the server, which speaks for itself.
        RefusedError: somebody unknown.
    """
    source = "client" if given is None else given
    if source == "server":
        raise ForbiddenError("'server' cannot be the source of a request's metadata: say 'client' or 'user'", "source")
    if source == "user":
        return "user"
    if source == "client":
        return "client"
    raise RefusedError(f"metadata_source {given!r} is unknown: say 'client' or 'user'", "source")


def supplied(metadata: JsonObject | None, source: Party) -> dict[str, Any]:
    """The fields of a new task for metadata that came with it; where none did, the server makes them."""
    if metadata is None:
        return {"metadata": {}, "metadata_source": "server", "metadata_provenance": {}}
    provenance = dict.fromkeys(metadata, source)
    return {"metadata": metadata, "metadata_source": source, "metadata_provenance": provenance}


def added(task: Task, metadata: JsonObject) -> Task:
    """The task with what the server has to say: keys of others stay as they are."""
    own = {key: value for key, value in metadata.items() if task.metadata_provenance.get(key, "server") == "server"}
    if all(key in task.metadata and task.metadata[key] == value for key, value in own.items()):
        return task
    provenance: dict[str, Party] = dict.fromkeys(own, "server")
    return task.model_copy(
        update={
            "metadata": {**task.metadata, **own},
            "metadata_provenance": {**task.metadata_provenance, **provenance},
            "modified_at": now(),
        }
    )


def merged(task: Task, metadata: JsonObject, source: Party) -> Task:
    """The task with keys replaced, or deleted where the value is None.

    Raises:
        ForbiddenError: a key belongs to a party of higher rank; nothing has changed.
    """
    for key in metadata:
        owner = task.metadata_provenance.get(key)
        if owner is not None and _RANK[owner] > _RANK[source]:
            raise ForbiddenError(f"metadata key {key!r} is the {owner}'s: the {source} cannot change it", "outranked")
    if not metadata:
        return task
    gone = {key for key, value in metadata.items() if value is None}
    kept = {key: value for key, value in {**task.metadata, **metadata}.items() if key not in gone}
    provenance = {key: source if key in metadata else task.metadata_provenance[key] for key in kept}
    return task.model_copy(update={"metadata": kept, "metadata_provenance": provenance, "modified_at": now()})
