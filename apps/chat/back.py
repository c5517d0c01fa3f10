"""Going back N proposals: which one, and what is to be different there."""

from typing import NamedTuple

from repertory.apps.chat.desk import Desk
from repertory.apps.chat.screen import ChatScreen
from repertory.apps.runs.events import Pending
from repertory.apps.screens.editor import Editor
from repertory.apps.screens.page import brief, call_text
from repertory.memory.errors import InputError
from repertory.memory.proposals import Decision, Proposal, Turn
from repertory.memory.transcripts.assembly import entries
from repertory.memory.transcripts.records import Transcript, Tweak

_SHOWN = 12
"""The last proposals that are listed; further back can be chosen, too."""
_MENU = {"r": "answer in words", "e": "edit", "n": "let it be made anew", "s": "show", "q": "do not go back"}
_DONE = {"approve": "approved", "edit": "edited", "respond": "answered", "reject": "rejected"}


class Entry(NamedTuple):
    """A proposal of any persona."""

    at: str
    """As `Tweak` names it: `frame#n`."""
    turn: Turn


def proposals(transcript: Transcript) -> list[Entry]:
    """All proposals of all personas, in the order in which one followed from the other."""
    return [
        Entry(f"{frame}#{turn.n}", turn)
        for exchange in transcript.exchanges
        for frame, turn in entries(exchange.key, exchange.turns)
    ]


class Back:
    """Asks where to go back to.

    Args:
        screen: shows proposals.
        desk: asks.
        editor: takes edits.
    """

    def __init__(self, screen: ChatScreen, desk: Desk, editor: Editor) -> None:
        self._screen = screen
        self._desk = desk
        self._editor = editor

    def choose(self, transcript: Transcript) -> Tweak | None:
        """A proposal, and what to do there; None where nothing is to change."""
        made = proposals(transcript)
        sheet = self._desk.sheet
        if not made:
            sheet.line("there is nothing to go back to yet")
            return None
        for number in range(min(_SHOWN, len(made)), 0, -1):
            sheet.line(_listed(number, made[-number], sheet.width), wrap=False)
        number = self._desk.number("go back to", len(made)) or 0
        return self._tweak(made[-number]) if number else None

    def _tweak(self, chosen: Entry) -> Tweak | None:
        at, proposal = chosen.at, chosen.turn.proposal
        self._screen.whole(proposal)
        while True:
            try:
                key = self._desk.key(_MENU)
            except EOFError:
                return None
            match key:
                case "r" if words := self._desk.words("your words: "):
                    return Tweak(at=at, decision=Decision(verdict="respond", text=words))
                case "e" if edit := self._edit(proposal):
                    return Tweak(at=at, decision=edit)
                case "n":
                    return Tweak(at=at)
                case "s":
                    self._screen.whole(proposal, full=True)
                case "q" | "":
                    return None

    def _edit(self, proposal: Proposal) -> Decision | None:
        asked = Pending(id=proposal.id, title="", kind=proposal.kind, proposal=proposal.model_dump(mode="json"))
        try:
            answer = self._editor.edited(asked)
        except InputError as error:
            self._desk.sheet.line(f"Not accepted: {error}", "red")
            return None
        return Decision.parse(answer) if answer else None


def _listed(number: int, entry: Entry, width: int) -> str:
    proposal, decision = entry.turn.proposal, entry.turn.decision
    calls = ", ".join(call_text(call.name, call.arguments, 30) for call in proposal.calls)
    what = calls or f'"{brief(proposal.text, 60)}"'
    done = f" ({_DONE[decision.verdict]})" if decision and decision.verdict != "approve" else ""
    return _cut(f"{number:>3}  {'/'.join(proposal.path)} [{entry.at}]{done}: {what}", width)


def _cut(line: str, width: int) -> str:
    """A line with its leading spaces, cut to a width."""
    margin = line[: len(line) - len(line.lstrip())]
    return margin + brief(line, width - len(margin))
