"""The agents of a home: added, listed, shown, put to rest and woken."""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from repertory.apps.commands.agents.files import open_agent
from repertory.apps.commands.agents.history import history, record_lines
from repertory.apps.commands.options import home_of
from repertory.apps.screens.jsonl import JsonLines
from repertory.apps.screens.page import Page, brief
from repertory.apps.screens.proposals import print_agent
from repertory.apps.status import OK
from repertory.memory.definitions.problems import DefinitionError, Problem, suggestion
from repertory.memory.errors import InputError
from repertory.memory.home import open_home
from repertory.memory.records import Agent
from repertory.memory.registry import Registry
from repertory.memory.registry.lifecycle import Move
from repertory.nodes.persona.functions import Functions
from repertory.nodes.persona.speech import SPEECH
from repertory.nodes.planner.checks import hierarchy
from repertory.nodes.tools.builtin import builtin_toolbox

Change = Literal["added", "changed", "unchanged", "approved", "rests", "woken", "retired"]
_MOVED: Mapping[Move, Change] = {"approve": "approved", "rest": "rests", "wake": "woken", "retire": "retired"}


def opened(files: Sequence[str]) -> list[Agent]:
    """The agents that files define.

    Raises:
        DefinitionError: with all that is wrong in any of them.
        InputError: two files define agents of one name.
    """
    tools, functions = [*builtin_toolbox(".").names, *SPEECH], Functions()
    agents: dict[str, Agent] = {}
    problems: list[Problem] = []
    for file in files:
        try:
            agent = open_agent(file, tools, functions)
        except DefinitionError as error:
            problems += error.problems
            continue
        agent = agent.model_copy(update={"created_by": f"file {Path(file).name}"})
        if agents.setdefault(agent.name, agent) is not agent:
            raise InputError(f"{file}: another of the files defines an agent {agent.name!r}; give each its own name")
    if problems:
        raise DefinitionError(problems)
    return list(agents.values())


class Agents:
    """The agents of one home, for a person or, with `json`, for a program."""

    def __init__(self, registry: Registry, *, as_json: bool) -> None:
        self._registry = registry
        self._page = Page(sys.stdout)
        self._lines = JsonLines(sys.stdout) if as_json else None

    async def add(self, agents: Sequence[Agent], *, anyway: bool = False) -> int:
        """Keep agents; one that is at rest stays so.

        Raises:
            InputError: one is nearly the same as another of them or one that is kept, and `anyway` is not said; or one
                has the name of an agent that is retired.
        """
        olds = await self._registry.agents_named(agent.name for agent in agents)
        if retired := [old.name for old in olds.values() if old.status == "retired"]:
            raise InputError(
                f"the agent {retired[0]!r} is retired, and that is for good; give the new one another name"
            )
        if not anyway:
            await self._check_likeness([agent for agent in agents if agent.name not in olds])
        news = await self._registry.save_agents(agents)
        for new in news:
            old = olds.get(new.name)
            self._tell(new, "added" if old is None else "unchanged" if new.version == old.version else "changed")
        return OK

    async def list(self) -> int:
        """All agents, a line each."""
        agents = await self._registry.agents()
        if self._lines is None and not agents:
            self._page.line("no agents yet; add some with: repertory agents add FILE")
        width = max((len(agent.name) for agent in agents), default=0)
        for agent in agents:
            if self._lines is not None:
                self._lines.write({"event": "agent", **agent.model_dump(mode="json")})
                continue
            head = f"{agent.name:{width}}  v{agent.version:<3} {agent.status:8}  {_size(agent):9}"
            self._page.line(f"{head}  {brief(agent.role, max(20, 78 - len(head)))}", wrap=False)
        return OK

    async def show(self, name: str, version: int | None) -> int:
        """All of an agent."""
        agent = await self._named(name, version)
        if self._lines is not None:
            self._lines.write({"event": "agent", **agent.model_dump(mode="json")})
            return OK
        self._page.pair("agent", f"{agent.name}, version {agent.version}, {agent.status}")
        for line in record_lines(agent.track):
            self._page.pair("track", line)
        if agent.created_by:
            self._page.pair("from", agent.created_by)
        print_agent(self._page, agent.model_dump(mode="json"))
        return OK

    async def move(self, names: Sequence[str], move: Move) -> int:
        """Approve agents, put them to rest, wake or retire them: all that are named, or none."""
        for name in names:
            await self._named(name, None)  # an unknown one is told with one like it
        for before, after in await self._registry.move_agents(names, move):
            self._tell(after, "unchanged" if before == after else _MOVED[move])
        return OK

    async def history(self, name: str) -> int:
        """What happened to an agent."""
        await self._named(name, None)
        return await history(self._registry, name, as_json=self._lines is not None)

    async def _check_likeness(self, strangers: Sequence[Agent]) -> None:
        kept = await self._registry.twins(strangers)
        for n, agent in enumerate(strangers):
            if twin := kept.get(agent.name):
                which, remedy = "which is kept", "add it as a version of that one, under its name"
            elif twin := await self._registry.twin_among(agent, strangers[:n]):
                which, remedy = "which is added, too", "add one of them"
            else:
                continue
            raise InputError(
                f"the agent {agent.name!r} is nearly the same as {twin.agent.name!r}, {which}: their descriptions are "
                f"{twin.likeness:.2f} alike; {remedy}, or say --anyway"
            )

    async def _named(self, name: str, version: int | None) -> Agent:
        agent = await self._registry.agent(name, version)
        if agent is not None:
            return agent
        newest = await self._registry.agent(name)
        if newest is not None:
            raise InputError(f"the agent {name!r} has no version {version}; there is 1 to {newest.version}")
        known = suggestion(name, [agent.name for agent in await self._registry.agents()])
        raise InputError(f"there is no agent {name!r}; {known}")

    def _tell(self, agent: Agent, change: Change) -> None:
        if self._lines is not None:
            self._lines.write({"event": "agent", "change": change, **agent.model_dump(mode="json")})
            return
        rests = f"; it rests until `repertory agents wake {agent.name}`" if agent.status == "inactive" else ""
        self._page.pair(change, f"{agent.name}, version {agent.version}: {_size(agent)}{rests}")


def at_home(options: argparse.Namespace, do: Callable[[Registry], Awaitable[int]]) -> int:
    """Do something with what is kept for the owner in the home that the options name."""

    async def work() -> int:
        async with open_home(home_of(options), environ=os.environ) as home:
            return await do(Registry(home.store, home.index, options.owner))

    return asyncio.run(work())


def _size(agent: Agent) -> str:
    number = len(hierarchy(agent))
    return f"{number} agent{'s' * (number != 1)}"
