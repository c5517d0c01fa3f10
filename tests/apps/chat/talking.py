"""A conversation on a terminal, begun."""

from tests.apps.terminal import Open, Terminal

HELLO = "I am Joe. Who are you?"
ASKED = "q leave\n> "
YOU = "\nyou: "


def begun(terminal: Open, persona: str, *arguments: str, **environ: str) -> Terminal:
    """A conversation `t` that asks about everything, at its first question."""
    at = terminal("chat", persona, HELLO, "--thread", "t", "--policy", "interactive", *arguments, **environ)
    shown = at.expect(ASKED)
    assert f"you: {HELLO}" in shown
    return at
