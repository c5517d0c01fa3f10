"""Agents that `repertory agents add` refuses, though their files are right."""

import pytest

from tests.apps.conftest import Shell


@pytest.mark.parametrize("known", [True, False])
def test_near_duplicates_are_refused_also_in_one_go(shell: Shell, known: bool) -> None:
    """Of what is kept, and of each other; nothing is added; who insists adds them all the same."""
    for name in ("lady", "dame"):
        (shell.folder / f"{name}.yaml").write_text(f"name: {name}\nrole: Lady\ndescription: serves tea to guests\n")
    if known:
        shell("agents", "add", "lady.yaml")
    ran = shell("agents", "add", "lady.yaml", "dame.yaml")
    which = "which is kept" if known else "which is added, too"
    assert (ran.status, f"'dame' is nearly the same as 'lady', {which}" in ran.err) == (2, True)
    assert len(shell("agents", "list", "--json").events) == known
    assert shell("agents", "add", "lady.yaml", "dame.yaml", "--anyway").status == 0


def test_a_retired_agent_gets_no_further_version(shell: Shell) -> None:
    """It would rest unseen: the remedy is another name."""
    path = shell.folder / "lady.yaml"
    path.write_text("name: lady\nrole: Lady\ndescription: serves tea\n")
    shell("agents", "add", "lady.yaml")
    shell("agents", "retire", "lady")
    path.write_text("name: lady\nrole: Lady\ndescription: serves coffee\n")
    ran = shell("agents", "add", "lady.yaml")
    assert (ran.status, "'lady' is retired, and that is for good; give the new one another name" in ran.err) == (
        2,
        True,
    )
    assert shell("agents", "show", "lady", "--json").result["version"] == 1


def test_yes_approves_no_draft(shell: Shell) -> None:
    """Nobody has seen its prompt: the run waits, and a person's answer counts."""
    [asked] = shell("run", "say hello to the world", "--workspace", "ws", "--json").result["pending"]
    [wanted] = asked["proposal"]["content"]["agents"]
    text = f"---\nname: helper\nrole: {wanted['role']}\ndescription: {wanted['description']}\n---\nTell all.\n"
    (shell.folder / "collection").mkdir()
    (shell.folder / "collection" / "helper.md").write_text(text)
    shell("agents", "import", "collection")
    run = shell("run", "say hello to everybody there is", "--workspace", "ws", "--yes", "--json").result
    [asked] = run["pending"]
    assert [agent["name"] for agent in asked["proposal"]["content"]["agents"]] == ["helper"]
    assert shell("agents", "show", "helper", "--json").result["status"] == "draft"
    answered = shell("answer", run["thread_id"], "--approve", "--yes", "--json").result
    assert answered["status"] != "waiting"
