"""Model calls of the planner's own nodes: within the run's budget, counted under the node's name."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from langchain_core.messages import BaseMessage
from langgraph.runtime import Runtime
from pydantic import BaseModel

from repertory.memory.errors import LimitError
from repertory.memory.records import ModelSpec, Usage
from repertory.nodes.budget import Budget
from repertory.nodes.context import Context, context_of
from repertory.nodes.deps import Deps
from repertory.nodes.models.responses import respond, structured
from repertory.nodes.planner.perform import spent_so_far
from repertory.nodes.planner.state import PlannerState, PlannerUpdate

D = TypeVar("D", bound=BaseModel)
R = TypeVar("R")


class Metered:
    """The model calls of one node in one run.

    Args:
        node: the name that the cost is counted under.
        state: the run.
        context: its limits.
        deps: the models.
    """

    def __init__(self, node: str, state: PlannerState, context: Context, deps: Deps) -> None:
        self._node, self._state, self._deps = node, state, deps
        self._attempts = context.limits.plan_attempts
        self._began = time.monotonic()
        self._budget = Budget(context.limits, spent_so_far(state), sum(state.get("seconds", {}).values()))
        self._before = self._budget.spent

    async def fill_in(self, messages: Sequence[BaseMessage], schema: type[D], check: Callable[[D], R]) -> R:
        """Have a model fill in a schema; what `check` refuses goes back to it with the reason."""
        model = self._deps.models(ModelSpec())
        result, _ = await structured(model, messages, schema, check, budget=self._budget, attempts=self._attempts)
        return result

    async def answer(self, messages: Sequence[BaseMessage]) -> str:
        """Have a model answer in words."""
        response = await respond(self._deps.models(ModelSpec()), messages, budget=self._budget)
        return response.text

    def cost(self) -> PlannerUpdate:
        """What the node cost in this run, for its update."""
        before, spent = self._before, self._budget.spent
        usage = Usage(
            model_calls=spent.model_calls - before.model_calls,
            input_tokens=spent.input_tokens - before.input_tokens,
            output_tokens=spent.output_tokens - before.output_tokens,
        )
        seconds = self._state.get("seconds", {}).get(self._node, 0.0) + time.monotonic() - self._began
        earlier = self._state.get("usage", {}).get(self._node, Usage())
        return {"usage": {self._node: earlier + usage}, "seconds": {self._node: seconds}}


MeteredNode = Callable[[PlannerState, Runtime[Context], Metered], Awaitable[PlannerUpdate]]


def metered(name: str, deps: Deps) -> Callable[[MeteredNode], Callable[..., Awaitable[Any]]]:
    """Decorate a node that calls a model: its cost joins its update, and a limit ends the run in an orderly way."""

    def decorate(node: MeteredNode) -> Callable[..., Awaitable[Any]]:
        async def wrapped(state: PlannerState, runtime: Runtime[Context]) -> PlannerUpdate:
            meter = Metered(name, state, context_of(runtime), deps)
            try:
                update = await node(state, runtime, meter)
            except LimitError as error:
                update = {"status": "stopped", "error": str(error)}
            return {**update, **meter.cost()}

        return wrapped

    return decorate
