"""The command line. What it needs is imported when a command runs: help and mistakes cost nothing.

Exit status: 0 completed; 1 failed, rejected (by the policy or by the user), stopped at a limit, or an error;
2 wrong usage; 3 a decision is needed; 130 interrupted.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from repertory.apps.chat.options import add_chat, chat_settings
from repertory.apps.commands.agents import options as agent_options
from repertory.apps.commands.history_options import COMMANDS, add_history
from repertory.apps.commands.serve_options import add_serve, serve_settings
from repertory.apps.commands.topics import options as topic_options
from repertory.apps.status import ERROR, INTERRUPTED, USAGE
from repertory.memory.errors import InputError, RepertoryError

_DESCRIPTION = "Plan a task, cast agents for it, get approval, perform it, and keep the company for next time."
_STATUS = """\
exit status: 0 completed; 1 failed, rejected, stopped or an error; 2 wrong usage;
  3 a decision is needed; 130 interrupted
environment: REPERTORY_MODEL (such as openai:gpt-5.1), OPENAI_API_KEY, OPENAI_BASE_URL, REPERTORY_HOME,
  REPERTORY_DATABASE (PostgreSQL), REPERTORY_CHROMA (a server)"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal may lack a character that a model wrote
    options = parse(arguments)
    try:
        return _dispatch(options)
    except InputError as error:
        print(f"repertory: {error}", file=sys.stderr)
        return USAGE
    except RepertoryError as error:
        print(f"repertory: {error}", file=sys.stderr)
        return ERROR
    except KeyboardInterrupt:
        print("repertory: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ERROR


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Options of a command line; argparse's own exit with status 2 where it is wrong."""
    parser = build_parser()
    options, rest = parser.parse_known_args(arguments)
    command: argparse.ArgumentParser = options.parser  # its usage helps; that of the whole does not
    # argparse takes an optional word only right beside the one before it, and not after an option
    late = {"answer": "answer", "chat": "message"}.get(options.command)
    if late and getattr(options, late) is None and len(rest) == 1 and not rest[0].startswith("-"):
        setattr(options, late, rest.pop())
    if rest:
        command.error(f"unrecognized arguments: {' '.join(rest)}")
    return options


def _dispatch(options: argparse.Namespace) -> int:
    if options.command == "agents":
        return agent_options.perform(options)
    if options.command == "topics":
        return topic_options.perform(options)
    if options.command == "serve":
        served = serve_settings(options)
        from repertory.apps.commands import serve

        return serve.perform(served)
    if options.command == "chat":
        settings = chat_settings(options, sys.stdin)
        from repertory.apps.chat.command import chat

        return chat(options, settings)
    if options.command == "reindex":
        from repertory.apps.commands import reindex

        return reindex.perform(options)
    if options.command in COMMANDS:
        from repertory.apps.commands import history

        return history.perform(options)
    from repertory.apps.commands.options import answer_of, settings_of

    if options.command == "run":
        settings = settings_of(options, sys.stdin)
        from repertory.apps.commands import runs

        return runs.run(options, settings)
    if options.command == "answer":
        answer = answer_of(options)
        from repertory.apps.commands import runs

        return runs.answer(options, answer)
    from repertory.apps.commands import runs

    return {"resume": runs.resume, "runs": runs.runs, "show": runs.show}[options.command](options)


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="repertory",
        description=_DESCRIPTION,
        epilog=_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_run(commands)
    _add_answer(commands)
    add_chat(commands)
    for name, text in (
        ("resume", "go on with a run after a crash, an error, Ctrl-C, or where it was left"),
        ("runs", "list the runs"),
        ("show", "show a run: its plan, agents, steps, decisions needed, and cost"),
    ):
        command = commands.add_parser(name, help=text, description=_sentence(text))
        if name != "runs":
            command.add_argument("thread", metavar="THREAD", help="name of the run")
        if name == "resume":
            _add_yes(command)
        _add_common(command)
    add_history(commands)
    agent_options.add_agents(commands)
    topic_options.add_topics(commands)
    add_serve(commands)
    _add_reindex(commands)
    for command in commands.choices.values():
        command.set_defaults(parser=command)
    return parser


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"{parser.prog} {version('repertory')}")
        parser.exit()


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _add_run(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    run = commands.add_parser("run", help="plan a task and perform it", description="Plan a task and perform it.")
    run.add_argument("task", metavar="TASK", help="what is to be done, in words; - reads it from standard input")
    _add_yes(run)
    run.add_argument(
        "--policy",
        default="supervised",
        metavar="POLICY",
        help="supervised (default: the plan asks, and tools that write or reach outside), interactive (everything "
        "asks), autonomous (nothing asks), or a JSON file of rules",
    )
    run.add_argument("--model", metavar="NAME", help="such as openai:gpt-5.1, or offline; default: $REPERTORY_MODEL")
    run.add_argument("--workspace", default=".", metavar="DIR", help="the folder that file tools see; default: .")
    run.add_argument("--thread", metavar="ID", help="name of the run; default: made from the task")
    run.add_argument(
        "--limit",
        action="append",
        default=[],
        metavar="NAME=N",
        help="a bound of the run, such as model_calls=50, tokens=100000, seconds=600, steps=20; repeatable",
    )
    run.add_argument("--owner", default="local", metavar="NAME", help="whose agents are cast and kept; default: local")
    run.add_argument(
        "--library", action="append", default=[], metavar="OWNER", help="cast agents of this owner, too; repeatable"
    )
    run.add_argument("--allow-private", action="store_true", help="pages may be fetched from private addresses")
    _add_common(run)


def _add_answer(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "answer a decision that a run waits for, and go on with the run"
    answer = commands.add_parser("answer", help=text, description=_sentence(text))
    answer.add_argument("thread", metavar="THREAD", help="name of the run")
    answer.add_argument(
        "answer", nargs="?", metavar="ANSWER", help="approve, reject, words to the persona that asks, or a JSON answer"
    )
    answer.add_argument("--approve", action="store_true", help="approve it")
    answer.add_argument("--reject", nargs="?", const="", metavar="REASON", help="reject it")
    answer.add_argument("--respond", metavar="TEXT", help="answer in words; it is proposed anew")
    answer.add_argument("--edit", metavar="JSON|@FILE", help="do this instead: the fields that change, as JSON")
    which = answer.add_mutually_exclusive_group()
    which.add_argument(
        "--id", action="append", default=[], metavar="ID", dest="ids", help="which decision, or the start of its id"
    )
    which.add_argument("--all", action="store_true", help="all decisions that the run waits for")
    _add_yes(answer)
    _add_common(answer)


def _add_reindex(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "embed all agents and cohorts anew; broken off, it goes on where it stopped"
    reindex = commands.add_parser("reindex", help=text, description=_sentence(text))
    reindex.add_argument("--owner", default="local", metavar="NAME", help="whose; default: local")
    reindex.add_argument("--home", metavar="DIR", help="where they are kept; default: $REPERTORY_HOME, or .repertory")
    reindex.add_argument("--json", action="store_true", help="the result as a line of JSON")


def _add_yes(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--yes",
        action="store_true",
        help="approve whatever is asked, but neither the repetition of a call whose outcome is unknown nor agents that "
        "are drafts",
    )


def _add_common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--home", metavar="DIR", help="where runs are kept; default: $REPERTORY_HOME, or .repertory")
    command.add_argument("--json", action="store_true", help="one event a line; the last line is the result")


if __name__ == "__main__":
    sys.exit(main())
