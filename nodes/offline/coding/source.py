"""A Python source with its syntax tree: finding things in it, and changing it without touching the rest."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

_NEAR = 3  # lines between two changes that become one edit

Function = ast.FunctionDef | ast.AsyncFunctionDef


class CannotError(Exception):
    """A change that cannot be made, with the reason in words."""


class Patch(NamedTuple):
    """Bytes to replace."""

    start: int
    end: int
    text: str


class Source:
    """A Python source.

    Args:
        path: of its file, for messages.
        text: what is in it.

    Raises:
        CannotError: it is no valid Python.
    """

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text = path, text
        try:
            self.tree = ast.parse(text)
        except (SyntaxError, ValueError) as error:
            raise CannotError(f"{path} is no valid Python: {error}") from None
        self._bytes = text.encode()
        self._starts = [0]
        for line in self._bytes.split(b"\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def at(self, line: int, column: int) -> int:
        """Offset in bytes of a place as syntax trees name it: line from 1, column in bytes."""
        return self._starts[line - 1] + column

    def span(self, node: ast.expr | ast.stmt | ast.arg | ast.alias) -> tuple[int, int]:
        """From where to where a node goes, in bytes."""
        return self.at(node.lineno, node.col_offset), self.at(node.end_lineno or 0, node.end_col_offset or 0)

    def code(self, node: ast.expr | ast.stmt | ast.arg) -> str:
        """A node as it is written."""
        start, end = self.span(node)
        return self._bytes[start:end].decode()

    def find(self, name: str, start: int) -> int:
        """Offset of a name's first occurrence from `start` on."""
        return self._bytes.index(name.encode(), start)

    def line(self, number: int) -> str:
        """A line, from 1."""
        return self.text.split("\n")[number - 1]

    def functions(self, name: str) -> list[Function]:
        """The functions and methods of that name."""
        return [
            n for n in ast.walk(self.tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and n.name == name
        ]

    def function(self, name: str) -> Function:
        """The only function of that name.

        Raises:
            CannotError: there is none, or there are several.
        """
        found = self.functions(name)
        if not found:
            raise CannotError(f"{self.path} has no function {name}")
        if len(found) > 1:
            lines = " and ".join(str(one.lineno) for one in found)
            raise CannotError(f"{self.path} has {len(found)} functions named {name} (lines {lines})")
        return found[0]

    def patched(self, patches: Iterable[Patch]) -> str:
        """The text with other bytes in some places.

        Raises:
            CannotError: the result would be no valid Python.
        """
        data = self._bytes
        for patch in sorted(set(patches), reverse=True):
            data = data[: patch.start] + patch.text.encode() + data[patch.end :]
        return Source(self.path, data.decode()).text


def defines(text: str, name: str) -> bool:
    """Whether a source defines that function, class or constant at its top level, or a function anywhere."""
    try:
        source = Source("", text)
    except CannotError:
        return False
    return bool(source.functions(name)) or name in dict(top_level(source.tree))


def top_level(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """What a module defines, by name."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Assign):
            yield from ((target.id, node) for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, node


def own_statements(function: Function) -> Iterator[ast.AST]:
    """All nodes of a function without those of functions and classes within it."""
    todo: list[ast.AST] = list(function.body)
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            todo += ast.iter_child_nodes(node)


def hunks(before: str, after: str) -> list[tuple[str, str]]:
    """What to replace by what, to get from one text to the other: whole lines, each piece unique in the first text."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    blocks = [_Block(*at) for tag, *at in matcher.get_opcodes() if tag != "equal"]
    count = 0
    while count != len(blocks):
        count = len(blocks)
        blocks = _joined([_unique(before, old, block) for block in blocks])
    return [("".join(old[block.i : block.j]), "".join(new[block.k : block.m])) for block in blocks]


class _Block(NamedTuple):
    """Lines i to j of the first text, in whose place come lines k to m of the second."""

    i: int
    j: int
    k: int
    m: int


def _joined(blocks: Sequence[_Block]) -> list[_Block]:
    """Blocks that are near each other become one; else one would change what the other is to be found by."""
    joined = list(blocks[:1])
    for block in blocks[1:]:
        if block.i - joined[-1].j <= _NEAR:
            joined[-1] = joined[-1]._replace(j=block.j, m=block.m)
        else:
            joined.append(block)
    return joined


def _unique(before: str, old: Sequence[str], block: _Block) -> _Block:
    """A block with as many lines around it as it takes to stand in the text once."""
    i, j, k, m = block
    while (i > 0 or j < len(old)) and (i == j or before.count("".join(old[i:j])) != 1):
        above, below = i > 0, j < len(old)
        i, k, j, m = i - above, k - above, j + below, m + below
    return _Block(i, j, k, m)
