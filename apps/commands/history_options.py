"""Commands at runs that have begun: `replay`, `diff`, `export`, `import`, `tell`, `policy`. Imports nothing heavy."""

import argparse

_TEXTS = {
    "replay": "take a run up again from one of its proposals, with something different; the original stays",
    "diff": "compare two runs: where they part, and what came of it, side by side; exits with 1 where they differ",
    "export": "write a run as one JSON document, its transcript",
    "import": "take in a run that was exported, to go on with it",
    "tell": "leave a message for a persona of a run, which reads it before its next proposal",
    "policy": "change what a run asks, from the next time on that it goes on",
}
COMMANDS = frozenset(_TEXTS)


def add_history(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to the parser."""
    made = {name: commands.add_parser(name, help=text, description=_sentence(text)) for name, text in _TEXTS.items()}
    for name in ("replay", "export", "tell", "policy"):
        made[name].add_argument("thread", metavar="THREAD", help="name of the run")
    _add_replay(made["replay"])
    for name, which in (("a", "one run"), ("b", "the other")):
        made["diff"].add_argument(name, metavar=name.upper(), help=f"{which}: its name, or the file of a transcript")
    made["export"].add_argument("file", nargs="?", metavar="FILE", help="default: standard output")
    made["export"].add_argument("--force", action="store_true", help="overwrite the file where it is there already")
    _add_import(made["import"])
    made["tell"].add_argument("path", metavar="PATH", help="the persona's, such as lady/stylist")
    made["tell"].add_argument("text", metavar="TEXT", help="the words")
    _add_policy(made["policy"])
    for command in made.values():
        command.add_argument("--home", metavar="DIR", help="where runs are; default: $REPERTORY_HOME, or .repertory")
        command.add_argument("--json", action="store_true", help="JSON, one object a line")


def _add_replay(replay: argparse.ArgumentParser) -> None:
    replay.add_argument(
        "--at",
        metavar="PROPOSAL",
        help="where: m0#2 is proposal 2 about the first message, m0/1.0#0 the first one of the delegate called in "
        "proposal 1; in a run of the planner STEP, STEP#2, or planner#0 for its plan. Without it they are listed",
    )
    decision = replay.add_mutually_exclusive_group()
    decision.add_argument("--approve", action="store_true", help="approve that proposal")
    decision.add_argument("--reject", nargs="?", const="", metavar="REASON", help="reject it")
    decision.add_argument("--respond", metavar="TEXT", help="answer it in words")
    decision.add_argument("--edit", metavar="JSON|@FILE", help="do this instead")
    replay.add_argument("--persona", metavar="PATH", help="whose prompt or model is another from there on")
    replay.add_argument("--prompt", metavar="TEXT|@FILE", help="its system prompt")
    replay.add_argument("--model", metavar="NAME", help="its model, such as openai:gpt-5.1")
    replay.add_argument("--temperature", type=float, metavar="T", help="its temperature, 0 to 2")
    replay.add_argument("--as", dest="name", metavar="ID", help="name of the new run; default: made from the old one's")
    replay.add_argument("--yes", action="store_true", help="approve whatever is asked, as in `run`")


def _add_import(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", metavar="FILE", help="the transcript")
    command.add_argument("--thread", metavar="ID", help="name of the run here; default: made from its task")
    command.add_argument("--persona", metavar="FILE", help="the hierarchy as it is here; the transcript must be of it")
    command.add_argument("--policy", default="supervised", metavar="POLICY", help="as in `run`; default: supervised")
    command.add_argument("--model", metavar="NAME", help="such as openai:gpt-5.1, or offline")
    command.add_argument("--workspace", default=".", metavar="DIR", help="the folder that file tools see; default: .")
    command.add_argument("--limit", action="append", default=[], metavar="NAME=N", help="as in `run`; repeatable")
    command.add_argument("--owner", default="local", metavar="NAME", help="who it is to belong to; default: local")
    command.set_defaults(library=[])
    command.add_argument("--allow-private", action="store_true", help="pages may be fetched from private addresses")


def _add_policy(command: argparse.ArgumentParser) -> None:
    which = command.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "policy", nargs="?", metavar="POLICY", help="supervised, interactive, autonomous, or a JSON file"
    )
    which.add_argument("--beside", metavar="PATH", help="this persona asks about everything, the others go on")


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
