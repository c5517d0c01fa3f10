"""Replays and conversations killed with SIGKILL at random moments, and taken up by another process."""

import asyncio
import random
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore

from repertory.graphs import restore, transcript_of
from repertory.memory.errors import InputError
from repertory.memory.transcripts.assembly import entries
from repertory.memory.transcripts.cutting import cut
from repertory.memory.transcripts.difference import compare
from repertory.memory.transcripts.files import read_transcript
from repertory.memory.transcripts.records import Transcript, Tweak
from tests import replaying
from tests.graphs.conftest import Keeping
from tests.graphs.test_crash import log_of
from tests.graphs.test_persona import AUTONOMOUS, CONFIG
from tests.graphs.test_replay import company, conversation
from tests.processes import run_until

KILLS = 20
PREFIX = {"model top go 0", "model top go 1", "model high go on 0", "write first"}
"""What the replay takes over from the original."""
REST = [
    *("model mid go on 0", "model low one 0", "model low two 0", "write one", "write two"),
    *("model low one 1", "model low two 1", "model mid go on 1", "model low three 0", "write three"),
    *("model low three 1", "model mid go on 2", "model high go on 1", "model top go 2"),
]
"""What it does itself."""


def _recorded(folder: Path) -> Transcript:
    """A home with the original run, done in a process of its own; the log is begun anew."""
    folder.mkdir()
    code, _ = run_until(replaying.resume_conversation, folder)
    assert code == 0
    assert log_of(folder) == Counter([*PREFIX, *REST])
    (folder / "log").unlink()
    return read_transcript(folder / "original.json")


@pytest.mark.timeout(600)
def test_a_replay_killed_at_any_moment_goes_on_in_a_new_process(tmp_path: Path) -> None:
    """Twenty kills: the prefix without model calls or writes, nothing written twice unasked, the same end."""
    original = _recorded(tmp_path / "recorded")
    shutil.copytree(tmp_path / "recorded", tmp_path / "undisturbed")
    code, lifetime = run_until(replaying.resume_replay, tmp_path / "undisturbed")
    assert code == 0
    assert log_of(tmp_path / "undisturbed") == Counter(REST)
    expected = read_transcript(tmp_path / "undisturbed" / "fork.json")
    assert compare(original, expected).same

    rng, killed, asked, begun = random.Random(3), 0, 0, 0
    for n in range(KILLS * 4):
        folder = tmp_path / str(n)
        shutil.copytree(tmp_path / "recorded", folder)
        code, _ = run_until(replaying.begin_replay, folder, rng.uniform(0.05, lifetime))
        killed += code != 0
        before = log_of(folder)
        begun += bool(before)
        kept = asyncio.run(replaying.exported(folder, replaying.FORK))
        turns = _turns(kept) if kept else set()
        code, _ = run_until(replaying.resume_replay, folder)
        assert code == 0, folder
        after = log_of(folder)
        assert not PREFIX & set(after)
        for line, times in after.items():
            kind, _, rest = line.partition(" ")
            if kind == "write":
                assert times <= 1 + after[f"retry {rest}"], (line, after)
            elif kind == "model" and line in turns:
                assert times == 1, (line, turns)
        asked += sum(times for line, times in after.items() if line.startswith("retry"))
        assert compare(expected, read_transcript(folder / "fork.json")).same
        assert asyncio.run(replaying.exported(folder, replaying.ORIGINAL)) == original
        shutil.rmtree(folder)
        if killed >= KILLS and begun and asked:
            break
    assert killed >= KILLS
    assert begun, "no kill came after the replay had begun: the test would prove nothing about it"
    assert asked, "no kill hit a write in flight: the test would prove nothing about it"


def _turns(document: Transcript) -> set[str]:
    """The turns that a transcript has, as the log names the model calls that made them."""
    told = {f"m{n}": one.message for n, one in enumerate(document.exchanges)}
    found = set()
    for exchange in document.exchanges:
        for frame, turn in entries(exchange.key, exchange.turns):
            for call in turn.proposal.calls:
                told[f"{frame}/{call.id}"] = call.arguments.get("message", "")
            found.add(f"model {turn.proposal.path[-1]} {told[frame]} {turn.n}")
    return found


@pytest.mark.timeout(600)
def test_a_conversation_killed_at_any_moment_is_exported_and_taken_up_elsewhere(tmp_path: Path) -> None:
    """Ten kills: no turn is lost but those in flight, the document holds together, and another home ends the same."""
    (tmp_path / "undisturbed").mkdir()
    code, lifetime = run_until(replaying.resume_conversation, tmp_path / "undisturbed")
    assert code == 0
    expected = read_transcript(tmp_path / "undisturbed" / "original.json")
    rng, killed, nested = random.Random(5), 0, 0
    for n in range(40):
        folder, elsewhere = tmp_path / str(n), tmp_path / f"{n} elsewhere"
        folder.mkdir()
        elsewhere.mkdir()
        code, _ = run_until(replaying.begin_conversation, folder, rng.uniform(0.2, lifetime))
        document = asyncio.run(replaying.exported(folder, replaying.ORIGINAL))
        if code == 0 or document is None:
            continue
        killed += 1
        turns, asked = _turns(document), [line for line in log_of(folder) if line.startswith("model")]
        lost = [line for line in asked if line not in turns]
        assert len(lost) <= (2 if all(line.startswith("model low") for line in lost) else 1), (lost, asked)
        nested += any(line.startswith("model low") for line in turns)
        after = asyncio.run(replaying.move(document, elsewhere))
        again = log_of(elsewhere)
        assert not turns & set(again)
        written = {line for line in log_of(folder) if line.startswith("write")}
        assert all(
            line in again or line in written for line in ("write first", "write one", "write two", "write three")
        )
        for line in written & set(again):
            assert again[f"retry {line.removeprefix('write ')}"] == 1, (line, again)
        assert compare(expected, after).same
        if killed == 10:
            break
    assert killed == 10
    assert nested, "no kill came while a persona below was at work: the test would prove nothing about it"


class Dying(InMemoryStore):
    """Dies at one of its writes, as the process does."""

    left: int | None = None

    async def aput(self, *args: Any, **kwargs: Any) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise ConnectionError("died")
        await super().aput(*args, **kwargs)


class Losing(InMemorySaver):
    """Dies at its first write."""

    async def aput(self, *args: Any, **kwargs: Any) -> Any:
        raise ConnectionError("died")


async def test_a_restore_that_broke_off_anywhere_can_be_done_again() -> None:
    """On the same thread, to the same end; the run is in one place only all the same."""
    original = Keeping(InMemorySaver(), InMemoryStore())
    graph = conversation(company(), original)
    await graph.ainvoke({"message": "go"}, CONFIG, context=AUTONOMOUS)
    document = await transcript_of(graph, CONFIG)
    fork, broken = cut(document, Tweak(at="m0/1.0/0.0#1"), "f" * 32), 0
    for writes in range(200):
        there = Keeping(InMemorySaver(), Dying())
        there.store.left = writes
        try:
            await restore(conversation(company(), there), CONFIG, fork)
            break
        except ConnectionError:
            broken += 1
        there.store.left = None
        await _restored_again(there, fork, document)
    assert broken > 5
    there = Keeping(InMemorySaver(), InMemoryStore())
    with pytest.raises(ConnectionError):
        await restore(conversation(company(), Keeping(Losing(), there.store)), CONFIG, fork)
    await _restored_again(there, fork, document)


async def _restored_again(there: Keeping, fork: Transcript, document: Transcript) -> None:
    graph = conversation(company(), there)
    await restore(graph, CONFIG, fork)
    with pytest.raises(InputError, match="is here already"):
        await restore(graph, {"configurable": {"thread_id": "another"}}, fork)
    out = await graph.ainvoke(None, CONFIG, context=AUTONOMOUS)
    assert out["reply"] == "top done"
    assert compare(document, await transcript_of(graph, CONFIG)).same
