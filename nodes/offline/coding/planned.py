"""Clauses of a task that ask for a change of code or for its tests, and the steps that they become."""

import re
from collections.abc import Sequence

from repertory.nodes.offline.choose import choose
from repertory.nodes.offline.coding.looking import editor, tester, tool_for
from repertory.nodes.offline.coding.requests import Rename, read_changes
from repertory.nodes.offline.entities import find_entities
from repertory.nodes.offline.roles import role_for, work
from repertory.nodes.offline.sections import Tool
from repertory.nodes.offline.words import words
from repertory.nodes.planner.drafts import StepDraft

VERBS = frozenset(["change", "fix", "let", "make", "rename", "round", "set"])
"""Words that begin a clause in a task about code, besides those that do so everywhere."""
_ABOUT_CODE = re.compile(
    r"\b(?:functions?|methods?|class|constants?|parameters?|arguments?|defaults?|modules?|code|python|raise|errors?"
    r"|exceptions?|tests?)\b|\w\(\)|[a-z0-9]_[a-z]|`|\.py\b",
    re.I,
)
_TESTS = re.compile(
    r"\b(?:re-?run|run|execute|try|check|verify|ensure|make sure|see|keep|fix|update|adapt|adjust|pass)\b"
    r"(?:(?!\bwrite\b)[^.;])*\btests?\b|\btests?\b[^.;]*\b(?:pass|passes|green|run|work)\b"
    r"|^test (?:it|that|everything)\b",
    re.I,
)


def wants_change(text: str, tools: Sequence[Tool]) -> bool:
    """Whether a clause asks for a change of code that an agent with these tools can make.

    `Rename` and the like are said of other things, too: without a sign of code, files of other kinds that are named,
    or a tool of the user's that does it, speak against it.
    """
    changes = read_changes(text)
    if not changes or not changing_tools(tools):
        return False
    if _ABOUT_CODE.search(text):
        files = find_entities(text).files
        return not files or any(file.endswith(".py") for file in files)
    meant = choose(text, tools)
    return all(isinstance(change, Rename) for change in changes) and not find_entities(text).sources and not (
        meant and meant.calls
    )  # fmt: skip


def wants_tests(text: str, tools: Sequence[Tool]) -> bool:
    """Whether a clause asks to run tests, or to see that they pass."""
    return tester(tools) is not None and bool(_TESTS.search(text))


def says_the_same(text: str, other: str) -> bool:
    """Whether two texts ask for the same changes of code, and the same about its tests; so if neither asks for any."""
    changes = read_changes(text)
    return changes == read_changes(other) and (not changes or bool(_TESTS.search(text)) == bool(_TESTS.search(other)))


def changing_tools(tools: Sequence[Tool]) -> list[str]:
    """The tools with which code is changed: to find it, read it, and edit it; none where one of them is missing."""
    readers = [tool for tool in tools if "read" in words(tool.name)]
    found = (tool_for(tools, "query"), tool_for(readers, "path"), editor(tools))
    return [tool.name for tool in found if tool] if all(found) else []


def changing(step_id: str, instruction: str, needs: Sequence[str], tools: Sequence[Tool]) -> StepDraft:
    """The step of an agent that changes code, and runs its tests where the instruction says so."""
    about = work("code")
    return StepDraft(
        id=step_id, instruction=instruction, needs=list(needs), expected=about.expected, role=role_for(about),
        tools=[*changing_tools(tools), *testing_tools(instruction, tools)], tool=None, arguments=[],
    )  # fmt: skip


def testing_tools(instruction: str, tools: Sequence[Tool]) -> list[str]:
    """The tool that runs tests, where that is asked for."""
    tool = tester(tools)
    return [tool.name] if tool and wants_tests(instruction, tools) else []
