"""A library as a folder: out and in again, it is the same; and nothing that is there is lost for it."""

import json
import os
from pathlib import Path

import pytest

from repertory.memory.errors import InputError, ResourceError
from repertory.memory.library.export import export_library
from repertory.memory.library.importing import Imported, import_agents
from repertory.memory.records import Track, Usage
from repertory.memory.registry import Registry
from tests.memory.library.conftest import VOCABULARY, NewRegistry, agent, cohort, contents


async def take(registry: Registry, folder: Path, *, active: bool = False) -> Imported:
    return await import_agents(registry, [folder], vocabulary=VOCABULARY, active=active)


async def fill(registry: Registry) -> None:
    """Agents of every status, with versions, deeds and origins, a hierarchy, and cohorts."""
    await registry.save_agents(
        [
            agent(prompt="one", created_by="run 1"),
            agent("CSV", prompt="two\n"),
            agent("draft", status="draft", imported_as="a draft", created_by="import draft.md"),
            agent("resting", status="inactive", tools=("read_file", "of_this_home")),
            agent("retired", status="retired"),
            agent("lady", delegates=(agent("answerer", prompt="a\nb"), agent("stylist")), orchestration="line"),
        ]
    )
    await registry.save_agent(agent(prompt="two", created_by="run 2"))
    await registry.save_agent(agent(prompt="three\n\n---\nfour", created_by="run 3"))
    await registry.restore_agents(
        [
            [
                agent(
                    "veteran",
                    version=9,
                    track=Track(uses=3, successes=2, usage=Usage(model_calls=7), deeds=("a: b", "c\nd")),
                )
            ]
        ]
    )
    await registry.save_cohort(cohort("run-1", rated_by="user"))
    await registry.save_cohort(cohort("über/1", "Count: words", track=Track(uses=1, seconds=0.1)))
    await registry.save_cohort(cohort("../1", "Count lines", rating="unsatisfied"))


async def test_a_library_that_goes_out_comes_in_again(tmp_path: Path, new_registry: NewRegistry) -> None:
    """Agents, versions, statuses, track records, deeds, cohorts and times; written again it is the same."""
    first, second = new_registry("ann"), new_registry("bob")
    await fill(first)
    exported = await export_library(first, tmp_path / "lib")
    assert (exported.agents, exported.versions, exported.cohorts, exported.strangers) == (7, 2, 3, ())
    imported = await take(second, tmp_path / "lib")
    assert (imported.problems, {each.change for each in (*imported.agents, *imported.cohorts)}) == ([], {"added"})
    own = {"owner": "bob"}
    assert await second.agents() == [each.model_copy(update=own) for each in await first.agents()]
    olds = {name: [each.model_copy(update=own) for each in old] for name, old in (await first.older_versions()).items()}
    assert await second.older_versions() == olds
    saved = [each._replace(cohort=each.cohort.model_copy(update=own)) for each in await first.saved_cohorts()]
    assert await second.saved_cohorts() == saved
    await export_library(second, tmp_path / "again")
    assert contents(tmp_path / "again") == contents(tmp_path / "lib")
    assert {each.record.name for each in (await second.find_agents(["CSV analyst"], 9))[0]} >= {"csv", "CSV", "lady"}


async def test_importing_it_again_changes_nothing(tmp_path: Path, new_registry: NewRegistry) -> None:
    """Neither here nor where it came from."""
    first, second = new_registry(), new_registry()
    await fill(first)
    await export_library(first, tmp_path / "lib")
    await take(second, tmp_path / "lib")
    for registry in (first, second):
        before = await registry.agents()
        imported = await take(registry, tmp_path / "lib")
        assert {each.change for each in (*imported.agents, *imported.cohorts)} == {"unchanged"}
        assert await registry.agents() == before


async def test_names_that_are_taken_get_a_next_version(tmp_path: Path, new_registry: NewRegistry) -> None:
    """The one that is kept stays readable with its record; at rest or retired it is left alone, as cohorts are."""
    theirs, mine = new_registry(), new_registry()
    await theirs.save_agents([agent(name, prompt="theirs") for name in ("csv", "rests", "gone")])
    await theirs.save_cohort(cohort("c", "Their task"))
    await export_library(theirs, tmp_path / "lib")
    await mine.restore_agents([[agent(prompt="mine", version=4, track=Track(uses=2))]])
    await mine.save_agents([agent("rests", status="inactive"), agent("gone", status="retired")])
    await mine.save_cohort(cohort("c", "My task"))
    imported = await take(mine, tmp_path / "lib")
    changes = {each.agent.name: (each.change, each.agent.version) for each in imported.agents}
    assert changes == {"csv": ("changed", 5), "rests": ("left", 1), "gone": ("left", 1)}
    new, old = await mine.agent("csv"), await mine.agent("csv", 4)
    assert new is not None
    assert old is not None
    assert (new.prompt, new.track.uses, new.created_by) == ("theirs", 2, "import agents/csv.md")
    assert old.prompt == "mine"
    assert [each.change for each in imported.cohorts] == ["left"]
    assert [each.task for each in await mine.cohorts()] == ["My task"]


async def test_drafts_are_approved_by_asking_for_it(tmp_path: Path, new_registry: NewRegistry) -> None:
    """Those of the library, and those that are there already; whoever rests stays so."""
    theirs, mine = new_registry(), new_registry()
    await theirs.save_agents([agent("a", status="draft"), agent("b", status="draft"), agent("c", status="inactive")])
    await export_library(theirs, tmp_path / "lib")
    await mine.save_agent(agent("b", status="draft"))
    imported = await take(mine, tmp_path / "lib", active=True)
    found = {each.agent.name: (each.change, each.agent.status) for each in imported.agents}
    assert found == {"a": ("added", "active"), "b": ("approved", "active"), "c": ("added", "inactive")}


async def test_files_that_were_edited_count_and_wrong_ones_keep_no_other_out(
    tmp_path: Path, new_registry: NewRegistry
) -> None:
    """Each is told with its place; an agent comes with all its versions, or not at all."""
    registry, lib = new_registry(), tmp_path / "lib"
    await registry.save_agents([agent("good"), agent("wrong"), agent("twice"), agent("old")])
    await registry.save_agent(agent("old", prompt="new"))
    await registry.save_cohort(cohort("c"))
    await export_library(registry, lib)
    (lib / "agents" / "good.md").write_text((lib / "agents" / "good.md").read_text() + "\nEdited.\n")
    (lib / "agents" / "wrong.md").write_text("---\nname: wrong\nrole: 7\n---\n")
    (lib / "agents" / "z.md").write_text((lib / "agents" / "twice.md").read_text())
    (lib / "versions" / "old@1.md").write_text((lib / "agents" / "old.md").read_text())
    (lib / "versions" / "nobody@1.md").write_text((lib / "agents" / "old.md").read_text())
    (lib / "cohorts" / "c.yaml").write_text("id: c\n")
    (lib / "agents" / "out.md").symlink_to("/etc/hostname")
    imported = await take(new := new_registry(), lib)
    assert [(each.agent.name, each.change) for each in imported.agents] == [("good", "added"), ("twice", "added")]
    assert [each.prompt for each in await new.agents()] == ["Edited.", ""]
    said = "\n".join(str(problem).removeprefix(f"{lib}/") for problem in imported.problems)
    for words in (
        "agents/wrong.md:2: description: Field required",
        "agents/wrong.md:3: role: Input should be a valid string (got 7)",
        "agents/z.md: name: ",
        "agents/old.md: version: is 2, and its older versions are [2]; each must be lower, and there once",
        "versions/nobody@1.md: is an older version of an agent that is not in 'agents'; take it away",
        "cohorts/c.yaml:1: task: Field required",
        "agents/out.md: is no plain file, or a link that leads out of the folder; put the file itself there",
    ):
        assert words in said, words


async def test_only_empty_folders_and_libraries_are_written_to(tmp_path: Path, new_registry: NewRegistry) -> None:
    """What else is there stays as it is; links do not lead the export elsewhere."""
    registry = new_registry()
    await registry.save_agent(agent())
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "library.json").write_text('{"name": "of something else"}')
    (tmp_path / "file").write_text("x")
    for name, said in (
        ("full", "has other files in it"),
        ("file", "is no folder"),
        ("file/below", "cannot be written"),
    ):
        with pytest.raises((InputError, ResourceError), match=said):
            await export_library(registry, tmp_path / name)
    assert contents(tmp_path / "full").keys() == {"library.json"}
    (tmp_path / "lib" / ".git").mkdir(parents=True)
    await export_library(registry, tmp_path / "lib")
    (tmp_path / "lib" / "agents" / "csv.md").unlink()
    (tmp_path / "lib" / "agents" / "csv.md").symlink_to(tmp_path / "file")
    (tmp_path / "lib" / "agents" / "own.md").write_text("mine")
    await registry.save_agent(agent(prompt="new"))
    assert (await export_library(registry, tmp_path / "lib")).strangers == ("agents/own.md",)
    assert (tmp_path / "file").read_text() == "x"
    assert (tmp_path / "lib" / "agents" / "csv.md").read_text().endswith("\nnew\n")
    (tmp_path / "lib" / "versions").rename(tmp_path / "elsewhere")
    (tmp_path / "lib" / "versions").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="leads out of the library"):
        await export_library(registry, tmp_path / "lib")


async def test_an_export_that_broke_off_is_not_taken_for_a_library(tmp_path: Path, new_registry: NewRegistry) -> None:
    """It says so, and exporting again mends it; so does a library of a later format."""
    registry, lib = new_registry(), tmp_path / "lib"
    await registry.save_agents([agent(f"a{n}") for n in range(300)])

    def break_off(done: int, total: int) -> None:
        if done >= 200:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await export_library(registry, lib, break_off)
    with pytest.raises(InputError, match="did not come to its end; export the library again"):
        await take(new_registry(), lib)
    await export_library(registry, lib)
    assert len((await take(new_registry(), lib)).agents) == 300
    head = json.loads((lib / "library.json").read_text())
    (lib / "library.json").write_text(json.dumps(head | {"version": 2}))
    with pytest.raises(InputError, match="it must say format 'repertory library', version 1"):
        await take(new_registry(), lib)


async def test_an_export_leaves_what_is_the_same_alone(tmp_path: Path, new_registry: NewRegistry) -> None:
    """So that tools that look at times of files see what changed."""
    registry = new_registry()
    await registry.save_agents([agent("a"), agent("b")])
    await export_library(registry, tmp_path)
    for path in (tmp_path / "agents").iterdir():
        os.utime(path, (1, 1))
    await registry.save_agent(agent("b", prompt="new"))
    await export_library(registry, tmp_path)
    times = {path.name: path.stat().st_mtime for path in (tmp_path / "agents").iterdir()}
    assert times["a.md"] == 1
    assert times["b.md"] > 1


async def test_progress_is_told_to_the_end(tmp_path: Path, new_registry: NewRegistry) -> None:
    """In batches, there and back."""
    registry, heard = new_registry(), []
    await registry.save_agents([agent(f"a{n}") for n in range(450)])
    await export_library(registry, tmp_path, lambda *told: heard.append(told))
    await import_agents(new_registry(), [tmp_path], vocabulary=VOCABULARY, progress=lambda *told: heard.append(told))
    assert heard == [(200, 450), (400, 450), (450, 450)] * 2


async def test_a_library_that_is_not_trusted_comes_in_as_a_collection(
    tmp_path: Path, new_registry: NewRegistry
) -> None:
    """Its folder of agents by itself: drafts without records, the tools that there are here, and no hierarchies."""
    theirs, mine = new_registry(), new_registry()
    await fill(theirs)
    await export_library(theirs, tmp_path)
    imported = await take(mine, tmp_path / "agents")
    assert {(each.agent.status, each.agent.version, each.agent.track.uses) for each in imported.agents} == {
        ("draft", 1, 0)
    }
    assert {each.agent.name: each.agent.prompt for each in imported.agents} == {
        **dict.fromkeys(("draft", "resting", "retired", "veteran"), ""),
        "csv": "three\n\n---\nfour",
        "CSV": "two",
    }
    assert imported.dropped == {"of_this_home": 1}
    assert [problem.field for problem in imported.problems] == ["delegates"]
