"""What a call may do, and who executes it, by the name of what is called."""

from collections.abc import Callable

from repertory.memory.proposals import Executor
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


def executor_of(deps: Deps) -> Callable[[str], Executor]:
    """Who executes a tool, by its name; what is no tool is at work here."""

    def executor(name: str) -> Executor:
        return deps.toolbox[name].executor if name in deps.toolbox else "server"

    return executor
