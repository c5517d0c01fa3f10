"""The options of `repertory serve`, checked before anything is opened. Imports nothing heavy."""

import argparse
import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from repertory.memory.errors import InputError


class Settings(NamedTuple):
    """What is served, and to whom."""

    host: str
    port: int
    """0: whichever is free."""
    token: str | None
    """What every call has to show."""
    home: Path
    agent: Literal["planner", "scripted"]
    model: str | None
    workspace: Path | None
    artifacts: str | None
    step_limit: float | None
    """Seconds."""
    upload_limit: int | None
    """Bytes."""


def add_serve(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    text = "serve topics and tasks over HTTP, by the Agent Protocol"
    serve = commands.add_parser(
        "serve",
        help=text,
        description=f"{text[0].upper()}{text[1:]}, until it is interrupted.",
        epilog="environment: REPERTORY_TOKEN, REPERTORY_MODEL, OPENAI_API_KEY, OPENAI_BASE_URL, REPERTORY_HOME",
    )
    add = serve.add_argument
    add("--host", default="127.0.0.1", metavar="HOST", help="address to listen at; others than loopback need a token")
    add(
        "--port", type=_port, default=8000, metavar="N", help="port to listen at, 0 for any that is free; default: 8000"
    )
    add(
        "--token", metavar="TOKEN", help="what every call must show (who lists processes sees it; $REPERTORY_TOKEN not)"
    )
    add("--home", metavar="DIR", help="where all is kept; default: $REPERTORY_HOME, or .repertory")
    add("--model", metavar="NAME", help="such as openai:gpt-5.1, or offline; default: $REPERTORY_MODEL")
    add("--workspace", metavar="DIR", help="the folder that all tasks work in; default: each topic has its own")
    add("--artifacts", metavar="URL", help="where files are kept, as an fsspec URL; default: in the home")
    add(
        "--agent",
        choices=("planner", "scripted"),
        default="planner",
        help="planner (default), or scripted: no model, obeys the script that a task brings along",
    )
    add("--step-limit", type=_seconds, metavar="SECONDS", help="how long a call waits for a step; default: 20")
    add("--upload-limit", type=_bytes, metavar="BYTES", help="size of the largest file; default: 104857600")


def serve_settings(options: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> Settings:
    """What the options say.

    Raises:
        InputError: an address that others can reach, without a token; an empty token; a workspace that is no folder; or
            a model of OpenAI's without the means to reach it.
    """
    from repertory.apps.commands.options import home_of, model_of

    return Settings(
        host=options.host,
        port=options.port,
        token=_token(options, environ),
        home=home_of(options, environ),
        agent=options.agent,
        model=model_of(options.model, environ),
        workspace=_workspace(options.workspace),
        artifacts=options.artifacts,
        step_limit=options.step_limit,
        upload_limit=options.upload_limit,
    )


def _token(options: argparse.Namespace, environ: Mapping[str, str]) -> str | None:
    from repertory.apps.protocol.guard import is_loopback

    token: str | None = options.token if options.token is not None else environ.get("REPERTORY_TOKEN") or None
    if token is not None and not re.fullmatch("[!-~]+", token):
        raise InputError("the token is empty, or has characters that no header can have; give one of ASCII, no blanks")
    if token is None and not is_loopback(options.host):
        raise InputError(
            f"--host {options.host}: others can reach it, and there is no token; "
            "set REPERTORY_TOKEN, or listen at 127.0.0.1"
        )
    return token


def _workspace(name: str | None) -> Path | None:
    if name is None:
        return None
    workspace = Path(name).expanduser()
    if not workspace.is_dir():
        raise InputError(f"the workspace {name!r} is no folder; give one with --workspace")
    return workspace.absolute()


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError
    return port


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < math.inf:
        raise ValueError
    return seconds


def _bytes(text: str) -> int:
    size = int(text)
    if size < 0:
        raise ValueError
    return size


_port.__name__, _seconds.__name__, _bytes.__name__ = "port", "number of seconds", "number of bytes"
