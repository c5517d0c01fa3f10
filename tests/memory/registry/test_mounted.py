"""A registry with libraries beside it."""

import pytest
from langgraph.store.base import BaseStore

from repertory.memory.records import Agent
from repertory.memory.registry import Lesson, Mounted, Query, Registry
from repertory.memory.retrieval.lexical import LexicalIndex


def agent(name: str, role: str = "Gardener", **fields: object) -> Agent:
    return Agent.model_validate({"name": name, "role": role, "description": "Prunes roses", **fields})


async def test_a_library_is_found_beside_ones_own(store: BaseStore) -> None:
    """Each with its owner; without the library, or of an owner who is not mounted, nothing."""
    index = LexicalIndex()
    await Registry(store, index, "ann").save_agent(agent("mine", "Rose gardener"))
    await Registry(store, index, "team").save_agent(agent("theirs"))
    await Registry(store, index, "eve").save_agent(agent("hers"))
    [found] = await Mounted(store, index, "ann", ["team"]).candidates([Query("Rose gardener: prunes roses")])
    assert [(each.agent.owner, each.agent.name) for each in found] == [("ann", "mine"), ("team", "theirs")]
    [alone] = await Mounted(store, index, "ann").candidates([Query("Rose gardener: prunes roses")])
    assert [each.agent.name for each in alone] == ["mine"]


@pytest.mark.parametrize("move", [None, "rest", "retire"])
async def test_ones_own_hides_a_librarys_of_the_same_name(store: BaseStore, move: str | None) -> None:
    """Also one that was put to rest: it is not to come back from the library."""
    index = LexicalIndex()
    ann = Registry(store, index, "ann")
    await ann.save_agent(agent("rosy"))
    if move:
        await ann.move_agents(["rosy"], move)  # type: ignore[arg-type]  # the parameter is one of the moves
    await Registry(store, index, "team").save_agent(agent("rosy"))
    await Registry(store, index, "other").save_agent(agent("rosy"))
    [found] = await Mounted(store, index, "ann", ["team", "other"]).candidates([Query("Gardener: prunes roses")])
    assert [each.agent.owner for each in found] == ([] if move else ["ann"])
    [theirs] = await Mounted(store, index, "bob", ["team", "other"]).candidates([Query("Gardener: prunes roses")])
    assert [each.agent.owner for each in theirs] == ["team"]


async def test_drafts_of_a_library_are_not_seen(store: BaseStore) -> None:
    """Nobody approved them there; one's own drafts are seen."""
    index = LexicalIndex()
    for owner in ("ann", "team"):
        await Registry(store, index, owner).save_agent(agent(f"draft_of_{owner}", status="draft"))
    [found] = await Mounted(store, index, "ann", ["team"]).candidates([Query("Gardener: prunes roses")])
    assert [each.agent.name for each in found] == ["draft_of_ann"]


async def test_who_is_found_in_a_library_of_failures_is_behind(store: BaseStore) -> None:
    """The records of both count, each its own."""
    index = LexicalIndex()
    await Registry(store, index, "ann").save_agent(agent("mine"))
    team = Registry(store, index, "team")
    await team.save_agent(agent("theirs"))
    for n in range(5):
        await team.learn(f"r{n}", agents={"theirs": Lesson(False)})
    [found] = await Mounted(store, index, "ann", ["team"]).candidates([Query("Gardener: prunes roses")])
    assert [each.agent.name for each in found] == ["mine", "theirs"]
    assert found[0].margin > found[1].margin
