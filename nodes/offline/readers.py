"""Which of the tools lists files, reads a source, or writes a file: told by their names and arguments, not by heart."""

from collections.abc import Sequence

from repertory.nodes.offline.arguments import role_of
from repertory.nodes.offline.sections import Tool
from repertory.nodes.offline.words import concept, words

_TABLES = (".csv", ".tsv")


def reader_for(source: str, tools: Sequence[Tool], *, outline: bool = False) -> Tool | None:
    """The tool that brings a file or an address.

    Args:
        source: a file or an address.
        tools: what there is.
        outline: whether of a table its description is wanted rather than its rows.
    """
    role = "url" if source.startswith(("http://", "https://")) else "path"
    takers = [tool for tool in tools if [role_of(name) for name in tool.required] == [role] and tool.risk != "write"]
    tables = [tool for tool in takers if concept("table") in _name(tool)]
    raw = [tool for tool in takers if is_reader(tool)]
    if role == "path" and source.endswith(_TABLES):
        ranked = [*tables, *raw] if outline else [*raw, *tables]
    else:
        ranked = [*raw, *(tool for tool in takers if tool not in tables)]
    return ranked[0] if ranked else None


def is_reader(tool: Tool) -> bool:
    """Whether it hands over a source as it is."""
    return bool(_name(tool) & {concept("read"), concept("fetch")})


def lister(tools: Sequence[Tool]) -> Tool | None:
    """The tool that lists files without being told anything."""
    return next((tool for tool in tools if not tool.required and {"list", concept("file")} <= _name(tool)), None)


def writer(tools: Sequence[Tool]) -> Tool | None:
    """The tool that writes a text to a file."""
    for tool in tools:
        if {role_of(name) for name in tool.required} in ({"path", "content"}, {"path", "text"}):
            return tool
    return None


def _name(tool: Tool) -> set[str]:
    return {concept(word) for word in words(tool.name)}
