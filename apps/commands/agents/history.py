"""`repertory agents history`: what brought an agent, its versions, its moves, and the runs that it was in."""

import sys

from repertory.apps.screens.jsonl import JsonLines
from repertory.apps.screens.page import Page
from repertory.apps.status import OK
from repertory.memory.records import Track
from repertory.memory.registry import Registry
from repertory.memory.registry.history import Event


async def history(registry: Registry, name: str, *, as_json: bool) -> int:
    """Tell what happened to an agent that is kept, the earliest first."""
    events = await registry.history(name)
    if as_json:
        lines = JsonLines(sys.stdout)
        for event in events:
            lines.write({"agent": name, **event.model_dump(mode="json")})
        return OK
    page = Page(sys.stdout)
    if not events:
        page.line(f"{name} was kept before histories were")
    for event in events:
        page.line(f"{event.at[:19].replace('T', ' ')}  v{event.version:<3} {_said(event)}")
    return OK


def record_lines(track: Track) -> list[str]:
    """What a track record says, in lines."""
    cost = f"{track.usage.model_calls} model calls, {track.usage.tokens} tokens and {track.seconds:.1f} s"
    did = f"did {track.successes} of {track.uses} steps well, with {cost}" if track.uses else "not tried yet"
    lines = [did]
    if track.ratings:
        lines.append(f"people liked {track.liked} of the {track.ratings} runs that they rated")
    if track.deeds:
        lines.append("did well: " + "; ".join(track.deeds))
    return lines


def _said(event: Event) -> str:
    by = f" by {event.by}" if event.by else ""
    match event.event:
        case "moved":
            return f"became {event.detail}{by}"
        case "used":
            return f"was in {event.by}{': ' + event.detail if event.detail else ''}"
        case _:
            return f"was {event.event}{by}"
