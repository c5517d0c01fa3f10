"""What can crash is crashed: SIGKILL at random moments, then a new process goes on."""

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from repertory.memory.home import open_home
from repertory.memory.journal import ROOT, Journal
from tests import crashing
from tests.processes import run_until

KILLS = 30


def log_of(folder: Path) -> Counter[str]:
    """How often each line stands in the log."""
    path = folder / "log"
    return Counter(path.read_text().splitlines()) if path.exists() else Counter()


async def journaled(folder: Path) -> tuple[set[str], set[tuple[str, int]]]:
    """Steps whose result the journal has, and turns that it has, as `(instruction, turn)`."""
    async with open_home(folder / "home", environ={"REPERTORY_EMBEDDINGS": "lexical"}) as home:
        namespaces = [name for name in await home.store.alist_namespaces(prefix=(ROOT,)) if len(name) == 4]
        if not namespaces:
            return set(), set()
        journal = Journal(home.store, namespaces[0][1], namespaces[0][3])
        turns = {(turn.proposal.step_id or "", turn.n) for turn in (await journal.turns()).values()}
        return set(await journal.results()), turns


@pytest.mark.timeout(600)
def test_killed_at_any_moment_a_run_goes_on_and_repeats_nothing_unasked(tmp_path: Path) -> None:
    """Thirty kills: finished steps ran once, finished calls too, no note was written twice unasked, same answer."""
    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    run_until(crashing.resume, undisturbed)
    expected = (undisturbed / "answer").read_text()
    assert expected.startswith("completed")
    usual = log_of(undisturbed)
    assert set(usual.values()) == {1}

    (tmp_path / "timed").mkdir()
    _, lifetime = run_until(crashing.resume, tmp_path / "timed")

    rng, killed, asked = random.Random(7), 0, 0
    names = {"a": "note a", "b": "note b", "d": "join", "e": "note e"}
    for n in range(KILLS * 4):
        folder = tmp_path / str(n)
        folder.mkdir()
        code, _ = run_until(crashing.begin, folder, rng.uniform(0.1, lifetime))
        killed += code != 0
        before = log_of(folder)
        finished, turns = asyncio.run(journaled(folder))
        code, _ = run_until(crashing.resume, folder)
        assert code == 0, folder
        assert (folder / "answer").read_text() == expected
        after = log_of(folder)
        for line, times in after.items():
            kind, _, rest = line.partition(" ")
            if kind == "write":
                assert times <= 1 + after[f"retry {rest}"], (line, after)
            elif kind == "model" and before[line]:
                kept = [
                    step
                    for step, instruction in names.items()
                    if f"<instruction> {instruction} " in line
                    and (step in finished or (step, int(line.split()[-1])) in turns)
                ]
                assert not kept or times == 1, (line, finished, turns)
        asked += sum(times for line, times in after.items() if line.startswith("retry"))
        if killed >= KILLS and asked:
            break
    assert killed >= KILLS
    assert asked, "no kill hit a write in flight: the test would prove nothing about it"
