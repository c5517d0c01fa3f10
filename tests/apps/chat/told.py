"""A hierarchy, what happens in it as events, and a screen that shows them."""

import io
import re
from collections.abc import Iterable

from repertory.apps.chat.screen import ChatScreen
from repertory.apps.chat.sheet import Sheet
from repertory.apps.runs.events import (
    Called,
    Event,
    Outcome,
    Pending,
    Proposed,
    Settled,
    Speaking,
    UsageReport,
    Written,
)
from repertory.memory.proposals import Call, Decision, Proposal
from repertory.memory.records import Agent, Usage

RUN = "run"


def persona(name: str, *delegates: Agent, role: str = "somebody", prompt: str = "") -> Agent:
    return Agent(name=name, role=role, description=f"is {name}", delegates=delegates, prompt=prompt)


LADY = persona(
    "lady",
    persona("answerer", role="answers in character"),
    persona("stylist", persona("rhymer", role="finds rhymes"), role="rewrites in her style"),
    role="a lady of great ambition",
)
MAIN, ANSWER, STYLE = ("lady",), ("lady", "answerer"), ("lady", "stylist")


class Terminal(io.StringIO):
    """A file that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def screen(width: int = 80, *, terminal: bool = True, agent: Agent = LADY) -> tuple[ChatScreen, io.StringIO]:
    file = Terminal() if terminal else io.StringIO()
    return ChatScreen(Sheet(file, width), agent), file


def shown(*events: Event, width: int = 80, terminal: bool = True, agent: Agent = LADY) -> str:
    """What stands on the screen in the end, without colours."""
    at, file = screen(width, terminal=terminal, agent=agent)
    for event in events:
        at.show(event)
    at.rest()
    return plain(file)


def plain(file: io.StringIO) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", file.getvalue())


def speaking(path: tuple[str, ...], frame: str = "m0") -> Speaking:
    return Speaking(path=path, frame=frame)


def written(path: tuple[str, ...], frame: str, *pieces: str) -> list[Event]:
    return [Written(path=path, frame=frame, text=piece) for piece in pieces]


def says(path: tuple[str, ...], text: str, frame: str = "m0", turn: int = 0) -> Proposed:
    return Proposed(proposal=Proposal(id=f"{RUN}/{frame}#{turn}", path=path, kind="reply", text=text))


def delegates(path: tuple[str, ...], *to: tuple[str, str], frame: str = "m0", turn: int = 0) -> Proposed:
    calls = tuple(Call(id=f"{turn}.{i}", name=n, arguments={"message": m}) for i, (n, m) in enumerate(to))
    return Proposed(proposal=Proposal(id=f"{RUN}/{frame}#{turn}", path=path, kind="delegate", calls=calls))


def settled(proposed: Proposed, decision: Decision) -> Settled:
    return Settled(proposal_id=proposed.proposal.id, path=proposed.proposal.path, decision=decision)


def called(path: tuple[str, ...], tool: str, text: str, **arguments: str) -> Called:
    return Called(step_id="m0", path=path, tool=tool, arguments=arguments, status="done", text=text)


def streamed(path: tuple[str, ...], text: str, frame: str = "m0", turn: int = 0, size: int = 3) -> list[Event]:
    """Somebody speaks: pieces of so many characters, then the proposal."""
    pieces = [text[n : n + size] for n in range(0, len(text), size)]
    return [speaking(path, frame), *written(path, frame, *pieces), says(path, text, frame, turn)]


def pending(proposed: Proposed, objection: str | None = None) -> Pending:
    proposal = proposed.proposal
    return Pending(
        id=f"id-of-{proposal.id}",
        title="asked",
        kind=proposal.kind,
        objection=objection,
        proposal=proposal.model_dump(mode="json"),
    )


def outcome(answer: str = "", status: str = "completed", asked: Iterable[Pending] = (), error: str = "") -> Outcome:
    return Outcome(
        status=status,
        answer=answer,
        error=error or None,
        thread_id="t",
        run_id=RUN,
        task="hello",
        usage=UsageReport(total=Usage(model_calls=2, input_tokens=30, output_tokens=4), by_node={}),
        pending=tuple(asked),
    )
