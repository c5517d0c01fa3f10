"""From command line options to settings and answers; what is wrong is an InputError that says what to write."""

import argparse
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO, get_args

from repertory.apps.runs.threads import Settings, new_thread
from repertory.memory.errors import InputError
from repertory.nodes.context import Limits
from repertory.nodes.decisions.policy import Policy, PolicyLike, Preset

MAX_TASK = 20_000
"""Characters of a task, as the planner takes it."""


def settings_of(options: argparse.Namespace, stdin: TextIO, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of `run`.

    Raises:
        InputError: an empty or overlong task, a workspace that is no folder, an unknown policy, limit or thread name,
            or a model of OpenAI's without the means to reach it.
    """
    task = (stdin.read() if options.task == "-" else options.task).strip()
    if not task:
        raise InputError("the task is empty; say what is to be done, in words")
    if len(task) > MAX_TASK:
        raise InputError(f"the task has {len(task)} characters; say what is to be done in at most {MAX_TASK}")
    workspace = Path(options.workspace).expanduser()
    if not workspace.is_dir():
        raise InputError(f"the workspace {options.workspace!r} is no folder; give one with --workspace")
    settings = Settings(
        task=task,
        workspace=str(workspace.absolute()),
        policy=policy_of(options.policy),
        model=model_of(options.model, environ),
        limits=_limits(options.limit),
        allow_private=options.allow_private,
        owner=options.owner,
        libraries=tuple(options.library),
    )
    new_thread(options.thread, settings)  # refuses a bad name before anything is opened
    return settings


def home_of(options: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> Path:
    """The folder where runs are kept."""
    return Path(options.home or environ.get("REPERTORY_HOME") or ".repertory")


def answer_of(options: argparse.Namespace) -> Any:
    """The answer that `answer` gives.

    Raises:
        InputError: none, or more than one, or JSON that is none.
    """
    given: list[Any] = []
    if options.answer is not None:
        given.append(words_or_json(options.answer))
    if options.approve:
        given.append({"verdict": "approve"})
    if options.reject is not None:
        given.append({"verdict": "reject", "text": options.reject})
    if options.respond is not None:
        given.append({"verdict": "respond", "text": options.respond})
    if options.edit is not None:
        given.append({"verdict": "edit", "edit": _edit(options.edit)})
    if len(given) != 1:
        what = "no answer is given" if not given else f"{len(given)} answers are given"
        raise InputError(
            f"{what}: give one of --approve, --reject [REASON], --respond TEXT, --edit JSON, or ANSWER; to go on and "
            "approve whatever is asked, `repertory resume THREAD --yes`"
        )
    return given[0]


def words_or_json(answer: str) -> Any:
    """JSON where it looks like an object or a list, else the words as they are.

    Raises:
        InputError: it looks like JSON, and is none.
    """
    return _json(answer, "the answer") if answer.lstrip().startswith(("{", "[")) else answer


def model_of(name: str | None, environ: Mapping[str, str] = os.environ) -> str | None:
    """A model that is named on the command line: the offline model must not answer in its place.

    Raises:
        InputError: it is one of OpenAI's, and there are no means to reach it.
    """
    if name and name.startswith("openai:") and not (environ.get("OPENAI_API_KEY") or environ.get("OPENAI_BASE_URL")):
        raise InputError(
            f"--model {name}: neither OPENAI_API_KEY nor OPENAI_BASE_URL is set; set one of them, "
            "or use the rule-based model with --model offline"
        )
    return name


def policy_of(name: str) -> PolicyLike:
    """A policy by the name of its preset, or from a JSON file.

    Raises:
        InputError: neither, or the file holds no rules.
    """
    for preset in get_args(Preset):
        if name == preset:
            return preset  # type: ignore[no-any-return]  # get_args knows no types
    path = Path(name).expanduser()
    if not path.is_file():
        raise InputError(f"policy {name!r} is neither {', '.join(get_args(Preset))} nor a JSON file")
    try:
        return Policy.parse(_json(path.read_text(encoding="utf-8", errors="replace"), "the file"))
    except InputError as error:
        raise InputError(f"the policy {name!r}: {error}") from error


def _limits(given: list[str]) -> Limits:
    fields: dict[str, str] = {}
    for limit in given:
        name, _, value = limit.partition("=")
        if name not in Limits.model_fields or not value:
            raise InputError(f"limit {limit!r}: write NAME=N with one of {', '.join(Limits.model_fields)}")
        fields[name] = value
    return Limits.parse(fields)


def text_of(text: str, what: str) -> str:
    """The text itself, or what is in the file that it names with `@`.

    Raises:
        InputError: the file cannot be read.
    """
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{what} {text!r} cannot be read: {error}") from error


def _edit(text: str) -> Any:
    text = text_of(text, "the edit")
    edit = _json(text, "the edit")
    if not isinstance(edit, dict):
        raise InputError(f"the edit {text[:80]!r} is no JSON object; give the fields that change")
    return edit


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise InputError(f"{what} is no JSON: {error}; it begins {text[:80]!r}") from error
