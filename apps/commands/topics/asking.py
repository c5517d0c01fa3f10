"""A person at the terminal who decides what a task may do, and answers what it asks."""

from repertory.apps.client import APPROVE, Action, Decision, Result
from repertory.apps.commands.topics.shown import Shown

_MENU = "a approve, x reject, s show, q leave it for later, or what should be otherwise: "
_QUESTION = "your answer (x reject, s show, q leave it for later): "


class Prompt:
    """Asks about one action after the other.

    Args:
        shown: where actions are shown.
    """

    def __init__(self, shown: Shown) -> None:
        self._shown = shown

    def __call__(self, action: Action) -> Decision | Result | None:
        """The word on an action; None: left for later."""
        self._shown.action(action)
        asked = action.executor == "user"
        while True:
            try:
                said = input(_QUESTION if asked else _MENU).strip()
            except EOFError:
                self._shown.page.line()
                return None
            letter, _, words = said.partition(" ")
            match letter, words.strip():
                case "", _:
                    continue
                case "s", "":
                    self._shown.action(action)
                case "q", "":
                    return None
                case (("a" | "approve"), "") if not asked:
                    return APPROVE
                case (("x" | "reject"), reason):
                    return Decision(decision="reject", feedback=reason or None)
                case _:
                    return Result(output=said) if asked else Decision(decision="feedback", feedback=said)
