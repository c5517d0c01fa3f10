"""Transcripts as files: readable JSON, written whole or not at all, refused with the reason."""

import json
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import ValidationError

from repertory.memory.errors import TranscriptError
from repertory.memory.records import JsonObject, describe
from repertory.memory.transcripts.records import VERSION, Transcript

_LONGEST = 600
"""Characters of a list of faults: a damaged file has thousands."""


def read_transcript(path: Path) -> Transcript:
    """Read a transcript from a file. That its parts hold together is for `check_transcript` to say.

    Raises:
        TranscriptError: naming the file, the place in it, and what is wrong there.
    """
    data = _json(path, _text(path))
    if not isinstance(data, dict) or "run_id" not in data or "version" not in data:
        raise TranscriptError(
            f"{str(path)!r} is no transcript: it has no `version` and `run_id`; give one that was exported"
        )
    version = data["version"]
    if version != VERSION or type(version) is not int:
        raise TranscriptError(
            f"{str(path)!r} is a transcript of version {version!r}; this program reads version {VERSION}: "
            "take the release that wrote it"
        )
    try:
        return Transcript.model_validate(data)
    except ValidationError as error:
        faults = describe(error)
        faults = faults if len(faults) <= _LONGEST else f"{faults[:_LONGEST]}…"
        raise TranscriptError(f"{str(path)!r} does not fit the schema of transcripts: {faults}") from error


def write_transcript(transcript: Transcript, path: Path) -> None:
    """Write a transcript to a file; whoever reads it meanwhile finds the old one, and a crash leaves it.

    What has its default is left out, but for the version.

    Raises:
        TranscriptError: the folder is missing, or cannot be written.
    """
    target = path.resolve()
    beside = target.with_name(f".{target.name}.{uuid4().hex}")
    try:
        with beside.open("xb") as file:
            file.write(transcript_text(transcript).encode("utf-8", "backslashreplace"))  # half a pair: as JSON has it
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise TranscriptError(
            f"{str(path)!r} cannot be written: {error.strerror}; name a file in a folder that is there"
        ) from error


def transcript_text(transcript: Transcript) -> str:
    """The transcript as a file has it."""
    data = transcript.model_dump(mode="json", exclude_defaults=True)
    return json.dumps(_finite({"version": transcript.version, **data}), indent=1, ensure_ascii=False) + "\n"


def transcript_schema() -> JsonObject:
    """The JSON schema of a transcript's file."""
    schema = Transcript.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "required": ["version", *schema["required"]],
    }


def _finite(value: Any) -> Any:
    """JSON has no numbers that are infinite or none: null, as in the store."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and value - value != 0 else value


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise TranscriptError(
            f"{str(path)!r} cannot be read: {error.strerror}; name a transcript that is there"
        ) from error
    except UnicodeDecodeError as error:
        raise TranscriptError(
            f"{str(path)!r} is not UTF-8: byte {error.start} is {error.object[error.start]:#04x}; "
            "it is no transcript, or it was damaged on its way"
        ) from error


def _json(path: Path, text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
        what = "it ends in the middle" if cut else error.msg
        raise TranscriptError(
            f"{str(path)!r} is not JSON: {what}, line {error.lineno} column {error.colno}; copy or export it again"
        ) from error
    except (ValueError, RecursionError) as error:
        raise TranscriptError(f"{str(path)!r} is no transcript: {error}") from error


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")
