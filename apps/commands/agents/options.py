"""`repertory agents`: agents from files, and those that are kept. What it needs is imported when a command runs."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from repertory.apps.status import OK, USAGE

if TYPE_CHECKING:
    from repertory.memory.registry import Registry

_ACTIONS = {
    "add": "keep the agents that files define, each with all below it; the planner can then cast them",
    "import": "keep the agents of libraries, and of Markdown files as public collections have them",
    "export": "write all agents, with versions and track records, and all cohorts to a folder of readable files",
    "list": "list the agents that are kept",
    "show": "show an agent with all below it",
    "history": "tell what brought an agent, its versions, its moves, and the runs that it was in",
    "search": "rank agents for a query, with each part of the score, and say whether the best would be reused",
    "approve": "approve drafts: from then on they are cast like any agent",
    "rest": "put agents to rest: they are kept, and never cast",
    "wake": "wake agents that were put to rest",
    "retire": "retire agents for good: they are kept for the runs that they were in, and never cast again",
    "schema": "print the JSON schema of YAML files that define agents, for editors",
}
_MOST_HITS = 100


def add_agents(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    agents = commands.add_parser(
        "agents", help="agents from files, and those that are kept", description="Agents from files, and those kept."
    )
    actions = agents.add_subparsers(dest="action", metavar="ACTION")
    for name, text in _ACTIONS.items():
        action = actions.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        action.set_defaults(parser=action)
        _add_own(name, action)
        if name != "schema":
            action.add_argument("--owner", default="local", metavar="NAME", help="whose agents; default: local")
            action.add_argument(
                "--home", metavar="DIR", help="where agents are kept; default: $REPERTORY_HOME, or .repertory"
            )
            what = "the answer as a line of JSON" if name == "search" else "one agent a line, as JSON"
            action.add_argument("--json", action="store_true", help=what)


def _add_own(name: str, action: argparse.ArgumentParser) -> None:
    """The arguments that not all actions have."""
    match name:
        case "add":
            action.add_argument("files", nargs="+", metavar="FILE", help="a YAML file, or a Python file, which is run")
            action.add_argument(
                "--anyway", action="store_true", help="also those nearly the same as others that are kept"
            )
        case "import":
            action.add_argument(
                "sources",
                nargs="+",
                type=Path,
                metavar="DIR|FILE",
                help="a library, a folder of Markdown files, or one such file",
            )
            action.add_argument(
                "--active", action="store_true", help="approve all of them; else those of collections are drafts"
            )
        case "export":
            action.add_argument("folder", type=Path, metavar="DIR", help="one to be made, an empty one, or a library")
        case "search":
            action.add_argument(
                "query",
                metavar="QUERY",
                help="who is wanted, or what is to be done; - reads one a line, and answers each with a line of JSON",
            )
            action.add_argument(
                "--role", action="store_true", help="queries say who is wanted, as `role: description`, as casting does"
            )
            action.add_argument("-k", type=_count, default=5, metavar="N", help="the most to show; default: 5")
        case "show":
            action.add_argument("name", metavar="NAME", help="name of the agent")
            action.add_argument("--version", type=int, metavar="N", help="an older version; default: the newest")
        case "history":
            action.add_argument("name", metavar="NAME", help="name of the agent")
        case "approve" | "rest" | "wake" | "retire":
            action.add_argument("names", nargs="+", metavar="NAME", help="name of an agent")


def perform(options: argparse.Namespace) -> int:
    """Run the command.

    Returns:
        The exit status.

    Raises:
        InputError: a file is wrong, there is no such agent, or it cannot be moved so.
    """
    if options.action is None:
        return _no_action(options.parser)
    if options.action == "schema":
        return _schema()
    if options.action == "search":  # without what performs agents, which takes its time to import
        from repertory.apps.commands.agents.search import search

        return search(options)
    from repertory.apps.commands.agents import kept, libraries

    def agents(registry: "Registry") -> kept.Agents:
        return kept.Agents(registry, as_json=options.json)

    match options.action:
        case "add":
            found = kept.opened(options.files)  # before the home is opened: a mistake leaves nothing behind
            return kept.at_home(options, lambda at: agents(at).add(found, anyway=options.anyway))
        case "import":
            how = {"active": options.active, "as_json": options.json}
            return kept.at_home(options, lambda at: libraries.import_(at, options.sources, **how))
        case "export":
            return kept.at_home(options, lambda at: libraries.export(at, options.folder, as_json=options.json))
        case "show":
            return kept.at_home(options, lambda at: agents(at).show(options.name, options.version))
        case "history":
            return kept.at_home(options, lambda at: agents(at).history(options.name))
        case "approve" | "rest" | "wake" | "retire" as move:
            return kept.at_home(options, lambda at: agents(at).move(options.names, move))
        case _:
            return kept.at_home(options, lambda at: agents(at).list())


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_HITS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {_MOST_HITS}")
    return int(text)


def _no_action(parser: argparse.ArgumentParser) -> int:
    *first, last = _ACTIONS
    parser.print_help(sys.stderr)
    print(f"\n{parser.prog}: error: name an action: {', '.join(first)} or {last}", file=sys.stderr)
    return USAGE


def _schema() -> int:
    from repertory.memory.definitions.shapes import editor_schema

    print(json.dumps(editor_schema(), indent=2))
    return OK
