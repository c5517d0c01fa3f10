"""What the conformance agent can do: say, write a file, remember, recall, and fail."""

import json
from typing import Any

from langgraph.store.base import BaseStore

from repertory.memory.errors import RepertoryError, ToolArgumentsError, ToolError
from repertory.memory.records import JsonObject
from repertory.memory.topics.memory import TopicMemory
from repertory.memory.topics.paths import checked_path

NAMES = ("echo", "write_file", "remember", "recall", "fail")


async def perform(name: str, args: JsonObject, topic: str, store: BaseStore | None) -> JsonObject:
    """Perform an action.

    Args:
        name: any text; what is none of `NAMES` fails.
        args: arguments it does not know are ignored.
        topic: id of the topic whose memory it uses.
        store: where that memory is.

    Returns:
        What became of it: `status`, `output`, `error`, and for a file written `file`, its path and content.
    """
    try:
        done = await _done(name, args, topic, store)
    except RepertoryError as error:
        return {"status": "failed", "error": str(error)}
    return {"status": "completed", **done}


async def _done(name: str, args: JsonObject, topic: str, store: BaseStore | None) -> JsonObject:
    if name == "echo":
        return {"output": _text(name, args, "text")}
    if name == "write_file":
        path, content = _safe_path(_text(name, args, "path")), _text(name, args, "content")
        return {"output": path, "file": {"path": path, "content": content}}
    if name == "remember":
        value = _text(name, args, "value")
        await _memory(store, topic).remember(_text(name, args, "key"), value)
        return {"output": value}
    if name == "recall":
        return {"output": await _memory(store, topic).fact(_text(name, args, "key"))}
    if name == "fail":
        raise ToolError(_text(name, args, "message"))
    raise ToolError(f"there is no action {name!r}; there is {', '.join(NAMES)}")


def _safe_path(path: str) -> str:
    """The path of a file below the workspace, as it is.

    Raises:
        UnprocessableError: it leads out of the workspace.
        ToolArgumentsError: it is that of a folder.
    """
    if checked_path(path) is None or path.rpartition("/")[2] in ("", "."):
        raise ToolArgumentsError(f"path {path!r} names no file; give one such as 'notes/a.txt'")
    return path


def _text(name: str, args: JsonObject, key: str) -> str:
    """An argument as text; what is none is shown as JSON."""
    value: Any = args.get(key)
    if value is None:
        raise ToolArgumentsError(f"{name} needs {key!r}, got {args!r}")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _memory(store: BaseStore | None, topic: str) -> TopicMemory:
    if store is None:
        raise ToolError("this agent has no memory: give its graph a store")
    return TopicMemory(store, topic)
