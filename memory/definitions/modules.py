"""A Python file as a module of a private name: it can collide with nothing, and leaves no compiled file behind."""

import hashlib
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType

from repertory.memory.definitions.problems import DefinitionError
from repertory.memory.definitions.python_errors import problems_of_python
from repertory.memory.definitions.yaml_tree import read_text
from repertory.memory.errors import InputError


def import_file(path: Path, name: str) -> ModuleType:
    """Run a Python file.

    Args:
        path: the file.
        name: how messages call it.

    Returns:
        Its module, new each time.

    Raises:
        DefinitionError: it is not there, is no Python, or raised; with the line.
    """
    read_text(path, name)
    module = module_from_spec(_spec(path))
    before = sys.modules.get(module.__name__)
    sys.modules[module.__name__] = module  # dataclasses look themselves up there
    try:
        module.__spec__.loader.exec_module(module)  # type: ignore[union-attr]  # it was made with one
    except (Exception, SystemExit) as error:
        if before is None:
            del sys.modules[module.__name__]
        else:
            sys.modules[module.__name__] = before
        raise DefinitionError(problems_of_python(error, path, name)) from error
    return module


class _Uncached(SourceFileLoader):
    """Compiles the file as it is now: compiled files are told apart by the second only."""

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - the signature is importlib's
        return self.source_to_code(self.get_data(self.path), self.path)


def _spec(path: Path) -> ModuleSpec:
    name = f"_repertory_{path.stem}_{hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:12]}"
    spec = spec_from_loader(name, _Uncached(name, str(path)))
    if spec is None:  # never for a loader that is given
        raise InputError(f"{str(path)!r} cannot be imported; give a Python file")
    return spec
