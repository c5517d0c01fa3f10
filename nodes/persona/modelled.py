"""Model-managed: one model call chooses what a persona does next."""

from collections.abc import Sequence

from repertory.memory.records import Agent, JsonObject
from repertory.nodes.deps import Deps
from repertory.nodes.models.responses import ToolLike, respond
from repertory.nodes.persona.choice import Choice, Chooser, Situation
from repertory.nodes.persona.conversation import conversation
from repertory.nodes.persona.speech import DELEGATE


def by_model(agent: Agent, tools: Sequence[ToolLike], deps: Deps) -> Chooser:
    """Make the choice of an agent that its model manages.

    Args:
        agent: who chooses.
        tools: what it may call; a delegate is called through one of them.
        deps: the models.
    """
    delegates = frozenset(delegate.name for delegate in agent.delegates)

    async def choose(at: Situation) -> Choice:
        messages = conversation(agent, at.message, at.turns, at.heard, at.earlier)
        budget = at.run.meter(at.frame.root)
        response = await respond(deps.models(agent.model), messages, tools, budget=budget)
        return Choice(
            text=response.text,
            calls=tuple(_named(name, arguments) for name, arguments in response.calls),
            delegates=delegates,
            usage=response.usage,
        )

    return choose


def _named(name: str, arguments: JsonObject) -> tuple[str, JsonObject]:
    """A call of `delegate` is named after the delegate, so that policies and people see whom it goes to."""
    if name == DELEGATE:
        return arguments["to"], {"message": arguments["message"]}
    return name, arguments
