"""Histories that are restored: all of them comes back, and nothing is lost for it."""

import pytest
from langgraph.store.memory import InMemoryStore

from repertory.memory.errors import InputError
from repertory.memory.records import Track
from repertory.memory.registry import Registry
from repertory.memory.registry.restoring import Saved
from repertory.memory.retrieval.lexical import LexicalIndex
from tests.memory.library.conftest import agent, cohort


def registry(owner: str = "local") -> Registry:
    return Registry(InMemoryStore(), LexicalIndex(), owner)


async def test_an_agent_comes_back_with_all_that_the_registry_knew_of_it() -> None:
    """Version, status, track record, origin and older versions; only the owner is the new one."""
    old = agent(prompt="one", version=2, track=Track(uses=1))
    new = agent(prompt="two", version=5, status="inactive", track=Track(uses=4, deeds=("added",)), created_by="run 1")
    at = registry("ann")
    [kept] = await at.restore_agents([[old, new]])
    assert kept == new.model_copy(update={"owner": "ann"}) == await at.agent("csv")
    assert await at.agent("csv", 2) == old.model_copy(update={"owner": "ann"})
    assert await at.older_versions() == {"csv": [old.model_copy(update={"owner": "ann"})]}
    assert await at.find_agents(["CSV analyst"]) == [[]]
    await at.restore_agents([[agent("poet", role="Poet")]])
    assert (await at.find_agents(["Poet"]))[0][0].record.name == "poet"


async def test_what_has_its_name_already_is_left_as_it_is() -> None:
    """Neither it nor its versions are touched, and what is restored tells so."""
    at = registry()
    mine = await at.save_agent(agent(prompt="mine"))
    restored = await at.restore_agents([[agent(prompt="x", version=1), agent(prompt="y", version=2)], [agent("b")]])
    assert [each.name for each in restored] == ["b"]
    assert await at.agent("csv") == mine
    assert await at.older_versions() == {}


async def test_histories_that_do_not_hold_together_are_refused() -> None:
    """Of two agents, in a wrong order, or two of one name; nothing is kept."""
    at = registry()
    for histories, said in (
        ([[agent("a"), agent("b", version=2)]], r"\['a@1', 'b@2'\]"),
        ([[agent(version=2), agent(version=1)]], r"\['csv@2', 'csv@1'\]"),
        ([[agent()], [agent(version=2)]], r"\['csv', 'csv'\]"),
    ):
        with pytest.raises(InputError, match=said):
            await at.restore_agents(histories)
    assert await at.agents() == []


async def test_a_cohort_comes_back_with_its_record_and_its_time() -> None:
    """So that the latest of equal tasks is still the one that is taken; a known one is left as it is."""
    at = registry("ann")
    late = Saved(cohort("late", track=Track(uses=2, successes=2)), "2026-02-01T00:00:00+00:00")
    early = Saved(cohort("early"), "2026-01-01T00:00:00+00:00")
    assert [each.id for each in await at.restore_cohorts([late, early])] == ["late", "early"]
    assert await at.saved_cohorts() == [
        Saved(each.cohort.model_copy(update={"owner": "ann"}), each.at) for each in (early, late)
    ]
    found = await at.equal_cohorts("add up")
    assert [(each.id, each.track.uses, each.owner) for each in found] == [("late", 2, "ann"), ("early", 0, "ann")]
    assert await at.restore_cohorts([Saved(cohort("late", "Other"), "")]) == []
    assert [each.record.task for each in (await at.find_cohorts(["Add up"]))[0]] == ["Add up", "Add up"]
