"""Running tests of real code in real processes: what comes back, and that limits hold."""

import asyncio
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from blockbuster import blockbuster_ctx

from repertory.memory.errors import ToolArgumentsError, ToolError
from repertory.nodes.tools.builtin import builtin_toolbox
from repertory.nodes.tools.testing import MAX_FAILURE, Limits, SuiteResult, SuiteTools

UNITTEST = """
import unittest
from shop import price

class PriceTest(unittest.TestCase):
    def test_right(self):
        self.assertEqual(price(2), 4)
    def test_wrong(self):
        self.assertEqual(price(2), 5)
    def test_raises(self):
        price(None)
    @unittest.skip("later")
    def test_later(self):
        pass
    def test_parts(self):
        for n in (1, 2):
            with self.subTest(n=n):
                self.assertEqual(n, 1)
"""
PYTEST = """
import pytest
from shop import price

def test_right():
    assert price(2) == 4
def test_wrong():
    assert price(2) == 5
@pytest.fixture
def broken():
    raise LookupError("nothing there")
def test_raises(broken):
    pass
@pytest.mark.skip
def test_later():
    pass
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A workspace with a module, and a folder for tests without `__init__.py`."""
    folder = tmp_path / "workspace"
    (folder / "tests").mkdir(parents=True)
    (folder / "shop.py").write_text("def price(count):\n    return count * 2\n")
    return folder


def case(body: str) -> str:
    """A unittest file with one test of that body."""
    lines = "".join(f"        {line}\n" for line in body.strip().splitlines())
    return f"import os, subprocess, sys, time, unittest\n\nclass T(unittest.TestCase):\n    def test_it(self):\n{lines}"


def everything(project: Path) -> list[Path]:
    """All files and folders."""
    return sorted(project.rglob("*"))


async def outcome(project: Path, body: str, **arguments: Any) -> SuiteResult:
    """What comes of one test of that body."""
    (project / "tests" / "test_it.py").write_text(case(body))
    return await SuiteTools(project).run_tests(**arguments)


@pytest.mark.parametrize(("runner", "code"), [("unittest", UNITTEST), ("pytest", PYTEST), ("auto", PYTEST)])
async def test_each_result_is_counted_and_failures_are_told(project: Path, runner: Any, code: str) -> None:
    """Passed, failed, broken and skipped, for either runner, with the reason and paths as the workspace has them."""
    (project / "tests" / "test_shop.py").write_text(code)
    done = await SuiteTools(project).run_tests(runner=runner)
    extra = code is UNITTEST  # its sub-test fails
    assert (done["passed"], done["failed"], done["errors"], done["skipped"]) == (1, 1 + extra, 1, 1)
    assert not done["ok"]
    assert not done["timed_out"]
    told = {failure["test"].replace("::", ".").rpartition(".")[2]: failure for failure in done["failures"]}
    assert told["test_wrong"]["kind"] == "failed"
    assert "4 != 5" in told["test_wrong"]["text"] or "4 == 5" in told["test_wrong"]["text"]
    assert told["test_raises"]["kind"] == "error"
    assert "NoneType" in told["test_raises"]["text"] or "nothing there" in told["test_raises"]["text"]
    assert "tests/test_shop.py" in done["text"]
    assert str(project) not in done["text"]
    assert done["text"].startswith(f"1 passed, {1 + extra} failed, 1 errors, 1 skipped")


async def test_only_what_is_named_is_run_and_nothing_is_left(project: Path) -> None:
    """A file or folder; no caches appear in the workspace."""
    (project / "tests" / "test_shop.py").write_text(UNITTEST)
    (project / "tests" / "test_good.py").write_text(case("self.assertTrue(True)"))
    before = everything(project)
    done = await SuiteTools(project).run_tests("tests/test_good.py")
    assert (done["passed"], done["failed"], done["ok"]) == (1, 0, True)
    assert (await SuiteTools(project).run_tests("tests"))["failed"] == 2
    await SuiteTools(project).run_tests("tests", runner="pytest")
    assert everything(project) == before


async def test_code_that_cannot_be_imported_is_an_error(project: Path) -> None:
    """With the reason; the other files still run."""
    (project / "tests" / "test_a.py").write_text("from shop import prize\n\nimport unittest\n")
    (project / "tests" / "test_b.py").write_text(case("pass"))
    for runner in ("unittest", "pytest"):
        done = await SuiteTools(project).run_tests(runner=runner)  # type: ignore[arg-type]
        assert done["errors"] == 1
        assert "cannot import name 'prize'" in done["text"]
        assert runner == "pytest" or done["passed"] == 1  # pytest stops at such an error


async def test_no_tests_is_a_failure(project: Path) -> None:
    """Nothing run is nothing shown."""
    with pytest.raises(ToolError, match=r"no tests were found in '\.'"):
        await SuiteTools(project).run_tests()
    with pytest.raises(ToolError, match="there is no 'nowhere'"):
        await SuiteTools(project).run_tests("nowhere")


@pytest.mark.parametrize("path", ["..", "/tmp", "out"])
async def test_nothing_outside_the_workspace_is_run(project: Path, path: str) -> None:
    """Not upwards, not absolute, not through a link."""
    (project.parent / "elsewhere").mkdir()
    (project.parent / "elsewhere" / "test_it.py").write_text(case("open('ran', 'w')"))
    (project / "out").symlink_to(project.parent / "elsewhere")
    with pytest.raises(ToolArgumentsError, match="is refused"):
        await SuiteTools(project).run_tests(path)
    assert not (project / "ran").exists()


async def test_secrets_stay_outside(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither keys nor anything else that was not named as needed is in the environment of the tested code."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("DATABASE_URL", "postgres://user:word@host")
    body = "self.fail(str(sorted(os.environ)) + os.environ['HOME'])"
    done = await outcome(project, body)
    text = done["failures"][0]["text"]
    assert "'PATH'" in text
    assert "OPENAI" not in text
    assert "DATABASE" not in text
    assert str(Path.home()) not in text


async def test_an_endless_loop_is_stopped(project: Path) -> None:
    """After the seconds given; what ran before is told, and which test it was in."""
    (project / "tests" / "test_a.py").write_text(case("pass"))
    began = time.monotonic()
    done = await outcome(project, "while True: pass", seconds=1)
    assert time.monotonic() - began < 10
    assert (done["timed_out"] or "signal" in done["text"], done["passed"], done["errors"], done["ok"]) == (
        True, 1, 1, False,
    )  # fmt: skip
    assert "this was running: tests.test_it.T.test_it" in done["text"]


async def test_a_sleeper_is_stopped_by_the_clock(project: Path) -> None:
    """One that uses no processor time at all, and is deaf to what can be ignored."""
    body = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(60)"
    done = await outcome(project, body, seconds=1)
    assert done["timed_out"]
    assert done["seconds"] < 10
    assert "stopped after 1 seconds" in done["text"]


@pytest.mark.parametrize("runner", ["unittest", "pytest"])
async def test_a_hundred_megabytes_of_output_are_read_and_dropped(project: Path, runner: Any) -> None:
    """The test passes, its output fills neither memory nor the answer."""
    own = psutil.Process()
    before = own.memory_info().rss
    done = await outcome(project, "for _ in range(1000): print('x' * 100_000)", runner=runner)
    assert (done["passed"], done["ok"]) == (1, True)
    assert len(done["text"]) < 200
    assert own.memory_info().rss - before < 50_000_000


@pytest.mark.parametrize("start", ["", ", start_new_session=True"])
async def test_a_child_does_not_outlive_its_test(project: Path, start: str) -> None:
    """Neither one of the group nor one that left it; and it does not hold up the end by holding the output open."""
    child = "import time; time.sleep(300)"
    done = await outcome(
        project, f"p = subprocess.Popen([sys.executable, '-c', {child!r}]{start})\nopen('pid', 'w').write(str(p.pid))"
    )
    assert done["ok"]
    assert done["seconds"] < 20
    pid = int((project / "pid").read_text())
    with suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(5)
    assert not psutil.pid_exists(pid)


async def test_memory_is_limited(project: Path) -> None:
    """A test that eats it gets an error of its own; the process that runs the tool does not notice."""
    (project / "tests" / "test_it.py").write_text(case("held = bytearray(3 << 30)"))
    done = await SuiteTools(project, Limits(memory=1 << 30)).run_tests()
    assert (done["passed"], done["errors"]) == (0, 1)
    assert "MemoryError" in done["text"]


async def test_files_are_limited(project: Path) -> None:
    """A disk is not filled by accident."""
    (project / "tests" / "test_it.py").write_text(case("open('big', 'wb').write(bytes(4 << 20))"))
    done = await SuiteTools(project, Limits(file_size=1 << 20)).run_tests()
    assert done["errors"] == 1
    assert (project / "big").stat().st_size <= 1 << 20


@pytest.mark.parametrize("leave", ["os._exit(0)", "os._exit(3)", "os.abort()"])
async def test_a_process_that_dies_in_a_test_is_an_error(project: Path, leave: str) -> None:
    """Also where it leaves with status 0, as if all were well."""
    done = await outcome(project, leave)
    assert (done["ok"], done["errors"]) == (False, 1)
    assert "tests.test_it.T.test_it" in done["text"]


async def test_failures_are_shortened_to_their_end(project: Path) -> None:
    """The reason stands there."""
    done = await outcome(project, "self.fail('y' * 50_000 + 'THE END')")
    assert len(done["failures"][0]["text"]) <= MAX_FAILURE + 10
    assert done["failures"][0]["text"].endswith("THE END")


async def test_a_run_that_is_given_up_ends_its_processes(project: Path) -> None:
    """A run that is out of time cancels the call; nothing goes on in the background."""
    (project / "tests" / "test_it.py").write_text(case("open('pid', 'w').write(str(os.getpid()))\ntime.sleep(300)"))
    task = asyncio.ensure_future(SuiteTools(project).run_tests(seconds=200))
    while not ((project / "pid").exists() and (project / "pid").read_text()):  # noqa: ASYNC110 - another process's file
        await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    pid = int((project / "pid").read_text())
    for _ in range(200):
        if not psutil.pid_exists(pid):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"process {pid} is still there")


async def test_the_event_loop_stays_free(project: Path) -> None:
    """Other tasks go on while tests run."""
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.ensure_future(tick())
    await outcome(project, "time.sleep(0.5)")
    ticking.cancel()
    assert ticks > 20


async def test_nothing_blocks_the_loop_as_a_server_checks_it(project: Path) -> None:
    """Neither running, nor editing, nor a preview: `langgraph dev` ends calls that block."""
    (project / "tests" / "test_it.py").write_text(case("pass"))
    box = builtin_toolbox(project)
    edit = {"path": "shop.py", "old": "count * 2", "new": "2 * count"}
    with blockbuster_ctx():
        assert (await box["run_tests"].run({})).data["ok"]
        assert "+    return 2 * count" in (await box["edit_file"].preview(edit) or "")
        assert (await box["edit_file"].run(edit)).data["added"] == 1


def test_the_environment_is_as_it_was() -> None:
    """Nothing of the tool stays in this process."""
    assert not [name for name in os.environ if name.startswith("REPERTORY_PROCESS")]
