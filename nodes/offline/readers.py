"""Which of the tools lists files, reads a source, or writes a file: told by their names and arguments, not by heart."""

from collections.abc import Sequence

from repertory.nodes.offline.arguments import role_of
from repertory.nodes.offline.sections import Tool
from repertory.nodes.offline.verbs import Kind
from repertory.nodes.offline.words import concept, words

_TABLES = (".csv", ".tsv")


def reader_for(source: str, text: str, kind: Kind, tools: Sequence[Tool]) -> Tool | None:
    """The tool that brings a file or an address: for tables in outline one that describes them, else one that reads."""
    role = "url" if source.startswith(("http://", "https://")) else "path"
    takers = [tool for tool in tools if [role_of(name) for name in tool.required] == [role] and tool.risk != "write"]
    if role == "path" and source.endswith(_TABLES) and kind in ("describe", "compare", "read"):
        tables = [tool for tool in takers if concept("table") in _name(tool)]
        if tables:
            return tables[0]
    readers = [tool for tool in takers if _name(tool) & {concept("read"), concept("fetch")}]
    return (readers or [tool for tool in takers if concept("table") not in _name(tool)] or takers or [None])[0]


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
