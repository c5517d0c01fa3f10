"""One query asked of one agent, and the report on all of them."""

import statistics
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.outputs import LLMResult
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore

from benchmarks.intervals import paired_interval, share_interval
from benchmarks.queries import Query
from benchmarks.skills import Skill, toolbox_of
from repertory.graphs import build_persona
from repertory.memory.errors import RepertoryError, ResourceError
from repertory.memory.records import Agent
from repertory.nodes.context import Context, Limits
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import Models

_CONTEXT = Context(policy="autonomous", limits=Limits(turns=6, model_calls=30))
_NOT_SHOWN = """What this does not show:
- whether the work gets better: the skills are descriptions of agents, and calling one does nothing
- work that needs several skills, or none: every query has at least one that is right, and the first call counts
- the best that a hierarchy can do: its teams are cut and described by rule, from the names of their skills
- other models, other libraries, or other wordings: each query was asked once; the intervals are about queries only
- right and wrong beyond doubt: one author said which skills are right, before any were scored"""


@dataclass(frozen=True)
class Run:
    """What became of one query."""

    right: bool
    used: tuple[str, ...]
    """Ids of the skills called, in their order."""
    calls: int
    tokens: int
    """Of all prompts, as the server counted them; 0 where it does not."""
    error: str | None = None


class _Cost(AsyncCallbackHandler):
    """Counts calls and prompt tokens."""

    def __init__(self) -> None:
        self.calls = self.tokens = 0

    async def on_llm_end(self, response: LLMResult, **_: Any) -> None:
        self.calls += 1
        for generations in response.generations:
            for generation in generations:
                usage = getattr(getattr(generation, "message", None), "usage_metadata", None)
                self.tokens += usage["input_tokens"] if usage else 0


async def ask(query: Query, agent: Agent, skills: Sequence[Skill], models: Models, *, must: bool = False) -> Run:
    """Ask an agent, and see which skills are called.

    Args:
        query: what is wanted.
        agent: flat, or the root of a hierarchy.
        skills: all of them.
        models: the model.
        must: raise where the server answered nothing at all, instead of counting that as not right.

    Raises:
        ResourceError: the server cannot be reached, or refuses; only with `must`.
    """
    used: list[Skill] = []
    deps = Deps(models, toolbox_of(skills, used.append))
    graph: Any = build_persona(agent, deps, checkpointer=InMemorySaver(), store=InMemoryStore())
    cost = _Cost()
    config = {"configurable": {"thread_id": uuid.uuid4().hex}, "callbacks": [cost]}
    message = f"{query.text}\n\nHave it done by the one skill that fits best, and answer with what that brought."
    try:
        out = await graph.ainvoke({"message": message}, config, context=_CONTEXT)
        error = out["error"]
    except RepertoryError as caught:
        error = str(caught)
    if must and error and not cost.calls:
        raise ResourceError(f"not one call was answered: {error}")
    ids = tuple(skill.id for skill in used)
    return Run(bool(ids) and ids[0] in query.right, ids, cost.calls, cost.tokens, error)


def format_report(pairs: Sequence[tuple[Run, Run]], *, offline: bool = False) -> str:
    """What was found, how sure it is, and what it does not show.

    Args:
        pairs: for each query, the flat run and the hierarchy's.
        offline: whether the offline model chose.
    """
    flat, nested = zip(*pairs, strict=True)
    rows = [("", "flat", "hierarchy"), ("right skill first", _share(flat), _share(nested))]
    rows += [(name, of(flat), of(nested)) for name, of in _COUNTS.items()]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    only_flat = sum(one.right and not other.right for one, other in pairs)
    only_nested = sum(other.right and not one.right for one, other in pairs)
    low, high = paired_interval(only_flat, only_nested, len(pairs))
    difference = (only_nested - only_flat) / len(pairs)
    lines += [
        "",
        f"Hierarchy less flat: {difference * 100:+.1f} points (95 %: {low * 100:+.1f} to {high * 100:+.1f}); "
        f"only flat right {only_flat}, only the hierarchy {only_nested}",
        _verdict(low, high, offline),
        "",
        _NOT_SHOWN,
    ]
    return "\n".join(lines)


def _verdict(low: float, high: float, offline: bool) -> str:
    if offline:
        return "These are choices of the offline model, which compares words: they mean nothing about models."
    if low <= 0 <= high:
        return "No difference was shown: the interval holds 0."
    return f"With this model and these queries {'the hierarchy' if low > 0 else 'the flat agent'} chooses better."


def _share(runs: Sequence[Run]) -> str:
    right = sum(run.right for run in runs)
    low, high = share_interval(right, len(runs))
    return f"{right} of {len(runs)} = {right / len(runs):.0%} (95 %: {low:.0%} to {high:.0%})"


_COUNTS: dict[str, Callable[[Sequence[Run]], str]] = {
    "no skill used": lambda runs: str(sum(not run.used for run in runs)),
    "more than one used": lambda runs: str(sum(len(run.used) > 1 for run in runs)),
    "failed": lambda runs: str(sum(run.error is not None for run in runs)),
    "model calls a query": lambda runs: f"{statistics.mean(run.calls for run in runs):.1f}",
    "prompt tokens a query": lambda runs: f"{statistics.mean(run.tokens for run in runs):.0f}",
}
