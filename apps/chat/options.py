"""`repertory chat`: its options. Imports nothing heavy."""

import argparse
import shlex
from typing import TextIO

from repertory.apps.commands.options import MAX_TASK, settings_of
from repertory.apps.runs.threads import Settings
from repertory.memory.errors import InputError

_UNSAID = "(nothing yet)"
_BEGUN_WITH = {"model": "--model", "workspace": "--workspace", "limit": "--limit", "allow_private": "--allow-private"}
"""Options that a conversation keeps as it was begun."""


def add_chat(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    text = "talk with a persona, beside it or any persona below it"
    chat = commands.add_parser(
        "chat",
        help=text,
        description="Talk with a persona. What it and the personas below it propose is shown as it is written; where "
        "the policy asks, a key decides. Without a terminal each line of standard input is a message.",
    )
    chat.add_argument("persona", metavar="PERSONA", help="name of an agent that is kept, or a .yaml or .py file")
    chat.add_argument("message", nargs="?", metavar="MESSAGE", help="the first message; default: it is asked for")
    chat.add_argument("--say", metavar="TEXT", help="say this, show what comes of it, and end; - reads standard input")
    chat.add_argument("--thread", metavar="ID", help="go on with this conversation, or begin one of this name")
    which = chat.add_mutually_exclusive_group()
    which.add_argument(
        "--policy",
        metavar="POLICY",
        help="supervised (default: tools that write or reach outside ask), interactive (everything asks), autonomous "
        "(nothing asks), or a JSON file of rules",
    )
    which.add_argument(
        "--beside",
        metavar="PATH",
        help="this persona asks about everything, the others go on by themselves; such as lady/stylist",
    )
    chat.add_argument("--model", metavar="NAME", help="such as openai:gpt-5.1, or offline; default: $REPERTORY_MODEL")
    chat.add_argument("--workspace", metavar="DIR", help="the folder that file tools see; default: .")
    chat.add_argument(
        "--limit", action="append", default=[], metavar="NAME=N", help="a bound, such as model_calls=50; repeatable"
    )
    chat.add_argument("--owner", default="local", metavar="NAME", help="whose agent it is; default: local")
    chat.set_defaults(library=[])
    chat.add_argument("--allow-private", action="store_true", help="pages may be fetched from private addresses")
    chat.add_argument(
        "--stream", action="store_true", help="with --json: pieces of proposals, too, as they are written"
    )
    chat.add_argument("--home", metavar="DIR", help="where it is kept; default: $REPERTORY_HOME, or .repertory")
    chat.add_argument("--json", action="store_true", help="one event a line; the last line is the result")


def chat_settings(options: argparse.Namespace, stdin: TextIO) -> Settings:
    """The settings of a new conversation, but for its agent, its first message, and `--beside`.

    Raises:
        InputError: as `settings_of`, or two messages.
    """
    if options.say is not None and options.message is not None:
        raise InputError(f"--say {options.say!r} and the message {options.message!r}: give one of them")
    if options.stream and not options.json:
        raise InputError("--stream goes with --json; on a terminal words appear as they are written anyway")
    asked = {"policy": options.policy or "supervised", "workspace": options.workspace or "."}
    return settings_of(argparse.Namespace(**{**vars(options), **asked, "task": _UNSAID}), stdin)


def checked_message(text: str) -> str:
    """What is said, without white space around it.

    Raises:
        InputError: it is empty or overlong.
    """
    text = text.strip()
    if not text:
        raise InputError("the message is empty; say something")
    if len(text) > MAX_TASK:
        raise InputError(f"the message has {len(text)} characters; say it in at most {MAX_TASK}")
    return text


def check_begun(options: argparse.Namespace, thread_id: str) -> None:
    """A conversation goes on with what it was begun with.

    Raises:
        InputError: an option that would change it.
    """
    given = [written for name, written in _BEGUN_WITH.items() if getattr(options, name)]
    if given:
        raise InputError(
            f"the conversation {thread_id!r} goes on with what it was begun with; leave {', '.join(given)} out, or "
            "begin another one"
        )


def going_on(options: argparse.Namespace, thread_id: str) -> str:
    """The command that goes on with a conversation."""
    home = f" --home {shlex.quote(options.home)}" if options.home else ""
    return f"repertory chat {shlex.quote(options.persona)} --thread {thread_id}{home}"
