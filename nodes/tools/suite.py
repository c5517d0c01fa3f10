"""Runs a folder's tests in a process of its own, and tells what came of each, line by line, in a file.

A program, started by `testing.py` with: a file for the results, the runner, the folder or file, and the limits.
It imports nothing of ours, since what it runs is somebody else's code.
"""

import importlib.util
import json
import os
import re
import resource
import signal
import sys
import traceback
import unittest
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

MAX_TEXT = 4_000  # characters of what is told about one failure: its end, where the reason stands


class Results:
    """Where results are told: a line for each test, at once, so that a killed run leaves what it had."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def tell(self, kind: str, test: str, text: str = "") -> None:
        """`kind`: began, passed, failed, error, skipped."""
        text = text.replace(f"{os.getcwd()}{os.sep}", "")
        text = text if len(text) <= MAX_TEXT else f"[…]{text[-MAX_TEXT:]}"
        self._file.write(json.dumps({"kind": kind, "test": test, "text": text}) + "\n")
        self._file.flush()


class Collecting(unittest.TestResult):
    """What unittest finds, told on."""

    def __init__(self, results: Results) -> None:
        super().__init__()
        self._results = results

    def startTest(self, test: unittest.TestCase) -> None:  # noqa: D102, N802 - unittest's name
        super().startTest(test)
        self._results.tell("began", test.id())

    def addSuccess(self, test: unittest.TestCase) -> None:  # noqa: D102, N802
        self._results.tell("passed", test.id())

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:  # noqa: D102, N802
        super().addFailure(test, err)
        self._results.tell("failed", test.id(), self.failures[-1][1])

    def addError(self, test: unittest.TestCase, err: Any) -> None:  # noqa: D102, N802
        super().addError(test, err)
        self._results.tell("error", test.id(), self.errors[-1][1])

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:  # noqa: D102, N802
        self._results.tell("skipped", test.id(), reason)

    def addExpectedFailure(self, test: unittest.TestCase, err: Any) -> None:  # noqa: ARG002, D102, N802
        self._results.tell("passed", test.id())

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:  # noqa: D102, N802
        self._results.tell("failed", test.id(), "it was expected to fail, and passed")

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:  # noqa: D102, N802
        super().addSubTest(test, subtest, err)
        if err is not None:
            kind = "failed" if issubclass(err[0], test.failureException) else "error"
            self._results.tell(kind, subtest.id(), "".join(traceback.format_exception(*err)))


class Plugin:
    """What pytest reports, told on."""

    def __init__(self, results: Results) -> None:
        self._results = results

    def pytest_runtest_logstart(self, nodeid: str) -> None:  # noqa: D102 - pytest's name
        self._results.tell("began", nodeid)

    def pytest_collectreport(self, report: Any) -> None:  # noqa: D102
        if report.failed:
            self._results.tell("error", report.nodeid, report.longreprtext)

    def pytest_runtest_logreport(self, report: Any) -> None:  # noqa: D102
        if report.failed:
            self._results.tell("failed" if report.when == "call" else "error", report.nodeid, report.longreprtext)
        elif report.skipped:
            kind = "passed" if hasattr(report, "wasxfail") else "skipped"
            self._results.tell(kind, report.nodeid, str(report.longrepr))
        elif report.when == "call":
            self._results.tell("passed", report.nodeid)


def main(results: str, runner: str, target: str, seconds: int, memory: int, file_size: int) -> None:
    """Run the tests under `target`, which is the working directory or lies in it.

    Args:
        results: the file to tell results in.
        runner: `pytest`, `unittest`, or `auto`: pytest where the tests are written for it.
        target: a folder or a file.
        seconds: of processor time, for this process and each one that it starts.
        memory: bytes of address space, for each process.
        file_size: bytes of the largest file that may be written.
    """
    _limit(seconds, memory, file_size)
    root = Path.cwd()
    sys.path[:0] = [str(root), *(str(root / "src") for _ in range((root / "src").is_dir()))]
    with open(results, "w", encoding="utf-8") as file:
        told = Results(file)
        if runner == "pytest" or (runner == "auto" and _wants_pytest(root, Path(target))):
            _pytest(told, root, target)
        else:
            _unittest(told, root, Path(target))


_PYTEST = re.compile(r"^(?:import pytest|from pytest\b|(?:async )?def test)", re.M)


def _wants_pytest(root: Path, target: Path) -> bool:
    """Asked, since unittest starts thirty times faster; it runs what is written for it."""
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in _test_files(target))
    return (root / "conftest.py").exists() or any(_PYTEST.search(text) for text in texts)


def _limit(seconds: int, memory: int, file_size: int) -> None:
    for what, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # not every system has each, and a lower one may be set already
            resource.setrlimit(what, (most, most))
    signal.alarm(seconds + 10)  # should whoever started this be gone by then


def _pytest(results: Results, root: Path, target: str) -> None:
    if not importlib.util.find_spec("pytest"):
        results.tell("error", target, "these tests are written for pytest, which is not installed")
        return
    import pytest

    # The settings of a project around the workspace are not the workspace's.
    settings = ("pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
    own = any((root / name).is_file() for name in settings)
    options = ["--rootdir", str(root), f"--confcutdir={root}", *([] if own else ["-c", os.devnull])]
    # What tests print goes to the pipe, where it is counted: pytest would keep all of it.
    options += ["-p", "no:cacheprovider", "--capture=no", "--color=no", "--tb=short", "-q"]
    pytest.main([*options, target], plugins=[Plugin(results)])


def _unittest(results: Results, root: Path, target: Path) -> None:
    for path in _test_files(target):
        # By its name from the folder on: folders need no __init__.py for that.
        name = ".".join(path.relative_to(root).with_suffix("").parts).removeprefix("src.")
        try:
            suite = unittest.defaultTestLoader.loadTestsFromName(name)
        except Exception:  # noqa: BLE001 - whatever the tested code raises when it is imported
            results.tell("error", name, traceback.format_exc())
        else:
            suite.run(Collecting(results))


def _test_files(target: Path) -> Iterator[Path]:
    if target.is_file():
        yield target
        return
    for folder, folders, names in os.walk(target):
        folders[:] = sorted(name for name in folders if name.isidentifier())
        for name in sorted(names):
            if name.endswith(".py") and (name.startswith("test") or name.endswith("_test.py")):
                yield Path(folder, name)


if __name__ == "__main__":
    main(*sys.argv[1:4], *map(int, sys.argv[4:]))  # type: ignore[arg-type]
