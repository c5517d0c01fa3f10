"""Transcripts as files: what is written comes back; what is no transcript is refused with the place and the reason."""

import json
import threading
from contextlib import suppress
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from repertory.memory.errors import TranscriptError
from repertory.memory.proposals import Proposal, Turn
from repertory.memory.transcripts.files import read_transcript, transcript_schema, transcript_text, write_transcript
from repertory.memory.transcripts.records import Exchange, Transcript
from tests.memory.transcripts.making import transcripts

SCHEMA = Path(__file__).parents[3] / "docs" / "transcript.schema.json"
quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)

TURN = Turn(n=0, proposal=Proposal(id="r/s#0", path=("perform", "s"), kind="reply", text="naïve 漢字"))
SMALL = Transcript(run_id="r", task="t", exchanges=(Exchange(key="s", turns=(TURN,)),))


@quick
@given(transcripts())
def test_what_is_written_comes_back(tmp_path: Path, transcript: Transcript) -> None:
    """Equal to what was written, and valid against the schema that editors and other programs get."""
    path = tmp_path / "run.json"
    write_transcript(transcript, path)
    assert read_transcript(path) == transcript
    jsonschema.validate(json.loads(path.read_bytes()), transcript_schema())


def test_the_schema_in_the_documentation_is_current() -> None:
    """It is what the records say; where it is not: `python docs/transcript_schema.py`."""
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == transcript_schema()
    jsonschema.Draft202012Validator.check_schema(transcript_schema())


@pytest.mark.parametrize(
    "data", [{"run_id": "r"}, {"version": 2, "run_id": "r"}, {"version": 1, "run_id": "r", "x": 1}]
)
def test_the_schema_refuses_what_the_program_refuses(tmp_path: Path, data: dict[str, object]) -> None:
    """No version, another one, an unknown field."""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, transcript_schema())
    (tmp_path / "run.json").write_text(json.dumps(data))
    with pytest.raises(TranscriptError):
        read_transcript(tmp_path / "run.json")


def test_a_file_is_readable_and_compact() -> None:
    """The version first, defaults left out, words as they are, a field a line."""
    text = transcript_text(SMALL)
    assert json.loads(text) == {
        "version": 1,
        "run_id": "r",
        "task": "t",
        "exchanges": [
            {
                "key": "s",
                "turns": [
                    {
                        "n": 0,
                        "proposal": {"id": "r/s#0", "path": ["perform", "s"], "kind": "reply", "text": "naïve 漢字"},
                    }
                ],
            }
        ],
    }
    assert text.startswith('{\n "version": 1,\n "run_id": "r",\n')
    assert text.endswith("}\n")
    assert '"naïve 漢字"' in text


def test_what_json_cannot_say_is_said_as_the_store_says_it(tmp_path: Path) -> None:
    """Numbers that are none become null; half a surrogate pair is kept."""
    path = tmp_path / "run.json"
    write_transcript(
        Transcript(run_id="r", task="t", state={"a": [float("nan"), float("inf"), 1.5], "b": "\ud800"}), path
    )
    assert read_transcript(path).state == {"a": [None, None, 1.5], "b": "\ud800"}


@pytest.mark.parametrize(
    ("content", "reasons"),
    [
        (b"", ["is not JSON", "ends in the middle", "line 1 column 1"]),
        (b'{"version": 1,\n "run_id" "r"}', ["is not JSON", "':' delimiter", "line 2 column 11"]),
        (b'{"version": 1, "run_id": "r", "task": "\xff"}', ["is not UTF-8", "byte 39", "0xff"]),
        (b'{"version": 1, "run_id": "r", "state": {"x": NaN}}', ["NaN is no JSON"]),
        (b"[" * 100_000, ["is no transcript"]),
        (b"[1, 2]", ["is no transcript", "`version`", "exported"]),
        (b'{"steps": []}', ["is no transcript", "`version`"]),
        (b'{"version": 2, "run_id": "r", "new": 1}', ["version 2", "reads version 1", "release"]),
        (b'{"version": "1", "run_id": "r"}', ["version '1'"]),
        (b'{"version": true, "run_id": "r"}', ["version True"]),
        (b'{"version": null, "run_id": "r"}', ["version None"]),
        (b'{"version": 1, "run_id": 7}', ["run_id", "7"]),
        (b'{"version": 1, "run_id": "r", "turns": []}', ["turns", "Extra inputs"]),
        (
            b'{"version": 1, "run_id": "r", "exchanges": [{"key": "m0", "turns": [{"n": 0, "proposal":'
            b' {"id": "x", "path": [], "kind": "song"}}]}]}',
            ["exchanges.0.turns.0.proposal.kind", "'song'"],
        ),
    ],
)
def test_what_is_no_transcript_is_refused(tmp_path: Path, content: bytes, reasons: list[str]) -> None:
    """With the file, the place in it, and the reason."""
    path = tmp_path / "run.json"
    path.write_bytes(content)
    with pytest.raises(TranscriptError) as error:
        read_transcript(path)
    for reason in (str(path), *reasons):
        assert reason in str(error.value)


def test_many_faults_are_cut_short(tmp_path: Path) -> None:
    """A list of a thousand faults is a line, not a book."""
    path = tmp_path / "run.json"
    path.write_text(json.dumps({"version": 1, "run_id": "r", "exchanges": [{"key": "1"}] * 1000}))
    with pytest.raises(TranscriptError) as error:
        read_transcript(path)
    assert "exchanges.0.key" in str(error.value)
    assert len(str(error.value)) < 1000


def test_a_file_cut_anywhere_is_refused(tmp_path: Path) -> None:
    """At whatever byte a copy broke off."""
    path = tmp_path / "run.json"
    write_transcript(SMALL, path)
    whole = path.read_bytes()
    for end in range(len(whole.rstrip())):
        path.write_bytes(whole[:end])
        with pytest.raises(TranscriptError):
            read_transcript(path)


@quick
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_damaged_file_never_ends_in_another_error(tmp_path: Path, place: int, byte: int) -> None:
    """One byte changed: it is refused as a transcript, or still is one."""
    path = tmp_path / "run.json"
    write_transcript(SMALL, path)
    damaged = bytearray(path.read_bytes())
    damaged[place % len(damaged)] = byte
    path.write_bytes(damaged)
    with suppress(TranscriptError):
        assert isinstance(read_transcript(path), Transcript)


def test_a_mark_at_the_beginning_is_read_over(tmp_path: Path) -> None:
    """Some editors put one there."""
    path = tmp_path / "run.json"
    path.write_text(transcript_text(SMALL), encoding="utf-8-sig")
    assert read_transcript(path) == SMALL


def test_files_that_are_not_there(tmp_path: Path) -> None:
    """A missing file, a folder, a missing folder to write to: refused by name, and nothing is left behind."""
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(TranscriptError, match="cannot be read"):
            read_transcript(path)
    with pytest.raises(TranscriptError, match="cannot be written"):
        write_transcript(SMALL, tmp_path / "none" / "run.json")
    (tmp_path / "folder").mkdir()
    with pytest.raises(TranscriptError, match="cannot be written"):
        write_transcript(SMALL, tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_who_reads_meanwhile_finds_a_whole_transcript(tmp_path: Path) -> None:
    """The old one or the new one; a link to a file stays a link."""
    path, link = tmp_path / "run.json", tmp_path / "link.json"
    written = [SMALL, SMALL.model_copy(update={"task": "long " * 20_000})]
    write_transcript(SMALL, path)
    link.symlink_to(path)
    done = threading.Event()

    def write() -> None:
        for n in range(40):
            write_transcript(written[n % 2], link)
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    reads = 0
    while not done.is_set():
        assert read_transcript(path) in written
        reads += 1
    thread.join()
    assert reads
    assert link.is_symlink()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["link.json", "run.json"]
