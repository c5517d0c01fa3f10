"""The tasks that are measured, each with the plan that the loopback model proposes for it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

PLANS = Path(__file__).resolve().parents[2] / "shared" / "data" / "worfbench_plans.json"
"""Real task plans (WorfBench). They are no part of the project: without them their rows are left out."""

LOOKUPS = {"north.csv": "month,sales\njan,120\nfeb,90\n", "south.csv": "month,sales\njan,80\nfeb,110\n"}
"""Files in the workspace, for the plan of direct tool steps."""


@dataclass(frozen=True)
class Work:
    """One step of a case."""

    id: str
    instruction: str
    needs: tuple[str, ...] = ()
    role: str = ""
    length: int = 1
    """How long its model call takes, in multiples of the server's latency."""
    tool: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """A task and its plan."""

    name: str
    task: str
    steps: tuple[Work, ...]

    @property
    def critical_path(self) -> int:
        """The longest chain of steps, and the calls for plan, prompts, reflection and report; in latencies."""
        ends: dict[str, int] = {}
        for step in self.steps:
            ends[step.id] = step.length + max((ends[need] for need in step.needs), default=0)
        return 4 + max(ends.values())

    @property
    def calls(self) -> int:
        """Model calls of a fresh run in which every step is an agent's."""
        return 4 + len(self.steps)


def five_steps() -> Case:
    """Two looks, two conclusions, one text; every step has an agent of its own."""
    steps = (
        _agent("market", "Collect what is known about the market for cargo bikes in mid-sized cities."),
        _agent("costs", "Collect what it costs to run a rental station with twelve cargo bikes for a year."),
        _agent("demand", "Estimate the demand per station and season from the market facts.", "market"),
        _agent("budget", "Work out a yearly budget from the costs and the market facts.", "market", "costs"),
        _agent("advice", "Advise whether to open three stations, with the main risks.", "demand", "budget"),
    )
    return Case("five-step plan", "Should our cooperative open three rental stations for cargo bikes?", steps)


def wide(width: int = 20) -> Case:
    """Steps that do not need each other; four kinds of agents."""
    fields = ("water", "energy", "transport", "housing")
    steps = tuple(
        _agent(
            f"city_{n}",
            f"Describe the {fields[n % 4]} policy of city number {n} in its latest annual report.",
            role=f"{fields[n % 4].title()} analyst: reads annual reports of cities for {fields[n % 4]} policy",
        )
        for n in range(width)
    )
    return Case(f"{width}-wide plan", f"Compare the policies of {width} cities as their reports give them.", steps)


def diamond() -> Case:
    """Three branches of three steps, each with its long step at another place: waves would take 1.7 times as long."""
    lengths = {"a": (4, 1, 1), "b": (1, 4, 1), "c": (1, 1, 4)}
    steps = [_agent("start", "List the three suppliers that are to be examined.")]
    for branch, long in lengths.items():
        before = "start"
        for n, length in enumerate(long):
            text = f"Examine supplier {branch.upper()}, part {n + 1} of 3: delivery, quality and price in turn."
            steps.append(_agent(f"{branch}{n}", text, before, length=length))
            before = f"{branch}{n}"
    steps.append(_agent("choice", "Choose a supplier from the three examinations.", "a2", "b2", "c2"))
    return Case("uneven diamond", "Which of our three suppliers should get the new contract?", tuple(steps))


def chain(length: int) -> Case:
    """Each step needs the one before; ten kinds of agents."""
    steps = [
        _agent(
            f"c{n}",
            f"Revise chapter {n} of the handbook so that it agrees with what was decided before it.",
            *([f"c{n - 1}"] if n else []),
            role=f"Editor {n % 10}: revises chapters on subject number {n % 10} of the handbook",
        )
        for n in range(length)
    ]
    return Case(
        f"{length}-step chain", f"Revise the {length} chapters of our handbook, one after the other.", tuple(steps)
    )


def lookup() -> Case:
    """Five steps whose tools and arguments are known when planning."""
    steps = (
        Work("n", "Describe the table of the north.", tool="describe_table", arguments={"path": "north.csv"}),
        Work("s", "Describe the table of the south.", tool="describe_table", arguments={"path": "south.csv"}),
        Work("f", "Find February.", tool="search_files", arguments={"query": "feb"}),
        Work("t", "Add the rows.", ("n", "s"), tool="calculate", arguments={"expression": "{{n.rows}} + {{s.rows}}"}),
        Work("h", "Halve the sum.", ("t",), tool="calculate", arguments={"expression": "{{t.value}} / 2"}),
    )
    return Case("five-step lookup plan", "How many months do our two sales tables hold, and on average?", steps)


@cache
def worfbench(count: int = 12) -> tuple[Case, ...]:
    """A fixed sample of real plans of four steps and more, half of them with parallel steps; uneven step lengths.

    Which plans, and how long their steps take (1 to 4 latencies), is decided by hashes of their ids and of their texts.
    """
    if not PLANS.exists():
        return ()
    plans = [plan for plan in json.loads(PLANS.read_text()) if len(plan["steps"]) >= 4]
    plans.sort(key=lambda plan: _hash(plan["id"]))
    cases = [_from_worfbench(plan) for plan in plans]
    chains = [case for case in cases if _is_chain(case)]
    others = [case for case in cases if not _is_chain(case)]
    return (*others[: count // 2], *chains[: count - count // 2])


@cache
def all_cases() -> tuple[Case, ...]:
    """Everything that the loopback model knows how to plan."""
    return (five_steps(), wide(), diamond(), chain(50), chain(200), lookup(), *worfbench())


def _agent(id_: str, instruction: str, *needs: str, role: str = "", length: int = 1) -> Work:
    role = role or f"{id_.title()} specialist: does work of the kind {id_!r} for small organisations, with care"
    return Work(id_, instruction, needs, role, length)


def _from_worfbench(plan: dict[str, Any]) -> Case:
    name = str(plan["id"])
    steps = tuple(
        _agent(
            f"s{step['id']}",
            step["instruction"],
            *(f"s{need}" for need in step["needs"]),
            length=1 + _hash(step["instruction"]) % 4,
        )
        for step in _ordered(plan["steps"])
    )
    return Case(name, f"{plan['task']} ({name})", steps)


def _ordered(steps: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps with each after its needs."""
    left, done = list(steps), list[dict[str, Any]]()
    while left:
        step = next(step for step in left if not any(other["id"] in step["needs"] for other in left))
        left.remove(step)
        done.append(step)
    return done


def _is_chain(case: Case) -> bool:
    return all(step.needs == ((case.steps[n - 1].id,) if n else ()) for n, step in enumerate(case.steps))


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
