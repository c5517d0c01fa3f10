"""Run the tests of the workspace's code, in a process of its own with limits."""

import asyncio
import json
import os
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypedDict

from pydantic import Field

from repertory.memory.errors import ToolError
from repertory.nodes.tools.outcomes import shorten
from repertory.nodes.tools.processes import Ended, run
from repertory.nodes.tools.workspace import Workspace

MAX_SECONDS = 600

MAX_FAILURES = 20
"""Failures whose text is told; the others are counted."""

MAX_FAILURE = 1_500
"""Characters of one failure's text: its end, where the reason stands."""

_SUITE = Path(__file__).with_name("suite.py")
_MAX_RESULTS = 20_000_000  # bytes
_MAX_PRINTED = 2_000  # characters of output told where no result says what went wrong


class Failure(TypedDict):
    """A test that did not pass."""

    test: str
    kind: Literal["failed", "error"]
    text: str


class SuiteResult(TypedDict):
    """What `run_tests` brings back."""

    ok: bool
    """Whether tests ran, and all of them passed or were skipped."""
    passed: int
    failed: int
    errors: int
    skipped: int
    failures: list[Failure]
    seconds: float
    """By the clock."""
    timed_out: bool
    text: str


@dataclass(frozen=True)
class Limits:
    """What a run of tests may use, each of its processes for itself."""

    memory: int = 4 << 30
    """Bytes of address space."""
    file_size: int = 100 << 20
    """Bytes of the largest file that is written."""


class SuiteTools:
    """The testing tools over one workspace folder."""

    def __init__(self, folder: Path | str, limits: Limits = Limits()) -> None:
        self._folder = Path(folder).expanduser().absolute()
        self._workspace = Workspace(folder)
        self._limits = limits

    async def run_tests(
        self,
        path: str = ".",
        runner: Literal["auto", "pytest", "unittest"] = "auto",
        seconds: Annotated[int, Field(ge=1, le=MAX_SECONDS)] = 60,
    ) -> SuiteResult:
        """Run the Python tests in a folder or file, for at most some seconds.

        It executes code of the workspace: in a process group of its own, which is killed as a whole at the end; with
        limits on time, memory, file size and output; without the environment, and so the keys, of this process. That
        limits accidents. It is no sandbox: the code reads and writes what the user may, and reaches the network.

        Raises:
            ToolArgumentsError: the path leads out of the workspace.
            ToolError: there is no such folder or file, or no test in it.
        """
        stop = threading.Event()
        try:
            return await asyncio.to_thread(self._run, path, runner, seconds, stop)
        finally:
            stop.set()  # a run that nobody waits for any more ends with it

    def _run(self, path: str, runner: str, seconds: int, stop: threading.Event) -> SuiteResult:
        root, limits = self._folder.resolve(), self._limits
        target = self._checked(root, path)
        with tempfile.TemporaryDirectory(prefix="tests-", ignore_cleanup_errors=True) as home:
            results = Path(home, "results.jsonl")
            # -P: what stands beside suite.py is not for the tested code to import
            command = [sys.executable, "-B", "-P", str(_SUITE), str(results), runner, str(target)]
            command += [str(number) for number in (seconds, limits.memory, limits.file_size)]
            ended = run(command, folder=root, home=Path(home), seconds=seconds, stop=stop, environ=os.environ)
            return suite_result(_read(results), ended, path)

    def _checked(self, root: Path, path: str) -> Path:
        target = root / path
        if target.is_file():
            self._workspace.read(path)
        else:
            next(self._workspace.files(path), None)
        return target


def suite_result(told: Sequence[dict[str, str]], ended: Ended, path: str) -> SuiteResult:
    """The result of a run.

    Args:
        told: what the suite told of its tests, in order.
        ended: how its process ended.
        path: what was to be tested.

    Raises:
        ToolError: no test was found.
    """
    count = Counter(item["kind"] for item in told)
    failures = [Failure(test=i["test"], kind=i["kind"], text=_end(i["text"])) for i in told if i["kind"] in _BAD]  # type: ignore[typeddict-item]
    broken = _broken(told, ended)
    if broken:
        failures.append(broken)
        count["error"] += 1
    if not told and not failures:
        raise ToolError(
            f"no tests were found in {path!r}: they stand in files named test*.py or *_test.py. {ended.output[-300:]}"
        )
    return SuiteResult(
        ok=not failures and count["passed"] + count["skipped"] > 0,
        passed=count["passed"],
        failed=count["failed"],
        errors=count["error"],
        skipped=count["skipped"],
        failures=failures[:MAX_FAILURES],
        seconds=round(ended.seconds, 3),
        timed_out=ended.timed_out,
        text=_text(count, failures),
    )


_BAD = ("failed", "error")


def _broken(told: Sequence[dict[str, str]], ended: Ended) -> Failure | None:
    """What is to be said of a run that did not come to its end by itself."""
    running = told[-1]["test"] if told and told[-1]["kind"] == "began" else ""
    if ended.timed_out:
        why = f"stopped after {ended.seconds:.0f} seconds"
    elif ended.code < 0 or running:
        how = f"ended by signal {-ended.code}" if ended.code < 0 else f"left with status {ended.code}"
        why = f"the process was {how} before its tests were done" if ended.code < 0 else f"the process {how} in a test"
    elif ended.code and not told:
        why = f"the tests could not be started (status {ended.code})"
    else:
        return None
    printed = ended.output[-_MAX_PRINTED:].strip()
    text = f"{why}; this was running: {running}" if running else why
    return Failure(test=running or "(all)", kind="error", text=f"{text}\n{printed}".strip())


def _text(count: Counter[str], failures: Sequence[Failure]) -> str:
    head = f"{count['passed']} passed, {count['failed']} failed, {count['error']} errors, {count['skipped']} skipped"
    parts = [f"{failure['kind'].upper()}: {failure['test']}\n{failure['text']}" for failure in failures[:MAX_FAILURES]]
    if len(failures) > MAX_FAILURES:
        parts.append(f"[{len(failures) - MAX_FAILURES} more]")
    return shorten("\n\n".join([head, *parts]))


def _end(text: str) -> str:
    text = text.strip()
    return text if len(text) <= MAX_FAILURE else f"[…]{text[-MAX_FAILURE:]}"


def _read(results: Path) -> list[dict[str, str]]:
    """What the suite told; the last line may have been cut off with the process."""
    if not results.exists():
        return []
    with results.open(encoding="utf-8", errors="replace") as file:
        lines = file.read(_MAX_RESULTS).splitlines()
    found = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found
