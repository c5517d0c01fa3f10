"""Agents and cohorts: kept, found, counted, whatever happens in between."""

import asyncio
import threading

import pytest
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore

from repertory.memory.errors import InputError
from repertory.memory.plans import Casting, Cohort, Company, Plan, Step
from repertory.memory.records import Agent, Track, Usage
from repertory.memory.registry import Lesson, Registry
from repertory.memory.retrieval.lexical import LexicalIndex
from tests.memory.retrieval.rows import documents

USAGE = Usage(model_calls=1, input_tokens=10, output_tokens=2)


def agent(name: str = "csv", **fields: object) -> Agent:
    return Agent(**{"name": name, "role": "CSV analyst", "description": "computes figures from tables", **fields})


def cohort(cohort_id: str, task: str, **fields: object) -> Cohort:
    step = Step(id="one", instruction=f"add for {cohort_id}", agent="csv")  # each is another company
    company = Company(plan=Plan(steps=(step,)), cast=(Casting(agent=agent()),))
    return Cohort(**{"id": cohort_id, "task": task, "company": company, **fields})


async def test_the_same_content_is_no_new_version(store: BaseStore):
    """Saving an agent again, whatever its version, owner and track say, changes nothing."""
    registry = Registry(store, LexicalIndex(), "ann")
    saved = await registry.save_agent(agent())
    assert (saved.version, saved.owner) == (1, "ann")
    again = await registry.save_agent(agent(version=7, owner="bob", track=Track(uses=9)))
    assert again == saved
    assert await registry.agents() == [saved]


async def test_other_content_is_the_next_version_and_the_old_one_stays(store: BaseStore):
    """Each version stays readable as it was; the track record goes with the name."""
    registry = Registry(store, LexicalIndex())
    first = await registry.save_agent(agent(prompt="one"))
    await registry.learn("run", agents={"csv": Lesson(True, USAGE)})
    second = await registry.save_agent(agent(prompt="two"))
    third = await registry.save_agent(agent(prompt="three", delegates=(agent("helper"),)))
    assert [second.version, third.version] == [2, 3]
    assert third.track.uses == 1
    assert await registry.agent("csv") == third
    assert await registry.agent("csv", 3) == third
    assert (await registry.agent("csv", 1)).prompt == first.prompt
    assert (await registry.agent("csv", 2)).prompt == "two"
    assert await registry.agent("csv", 4) is None
    assert await registry.agent("nobody") is None


async def test_a_delegates_bookkeeping_is_no_new_version(store: BaseStore):
    """Delegates that differ in track record or version only are the same content; another prompt is not."""
    registry = Registry(store, LexicalIndex())
    await registry.save_agent(agent(delegates=(agent("helper"),)))
    same = await registry.save_agent(agent(delegates=(agent("helper", version=3, track=Track(uses=5)),)))
    assert same.version == 1
    assert (await registry.save_agent(agent(delegates=(agent("helper", prompt="new"),)))).version == 2


async def test_finding_by_what_is_wanted(store: BaseStore):
    """Each query gets the agent that fits it; a registry that never held anything answers with nothing."""
    registry = Registry(store, LexicalIndex())
    assert await registry.find_agents(["anyone"]) == [[]]
    csv = await registry.save_agent(agent())
    poet = await registry.save_agent(agent("poet", role="Poet", description="writes sonnets"))
    found = await registry.find_agents(["CSV analyst: figures from tables", "Poet: a sonnet"])
    assert [matches[0].record for matches in found] == [csv, poet]
    assert await registry.find_agents([]) == []


async def test_an_inactive_agent_is_kept_and_not_found(store: BaseStore):
    """Putting an agent to rest is no new version; it is found again when it is woken, and by nothing else."""
    registry = Registry(store, LexicalIndex())
    await registry.save_agent(agent())
    resting = await registry.save_agent(agent(status="inactive"))
    assert (resting.version, resting.status) == (1, "inactive")
    assert await registry.agents() == [resting]
    assert await registry.find_agents(["CSV analyst"]) == [[]]
    assert (await registry.save_agent(agent())).status == "inactive"
    await registry.move_agents(["csv"], "wake")
    assert len((await registry.find_agents(["CSV analyst"]))[0]) == 1


async def test_a_changed_description_is_found_by_its_new_words_only(store: BaseStore):
    """The index follows the newest version."""
    registry = Registry(store, LexicalIndex())
    await registry.save_agent(agent(role="Gardener", description="prunes roses"))
    await registry.save_agent(agent(role="Plumber", description="mends pipes"))
    assert await registry.find_agents(["prune roses"]) == [[]]
    assert (await registry.find_agents(["mend pipes"]))[0][0].record.version == 2


async def test_stale_rows_of_an_index_are_ignored(store: BaseStore):
    """Rows that the store does not bear out, or that are of an older text, are never returned."""
    index = LexicalIndex()
    registry = Registry(store, index)
    await registry.save_agent(agent())
    await registry.find_agents(["brings the index up to date"])
    await index.put("agents", "local", documents({"csv:old": "CSV analyst", "ghost:1": "CSV analyst"}))
    assert [found.record.name for found in (await registry.find_agents(["CSV analyst"]))[0]] == ["csv"]


@pytest.mark.parametrize("other", ["bob", "an", "anna", "ann.b", "Ann", "ann%2Eb", "*", "[a]nn", "agents"])
async def test_owners_never_meet(store: BaseStore, other: str):
    """Whatever two owners are called: one index, one store, and nothing of one is seen or changed by the other."""
    index = LexicalIndex()
    ann, bob = Registry(store, index, "ann"), Registry(store, index, other)
    await ann.save_agent(agent(prompt="Ann's"))
    await ann.save_cohort(cohort("c1", "Add up sales"))
    assert await bob.agents() == []
    assert await bob.cohorts() == []
    assert await bob.agent("csv") is None
    assert await bob.find_agents(["CSV analyst"]) == [[]]
    assert await bob.equal_cohorts("Add up sales") == []
    assert await bob.find_cohorts(["Add up sales"]) == [[]]
    assert (await bob.save_agent(agent(prompt="Bob's"))).version == 1
    await bob.learn("run", agents={"csv": Lesson(True, USAGE)}, cohorts={"c1": Lesson(True, USAGE)})
    assert (await ann.agent("csv")).prompt == "Ann's"
    assert (await ann.agent("csv")).track.uses == 0
    assert (await ann.cohort("c1")).track.uses == 0
    await bob.reindex()
    assert len((await ann.find_agents(["CSV analyst"]))[0]) == 1


@pytest.mark.parametrize("owner", ["", "  ", "x" * 201, "a\udcff"])
def test_an_owner_has_a_name(owner: str):
    """An empty or overlong owner, or one that is no text, is refused with its value."""
    with pytest.raises(InputError, match="owner '"):
        Registry(InMemoryStore(), LexicalIndex(), owner)


async def test_an_equal_task_finds_its_cohort(store: BaseStore):
    """Case, white space and final punctuation do not matter; other words do; an unsatisfying cohort does not count."""
    registry = Registry(store, LexicalIndex())
    await registry.save_cohort(cohort("c1", "Add up the sales in C++."))
    for task in ("add up  the\nSALES in c++", "Add up the sales in C++!", "ADD UP THE SALES IN C++ …"):
        assert (await registry.equal_cohorts(task))[0].id == "c1", task
    for task in ("Add up the sales in C", "Add up the sales", "", "."):
        assert await registry.equal_cohorts(task) == [], task
    await registry.save_cohort(cohort("c2", "Write a poem", rating="unsatisfied"))
    assert await registry.equal_cohorts("Write a poem") == []
    assert await registry.find_cohorts(["Write a poem"]) == [[]]


async def test_among_equal_tasks_the_best_then_the_latest_cohort_is_taken(store: BaseStore):
    """A person's rating goes before a policy's, success before failure, late before early."""
    registry = Registry(store, LexicalIndex())
    await registry.save_cohort(cohort("early", "Add up"))
    await registry.save_cohort(cohort("late", "Add up"))
    assert (await registry.equal_cohorts("add up"))[0].id == "late"
    await registry.learn("run", agents={}, cohorts={"late": Lesson(False, USAGE)})
    assert (await registry.equal_cohorts("add up"))[0].id == "early"
    await registry.save_cohort(cohort("rated", "Add up", rated_by="user", track=Track(uses=2, successes=1)))
    assert (await registry.equal_cohorts("add up"))[0].id == "rated"


async def test_a_cohort_whose_task_changed_is_not_equal_to_the_old_one(store: BaseStore):
    """Replacing a cohort under its id leaves no trace of its former task."""
    registry = Registry(store, LexicalIndex())
    await registry.save_cohort(cohort("c1", "Prune the roses"))
    await registry.save_cohort(cohort("c1", "Mend the pipes"))
    assert await registry.equal_cohorts("Prune the roses") == []
    assert await registry.find_cohorts(["prune roses"]) == [[]]
    assert [[found.record.id for found in group] for group in await registry.find_cohorts(["mend pipes"])] == [["c1"]]
    assert [kept.id for kept in await registry.cohorts()] == ["c1"]


async def test_counting_a_run_twice_is_counting_it_once(store: BaseStore):
    """Uses, successes and usage change with the first count of a run only; unknown names are ignored."""
    registry = Registry(store, LexicalIndex())
    await registry.save_agent(agent())
    await registry.save_cohort(cohort("c1", "Add up"))
    for _ in range(2):
        deeds = {"csv": Lesson(False, USAGE), "nobody": Lesson(True, USAGE)}
        await registry.learn("run", agents=deeds, cohorts={"c1": Lesson(True, USAGE)})
    await registry.learn("other", agents={}, cohorts={"nowhere": Lesson(True, USAGE)})
    assert (await registry.agent("csv")).track == Track(uses=1, successes=0, usage=USAGE, runs=("run",))
    assert (await registry.cohort("c1")).track == Track(uses=1, successes=1, usage=USAGE, runs=("run",))


async def test_runs_that_end_at_once_are_all_counted(store: BaseStore):
    """Twenty runs that count, and versions that are saved, at the same time: nothing is lost."""
    index = LexicalIndex()
    await Registry(store, index).save_agent(agent(prompt="0"))
    await asyncio.gather(
        *(Registry(store, index).learn(f"r{n}", agents={"csv": Lesson(True, USAGE)}) for n in range(20)),
        *(Registry(store, index).save_agent(agent(prompt=str(n))) for n in range(1, 6)),
    )
    kept = await Registry(store, index).agent("csv")
    assert kept.track.uses == kept.track.successes == 20
    assert kept.version == 6
    past = [await Registry(store, index).agent("csv", version) for version in range(1, 7)]
    assert {version.prompt for version in past} == set("012345")


def test_runs_in_two_threads_are_all_counted():
    """Two event loops in two threads share a store: every run is counted."""
    store, index = InMemoryStore(), LexicalIndex()
    asyncio.run(Registry(store, index).save_agent(agent()))

    async def count(thread: int) -> None:
        for n in range(50):
            await Registry(store, index).learn(f"{thread}.{n}", agents={"csv": Lesson(True, USAGE)})

    threads = [threading.Thread(target=lambda n=n: asyncio.run(count(n))) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asyncio.run(Registry(store, index).agent("csv")).track.uses == 100


async def test_two_hundred_agents_are_all_there(store: BaseStore):
    """No limit of the store cuts the list, the index, or a search short."""
    registry = Registry(store, LexicalIndex())
    for n in range(200):
        await registry.save_agent(agent(f"clerk{n}", role=f"clerk number{n}"))
    assert len(await registry.agents()) == 200
    fresh = Registry(store, LexicalIndex())
    found = await fresh.find_agents([f"clerk number{n}" for n in range(200)], 1)
    assert [matches[0].record.name for matches in found] == [f"clerk{n}" for n in range(200)]


async def test_reindex_tells_how_far_it_is(store: BaseStore):
    """An index is filled from the store whatever was in it; progress ends at the number of rows."""
    registry = Registry(store, LexicalIndex())
    for n in range(60):
        await registry.save_agent(agent(f"clerk{n}"))
    await registry.save_cohort(cohort("c1", "Add up"))
    await registry.index.put("agents", "local", documents({"ghost:1": "CSV analyst"}))
    heard: list[tuple[int, int]] = []
    assert await registry.reindex(lambda done, total: heard.append((done, total))) == 61
    assert heard[-1] == (61, 61)
    assert heard == sorted(heard)
    keys = await registry.index.keys("agents", "local")
    assert {key.rpartition(":")[0] for key in keys} == {f"clerk{n}" for n in range(60)}


async def test_reconcile_brings_what_was_missed_and_only_that(store: BaseStore):
    """What another index heard of is brought to this one: new, changed and resting agents; then nothing is left."""
    mine, other = Registry(store, LexicalIndex()), Registry(store, LexicalIndex())
    for name, role in (("a", "Gardener"), ("b", "Plumber"), ("c", "Poet")):
        await mine.save_agent(agent(name, role=role))
    await mine.reconcile()
    assert await mine.reconcile() == 0
    await other.save_agent(agent("b", role="Florist"))
    await other.save_agent(agent("c", role="Poet", status="inactive"))
    await other.save_agent(agent("d", role="Cook"))
    assert await mine.reconcile() == 4  # b's old row out and its new one in, c's out, d's in
    assert await mine.reconcile() == 0
    assert {key[0] for key in await mine.index.keys("agents", "local")} == {"a", "b", "d"}


async def test_what_another_process_wrote_is_found_without_asking_for_it(store: BaseStore):
    """A search brings a lagging index up to date by itself."""
    mine, other = Registry(store, LexicalIndex()), Registry(store, LexicalIndex())
    await mine.save_agent(agent())
    await mine.find_agents(["CSV analyst"])
    await other.save_agent(agent("poet", role="Poet", description="writes sonnets"))
    assert (await mine.find_agents(["Poet: sonnets"]))[0][0].record.name == "poet"


async def test_an_index_that_follows_its_own_writes_needs_no_repair(store: BaseStore):
    """After one search the index keeps up by itself: nothing is to be reconciled after further saves."""
    registry = Registry(store, LexicalIndex())
    await registry.save_agent(agent())
    await registry.find_agents(["CSV analyst"])
    for n in range(3):
        await registry.save_agent(agent(f"clerk{n}"))
    memo = await registry.index.memo("agents", "local")
    assert memo.position.number == 4
    assert await registry.reconcile() == 0
    assert await registry.index.memo("agents", "local") == memo


async def test_saving_and_searching_at_once_loses_nothing(store: BaseStore):
    """Agents saved while searches repair a new index are all in it afterwards."""
    index = LexicalIndex()
    for n in range(30):
        await Registry(store, LexicalIndex()).save_agent(agent(f"old{n}"))
    await asyncio.gather(
        *(Registry(store, index).find_agents(["CSV analyst"]) for _ in range(10)),
        *(Registry(store, index).save_agent(agent(f"new{n}")) for n in range(30)),
    )
    await Registry(store, index).find_agents(["CSV analyst"])
    assert len(await index.keys("agents", "local")) == 60


class Counting(LexicalIndex):
    """An index that counts how often it is changed."""

    def __init__(self) -> None:
        super().__init__()
        self.puts = 0

    async def put(self, collection, owner, documents):
        self.puts += bool(documents)
        await super().put(collection, owner, documents)


async def test_several_agents_are_saved_like_each_alone(store: BaseStore):
    """New, changed and unchanged ones: versions, tracks and old versions as ever, and the index is changed once."""
    index = Counting()
    registry = Registry(store, index)
    same, old = await registry.save_agents([agent("same"), agent("changed", prompt="one")])
    await registry.learn("run", agents={"changed": Lesson(True, USAGE)})
    saved = await registry.save_agents(
        [agent("same", version=9), agent("changed", role="Poet"), agent("new", role="Cook", owner="bob")]
    )
    assert [(kept.name, kept.version, kept.owner, kept.track.uses) for kept in saved] == [
        ("same", 1, "local", 0),
        ("changed", 2, "local", 1),
        ("new", 1, "local", 0),
    ]
    assert saved[0] == same
    assert (await registry.agent("changed", 1)).prompt == old.prompt
    assert await registry.agents_named(["new", "changed", "nobody"]) == {"new": saved[2], "changed": saved[1]}
    assert index.puts == 2
    assert {key.rpartition(":")[0] for key in await index.keys("agents", "local")} == {"same", "changed", "new"}
    assert (await registry.find_agents(["Poet"]))[0][0].record == saved[1]
    assert await registry.save_agents([]) == []
    assert await registry.agents_named([]) == {}


async def test_two_agents_of_one_name_are_not_saved_at_once(store: BaseStore):
    """It is an error that names them, and neither is kept."""
    registry = Registry(store, LexicalIndex())
    with pytest.raises(InputError, match=r"\['csv', 'csv'\]"):
        await registry.save_agents([agent(), agent(prompt="other")])
    assert await registry.agents() == []


async def test_a_draft_is_approved_as_it_was_seen(store: BaseStore):
    """One that has changed since stays a draft; so does what is at rest, and what is not there is no error."""
    registry = Registry(store, LexicalIndex())
    names = ("seen", "changed", "rests")
    await registry.save_agents([agent(name, status="draft") for name in names])
    await registry.save_agent(agent("changed", status="draft", prompt="Another."))
    await registry.move_agents(["rests"], "retire")
    await registry.approve_seen({**dict.fromkeys(names, 1), "gone": 1}, by="run r")
    assert {kept.name: kept.status for kept in await registry.agents()} == {
        "seen": "active",
        "changed": "draft",
        "rests": "retired",
    }
    assert [(event.event, event.by) for event in await registry.history("seen")] == [
        ("created", ""),
        ("moved", "run r"),
    ]
