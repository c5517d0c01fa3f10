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
