"""Which persona one talks with, and whether a conversation is with that one."""

from pathlib import Path

from repertory.apps.runs.threads import Thread
from repertory.memory.definitions.problems import suggestion
from repertory.memory.errors import InputError
from repertory.memory.records import Agent
from repertory.memory.registry import Registry

_ENDINGS = (".yaml", ".yml", ".py")


def is_file(persona: str) -> bool:
    """Whether a file is meant: names of agents have neither an ending nor a folder."""
    return persona.endswith(_ENDINGS) or "/" in persona or "\\" in persona


async def named_agent(registry: Registry, name: str) -> Agent:
    """The agent that is kept under a name.

    Raises:
        InputError: there is none; with the name that was probably meant.
    """
    if (agent := await registry.agent(name)) is not None:
        return agent
    if file := _file_of(name):
        raise InputError(f"there is no agent {name!r}; for the file of that name, write {file!r}")
    known = suggestion(name, [agent.name for agent in await registry.agents()])
    raise InputError(f"there is no agent {name!r}; {known}. A file that defines one ends in .yaml or .py")


def changed_since(thread: Thread, agent: Agent) -> str | None:
    """What is to be said where the conversation began with this persona as it was.

    Raises:
        InputError: the thread is no conversation, or one with somebody else.
    """
    begun = thread.settings.agent
    if begun is None:
        raise InputError(
            f"{thread.id!r} is the run of a plan, no conversation; go on with `repertory resume {thread.id}`, or give "
            "another name"
        )
    if begun.name != agent.name:
        raise InputError(
            f"the conversation {thread.id!r} is with {begun.name!r}, not with {agent.name!r}; go on with "
            f"`repertory chat {begun.name} --thread {thread.id}`, or give another name"
        )
    if begun.content() == agent.content():
        return None
    return f"{agent.name} was changed since; this conversation goes on with {agent.name} as it was"


def _file_of(name: str) -> str | None:
    files = [f"{name}{ending}" for ending in _ENDINGS]
    return next((file for file in files if Path(file).is_file()), None)
