"""A run on the screen, as it happens."""

from collections.abc import Callable
from typing import Protocol

from repertory.apps.runs.events import (
    Asked,
    Called,
    Decided,
    Event,
    NodeEnded,
    Noticed,
    Outcome,
    Started,
    StepChanged,
)
from repertory.apps.screens.page import Page, brief, call_text
from repertory.apps.screens.proposals import print_proposal
from repertory.apps.screens.summary import print_outcome
from repertory.memory.records import JsonObject

_LABELS = {"create_prompts": "prompts"}
_COLOURS = {"done": "green", "failed": "red", "skipped": "red", "stopped": "yellow"}


class View(Protocol):
    """Where events go."""

    def show(self, event: Event) -> None:
        """What happened."""
        ...

    def finish(self, outcome: Outcome, home: str) -> None:
        """How it stands in the end; `home` is the option that commands to answer or go on with need, or empty."""
        ...


class Screen:
    """Events as lines for a person."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._begun: set[str] = set()
        self._edits: dict[str | None, Decided] = {}
        """Edits by step, not told of until the run goes on with them: they may yet be refused."""

    def show(self, event: Event) -> None:
        """One event."""
        self._settle(event)
        match event:
            case Decided(verdict="edit"):
                self._edits[event.step_id] = event
            case Started():
                self._started(event)
            case NodeEnded():
                self._node(event)
            case Asked():
                print_proposal(self.page, event.pending)
                self.page.line()
            case Decided():
                self._decided(event)
            case StepChanged():
                self._step(event)
            case Called() if event.path[-1:] != (event.step_id,):  # else the step itself is the call
                call = call_text(event.tool, event.arguments, 30)
                done = "" if event.status == "done" else f" {event.status}"
                self.page.pair(event.step_id, f"{event.path[-1]} called {call}{done}: {brief(event.text)}", "dim")
            case Noticed():
                self.page.pair("notice", event.text, "yellow")
            case _:
                pass

    def finish(self, outcome: Outcome, home: str) -> None:
        """The answer and what is to be known about the run."""
        for step_id in list(self._edits):
            self._decided(self._edits.pop(step_id))
        print_outcome(self.page, outcome, home)

    def _settle(self, event: Event) -> None:
        """Tell of an edit once its step, or the planner, goes on; drop it where it is refused."""
        match event:
            case Asked():
                step_id, refused = event.pending.step_id, event.pending.objection is not None
            case NodeEnded():
                step_id, refused = None, event.detail.get("objection") is not None
            case Called():
                step_id, refused = event.step_id, False
            case StepChanged() if event.status != "running":
                step_id, refused = event.step_id, False
            case _:
                return
        edit = self._edits.pop(step_id, None)
        if edit and not refused:
            self._decided(edit)

    def _decided(self, event: Decided) -> None:
        by = {"user": "you", "policy": "the policy"}.get(event.by, event.by)
        verb = {"approve": "approved", "edit": "edited", "respond": "answered", "reject": "rejected"}
        self.page.pair(verb.get(event.verdict, event.verdict), f"by {by}: {brief(event.title, 100)}", "green")

    def _started(self, event: Started) -> None:
        for notice in event.notices:
            self.page.line(notice, "yellow")
        self.page.pair("task", event.task)
        self.page.pair("run", event.thread_id + (", taken up again" if event.resumed else ""))
        self.page.pair("workspace", event.workspace)

    def _node(self, event: NodeEnded) -> None:
        describe = _DETAILS.get(event.node)
        if describe is None or event.detail.get("objection"):
            return
        first, *more = describe(event.detail)
        seconds = f" ({event.seconds:.1f} s)" if event.seconds >= 0.1 else ""
        self.page.pair(_LABELS.get(event.node, event.node), first + seconds)
        for line in more:
            self.page.line(line, indent=10)

    def _step(self, event: StepChanged) -> None:
        if event.status == "running":
            if event.step_id in self._begun:  # it waited for an answer, and goes on
                return
            self._begun.add(event.step_id)
            self.page.pair(event.step_id, f"started: {event.performer}")
            return
        text = event.error if event.error else event.output
        self.page.pair(
            event.step_id,
            f"{event.status} ({event.seconds or 0:.1f} s): {brief(text or '', 120)}",
            _COLOURS.get(event.status, ""),
        )


def _recalled(detail: JsonObject) -> list[str]:
    return [_source(detail), *detail.get("passed_over", ())]


def _source(detail: JsonObject) -> str:
    match detail.get("source"):
        case "equal":
            return "this task was done before: its company is used again, nothing is planned anew"
        case "similar":
            return f"a similar task was done before, its plan is adapted: {brief(detail.get('known_task', ''))}"
        case _:
            return "no company is there for a task like this one"


def _adapted(detail: JsonObject) -> list[str]:
    if detail.get("source") == "new":
        return [str(reason) for reason in detail.get("passed_over", ())][-1:]
    first, *more = _planned(detail)
    changes = detail.get("changes", 0)
    return [f"{first}, {changes} text{'s' * (changes != 1)} said anew", *more]


def _planned(detail: JsonObject) -> list[str]:
    if detail.get("status") == "stopped":
        return [f"stopped: {detail.get('error')}"]
    steps = detail.get("steps", [])
    lines = [f"{step['id']}: {brief(step['instruction'])}" for step in steps]
    return [f"{len(steps)} step{'s' * (len(steps) != 1)}", *lines]


def _cast(detail: JsonObject) -> list[str]:
    agents = detail.get("agents", [])
    if not agents:
        return ["no agent is needed"]
    return [
        f"{len(agents)} agent{'s' * (len(agents) != 1)}",
        *(f"{a['name']}: {a['origin']}, {a['reason']}" for a in agents),
    ]


def _prompts(detail: JsonObject) -> list[str]:
    return [f"written for {', '.join(detail.get('agents', [])) or 'nobody'}"]


def _reflected(detail: JsonObject) -> list[str]:
    changed = detail.get("agents", [])
    return [f"revised {', '.join(changed)}" if changed else "the prompts stay as they are"]


_DETAILS: dict[str, Callable[[JsonObject], list[str]]] = {
    "recall": _recalled,
    "plan": _planned,
    "adapt": _adapted,
    "replan": _planned,
    "cast": _cast,
    "create_prompts": _prompts,
    "reflect": _reflected,
    "report": lambda _: ["written"],
}
