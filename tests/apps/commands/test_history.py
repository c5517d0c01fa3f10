"""`replay`, `diff`, `export`, `import`, `tell`, `policy`: in processes of their own, with the offline model."""

import json
from typing import Any

import pytest

from tests.apps.chat.conftest import FUNCTIONS, PAIR
from tests.apps.conftest import Shell

HELLO = "I am Joe. Who are you?"


@pytest.fixture
def talk(shell: Shell) -> Shell:
    """A shell with the conversation `t`."""
    (shell.folder / "pair.yaml").write_text(PAIR)
    (shell.folder / "pair.py").write_text(FUNCTIONS)
    assert shell("chat", "pair.yaml", "--say", "hello", "--json", "--thread", "t").status == 0
    return shell


def proposals(shell: Shell, thread: str) -> dict[str, Any]:
    """Texts and calls by place, as `replay` lists them."""
    return {line["at"]: line["proposal"] for line in shell("replay", thread, "--json").events}


def test_a_nested_proposal_is_replayed_with_other_words(talk: Shell) -> None:
    """The sibling and the original stay as they are; the new run says where it came from, and differs from there on."""
    before = proposals(talk, "t")
    assert list(before) == ["m0#0", "m0/0.0#0", "m0/0.1#0", "m0#1"]
    ran = talk("replay", "t", "--at", "m0/0.1#0", "--respond", "more", "--as", "u", "--json")
    assert ran.status == 0
    assert ran.result["answer"] == "I heard hello from the left and I heard hello from the right, and more"
    made = [event["proposal"]["path"] for event in ran.events if event["event"] == "proposal"]
    assert made == [["pair", "one"], ["pair"]]
    assert proposals(talk, "t") == before
    differing = talk("diff", "t", "u", "--json")
    assert differing.status == 1
    assert differing.result["divergence"]["at"] == "m0/0.1#0"
    assert talk("diff", "t", "t", "--json").status == 0


def test_every_decision_can_be_another(talk: Shell) -> None:
    """An edit, a rejection, and an approval of what was approved before."""
    edit = talk("replay", "t", "--at", "m0/0.0#0", "--edit", '{"text": "Mine."}', "--json")
    assert edit.result["answer"] == "Mine. and I heard hello from the right"
    calls = '{"calls": [{"id": "0.1", "arguments": {"message": "you"}}]}'
    fewer = talk("replay", "t", "--at", "m0#0", "--edit", calls, "--json")
    assert fewer.result["answer"] == "the user rejected it and I heard you"
    assert talk("replay", "t", "--at", "m0#1", "--reject", "no", "--json").result["status"] == "failed"
    same = talk("replay", "t", "--at", "m0#1", "--approve", "--json")
    assert same.result["answer"] == "I heard hello from the left and I heard hello from the right"


WRONG = [
    (["replay", "t", "--at", "m0#9"], "there is m0#1, m0#0"),
    (["replay", "t", "--at", "m0#9", "--approve"], "no proposal 'm0#9' to decide"),
    (["replay", "t", "--at", "m0", "--approve"], "'m0' is an exchange; its proposals are m0#0, m0#1"),
    (["export", "t", "pair.py"], "'pair.py' is there already"),
    (["replay", "t", "--respond", "x"], "say with --at"),
    (["replay", "t", "--at", "m0#0", "--persona", "pair", "--model", "openai:x"], "neither OPENAI_API_KEY nor"),
    (["replay", "t", "--at", "m0#0", "--prompt", "x"], "--persona PATH goes with"),
    (["replay", "t", "--at", "m0#0", "--persona", "pair/two", "--prompt", "x"], "no persona 'pair/two'"),
    (["replay", "t", "--at", "m0#0", "--as", "t"], "there is a run 't' already"),
    (["replay", "t", "--at", "m0#1", "--edit", '{"words": "x"}'], "has no words"),
    (["diff", "t", "nobody"], "there is no run 'nobody'"),
    (["import", "nothing.json"], "nothing.json"),
    (["tell", "t", "pair/two", "x"], "there is pair, pair/one"),
    (["tell", "t", "pair", " "], "the message is empty"),
    (["policy", "t", "lax"], "'lax' is neither"),
    (["policy", "t", "--beside", "pair/two"], "no persona 'pair/two'"),
    (["policy", "t"], "required"),
]


def test_what_is_wrong_is_said_and_changes_nothing(talk: Shell) -> None:
    """Status 2, with the value and what there is."""
    for arguments, words in WRONG:
        ran = talk(*arguments)
        assert ran.status == 2, arguments
        assert words in " ".join(ran.err.split())
    assert [event["id"] for event in talk("runs", "--json").events] == ["t"]


def test_a_run_moves_to_another_home_and_goes_on_there(shell: Shell) -> None:
    """Exported while it waits for a decision; what it has done is not done again; it is in a home only once."""
    (shell.folder / "pair.yaml").write_text(PAIR)
    (shell.folder / "pair.py").write_text(FUNCTIONS)
    begun = shell("chat", "pair.yaml", "--say", "hello", "--json", "--thread", "t", "--beside", "pair/one")
    assert (begun.status, len(begun.result["pending"])) == (3, 2)
    first, second = begun.result["pending"]
    told = " ".join(shell("show", "t").out.split())
    assert "--all" in told
    assert "plan new" not in told
    assert shell("answer", "t", "--id", first["id"], "--approve", "--json").status == 3
    assert shell("export", "t", "run.json").status == 0
    elsewhere = {"REPERTORY_HOME": str(shell.folder / "elsewhere")}
    code = shell("import", "run.json", "--thread", "moved", **elsewhere)
    assert code.status == 2
    assert "--persona" in code.err
    moved = shell("import", "run.json", "--thread", "moved", "--persona", "pair.yaml", **elsewhere)
    assert moved.status == 0
    assert "under the policy supervised (--policy changes it); go on with: repertory resume moved" in moved.out
    undecided = second["proposal"]["id"].partition("/")[2]
    assert f"decides it by itself: {undecided}\n" in moved.out
    asking = ("import", "run.json", "--persona", "pair.yaml", "--policy", "interactive", "--json")
    asked = shell(*asking, REPERTORY_HOME=str(shell.folder / "third")).result
    assert (asked["policy"], asked["decided_by_policy"]) == ("interactive", [])
    assert shell("export", "t", "run.json").status == 2
    assert shell("export", "t", "run.json", "--force").status == 0
    ended = shell("resume", "moved", "--json", **elsewhere)
    assert ended.result["answer"] == "I heard hello from the left and I heard hello from the right"
    again = shell("import", "run.json", "--persona", "pair.yaml", **elsewhere)
    assert again.status == 2
    assert "is here already" in again.err
    assert shell("answer", "t", "--id", second["id"], "--approve", "--json").status == 0


def test_documents_that_do_not_fit_are_refused(talk: Shell) -> None:
    """A damaged one, another version, another hierarchy: with the reason, and nothing is taken in."""
    document = json.loads(talk("export", "t").out)
    cases = {
        "cut.json": (json.dumps(document)[:400], "cut.json"),
        "old.json": (json.dumps({**document, "version": 7}), "version 7"),
        "gap.json": (json.dumps(document).replace("m0#1", "m0#2"), "m0#"),
    }
    for name, (text, words) in cases.items():
        (talk.folder / name).write_text(text)
        ran = talk("import", name, "--persona", "pair.yaml", REPERTORY_HOME=str(talk.folder / "elsewhere"))
        assert ran.status == 2, name
        assert words in ran.err
    (talk.folder / "run.json").write_text(json.dumps(document))
    other = talk("import", "run.json", "--persona", str(other_hierarchy(talk)))
    assert other.status == 2
    assert "another hierarchy" in other.err


def other_hierarchy(shell: Shell) -> str:
    """A file that defines somebody else."""
    (shell.folder / "other.yaml").write_text("name: other\nrole: Other\ndescription: Is another.\n")
    return "other.yaml"


def test_a_waiting_persona_reads_what_it_is_told_and_the_policy_is_changed(shell: Shell) -> None:
    """The message is in its next proposal, not in its sibling's; under the new policy nothing asks any more."""
    (shell.folder / "pair.yaml").write_text(PAIR)
    (shell.folder / "pair.py").write_text(FUNCTIONS)
    begun = shell("chat", "pair.yaml", "--say", "hello", "--json", "--thread", "t", "--policy", "interactive")
    assert begun.status == 3
    assert shell("tell", "t", "pair/one", "whisper").status == 0
    assert shell("policy", "t", "autonomous").status == 0
    ended = shell("resume", "t", "--json")
    assert ended.status == 0
    assert ended.result["answer"] == (
        "I heard hello from the left, and whisper and I heard hello from the right, and whisper"
    )


def test_a_planner_run_is_replayed_from_a_step(shell: Shell) -> None:
    """What does not need that step is not done again; its dependants are; the cost is that of the replay."""
    task = "Count the words in a.txt and in b.txt, compare the two and write the comparison to out.md"
    assert shell("run", task, "--workspace", "ws", "--thread", "r", "--json", "--yes").status == 0
    places = list(proposals(shell, "r"))
    assert places[0] == "planner#0"
    written = next(place for place, made in proposals(shell, "r").items() if "write_file" in str(made["calls"]))
    assert "    plan: " in shell("replay", "r").out
    step = written.partition("/")[0].partition("#")[0]
    refused = shell("replay", "r", "--at", step, "--respond", "x")
    assert refused.status == 2
    assert f"{step!r} is a step; its proposals are {written}" in refused.err
    (shell.workspace / "out.md").unlink()
    ran = shell("replay", "r", "--at", written.partition("/")[0].partition("#")[0], "--json", "--yes")
    assert ran.result["status"] == "completed"
    assert (shell.workspace / "out.md").exists()
    began = {event["step_id"] for event in ran.events if event["event"] == "step" and event["status"] == "running"}
    assert len(began) < len(ran.result["steps"])
    assert ran.result["usage"]["total"]["model_calls"] <= 2
