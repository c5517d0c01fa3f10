"""Going back N proposals: which one, and what is to be different there."""

from collections.abc import Iterator, Sequence

from repertory.apps.chat.asking import Editor
from repertory.apps.chat.desk import Desk
from repertory.apps.chat.screen import ChatScreen, frame_of
from repertory.apps.events import Pending
from repertory.apps.page import brief, call_text
from repertory.memory.errors import InputError
from repertory.memory.proposals import Decision, Proposal, Turn
from repertory.memory.transcripts.records import Transcript, Tweak

_SHOWN = 12
"""The last proposals that are listed; further back can be chosen, too."""
_MENU = {"r": "answer in words", "e": "edit", "n": "let it be made anew", "s": "show", "q": "do not go back"}
_DONE = {"approve": "approved", "edit": "edited", "respond": "answered", "reject": "rejected"}


def proposals(transcript: Transcript) -> list[Turn]:
    """All turns of all personas, in the order in which one followed from the other."""
    return [turn for exchange in transcript.exchanges for turn in _flat(exchange.turns)]


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
        turns = proposals(transcript)
        sheet = self._desk.sheet
        if not turns:
            sheet.line("there is nothing to go back to yet")
            return None
        for number in range(min(_SHOWN, len(turns)), 0, -1):
            sheet.line(_listed(number, turns[-number], sheet.width), wrap=False)
        number = self._desk.number("go back to", len(turns)) or 0
        return self._tweak(turns[-number].proposal) if number else None

    def _tweak(self, proposal: Proposal) -> Tweak | None:
        self._screen.whole(proposal)
        while True:
            try:
                key = self._desk.key(_MENU)
            except EOFError:
                return None
            match key:
                case "r" if words := self._desk.words("your words: "):
                    return Tweak(at=proposal.id, decision=Decision(verdict="respond", text=words))
                case "e" if edit := self._edit(proposal):
                    return Tweak(at=proposal.id, decision=edit)
                case "n":
                    return Tweak(at=proposal.id)
                case "s":
                    self._screen.whole(proposal)
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


def _listed(number: int, turn: Turn, width: int) -> str:
    proposal = turn.proposal
    calls = ", ".join(call_text(call.name, call.arguments, 30) for call in proposal.calls)
    what = calls or f'"{brief(proposal.text, 60)}"'
    done = f" ({_DONE[turn.decision.verdict]})" if turn.decision and turn.decision.verdict != "approve" else ""
    return _cut(f"{number:>3}  {'/'.join(proposal.path)} [{frame_of(proposal.id)}]{done}: {what}", width)


def _cut(line: str, width: int) -> str:
    """A line with its leading spaces, cut to a width."""
    margin = line[: len(line) - len(line.lstrip())]
    return margin + brief(line, width - len(margin))


def _flat(turns: Sequence[Turn]) -> Iterator[Turn]:
    for turn in turns:
        yield turn
        for result in turn.results:
            yield from _flat(result.turns)
        for inner in turn.at_work.values():
            yield from _flat(inner)
