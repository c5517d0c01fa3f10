"""The tools that come with Repertory, over one workspace folder."""

from pathlib import Path

from repertory.nodes.tools.calculator import calculate
from repertory.nodes.tools.clock import current_time
from repertory.nodes.tools.edits import EditTools
from repertory.nodes.tools.files import FileTools
from repertory.nodes.tools.tables import TableTools
from repertory.nodes.tools.testing import SuiteTools
from repertory.nodes.tools.texts import TextTools
from repertory.nodes.tools.toolbox import Toolbox
from repertory.nodes.tools.web import WebTools
from repertory.nodes.tools.workspace import Workspace


def builtin_toolbox(workspace: Path | str, *, allow_private: bool = False) -> Toolbox:
    """The built-in tools.

    Args:
        workspace: the folder that the file tools see and cannot leave; made when something is first written.
        allow_private: whether `fetch_url` may reach loopback, private and other non-public addresses.
    """
    place = Workspace(workspace)
    files, texts, tables = FileTools(place), TextTools(place), TableTools(place)
    edits, toolbox = EditTools(place), Toolbox()
    # Whatever holds words from files (names, headings, frequent words included) is not of our own making.
    for reading in (
        files.list_files,
        files.read_file,
        files.search_files,
        texts.text_statistics,
        texts.summarize_text,
        tables.describe_table,
    ):
        toolbox.add(reading, risk="read", trusted=False)
    for own in (calculate, current_time):
        toolbox.add(own, risk="read", trusted=True)
    toolbox.add(files.write_file, risk="write", trusted=True, preview=edits.preview_write)
    toolbox.add(edits.edit_file, risk="write", trusted=True, preview=edits.preview_edit)
    toolbox.add(SuiteTools(workspace).run_tests, risk="write", trusted=False)  # it executes what is in the workspace
    toolbox.add(WebTools(allow_private=allow_private).fetch_url, risk="outside", trusted=False)
    return toolbox
