"""One decision of a person: a key each."""

from typing import Any, Literal

from repertory.apps.chat.desk import Desk
from repertory.apps.chat.screen import ChatScreen
from repertory.apps.runs.events import Pending
from repertory.apps.screens.editor import Editor
from repertory.memory.errors import InputError
from repertory.memory.proposals import Proposal

Move = Literal["g", "t", "m", "b", "q"]
"""What is no answer: let it run, take over, message, go back, leave."""

_MOVES: dict[str, Move] = {"g": "g", "t": "t", "m": "m", "b": "b", "q": "q"}
_MENU = {
    "a": "approve",
    "o": "result",
    "e": "edit",
    "r": "words",
    "x": "reject",
    "g": "let it run",
    "t": "take over",
    "m": "message",
    "b": "back",
    "s": "show",
    "?": "help",
    "q": "leave",
}
HELP = """\
a  approve: it is done as it stands
o  result: where a call waits for it, what came of it, or your answer
e  edit: change it in $EDITOR; your version is done
r  words: answer this persona in your words; it proposes anew
x  reject: it is not done
g  let it run: nothing asks any more in this conversation
t  take over: from now on you decide about one persona, or about all
m  message: leave words for any persona, read before its next proposal
b  back: go back some proposals and do something else there, in a new
   conversation; this one stays
s  show: the proposal whole, with who makes it, and the tree of personas
q  leave: everything is kept for later"""


class Asker:
    """Asks about decisions, one at a time.

    Args:
        screen: shows what is asked.
        desk: takes the answer.
        editor: takes edits.
    """

    def __init__(self, screen: ChatScreen, desk: Desk, editor: Editor) -> None:
        self._screen = screen
        self._desk = desk
        self._editor = editor

    def ask(self, pending: Pending, *, whole: bool = False) -> dict[str, Any] | Move:
        """The answer to a decision, or what the person does instead.

        Args:
            pending: the decision.
            whole: show the proposal even where it stands right above.
        """
        proposal = Proposal.model_validate(pending.proposal)
        self._screen.asked(proposal, pending.objection, pending.title, whole=whole)
        menu = {key: words for key, words in _MENU.items() if key not in _unfit(pending)}
        while True:
            try:
                key = self._desk.key(menu)
            except EOFError:
                self._desk.sheet.line()
                return "q"
            if key in _MOVES:
                return _MOVES[key]
            try:
                answer = self._answer(key, pending, proposal) if key in menu else None
            except InputError as error:
                self._desk.sheet.line(f"Not accepted: {error}", "red")
                continue
            if answer:
                return answer
            if key and key not in menu:
                self._desk.sheet.line(f"{key!r} is none of the keys; ? says what they do")

    def _answer(self, key: str, pending: Pending, proposal: Proposal) -> dict[str, Any] | None:
        match key:
            case "a":
                return {"verdict": "approve"}
            case "o":
                output = self._desk.words("the result: ")
                return {"type": "result", "status": "completed", "output": output} if output else None
            case "e":
                return self._editor.edited(pending)
            case "r":
                words = self._desk.words("your words: ")
                return {"verdict": "respond", "text": words} if words else None
            case "x":
                return self._rejected()
            case "s":
                self._screen.whole(proposal, full=True)
                self._screen.draw([proposal.path])
                self._introduce(proposal)
            case "?":
                self._desk.sheet.line(HELP)
        return None

    def _rejected(self) -> dict[str, Any] | None:
        """Ctrl-D takes it back; Enter rejects without a reason."""
        try:
            return {"verdict": "reject", "text": self._desk.keys.line("reason (may be empty): ")}
        except EOFError:
            self._desk.sheet.line()
            return None

    def _introduce(self, proposal: Proposal) -> None:
        persona = self._screen.agent.paths().get(proposal.path)
        if persona is None:
            return
        sheet = self._desk.sheet
        sheet.pair("role", f"{persona.role}: {persona.description}")
        if persona.tools:
            sheet.pair("tools", ", ".join(persona.tools))
        if persona.delegates:
            sheet.pair("delegates", ", ".join(each.name for each in persona.delegates))
        if persona.prompt:
            sheet.pair("prompt", persona.prompt, "dim")


def _unfit(pending: Pending) -> str:
    """Keys that answer nothing here."""
    if pending.awaited:
        return "ae"
    return "eor" if pending.kind == "retry" else "o"
