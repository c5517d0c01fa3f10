"""The options of `repertory topics`. What a command needs is imported when it runs."""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from repertory.apps.status import USAGE
from repertory.memory.errors import InputError

_ACTIONS = {
    "new": "begin a topic",
    "list": "list the topics",
    "show": "show a topic: what was said in it, its tasks, its files",
    "say": "say something in a topic, and wait for the answer",
    "task": "give a topic a task, and drive it to its end",
    "tasks": "list the tasks of a topic",
    "go": "go on with a task, to its end or to what nobody decides",
    "decide": "decide an action that a task waits for, and go on with the task",
    "cancel": "end a task where it stands",
    "upload": "send a file to a topic, or to one of its tasks",
    "download": "fetch a file of a topic or of one of its tasks",
    "watch": "tell what happens in a topic, or in one of its tasks, as it happens",
}
_TOPIC = frozenset(_ACTIONS) - {"new", "list"}
_TASK = frozenset({"go", "decide", "cancel"})
_DEFAULT_SERVER = "http://127.0.0.1:8000"


def add_topics(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    topics = commands.add_parser(
        "topics",
        help="topics and tasks of a server (`repertory serve`)",
        description="Topics and tasks of a server of the Agent Protocol.",
        epilog="environment: REPERTORY_SERVER, REPERTORY_TOKEN",
    )
    actions = topics.add_subparsers(dest="action", metavar="ACTION")
    for name, text in _ACTIONS.items():
        action = actions.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        action.set_defaults(parser=action)
        if name in _TOPIC:
            action.add_argument("topic", metavar="TOPIC", help="id of the topic")
        if name in _TASK:
            action.add_argument("task", metavar="TASK", help="id of the task")
        _add_own(name, action)
        action.add_argument(
            "--server", metavar="URL", help="where it is; default: $REPERTORY_SERVER, or http://127.0.0.1:8000"
        )
        action.add_argument(
            "--token", metavar="TOKEN", help="what the server wants to be shown; default: $REPERTORY_TOKEN"
        )
        action.add_argument("--json", action="store_true", help="JSON, one object a line")


def _add_own(name: str, action: argparse.ArgumentParser) -> None:
    """The arguments that not all actions have."""
    match name:
        case "new":
            action.add_argument("name", nargs="?", metavar="NAME", help="what to call it")
            action.add_argument("--input", metavar="TEXT", help="opening words")
        case "say":
            action.add_argument("text", metavar="TEXT", help="the words")
            whether = action.add_mutually_exclusive_group()
            whether.add_argument("--task", dest="derive", action="store_true", default=None, help="make a task of it")
            whether.add_argument("--no-task", dest="derive", action="store_false", help="make no task of it")
            _add_more(action)
        case "task":
            action.add_argument("text", metavar="TEXT", help="what is to be done, in words")
            _add_auto(action)
            _add_more(action)
        case "go":
            _add_auto(action)
        case "decide":
            _add_decide(action)
        case "upload":
            action.add_argument("file", metavar="FILE", help="the file")
            action.add_argument(
                "--task", metavar="TASK", help="id of the task that it is for; default: the whole topic"
            )
            action.add_argument(
                "--path", metavar="PATH", help="where it belongs in the agent's folder, its name included"
            )
        case "download":
            action.add_argument("artifact", metavar="ARTIFACT", help="id of the file")
            action.add_argument("file", nargs="?", metavar="FILE", help="where to put it; default: its own name, here")
            action.add_argument("--force", action="store_true", help="overwrite the file where it is there already")
        case "watch":
            action.add_argument("task", nargs="?", metavar="TASK", help="id of a task; default: the whole topic")
            action.add_argument(
                "--after", metavar="ID", help="id of the last event that is known; default: from the first"
            )


def _add_decide(action: argparse.ArgumentParser) -> None:
    action.add_argument(
        "id", nargs="?", metavar="ACTION", help="id of the action, or its start; default: the only one that waits"
    )
    which = action.add_mutually_exclusive_group(required=True)
    which.add_argument("--approve", action="store_true", help="approve it")
    which.add_argument("--reject", nargs="?", const="", metavar="REASON", help="reject it")
    which.add_argument("--feedback", metavar="TEXT", help="say what should be otherwise; it is proposed anew")
    which.add_argument("--answer", metavar="TEXT", help="the answer to a question, or what a tool of the client gave")
    _add_auto(action)


def _add_auto(action: argparse.ArgumentParser) -> None:
    action.add_argument("--auto", action="store_true", help="the server permits its own actions from now on")


def _add_more(action: argparse.ArgumentParser) -> None:
    action.add_argument(
        "--additional", metavar="JSON|@FILE", help="an object for the agent, such as the tools that the client runs"
    )


def perform(options: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> int:
    """Run the command.

    Returns:
        The exit status.

    Raises:
        InputError: the server's address, a file or JSON is wrong.
        ProtocolError: the server refused.
        UnreachableError: there is no server.
    """
    if options.action is None:
        options.parser.print_help(sys.stderr)
        print(f"\n{options.parser.prog}: error: name an action: {', '.join(_ACTIONS)}", file=sys.stderr)
        return USAGE
    options.given_server = options.server
    options.server = options.server or environ.get("REPERTORY_SERVER") or _DEFAULT_SERVER
    options.token = options.token or environ.get("REPERTORY_TOKEN") or None
    if "additional" in options:
        options.additional = _object(options.additional)
    from repertory.apps.commands.topics.commands import COMMANDS, at_server

    return at_server(options, COMMANDS[options.action])


def _object(given: str | None) -> dict[str, Any] | None:
    if given is None:
        return None
    from repertory.apps.commands.options import text_of

    text = text_of(given, "the object")
    try:
        found = json.loads(text)
    except ValueError as error:
        raise InputError(f"--additional {given[:80]!r} is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise InputError(f"--additional {given[:80]!r} is no JSON object")
    return found
