"""Renaming what a module defines, there and in the files that import it; other things of that name stay as they are."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from repertory.nodes.offline.coding.requests import Rename
from repertory.nodes.offline.coding.source import CannotError, Patch, Source, top_level


def renamed(change: Rename, files: Mapping[str, str]) -> dict[str, str]:
    """The texts of all files after a renaming.

    Args:
        change: the old name and the new one.
        files: texts by path; files that are not given are not looked at.

    Raises:
        CannotError: no file, or more than one, defines the name; or the new one is taken there.
    """
    sources = {path: Source(path, text) for path, text in files.items() if change.old in text or change.new in text}
    homes = [path for path, source in sources.items() if change.old in dict(top_level(source.tree))]
    done = [path for path, source in sources.items() if change.new in dict(top_level(source.tree))]
    if len(homes) > 1:
        raise CannotError(f"{change.old} is defined in {' and '.join(homes)}; name one file")
    if homes and homes[0] in done:
        raise CannotError(f"{homes[0]} defines {change.new} already")
    if not homes and not done:
        raise CannotError(f"nothing at the top level of a module is named {change.old}")
    home = (homes or done)[0]
    modules = {_module(home)} | {_module(path) for path, source in sources.items() if _imports(source, change, home)}
    return dict(files) | {
        path: source.patched(_Uses(source, change, modules, is_home=path == home).patches())
        for path, source in sources.items()
    }


def _module(path: str) -> str:
    """The last part of a module's name."""
    pure = PurePosixPath(path)
    return pure.parent.name if pure.stem == "__init__" else pure.stem


def _imports(source: Source, change: Rename, home: str) -> bool:
    """Whether a package's `__init__` hands on what the module defines."""
    return PurePosixPath(source.path).stem == "__init__" and any(
        isinstance(node, ast.ImportFrom)
        and (node.module or "").rpartition(".")[2] == _module(home)
        and any(alias.name in (change.old, change.new) for alias in node.names)
        for node in ast.walk(source.tree)
    )


class _Uses:
    """Finds where one source uses the name in the meaning that it has in its module."""

    def __init__(self, source: Source, change: Rename, modules: set[str], *, is_home: bool) -> None:
        self._source, self._change, self._modules, self._home = source, change, modules, is_home
        # Both names: in a file that was left half renamed, the name is the same thing.
        self._is_bare = is_home or any(alias.asname is None for alias in self._aliases())
        self._aliased = {
            alias.asname or alias.name.partition(".")[0]: (alias.name if alias.asname else "").rpartition(".")[2]
            for node in ast.walk(source.tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }

    def patches(self) -> list[Patch]:
        """Every place, to be replaced by the new name."""
        if any(isinstance(n, ast.Name) and n.id == self._change.new for n in ast.walk(self._source.tree)) and (
            self._is_bare and not self._home and self._change.new not in {alias.name for alias in self._aliases()}
        ):
            raise CannotError(f"{self._source.path} uses {self._change.new} for something else")
        starts = [*self._imported(), *self._in(self._source.tree, hidden=False), *self._words()]
        return [Patch(start, start + len(self._change.old.encode()), self._change.new) for start in starts]

    def _aliases(self) -> Iterator[ast.alias]:
        """Imports of the name from its module, under the old name or the new."""
        for node in ast.walk(self._source.tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").rpartition(".")[2] in self._modules:
                yield from (alias for alias in node.names if alias.name in (self._change.old, self._change.new))

    def _imported(self) -> Iterator[int]:
        for alias in self._aliases():
            if alias.name == self._change.old:
                yield self._source.span(alias)[0]

    def _in(self, node: ast.AST, *, hidden: bool) -> Iterator[int]:
        """Uses within a node; `hidden`: a function around it has a variable of that name."""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            hidden = hidden or _binds(node, self._change.old)
        yield from self._at(node, hidden=hidden)
        for child in ast.iter_child_nodes(node):
            yield from self._in(child, hidden=hidden)

    def _at(self, node: ast.AST, *, hidden: bool) -> Iterator[int]:
        old = self._change.old
        if isinstance(node, ast.Name) and node.id == old and self._is_bare and not hidden:
            yield self._source.span(node)[0]
        elif isinstance(node, ast.Attribute) and node.attr == old and self._is_module(node.value):
            yield self._source.span(node)[1] - len(old.encode())
        elif isinstance(node, ast.Global) and old in node.names and self._is_bare:
            yield self._source.find(old, self._source.span(node)[0] + len("global"))
        elif self._home and node in self._source.tree.body and getattr(node, "name", "") == old:
            assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)  # noqa: S101 - has a name
            keyword = "class" if isinstance(node, ast.ClassDef) else "def"
            yield self._source.find(old, self._source.find(keyword, self._source.span(node)[0]) + len(keyword))

    def _is_module(self, value: ast.expr) -> bool:
        """Whether an expression is the module, by its name there."""
        if isinstance(value, ast.Name):
            return (self._aliased.get(value.id) or value.id) in self._modules and value.id in self._aliased
        return isinstance(value, ast.Attribute) and value.attr in self._modules

    def _words(self) -> Iterator[int]:
        """Names in strings: in `__all__`, and as `module.name`, which is how tests patch."""
        dotted = re.compile(rf"(?:[\w.]+\.)?(?:{'|'.join(map(re.escape, self._modules))})\.{self._change.old}")
        listed = [
            item
            for name, node in top_level(self._source.tree)
            if name == "__all__" and self._is_bare
            for item in ast.walk(node)
        ]
        for node in ast.walk(self._source.tree):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
                continue
            if dotted.fullmatch(node.value) or (node in listed and node.value == self._change.old):
                _, end = self._source.span(node)
                yield end - 1 - len(self._change.old.encode())


def _binds(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, name: str) -> bool:
    """Whether a function has a parameter or a variable of its own of that name."""
    spec = function.args
    arguments = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, *filter(None, [spec.vararg, spec.kwarg])]
    inner = [node for part in ast.iter_child_nodes(function) for node in ast.walk(part)]
    if any(isinstance(node, ast.Global) and name in node.names for node in inner):
        return False
    stored = any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) for n in inner)
    return stored or any(argument.arg == name for argument in arguments)
