"""Functions of code-managed agents by name: registered, in files, in packages, and what is wrong with the others."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from repertory.memory.errors import InputError
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import given_model
from repertory.nodes.persona.functions import Functions
from repertory.nodes.persona.orchestration import Told
from tests.scripted import ScriptedModel


def nay(told: Told) -> str:
    """A function that this module has."""
    return f"Nay, {told.message}."


def file(folder: Path, text: str, name: str = "dialogue.py") -> str:
    (folder / name).write_text(text)
    return f"{folder}/{name}:line"


def reason(name: str, functions: Functions | None = None) -> str:
    with pytest.raises(InputError) as raised:
        (functions or Functions())[name]
    return str(raised.value)


def said(function: Any, message: str = "Joe") -> Any:
    return function(Told(message))


def test_a_registered_function_is_found_by_its_plain_name() -> None:
    """And listed; what could be imported is not."""
    functions = Functions({"nay": nay})
    assert functions["nay"] is nay
    assert (list(functions), len(functions), "nay" in functions) == (["nay"], 1, True)


def test_a_function_of_a_package_is_imported() -> None:
    """By `package.module:function`."""
    assert said(Functions()["tests.nodes.persona.test_functions:nay"]) == "Nay, Joe."


def test_a_function_of_a_file_is_imported_once_per_change(tmp_path: Path) -> None:
    """Its module keeps what it counted until the file changes, if only by a letter within the same second."""
    text = "calls = []\ndef line(told):\n    calls.append(1)\n    return f'A{len(calls)}'\n"
    name, functions = file(tmp_path, text), Functions()
    assert [said(functions[name]), said(functions[name])] == ["A1", "A2"]
    file(tmp_path, text.replace("'A", "'B"))
    assert said(functions[name]) == "B1"
    assert [path.name for path in tmp_path.iterdir()] == ["dialogue.py"]


def test_two_files_of_one_name_do_not_meet(tmp_path: Path) -> None:
    """Each is a module of its own; and neither can stand in the place of an installed one."""
    names = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        names.append(file(tmp_path / folder, f"def line(told):\n    return '{folder}'\n", "json.py"))
    functions = Functions()
    assert [said(functions[name]) for name in names] == ["a", "b"]
    import json

    assert json.loads("1") == 1


def test_generators_and_other_callables_are_functions_too(tmp_path: Path) -> None:
    """Whatever takes what it is told: a generator, an object with `__call__`, a partial."""
    text = """\
from functools import partial
def generator(told):
    yield told.message
class Line:
    def __call__(self, told):
        return told.message
line = Line()
def named(prefix, told):
    return prefix + told.message
part = partial(named, "Sir ")
"""
    path, functions = file(tmp_path, text).removesuffix(":line"), Functions()
    assert isinstance(said(functions[f"{path}:generator"]), Iterator)
    assert said(functions[f"{path}:line"]) == "Joe"
    assert said(functions[f"{path}:part"]) == "Sir Joe"


def test_white_space_in_a_path_is_written_as_in_a_url(tmp_path: Path) -> None:
    """As the loader writes it into an agent."""
    folder = tmp_path / "my 100% plays"
    folder.mkdir()
    file(folder, "def line(told):\n    return 'yes'\n")
    assert said(Functions()[f"{tmp_path}/my%20100%25%20plays/dialogue.py:line"]) == "yes"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def lines(told): ...\n", "there is no 'line'; did you mean 'lines'?"),
        ("line = 7\n", "'line' is 7, which cannot be called; name a function"),
        ("async def line(told): ...\n", "is async; write it with `def`"),
        ("async def line(told):\n    yield\n", "is async; write it with `def`"),
        ("def line(): ...\n", "must take one argument, what it is told"),
        ("def line(told, other): ...\n", "must take one argument, what it is told"),
        ("x = 1\n1 / 0\n", "dialogue.py:2: raised ZeroDivisionError: division by zero"),
        ("def line(:\n", "dialogue.py:1: is no Python"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_the_name(text: str, words: str, tmp_path: Path) -> None:
    """The name as the agent has it, and the reason; asking whether there is one gives no error."""
    name = file(tmp_path, text)
    assert name in reason(name)
    assert words in reason(name)
    assert name not in Functions()


def test_names_that_lead_nowhere_are_refused_with_the_remedy(tmp_path: Path) -> None:
    """A file or package that is gone, a name that nobody registered, and what is no name at all."""
    assert "gone.py cannot be read: No such file" in reason(f"{tmp_path}/gone.py:line")
    assert "ModuleNotFoundError: No module named 'gone'; is its package installed?" in reason("gone.away:line")
    assert "did you mean 'dialogue'?" in reason("dialoge", Functions({"dialogue": nay}))
    for name in ("model", "no:such:name", ":line", "a.py:", "os.path"):
        assert "no function is registered as" in reason(name)
    assert 7 not in Functions()


def test_only_trusted_names_are_imported_where_a_caller_says_which(tmp_path: Path) -> None:
    """A file that is not trusted does not run; what is registered needs no trust."""
    name = file(tmp_path, f"open({str(tmp_path / 'ran')!r}, 'w')\ndef line(told):\n    return 'ran'\n")
    assert "is not trusted: it would run code here" in reason(name, Functions({"nay": nay}, trusted=["other:f"]))
    assert not (tmp_path / "ran").exists()
    functions = Functions({"nay": nay}, trusted={name})
    assert said(functions[name]) == "ran"
    assert functions["nay"] is nay


def test_deps_import_nothing_unless_told() -> None:
    """An agent that a model or an edit names a function for runs no code."""
    assert "os:getcwd" not in Deps(models=given_model(ScriptedModel())).orchestrations
