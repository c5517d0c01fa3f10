"""What the built-in tools are called in public collections of agents."""

from collections.abc import Collection
from types import MappingProxyType

from repertory.memory.definitions.markdown import Vocabulary
from repertory.memory.errors import InputError
from repertory.nodes.models.configured import parse_name
from repertory.nodes.tools.toolbox import Toolbox

_HERE = MappingProxyType(
    {
        # Claude Code
        "read": "read_file",
        "write": "write_file",
        "edit": "edit_file",
        "multiedit": "edit_file",
        "glob": "list_files",
        "ls": "list_files",
        "grep": "search_files",
        "webfetch": "fetch_url",
        # OpenCode calls them the same in lower case, but for one
        "list": "list_files",
        # GitHub Copilot
        "codebase": "search_files",
        "editfiles": "edit_file",
        "fetch": "fetch_url",
        "runtests": "run_tests",
        # Gemini CLI
        "read_many_files": "read_file",
        "replace": "edit_file",
        "list_directory": "list_files",
        "search_file_content": "search_files",
        "web_fetch": "fetch_url",
    }
)
"""Only where one does the same here. There is no shell and no search of the web."""


def known_as(tools: Collection[str]) -> dict[str, str]:
    """The tools by all their names, in lower case: those elsewhere, and their own.

    Args:
        tools: names of the tools that there are.
    """
    elsewhere = {name: here for name, here in _HERE.items() if here in tools}
    return elsewhere | {tool.casefold(): tool for tool in tools}


def vocabulary(toolbox: Toolbox) -> Vocabulary:
    """What readers of public collections are to understand: the tools of a toolbox, and models that there can be."""
    return Vocabulary(known_as(toolbox.names), _speaks)


def _speaks(model: str) -> bool:
    try:
        parse_name(model)
    except InputError:
        return False
    return True
