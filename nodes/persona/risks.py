"""What a call may do, by the name of what is called."""

from collections.abc import Callable

from repertory.nodes.decisions.policy import Risk
from repertory.nodes.deps import Deps
from repertory.nodes.persona.speech import SPEECH


def risk_of(deps: Deps) -> Callable[[str], Risk | None]:
    """The risk of a tool by its name; None for what is no tool, which is a delegate."""

    def risk(name: str) -> Risk | None:
        if name in SPEECH:
            return "read"
        return deps.toolbox[name].risk if name in deps.toolbox else None

    return risk
