"""Public collections: their agents come in as drafts, each under a name of its own, however often."""

from pathlib import Path

import pytest

from repertory.memory.errors import InputError
from repertory.memory.library.importing import Imported, import_agents
from repertory.memory.registry import Registry
from tests.memory.library.conftest import VOCABULARY, NewRegistry, agent


def write(folder: Path, name: str, *, file: str, prompt: str = "You are one.", more: str = "") -> None:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\nname: {name}\ndescription: Use when: one is wanted\n{more}---\n{prompt}\n")


async def take(registry: Registry, *sources: Path, active: bool = False) -> Imported:
    return await import_agents(registry, sources, vocabulary=VOCABULARY, active=active)


def arrived(imported: Imported) -> list[tuple[str, str, str]]:
    return [(each.agent.name, each.change, each.agent.status) for each in imported.agents]


async def test_a_collection_comes_in_as_drafts(tmp_path: Path, new_registry: NewRegistry) -> None:
    """From all its folders, with origin and former name; other files and missing tools are counted."""
    write(tmp_path, "api-designer", file="core/api-designer.md", more="tools: Read, Bash\nstatus: active\nversion: 7\n")
    write(tmp_path, "Linux Terminal", file="b/linux.MD", more="tools: Bash\n")
    write(tmp_path, "hidden", file=".claude/agents/hidden.md")
    write(tmp_path, "not-ours", file=".git/not-ours.md")
    (tmp_path / "README.md").write_text("# Agents\n")
    (tmp_path / "broken.md").write_text("---\nname: broken\n---\n")
    registry = new_registry("ann")
    imported = await take(registry, tmp_path)
    kept = {each.name: each for each in await registry.agents()}
    assert {(each.status, each.version, each.owner) for each in kept.values()} == {("draft", 1, "ann")}
    assert {each.name: (each.imported_as, each.created_by) for each in kept.values()} == {
        "Linux-Terminal": ("Linux Terminal", "import b/linux.MD"),
        "api-designer": ("", "import core/api-designer.md"),
        "hidden": ("", "import .claude/agents/hidden.md"),
    }
    assert kept["api-designer"].tools == ("read_file",)
    assert (imported.skipped, imported.duplicates, imported.dropped) == (1, 0, {"Bash": 2})
    assert [str(each) for each in imported.problems] == [
        f"{tmp_path}/broken.md:1: description: is missing; say what the agent is good for"
    ]


async def test_names_that_collide_are_told_apart_the_same_way_each_time(
    tmp_path: Path, new_registry: NewRegistry
) -> None:
    """One that is a name stays; copies count once; the rest get letters that follow from their own names or files."""
    write(tmp_path, "code-reviewer", file="a/one.md", prompt="one")
    write(tmp_path, "code reviewer", file="a/a.md", prompt="spaced")
    write(tmp_path, "code.reviewer", file="a/b.md", prompt="dotted")
    write(tmp_path, "code-reviewer", file="b/one.md", prompt="two")
    write(tmp_path, "code-reviewer", file="c/one.md", prompt="two")
    write(tmp_path, "code-reviewer", file="d/one.md", prompt="three")
    registry = new_registry()
    imported = await take(registry, tmp_path)
    assert imported.duplicates == 1
    names = {each.agent.prompt: each.agent.name for each in imported.agents}
    assert names["one"] == "code-reviewer"
    assert len(set(names.values())) == 5
    assert all(name.startswith("code-reviewer") for name in names.values())
    again = await take(registry, tmp_path)
    assert {each.agent.prompt: each.agent.name for each in again.agents} == names
    assert {each.change for each in again.agents} == {"unchanged"}
    other = await take(new_registry(), tmp_path)
    assert {each.agent.prompt: each.agent.name for each in other.agents} == names


async def test_what_came_under_another_name_is_another_agent(tmp_path: Path, new_registry: NewRegistry) -> None:
    """Of what is kept and was never imported nothing is replaced; names of collections are common ones."""
    registry = new_registry()
    await registry.save_agents([agent("code-reviewer"), agent("linter")])
    write(tmp_path, "code reviewer", file="a.md")
    write(tmp_path, "linter", file="b.md")
    first = await take(registry, tmp_path)
    spaced, linter = first.agents
    assert (spaced.change, spaced.agent.imported_as) == ("added", "code reviewer")
    assert spaced.agent.name.startswith("code-reviewer-")
    assert (linter.change, linter.agent.version, linter.agent.status) == ("added", 1, "draft")
    assert linter.agent.name.startswith("linter-")
    kept = await registry.agent("linter")
    assert kept is not None
    assert (kept.version, kept.status) == (1, "active")
    assert {change for _, change, _ in arrived(await take(registry, tmp_path))} == {"unchanged"}


async def test_a_collection_that_changed_brings_next_versions(tmp_path: Path, new_registry: NewRegistry) -> None:
    """As drafts again, since nobody approved the new prompt; with --active they are approved."""
    registry = new_registry()
    write(tmp_path, "a", file="a.md")
    write(tmp_path, "b", file="b.md")
    assert arrived(await take(registry, tmp_path, active=True)) == [("a", "added", "active"), ("b", "added", "active")]
    write(tmp_path, "a", file="a.md", prompt="You are another.")
    assert arrived(await take(registry, tmp_path)) == [("a", "changed", "draft"), ("b", "unchanged", "active")]
    assert arrived(await take(registry, tmp_path, active=True)) == [
        ("a", "approved", "active"),
        ("b", "unchanged", "active"),
    ]
    approved = await registry.agent("a")
    assert approved is not None
    assert (approved.version, approved.prompt, approved.created_by) == (2, "You are another.", "import a.md")


async def test_files_are_imported_one_by_one_too(tmp_path: Path, new_registry: NewRegistry) -> None:
    """Beside folders, all at once; one that is named must have an agent."""
    write(tmp_path, "a", file="lib/a.md")
    write(tmp_path, "b", file="b.md")
    (tmp_path / "notes.md").write_text("Notes\n")
    imported = await take(new_registry(), tmp_path / "b.md", tmp_path / "lib", tmp_path / "notes.md", tmp_path / "b.md")
    assert [each.agent.name for each in imported.agents] == ["a", "b"]
    assert (imported.skipped, [str(each) for each in imported.problems]) == (
        0,
        [f"{tmp_path}/notes.md: describes no agent; begin it with `---`, `name: …`, `description: …` and `---`"],
    )


async def test_what_is_no_source_is_refused_before_anything_is_imported(
    tmp_path: Path, new_registry: NewRegistry
) -> None:
    """With the remedy."""
    write(tmp_path, "a", file="a.md")
    (tmp_path / "b.yaml").write_text("name: b\n")
    registry = new_registry()
    for wrong, said in (("gone", "there is no such folder or file"), ("b.yaml", "is for `repertory agents add`")):
        with pytest.raises(InputError, match=said):
            await take(registry, tmp_path / "a.md", tmp_path / wrong)
    assert await registry.agents() == []


async def test_links_lead_nowhere_else(tmp_path: Path, new_registry: NewRegistry) -> None:
    """A collection brings what is in its folder only; links within it are the files that they lead to."""
    write(tmp_path, "secret", file="secret.md")
    write(tmp_path, "a", file="lib/a.md")
    (tmp_path / "lib" / "b.md").symlink_to("a.md")
    (tmp_path / "lib" / "c.md").symlink_to(tmp_path / "secret.md")
    (tmp_path / "lib" / "up").symlink_to(tmp_path, target_is_directory=True)
    imported = await take(new_registry(), tmp_path / "lib")
    assert [each.agent.name for each in imported.agents] == ["a"]
    assert imported.duplicates == 1
    assert [each.file for each in imported.problems] == [f"{tmp_path}/lib/c.md"]
