"""Finds the Python functions that manage agents, by the names that agents keep."""

import inspect
from collections.abc import Collection, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from repertory.memory.definitions.modules import import_file
from repertory.memory.definitions.names import parse_function
from repertory.memory.definitions.problems import DefinitionError, suggestion
from repertory.memory.errors import InputError
from repertory.nodes.persona.orchestration import Orchestration


class Functions(Mapping[str, Orchestration]):
    """Functions by name: those that were registered, and those in files and modules, which are imported when asked for.

    A file is imported again when it has changed. To import is to run: give this to `Deps` only where those who name
    functions may run code here, or say which names they may use.

    Args:
        registered: functions by plain names.
        trusted: names in files and modules that may be imported, as agents keep them; None: all.
    """

    def __init__(
        self,
        registered: Mapping[str, Orchestration] = MappingProxyType({}),
        *,
        trusted: Collection[str] | None = None,
    ) -> None:
        self._registered = dict(registered)
        self._trusted = trusted
        self._files: dict[Path, tuple[bytes, ModuleType]] = {}

    def __getitem__(self, name: str) -> Orchestration:
        """The function of that name.

        Raises:
            InputError: there is none, it cannot be imported or is no function of one argument, or it is not trusted.
        """
        if name in self._registered:
            return self._registered[name]
        parsed = parse_function(name)
        if parsed is None or (parsed.file is None and parsed.module is None):
            known = suggestion(name, self._registered)
            raise InputError(
                f"no function is registered as {name!r}; {known}. Name one in a file, as ./file.py:function, or in a "
                "package, as package.module:function"
            )
        if self._trusted is not None and name not in self._trusted:
            raise InputError(
                f"the function {name!r} is not trusted: it would run code here. `repertory agents add` a file that "
                "names it, if it may"
            )
        module = self._file(parsed.file, name) if parsed.file else _module(parsed.module or "", name)
        return _function(module, parsed.function, name)

    def __contains__(self, name: object) -> bool:
        """Whether there is such a function: a file or module is imported to see."""
        try:
            return isinstance(name, str) and bool(self[name])
        except InputError:
            return False

    def __iter__(self) -> Iterator[str]:
        """Names of the registered functions; there is no list of what could be imported."""
        return iter(self._registered)

    def __len__(self) -> int:
        return len(self._registered)

    def _file(self, path: Path, name: str) -> ModuleType:
        try:
            text = path.read_bytes()
        except OSError as error:
            raise InputError(
                f"the function {name!r}: {path} cannot be read: {error.strerror}; add the agent anew"
            ) from error
        if path not in self._files or self._files[path][0] != text:
            try:
                self._files[path] = (text, import_file(path, str(path)))
            except DefinitionError as error:
                raise InputError(f"the function {name!r}: {error}") from error
        return self._files[path][1]


def _module(module: str, name: str) -> ModuleType:
    try:
        return import_module(module)
    except Exception as error:  # whatever a module raises while it is imported
        raise InputError(
            f"the function {name!r}: the module {module!r} cannot be imported: {type(error).__name__}: {error}; is its "
            "package installed?"
        ) from error


def _function(module: ModuleType, function: str, name: str) -> Orchestration:
    found: Any = getattr(module, function, None)
    if found is None:
        known = [key for key, value in vars(module).items() if inspect.isfunction(value) and not key.startswith("_")]
        raise InputError(f"the function {name!r}: there is no {function!r}; {suggestion(function, known)}")
    if not callable(found):
        raise InputError(f"the function {name!r}: {function!r} is {found!r}, which cannot be called; name a function")
    if inspect.iscoroutinefunction(found) or inspect.isasyncgenfunction(found):
        raise InputError(f"the function {name!r} is async; write it with `def`, and `yield` what is to be done")
    try:
        inspect.signature(found).bind(None)
    except (TypeError, ValueError) as error:
        raise InputError(f"the function {name!r} must take one argument, what it is told: {error}") from error
    return found  # type: ignore[no-any-return]
