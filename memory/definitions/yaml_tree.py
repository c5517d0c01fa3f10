"""A YAML file as plain data, with the line of every field. Safe: a tag cannot make anything but text and numbers."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from repertory.memory.definitions.problems import DefinitionError, Loc, Problem, Source, short
from repertory.memory.definitions.syntax import syntax_problem

MAX_NODES = 50_000
"""Values of a file, aliases followed: a few lines of aliases can stand for billions."""
_PLAIN = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
_MERGE = "tag:yaml.org,2002:merge"


def read_yaml(path: Path, name: str) -> tuple[dict[str, Any], Source]:
    """Read a file that holds one mapping.

    Args:
        path: the file.
        name: how messages call it.

    Raises:
        DefinitionError: the file is not there, is no UTF-8, no YAML, empty, or no mapping; a key is there twice.
    """
    return parse_yaml(read_text(path, name), name)


def parse_yaml(text: str, name: str, *, most: int = MAX_NODES) -> tuple[dict[str, Any], Source]:
    """The mapping that a text holds, as `read_yaml` reads it.

    Args:
        text: what a file says, whole, so that its lines count as the file's.
        name: how messages call the file.
        most: values that it may have, aliases followed.

    Raises:
        DefinitionError: it is no YAML, empty, or no mapping; a key is there twice; it has more values.
    """
    root = compose_yaml(text, name)
    if root is None:
        raise DefinitionError([Problem(name, 1, "", "the file is empty; it needs `name`, `role` and `description`")])
    tree = _Tree(name, most)
    data = tree.value(root, ())
    if not isinstance(data, dict):
        text = f"must hold fields such as `name: …` and `role: …` (got {short(data)})"
        raise DefinitionError([Problem(name, root.start_mark.line + 1, "", text)])
    return data, Source(name, tree.lines)


def read_text(path: Path, name: str) -> str:
    """The text of a file.

    Raises:
        DefinitionError: it is not there, or no UTF-8.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else f"cannot be read: {error}"
        raise DefinitionError([Problem(name, None, "", reason)]) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        text = f"is no UTF-8 (byte {data[error.start : error.start + 1]!r}); save it as UTF-8"
        raise DefinitionError([Problem(name, line, "", text)]) from error


def compose_yaml(text: str, name: str) -> yaml.Node | None:
    """The nodes of a text; None of an empty one.

    Raises:
        DefinitionError: it is no YAML.
    """
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line, said = syntax_problem(error, text)
        problem = Problem(name, line, "", said)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        problem = Problem(name, line, "", f"is no YAML: the character {chr(error.character)!r} is not allowed")
    except RecursionError:
        problem = Problem(name, None, "", "is nested too deeply; put agents under `agents`, or in other files")
    raise DefinitionError([problem])


class _Tree:
    def __init__(self, name: str, most: int) -> None:
        self.lines: dict[Loc, int] = {}
        self._name = name
        self._most = most
        self._open: set[int] = set()
        self._nodes = 0
        self._scalars = yaml.SafeLoader("")

    def value(self, node: yaml.Node, loc: Loc) -> Any:
        self.lines.setdefault(loc, node.start_mark.line + 1)
        self._nodes += 1
        if self._nodes > self._most:
            raise self._error(node, loc, f"the file has more than {self._most} values; is an alias in another?")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, loc)
        if node.tag not in _PLAIN:
            raise self._error(node, loc, f"the tag {_tag(node)!r} is not read; write plain values")
        if id(node) in self._open:
            raise self._error(node, loc, "an alias stands within what it stands for; a hierarchy has no circles")
        self._open.add(id(node))
        value = self._mapping(node, loc) if isinstance(node, yaml.MappingNode) else self._list(node, loc)
        self._open.remove(id(node))
        return value

    def _list(self, node: yaml.Node, loc: Loc) -> list[Any]:
        return [self.value(item, (*loc, n)) for n, item in enumerate(node.value)]

    def _mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                raise self._error(key_node, loc, "`<<` is not read; put what is shared under `agents`")
            key = self._scalar(key_node, loc) if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str):
                raise self._error(key_node, loc, f"a key must be a word (got {short(key)}); put it in quotes")
            place = (*loc, key)
            if key in values:
                first = self.lines[place]
                raise self._error(key_node, place, f"is there already, at line {first}; keep one of the two")
            self.lines[place] = key_node.start_mark.line + 1
            values[key] = self.value(value_node, place)
        return values

    def _scalar(self, node: yaml.ScalarNode, loc: Loc) -> Hashable:
        try:
            return self._scalars.construct_object(node)  # type: ignore[no-any-return]  # of a scalar it is one
        except (yaml.MarkedYAMLError, ValueError) as error:
            reason = f"the tag {_tag(node)!r} is not read; write plain values"
            if isinstance(error, ValueError):  # such as the date 2024-99-99
                reason = f"{node.value!r} is read as {_tag(node)!r}, and is none; put it in quotes"
            raise self._error(node, loc, reason) from error

    def _error(self, node: yaml.Node, loc: Loc, text: str) -> DefinitionError:
        return DefinitionError([Problem(self._name, node.start_mark.line + 1, ".".join(map(str, loc)), text)])


def _tag(node: yaml.Node) -> str:
    return str(node.tag).replace("tag:yaml.org,2002:", "!!")
