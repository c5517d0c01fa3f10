"""What a persona has seen of the code: what searches found, and files as they were read and as they are now."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from repertory.nodes.offline.arguments import role_of
from repertory.nodes.offline.sections import Tool
from repertory.nodes.offline.situation import Done, Situation
from repertory.nodes.offline.words import words

MAX_FILES = 20
"""Files that are read for one change."""

Call = tuple[str, dict[str, Any]]

_HIT = re.compile(r"^(?P<path>\S[^:\n]*\.py):\d+: (?P<line>.*)$", re.M)
_MORE = re.compile(r"\n\[characters \d+ to \d+ of \d+; read on with offset=(?P<offset>\d+)\]\s*$")


def tool_for(tools: Sequence[Tool], *roles: str) -> Tool | None:
    """The tool whose required arguments are of these kinds and no others."""
    return next((tool for tool in tools if [role_of(name) for name in tool.required] == list(roles)), None)


def editor(tools: Sequence[Tool]) -> Tool | None:
    """The tool that replaces a text in a file."""
    return next((tool for tool in tools if set(tool.required) == {"path", "old", "new"}), None)


def tester(tools: Sequence[Tool]) -> Tool | None:
    """The tool that runs tests without being told anything."""
    return next((tool for tool in tools if not tool.required and {"run", "tests"} <= set(words(tool.name))), None)


def is_test(path: str) -> bool:
    """Whether a file holds tests, by its name."""
    pure = PurePosixPath(path)
    return pure.name.startswith("test") or pure.stem.endswith("_test") or "tests" in pure.parts[:-1]


class Looking:
    """The code, as far as it was looked at, and the calls that look at more."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._search = tool_for(situation.tools, "query")
        readers = [tool for tool in situation.tools if "read" in words(tool.name)]
        self._read = tool_for(readers, "path")
        self._edit = editor(situation.tools)

    def searches(self, names: Iterable[str]) -> list[Call]:
        """The searches for names that were not made yet."""
        if self._search is None:
            return []
        argument = self._search.required[0]
        pattern = {"pattern": "*.py"} if "pattern" in self._search.optional else {}
        calls = [(self._search.name, {argument: name, **pattern}) for name in dict.fromkeys(names)]
        return [call for call in calls if not self._situation.called(*call)]

    def found(self, name: str) -> list[str]:
        """The files in which searches found a name as a word of its own."""
        hits = [match for call in self._done(self._search) for match in _HIT.finditer(call.text)]
        named = [hit["path"] for hit in hits if re.search(rf"\b{re.escape(name)}\b", hit["line"])]
        return list(dict.fromkeys(named))

    def reads(self, paths: Iterable[str]) -> list[Call]:
        """The calls that read files which were not read to their end yet."""
        if self._read is None:
            return []
        calls: list[Call] = []
        for path in list(dict.fromkeys(paths))[:MAX_FILES]:
            pieces = [call for call in self._situation.calls if self._is_read(call) and call.arguments["path"] == path]
            if not pieces:
                calls.append((self._read.name, {"path": path}))
            elif pieces[-1].status == "done" and (more := _MORE.search(pieces[-1].text)):
                calls.append((self._read.name, {"path": path, "offset": int(more["offset"])}))
        return calls

    def files(self) -> dict[str, str]:
        """Texts by path, as they were read."""
        texts: dict[str, str] = {}
        for call in self._done(self._read):
            path = str(call.arguments["path"])
            texts[path] = texts.get(path, "") + _MORE.sub("", call.text)
        return texts

    def now(self) -> dict[str, str]:
        """Texts by path, with the edits that were made since."""
        texts = self.files()
        for call in self.edits():
            path, old, new = (str(call.arguments[name]) for name in ("path", "old", "new"))
            if path in texts:
                texts[path] = texts[path].replace(old, new, 1)
        return texts

    def edits(self) -> list[Done]:
        """The edits that were made."""
        return self._done(self._edit)

    def _is_read(self, call: Done) -> bool:
        return self._read is not None and call.name == self._read.name

    def _done(self, tool: Tool | None) -> list[Done]:
        return [call for call in self._situation.calls if tool and call.name == tool.name and call.status == "done"]


def python_files(text: str) -> Iterator[str]:
    """The Python files that a text names."""
    yield from dict.fromkeys(re.findall(r"(?<![\w/.-])(?:[\w-]+/)*[\w-]+\.py\b", text))
