"""`repertory agents`: agents from files, and those that are kept. What it needs is imported when a command runs."""

import argparse
import json
import sys

from repertory.apps.status import OK, USAGE

_ACTIONS = {
    "add": "keep the agents that files define, each with all below it; the planner can then cast them",
    "list": "list the agents that are kept",
    "show": "show an agent with all below it",
    "rest": "put an agent to rest: it is kept, and never cast",
    "wake": "wake an agent that was put to rest",
    "schema": "print the JSON schema of YAML files that define agents, for editors",
}


def add_agents(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    agents = commands.add_parser(
        "agents", help="agents from files, and those that are kept", description="Agents from files, and those kept."
    )
    actions = agents.add_subparsers(dest="action", metavar="ACTION")
    for name, text in _ACTIONS.items():
        action = actions.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        action.set_defaults(parser=action)
        if name == "add":
            action.add_argument("files", nargs="+", metavar="FILE", help="a YAML file, or a Python file, which is run")
        if name in ("show", "rest", "wake"):
            action.add_argument("name", metavar="NAME", help="name of the agent")
        if name == "show":
            action.add_argument("--version", type=int, metavar="N", help="an older version; default: the newest")
        if name != "schema":
            action.add_argument(
                "--home", metavar="DIR", help="where agents are kept; default: $REPERTORY_HOME, or .repertory"
            )
            action.add_argument("--json", action="store_true", help="one agent a line, as JSON")


def perform(options: argparse.Namespace) -> int:
    """Run the command.

    Returns:
        The exit status.

    Raises:
        InputError: a file is wrong, or there is no such agent.
    """
    if options.action is None:
        return _no_action(options.parser)
    if options.action == "schema":
        return _schema()
    from repertory.apps.commands import agents

    match options.action:
        case "add":
            found = agents.opened(options.files)  # before the home is opened: a mistake leaves nothing behind
            return agents.at_home(options, lambda at: at.add(found))
        case "show":
            return agents.at_home(options, lambda at: at.show(options.name, options.version))
        case "rest":
            return agents.at_home(options, lambda at: at.rest(options.name))
        case "wake":
            return agents.at_home(options, lambda at: at.wake(options.name))
        case _:
            return agents.at_home(options, lambda at: at.list())


def _no_action(parser: argparse.ArgumentParser) -> int:
    *first, last = _ACTIONS
    parser.print_help(sys.stderr)
    print(f"\n{parser.prog}: error: name an action: {', '.join(first)} or {last}", file=sys.stderr)
    return USAGE


def _schema() -> int:
    from repertory.memory.definitions.shapes import editor_schema

    print(json.dumps(editor_schema(), indent=2))
    return OK
