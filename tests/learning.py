"""A process that counts runs until it is killed, and says which."""

import asyncio
import itertools
import os
from pathlib import Path

from repertory.memory.home import open_home
from repertory.memory.plans import Casting, Cohort, Company, Plan, Step
from repertory.memory.records import Agent, Usage
from repertory.memory.registry import Lesson, Registry

COHORT = "c"
USAGE = Usage(model_calls=1)
LESSONS = {name: Lesson(True, USAGE, 0.1, (f"what {name} did",)) for name in ("a", "b", "c")}


def count_runs(folder: Path) -> None:
    """Count one run after the other, of new ids; `begun` and `counted` tell which."""
    asyncio.run(_count(folder))


def said(folder: Path) -> list[str]:
    """The runs that were counted, as far as their processes came to say so."""
    file = folder / "counted"
    return file.read_text().split() if file.exists() else []


async def _count(folder: Path) -> None:
    async with open_home(folder / "home", environ={"REPERTORY_EMBEDDINGS": "lexical"}) as home:
        registry = Registry(home.store, home.index)
        agents = [Agent(name=name, role=f"Role {name}", description="Does things") for name in LESSONS]
        await registry.save_agents(agents)
        plan = Plan(steps=(Step(id="s", instruction="do it", agent="a"),))
        company = Company(plan=plan, cast=(Casting(agent=agents[0]),))
        await registry.save_cohort(Cohort(id=COHORT, task="a task", company=company))
        for n in itertools.count():
            run = f"{os.getpid()}.{n}"
            _say(folder / "begun", run)
            await registry.learn(run, agents=LESSONS, cohorts={COHORT: Lesson(True, USAGE)}, liked=True)
            _say(folder / "counted", run)


def _say(file: Path, run: str) -> None:
    with file.open("a") as lines:
        lines.write(f"{run}\n")
