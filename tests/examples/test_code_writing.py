"""The worked example of code writing, over the graph, with the offline model, on real files and in real processes."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command

from repertory.graphs import Context, Deps, build_persona, builtin_toolbox, configured_models
from repertory.memory.definitions.load import load_agent
from repertory.memory.proposals import Turn
from repertory.nodes.persona.functions import Functions

HERE = Path(__file__).parents[2] / "examples" / "code_writing"
VERSIONS = pytest.mark.parametrize("version", ["coder.yaml", "coder_by_code.yaml"])
AUTONOMOUS, SUPERVISED = Context(policy="autonomous"), Context(policy="supervised")
CONFIG: Any = {"configurable": {"thread_id": "t"}}
RENAME = "Rename the function line_total to price_of_line"
REJECT = "Make line_total reject a negative quantity"
NEGATIVE = '''
    def test_a_negative_quantity_is_refused(self) -> None:
        """By an error that says so."""
        with self.assertRaisesRegex({error}, "{words}"):
            line_total(1.0, -1)
'''


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A copy of the example's workspace."""
    folder = tmp_path / "workspace"
    shutil.copytree(HERE / "workspace", folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def graph_of(version: str, workspace: Path) -> Any:
    deps = Deps(
        models=configured_models("offline", environ={}),
        toolbox=builtin_toolbox(workspace),
        orchestrations=Functions(),
    )
    return build_persona(load_agent(HERE / version), deps, checkpointer=InMemorySaver(), store=InMemoryStore())


async def tell(graph: Any, message: str, context: Context = AUTONOMOUS) -> dict[str, Any]:
    said: dict[str, Any] = await graph.ainvoke({"message": message}, CONFIG, context=context)
    return said


async def drive(graph: Any, message: str, answer: Callable[[dict[str, Any]], Any]) -> tuple[dict[str, Any], list[Any]]:
    """Run under supervision to the end, answering each question; the result, and the proposals that were asked."""
    said, asked = await tell(graph, message, SUPERVISED), []
    while questions := said.get("__interrupt__"):
        shown = [question.value["repertory"]["proposal"] for question in questions]
        asked += shown
        assert len(asked) < 20
        answers = {question.id: answer(one) for question, one in zip(questions, shown, strict=True)}
        said = await graph.ainvoke(Command(resume=answers), CONFIG, context=SUPERVISED)
    return said, asked


def turns_of(turns: list[Turn] | tuple[Turn, ...]) -> Iterator[Turn]:
    """All turns, nested ones after those that led to them."""
    for turn in turns:
        yield turn
        for result in turn.results:
            yield from turns_of(result.turns)


def delegated(said: dict[str, Any]) -> list[str]:
    """Who got work from the coordinator, in order."""
    return [call.name for turn in said["turns"] for call in turn.proposal.calls]


def source(workspace: Path, path: str = "orders/pricing.py") -> str:
    return (workspace / path).read_text()


def everything(workspace: Path) -> dict[Path, bytes]:
    """All files, those included that should not be there."""
    return {path: path.read_bytes() for path in workspace.rglob("*") if path.is_file()}


def add_test(workspace: Path, error: str = "ValueError", words: str = "negative") -> None:
    """A test that the code does not pass yet."""
    path = workspace / "tests" / "test_pricing.py"
    path.write_text(path.read_text() + NEGATIVE.format(error=error, words=words))


@VERSIONS
async def test_a_function_is_changed_tested_and_reviewed(version: str, workspace: Path) -> None:
    """Autonomously: the file has the change and nothing else, the tests ran, the reviewer found what is missing."""
    add_test(workspace)
    before = source(workspace)
    said = await tell(graph_of(version, workspace), REJECT)
    assert (said["error"], said["reply"].splitlines()[0]) == (None, "Done.")
    assert delegated(said) == ["requirements", "writer", "tester", "reviewer"]
    guard = '    if quantity < 0:\n        raise ValueError(f"quantity must not be negative, got {quantity!r}")\n'
    assert source(workspace) == before.replace("    return price * quantity", f"{guard}    return price * quantity")
    assert "6 passed, 0 failed" in said["reply"]
    assert "the docstring of line_total does not tell that it raises" in said["reply"]


@VERSIONS
async def test_failures_are_fed_back_and_repaired(version: str, workspace: Path) -> None:
    """A renaming leaves the tests alone; they fail for it, the writer gets the failure, and then they pass."""
    said = await tell(graph_of(version, workspace), RENAME)
    assert delegated(said) == ["requirements", "writer", "tester", "writer", "tester", "reviewer"]
    verdicts = [turn.results[0].text for turn in said["turns"] if delegated({"turns": [turn]}) == ["tester"]]
    assert verdicts[0].startswith("FAIL\n1 passed, 0 failed, 1 errors")
    assert "cannot import name 'line_total'" in verdicts[0]
    assert verdicts[1].startswith("PASS\n5 passed")
    repair = [turn for turn in said["turns"] if delegated({"turns": [turn]}) == ["writer"]][1]
    assert "cannot import name 'line_total'" in repair.proposal.calls[0].arguments["message"]
    for path in ("orders/pricing.py", "orders/invoice.py", "tests/test_pricing.py"):
        assert "line_total" not in source(workspace, path)
        assert "price_of_line" in source(workspace, path)
    assert said["reply"].startswith("Done.")
    assert "-from orders.pricing import line_total\n+from orders.pricing import price_of_line" in said["reply"]


@VERSIONS
async def test_a_test_that_expects_another_message_or_error_is_satisfied(version: str, workspace: Path) -> None:
    """The request leaves it open; the second round takes what the test says."""
    add_test(workspace, "ArithmeticError", "at least none")
    said = await tell(graph_of(version, workspace), REJECT)
    assert delegated(said).count("writer") == 2
    assert said["reply"].startswith("Done.")
    assert 'raise ArithmeticError(f"at least none, got {quantity!r}")' in source(workspace)


@VERSIONS
async def test_what_the_tests_contradict_is_not_done_and_says_so(version: str, workspace: Path) -> None:
    """The invoice's test has the old tax in it: tests are no obstacle to be removed, so a person has to decide."""
    before = source(workspace, "tests/test_invoice.py")
    said = await tell(graph_of(version, workspace), "Change the constant VAT to 0.07")
    assert said["reply"].startswith("Could not be done: the tests still fail")
    assert "'To pay: 53.50'" in said["reply"]
    assert source(workspace, "tests/test_invoice.py") == before


@VERSIONS
@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ("Rename the function nowhere to somewhere", "no file of the workspace defines nowhere"),
        ("Make the shop more friendly", "I do not understand what to change"),
        ("Give the parameter price of line_total a default of 1.0", "after price comes quantity"),
    ],
)
async def test_what_cannot_be_done_is_said_and_nothing_changes(
    version: str, request_: str, why: str, workspace: Path
) -> None:
    """At the first persona that finds out."""
    before = source(workspace)
    said = await tell(graph_of(version, workspace), request_)
    assert said["reply"].startswith(f"Could not be done: {why}")
    assert "tester" not in delegated(said)
    assert source(workspace) == before


@VERSIONS
async def test_under_supervision_the_diff_is_what_is_approved(version: str, workspace: Path) -> None:
    """Edits and runs of tests ask, by the writer's and the tester's own path; each edit shows its diff beforehand."""
    seen = []

    def approve(proposal: dict[str, Any]) -> bool:
        seen.append(source(workspace))
        return True

    before = source(workspace)
    said, asked = await drive(graph_of(version, workspace), "Round the result of gross_total to 2 digits", approve)
    assert [("/".join(p["path"]), [c["name"] for c in p["calls"]]) for p in asked] == [
        ("coder/writer", ["edit_file"]),
        ("coder/tester", ["run_tests"]),
    ]
    [edit] = asked[0]["calls"]
    assert asked[0]["content"]["previews"][edit["id"]].splitlines()[:2] == [
        "--- a/orders/pricing.py",
        "+++ b/orders/pricing.py",
    ]
    changed = [line for line in asked[0]["content"]["previews"][edit["id"]].splitlines()[2:] if line[0] in "+-"]
    old = "    return (net + shipping(net)) * (1 + VAT)"
    new = "    return round((net + shipping(net)) * (1 + VAT), 2)"
    assert changed == [f"-{old}", f"+{new}"]
    assert seen[0] == before  # nothing is written before the answer
    assert source(workspace) == before.replace(old, new)
    assert said["reply"].startswith("Done.")


@VERSIONS
async def test_a_person_edits_the_diff_and_that_is_written(version: str, workspace: Path) -> None:
    """What the person put in stands in the file and in the report, and later rounds do not undo it."""
    add_test(workspace, words="below zero")

    def edit(proposal: dict[str, Any]) -> Any:
        call = proposal["calls"][0]
        if call["name"] != "edit_file" or "must not be negative" not in call["arguments"]["new"]:
            return True
        new = call["arguments"]["new"].replace("quantity must not be negative", "quantity is below zero")
        return {"verdict": "edit", "edit": {**call["arguments"], "new": new}}

    said, asked = await drive(graph_of(version, workspace), REJECT, edit)
    assert 'raise ValueError(f"quantity is below zero, got {quantity!r}")' in source(workspace)
    assert "quantity is below zero" in said["reply"]
    assert "must not be negative" not in said["reply"]
    assert said["reply"].startswith("Done.")
    assert [call["name"] for proposal in asked for call in proposal["calls"]] == ["edit_file", "run_tests"]


@VERSIONS
async def test_an_edit_that_changes_nothing_ends_the_matter(version: str, workspace: Path) -> None:
    """The tool refuses it; the writer does not propose the same for ever, and says what failed."""
    before = everything(workspace)

    def edit(proposal: dict[str, Any]) -> Any:
        arguments = proposal["calls"][0]["arguments"]
        return {"verdict": "edit", "edit": {**arguments, "new": arguments["old"]}}

    said, asked = await drive(graph_of(version, workspace), REJECT, edit)
    assert len(asked) == 1
    assert said["reply"].startswith("Could not be done:")
    assert "nothing would change" in said["reply"]
    assert everything(workspace) == before


@VERSIONS
async def test_a_rejected_edit_leaves_the_file_untouched(version: str, workspace: Path) -> None:
    """The writer gives up, nobody tests, and the reason is in the report."""
    before = everything(workspace)
    said, asked = await drive(
        graph_of(version, workspace), RENAME, lambda _: {"type": "reject", "message": "not this week"}
    )
    assert len(asked) == 1
    assert said["reply"].startswith("Could not be done:")
    assert "orders/pricing.py: not allowed" in said["reply"]
    assert "not this week" in said["reply"]
    assert everything(workspace) == before


@VERSIONS
async def test_words_about_the_diff_reach_the_writer(version: str, workspace: Path) -> None:
    """`Call it …` instead: the next proposal has the other name, and the next round keeps to it."""
    answers: list[Any] = ["Call it cost_of_line"]
    said, asked = await drive(graph_of(version, workspace), RENAME, lambda _: answers.pop() if answers else True)
    first, second = (list(proposal["content"]["previews"].values()) for proposal in asked[:2])
    assert [diff.replace("price_of_line", "cost_of_line") for diff in first] == second
    for path in ("orders/pricing.py", "orders/invoice.py", "tests/test_pricing.py"):
        assert "cost_of_line(" in source(workspace, path)
        assert "price_of_line" not in source(workspace, path)
    assert said["reply"].startswith("Done.")


async def test_all_that_was_done_is_in_the_transcript(workspace: Path) -> None:
    """The writer's turns are nested in the coordinator's, with the edits and what came of them."""
    said = await tell(graph_of("coder.yaml", workspace), RENAME)
    calls = [call.name for turn in turns_of(said["turns"]) for call in turn.proposal.calls]
    assert calls.count("run_tests") == 2
    assert calls.count("edit_file") == 6
    results = [result for turn in turns_of(said["turns"]) for result in turn.results]
    assert all(result.status == "done" for result in results)


def test_both_files_define_the_same_personas() -> None:
    """They differ only in who manages."""
    by_model, by_code = load_agent(HERE / "coder.yaml"), load_agent(HERE / "coder_by_code.yaml")
    assert by_model.delegates == by_code.delegates
    assert (by_model.orchestration, by_code.orchestration) == ("model", f"{HERE / 'coder.py'}:write_code")
