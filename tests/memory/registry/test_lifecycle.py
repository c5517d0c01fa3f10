"""The life cycle of an agent: what leads where, and what does not."""

from typing import get_args

import pytest
from langgraph.store.memory import InMemoryStore

from repertory.memory.errors import InputError
from repertory.memory.records import Agent, AgentStatus
from repertory.memory.registry import Registry
from repertory.memory.registry.lifecycle import Move, moved
from repertory.memory.retrieval.lexical import LexicalIndex

WAYS: dict[tuple[AgentStatus, Move], AgentStatus] = {
    ("draft", "approve"): "active",
    ("active", "approve"): "active",
    ("active", "rest"): "inactive",
    ("inactive", "rest"): "inactive",
    ("inactive", "wake"): "active",
    ("active", "wake"): "active",
    ("draft", "retire"): "retired",
    ("active", "retire"): "retired",
    ("inactive", "retire"): "retired",
    ("retired", "retire"): "retired",
}


def agent(name: str = "csv", **fields: object) -> Agent:
    return Agent(**{"name": name, "role": "CSV analyst", "description": "computes figures from tables", **fields})


@pytest.mark.parametrize("status", get_args(AgentStatus))
@pytest.mark.parametrize("move", get_args(Move))
def test_moves_lead_where_the_table_says_and_nowhere_else(status: AgentStatus, move: Move) -> None:
    """All that are not listed are refused; nothing but the status changes."""
    before = agent(status=status, version=3)
    if (status, move) in WAYS:
        assert moved(before, move) == before.model_copy(update={"status": WAYS[status, move]})
        return
    with pytest.raises(InputError, match=r"the agent 'csv' cannot be .*: it is "):
        moved(before, move)


def test_a_refusal_names_the_status_and_the_remedy() -> None:
    """One for each status that is left otherwise."""
    for status, move, said in (
        ("draft", "wake", "cannot be woken: it is a draft; approve it first: `repertory agents approve csv`"),
        ("inactive", "approve", "cannot be approved: it is at rest; wake it: `repertory agents wake csv`"),
        ("retired", "wake", "cannot be woken: it is retired, and that is for good; keep one like it under another"),
    ):
        with pytest.raises(InputError, match=said):
            moved(agent(status=status), move)


async def test_agents_are_moved_all_or_none() -> None:
    """A move makes no version, and what is found follows it; one that cannot be made keeps all as they are."""
    registry = Registry(InMemoryStore(), LexicalIndex())
    await registry.save_agents([agent("a"), agent("b", status="retired"), agent("c")])
    for names, said in ((["a", "b"], "'b' cannot be put to rest"), (["a", "nobody"], "there is no agent 'nobody'")):
        with pytest.raises(InputError, match=said):
            await registry.move_agents(names, "rest")
    assert [each.status for each in await registry.agents()] == ["active", "retired", "active"]
    [(before, after)] = await registry.move_agents(["a", "a"], "rest")
    assert (before.status, after.status, after.version) == ("active", "inactive", 1)
    assert [found.record.name for found in (await registry.find_agents(["CSV analyst"]))[0]] == ["c"]
    await registry.move_agents(["a"], "wake")
    assert {found.record.name for found in (await registry.find_agents(["CSV analyst"]))[0]} == {"a", "c"}


async def test_a_move_does_not_bring_back_an_older_version() -> None:
    """It moves the agent as it is kept at that moment, whatever its caller has seen of it."""
    registry = Registry(InMemoryStore(), LexicalIndex())
    await registry.save_agent(agent(prompt="one"))
    await registry.save_agent(agent(prompt="two"))
    [(_, after)] = await registry.move_agents(["csv"], "retire")
    assert (after.prompt, after.version, after.status) == ("two", 2, "retired")
