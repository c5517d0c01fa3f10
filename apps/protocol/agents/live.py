"""What happens in a run, as clients of the protocol are told of it live."""

from repertory.apps.protocol.agents.agent import Live
from repertory.apps.runs.events import Called, Event, NodeBegan, Noticed, Speaking, StepChanged, Written


def told(event: Event) -> Live | None:
    """An event as it goes out; None where it tells nothing that the entities do not."""
    match event:
        case Written():
            return Live("token", {"path": list(event.path), "frame": event.frame, "text": event.text})
        case Speaking():
            return Live("speaking", {"path": list(event.path), "frame": event.frame})
        case Called():
            called = event.model_dump(mode="json", exclude={"event", "text"})
            return Live("call", {**called, "output": event.text})
        case NodeBegan():
            return Live("node", {"node": event.node})
        case StepChanged():
            return Live("progress", {"step": event.step_id, "status": event.status, "performer": event.performer})
        case Noticed():
            return Live("notice", {"notice": event.text})
        case _:
            return None
