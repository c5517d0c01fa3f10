"""How a proposal reads: what a call would change stands below it."""

import io
from typing import Any

from rich.console import Console

from repertory.apps.runs.events import Pending
from repertory.apps.screens.page import Page
from repertory.apps.screens.proposals import print_proposal
from repertory.memory.proposals import Call, Proposal

DIFF = "--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-old\n+new"


def pending(content: dict[str, Any]) -> Pending:
    """A call of `edit_file` that waits for a decision."""
    call = Call(id="0.0", name="edit_file", arguments={"path": "x.py", "old": "old", "new": "new"})
    proposal = Proposal(id="p", path=("coder", "writer"), kind="tool", calls=(call,), content=content)
    shown: dict[str, Any] = {"proposal": proposal.model_dump(mode="json")}
    return Pending(id="i", kind="tool", title="T", **shown)


def test_a_preview_stands_below_its_call() -> None:
    """Line by line, plain where there are no colours; without one, nothing stands there."""
    file = io.StringIO()
    print_proposal(Page(file), pending({"previews": {"0.0": DIFF}}))
    lines = [line.strip() for line in file.getvalue().splitlines()]
    call = next(index for index, line in enumerate(lines) if line.startswith("edit_file("))
    assert lines[call + 1 : call + 6] == DIFF.split("\n")
    assert "\x1b" not in file.getvalue()
    file = io.StringIO()
    print_proposal(Page(file), pending({}))
    assert "@@" not in file.getvalue()


def test_of_several_edits_the_differences_are_enough() -> None:
    """Their texts stand in full only where all is asked for."""
    arguments = {"path": "x.py", "old": "old\n" * 30, "new": "new\n" * 30}
    calls = tuple(Call(id=f"0.{n}", name="edit_file", arguments=arguments) for n in range(2))
    content = {"previews": {"0.0": DIFF, "0.1": DIFF}}
    proposal = Proposal(id="p", path=("coder",), kind="tool", calls=calls, content=content)
    shown: dict[str, Any] = {"proposal": proposal.model_dump(mode="json")}
    asked = Pending(id="i", kind="tool", title="T", **shown)
    lengths = []
    for full in (False, True):
        file = io.StringIO()
        print_proposal(Page(file), asked, full=full)
        assert file.getvalue().count("+new") == 2
        lengths.append(len(file.getvalue().splitlines()))
    assert lengths[0] < 20 < 120 < lengths[1]


def test_a_preview_is_coloured_where_there_are_colours() -> None:
    """Green for what comes, red for what goes, and neither for the names of the files."""
    page, file = Page(io.StringIO()), io.StringIO()
    page._console = Console(file=file, force_terminal=True, color_system="standard", width=80)  # noqa: SLF001
    print_proposal(page, pending({"previews": {"0.0": DIFF}}))
    text = file.getvalue()
    assert "\x1b[32m+new" in text
    assert "\x1b[31m-old" in text
    assert "\x1b[1m+++ b/x.py" in text


def plan(**content: Any) -> Pending:
    """A plan of one step, adapted from a known one."""
    step = {"id": "s1", "instruction": "Read june.csv.", "needs": [], "tool": "read", "arguments": {"path": "june.csv"},
            "expected": ""}  # fmt: skip
    change = {"step": "s1", "field": "arguments.path", "before": "may.csv", "after": "june.csv"}
    known = {"cohort": "c7", "task": "Read may.csv", "uses": 4, "successes": 3, "ratings": 2, "liked": 1,
             "rated_by": "user"}  # fmt: skip
    whole = {"task": "Read june.csv", "source": "similar", "known": known, "changes": [change], "passed_over": [],
             "steps": [step], "agents": [], **content}  # fmt: skip
    proposal = Proposal(id="p", path=("planner",), kind="plan", content=whole)
    shown: dict[str, Any] = {"proposal": proposal.model_dump(mode="json")}
    return Pending(id="i", kind="plan", title="Perform 1 step, adapted from a similar task?", **shown)


def printed(asked: Pending) -> list[str]:
    file = io.StringIO()
    print_proposal(Page(file), asked)
    return [line.rstrip() for line in file.getvalue().splitlines()]


def test_an_adapted_plan_shows_what_it_was() -> None:
    """Where it came from, how that did, and below each step what was said anew, before and after; in 80 columns."""
    lines = printed(plan())
    assert "known     adapted from: Read may.csv" in lines
    assert "          did 3 of 4 such tasks well; a person liked 1 of 2" in lines
    assert "          cohort c7" in lines
    step = lines.index('            read(path="june.csv")')
    assert lines[step + 1 : step + 3] == ["            - path: may.csv", "            + path: june.csv"]
    assert max(map(len, lines)) <= 80


def test_a_known_plan_is_named_and_a_new_one_is_not() -> None:
    """An equal task says so; of a new one there is nothing to tell but why others were passed over."""
    equal = printed(plan(source="equal", changes=[]))
    assert "known     this very task was done before" in equal
    assert not [line for line in equal if line.lstrip().startswith(("- ", "+ "))]
    new = printed(plan(source="new", known=None, changes=[], passed_over=["agent 'editor' is retired"]))
    assert not [line for line in new if line.startswith("known")]
    assert "          note: agent 'editor' is retired" in new


def test_a_changed_value_of_any_kind_can_be_read() -> None:
    """Texts as they are, everything else as JSON."""
    changes = [{"step": "s1", "field": f"arguments.{n}", "before": value, "after": None} for n, value in
               enumerate(("a b", 7, True, ["x"]))]  # fmt: skip
    lines = [line.strip() for line in printed(plan(changes=changes))]
    assert [line for line in lines if line.startswith("- ")] == ["- 0: a b", "- 1: 7", "- 2: true", '- 3: ["x"]']
