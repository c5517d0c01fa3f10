"""Names of any kind become names here, and say who is meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repertory.memory.definitions.naming import apart, name_of, role_of
from repertory.memory.records import Agent


@pytest.mark.parametrize(
    ("original", "name", "role"),
    [
        ("api-designer", "api-designer", "API designer"),
        ("news_editor", "news_editor", "News editor"),
        ("Linux Terminal", "Linux-Terminal", "Linux Terminal"),
        ("dotnet-framework-4.8-expert", "dotnet-framework-4-8-expert", "Dotnet framework 4.8 expert"),
        ("UX/UI Developer", "UX-UI-Developer", "UX/UI Developer"),
        ("plugin:code-reviewer", "plugin-code-reviewer", "Code reviewer"),
        ("C++ Expert", "Cpp-Expert", "C++ Expert"),
        ("C# Expert", "C-sharp-Expert", "C# Expert"),
        ("3d-artist", "agent-3d-artist", "3d artist"),
        ("Köchin", "Kochin", "Köchin"),
        ("../../etc/passwd", "etc-passwd", "Passwd"),
        ("web__ui-tester", "web__ui-tester", "UI tester"),
        ("devops.engineer", "devops-engineer", "DevOps engineer"),
    ],
)
def test_a_name_stays_recognizable(original: str, name: str, role: str) -> None:
    """As much of it as letters, digits, `_` and `-` can say; the role says it in words."""
    assert (name_of(original), role_of(original)) == (name, role)


@given(st.text())
def test_whatever_it_is_it_becomes_a_name(original: str) -> None:
    """The same one each time, told apart by anything; one that is a name already stays as it is."""
    name = name_of(original)
    assert name == name_of(original)
    for each in (name, apart(name, "a"), apart(name, "b")):
        Agent(name=each, role="r", description="d")
    assert len({name, apart(name, "a"), apart(name, "b")}) == 3
    assert name_of(name) == name


def test_long_and_foreign_names_differ() -> None:
    """Those of which nothing is left, or too much."""
    assert name_of("代码审查") != name_of("测试")
    assert name_of("a" * 80 + "b") != name_of("a" * 80 + "c")
    assert len(name_of("a" * 80)) == 64
