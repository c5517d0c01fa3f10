"""Cohorts by their task, by its form, and each company once."""

import pytest
from langgraph.store.memory import InMemoryStore

from repertory.memory.plans import Casting, Cohort, Company
from repertory.memory.records import Agent, Usage
from repertory.memory.registry import Lesson, Registry
from repertory.memory.retrieval.lexical import LexicalIndex

USAGE = Usage(model_calls=1)


def cohort(cohort_id: str, task: str, *, prompt: str = "Be brief.", **fields: object) -> Cohort:
    agent = Agent(name="editor", role="Editor", description="edits", prompt=prompt)
    company = Company.parse(
        {"plan": {"steps": [{"id": "s1", "instruction": "edit", "agent": "editor"}]}, "cast": [{"agent": agent}]}
    )
    return Cohort(id=cohort_id, task=task, company=company, **fields)  # type: ignore[arg-type]


def registry() -> Registry:
    return Registry(InMemoryStore(), LexicalIndex())


async def test_cohorts_of_one_form_are_found_without_the_index() -> None:
    """The equal one is among them; another form, or a cohort whose user was not satisfied, is not."""
    kept = registry()
    await kept.save_cohort(cohort("may", "Write the report for May"))
    await kept.save_cohort(cohort("june", "Write the report for June"))
    await kept.save_cohort(cohort("bad", "Write the report for July", rating="unsatisfied"))
    await kept.save_cohort(cohort("other", "Read the report for May"))
    assert {each.id for each in await kept.cohorts_of_form("write the report for August!")} == {"may", "june"}
    assert [each.id for each in await kept.equal_cohorts("write the report for may")] == ["may"]
    assert await kept.equal_cohorts("Write the report for August") == []


@pytest.mark.parametrize(
    ("done", "task"),
    [
        ("Compute 2⁵", "Compute 25"),
        ("What is 5!", "What is 5"),
        ("List the files in ..", "List the files in ."),
        ("Write 'HELLO' to a.txt", "Write 'hello' to a.txt"),
        ("Count the words of A.txt", "count the words of a.txt"),
        ("Print `a  b`", "Print `a b`"),
    ],
)
async def test_what_counts_letter_by_letter_makes_tasks_unequal(done: str, task: str) -> None:
    """Quotations, files, powers, factorials and folders: the plan of one would do the other wrongly, and unseen."""
    kept = registry()
    await kept.save_cohort(cohort("one", done))
    assert await kept.equal_cohorts(task) == []
    for same in (done, f"  {done.replace(' the ', '  THE ')}"):
        assert [each.id for each in await kept.equal_cohorts(same)] == ["one"]


async def test_the_best_of_one_form_comes_first() -> None:
    """A person's rating goes before success, success before time."""
    kept = registry()
    for n, month in enumerate(("May", "June", "July")):
        rated_by = "user" if month == "May" else "policy"
        await kept.save_cohort(cohort(month, f"Write the report for {month}", prompt=str(n), rated_by=rated_by))
    await kept.learn("run", agents={}, cohorts={"July": Lesson(False, USAGE)})
    assert [each.id for each in await kept.cohorts_of_form("Write the report for March")] == ["May", "June", "July"]


async def test_the_same_company_for_an_equal_task_is_kept_once() -> None:
    """A replay leaves no second cohort; what a person said of it stays; another prompt is another company."""
    kept = registry()
    first = await kept.save_cohort(cohort("one", "Write it"))
    again = await kept.save_cohort(cohort("two", " write it!", rated_by="user"))
    assert (again.id, again.task, again.rated_by) == ("one", "Write it", "user")
    policy = await kept.save_cohort(cohort("three", "Write it"))
    assert (policy.id, policy.rated_by) == ("one", "user")
    assert [each.id for each in await kept.cohorts()] == [first.id]
    assert (await kept.save_cohort(cohort("four", "Write it", prompt="Be long."))).id == "four"
    assert (await kept.save_cohort(cohort("five", "Write it for May"))).id == "five"
    assert len(await kept.cohorts()) == 3


async def test_bookkeeping_makes_no_other_company() -> None:
    """Versions, track records and reasons of casting differ from run to run."""
    kept = registry()
    await kept.save_cohort(cohort("one", "Write it"))
    two = cohort("two", "Write it")
    agent = two.company.cast[0].agent.model_copy(update={"version": 4, "created_by": "run x"})
    casting = Casting(agent=agent, origin="reused", reason="fits")
    same = two.model_copy(update={"company": two.company.model_copy(update={"cast": (casting,)})})
    assert (await kept.save_cohort(same)).id == "one"


async def test_several_tasks_are_looked_up_at_once() -> None:
    """Each gets its own cohorts, in its order."""
    kept = registry()
    await kept.save_cohort(cohort("roses", "Prune the roses"))
    await kept.save_cohort(cohort("pipes", "Mend the pipes"))
    found = await kept.find_cohorts(["mend pipes", "prune roses", "sing"])
    assert [[match.record.id for match in group] for group in found] == [["pipes"], ["roses"], []]
    assert await kept.find_cohorts([]) == []
