"""Tools by the names that public collections have for them."""

from repertory.nodes.tools.builtin import builtin_toolbox
from repertory.nodes.tools.foreign import known_as


def test_every_name_leads_to_a_tool_that_there_is() -> None:
    """With all built-in tools, and with few: nothing is promised that is not here."""
    names = builtin_toolbox(".").names
    known = known_as(names)
    assert set(known.values()) == set(names)
    assert {known[name] for name in ("read", "write", "edit", "glob", "grep", "webfetch")} == {
        *("read_file", "write_file", "edit_file", "list_files", "search_files", "fetch_url")
    }
    assert set(known_as(["read_file"]).values()) == {"read_file"}
    assert not {"bash", "websearch", "task"} & known.keys()


def test_own_names_are_known_whatever_their_letters() -> None:
    """A tool that a program brought counts under its own name, before any other meaning of it."""
    assert known_as(["LookUp", "read", "read_file"]) == {
        **known_as(["read_file"]),
        "lookup": "LookUp",
        "read": "read",
    }
