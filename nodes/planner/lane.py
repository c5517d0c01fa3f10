"""A lane: one step of a plan being performed, by an agent or by a direct tool call."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from langgraph.errors import GraphInterrupt
from langgraph.graph.state import CompiledStateGraph

from repertory.memory.errors import LimitError, RepertoryError, ResourceError, ToolArgumentsError
from repertory.memory.plans import Step
from repertory.memory.proposals import Call, CallResult, Proposal, Turn
from repertory.memory.records import Agent, StepResult, StepStatus, Usage
from repertory.memory.references import resolve
from repertory.nodes.context import Context
from repertory.nodes.deps import Deps
from repertory.nodes.live import LiveRun
from repertory.nodes.persona.review import can_ask
from repertory.nodes.persona.risks import risk_of
from repertory.nodes.persona.state import Frame
from repertory.nodes.planner.state import StepInput
from repertory.nodes.prompts import GAVE_UP, fill

GraphFor = Callable[[Agent | None, bool], CompiledStateGraph[Any, Any, Any, Any]]
"""The graph of an agent, or of a direct tool call where there is none; and whether a person may be asked in it."""


_HEADING = re.compile(r"#{1,6}\s.*|(\*\*|__).+\1:?|[-=*_]{3,}")
"""A title in Markdown, or the rule below one."""


@dataclass(frozen=True)
class Lane:
    """One step being performed."""

    step: Step
    state: StepInput
    run: LiveRun
    context: Context
    graph_for: GraphFor
    deps: Deps

    async def perform(self, emit: Callable[[Any], None]) -> StepResult:
        """Wait for the needs, perform, and keep the result."""
        step, run = self.step, self.run
        needed = [await run.result(need) for need in step.needs]
        if None in needed:
            raise GraphInterrupt  # parks without a question of its own; woken by the next answer
        results = [result for result in needed if result is not None]
        began, turns = time.monotonic(), list[Turn]()
        try:
            result = self._skipped(results)
            if result is None:
                run.budget.check()
                emit({"event": "step", "step_id": step.id, "status": "running", "performer": self._performer})
                result, turns = await (self._call(results) if step.tool else self._agent(results))
        except LimitError as error:
            result = self._ended("stopped", error=str(error))
        except RepertoryError as error:
            result = self._ended("failed", error=str(error))
        cost = run.costs.get(step.id, Usage())  # faulty answers and what a limit cut off included
        seconds, branch = round(time.monotonic() - began, 3), run.journal.branch
        result = result.model_copy(update={"seconds": seconds, "usage": cost, "branch": branch})
        await run.journal.keep_result(result, turns, run.budget.elapsed)
        emit({"event": "step", **result.model_dump(mode="json", exclude={"data", "usage"})})
        return result

    @property
    def _performer(self) -> str:
        return f"tool {self.step.tool}" if self.step.tool else f"agent {self.step.agent}"

    def _ended(self, status: StepStatus, **fields: Any) -> StepResult:
        return StepResult(**{"step_id": self.step.id, "status": status, "performer": self._performer, **fields})

    def _skipped(self, needed: list[StepResult]) -> StepResult | None:
        """A step whose needs did not all get done cannot be performed: it says so, with the reason."""
        for result in needed:
            if result.status != "done":
                status: StepStatus = "stopped" if result.status == "stopped" else "skipped"
                return self._ended(status, error=f"needs {result.step_id!r}, which {result.status}: {result.error}")
        return None

    async def _call(self, needed: list[StepResult]) -> tuple[StepResult, list[Turn]]:
        """A direct tool call. When its arguments turn out wrong, or it fails, an agent takes the step over."""
        step, run_id = self.step, self.state["run_id"]
        name = step.tool or ""
        try:
            arguments = resolve(step.arguments, {result.step_id: result.data for result in needed})
            self.deps.toolbox[name].check(arguments)
        except ToolArgumentsError as error:
            return await self._take_over(needed, str(error))
        # a person approved what was shown: a reference stands for a value that nobody has seen
        granted = self.state["granted"] and arguments == step.arguments
        frame = self._frame(f"{step.id}/call", step.id, granted=granted)
        proposal = Proposal(
            id=f"{run_id}/{frame.key}#0",
            path=frame.path,
            kind="tool",
            calls=(Call(id="0.0", name=name, arguments=arguments),),
            step_id=step.id,
        )
        waits = (
            self.deps.toolbox[name].risk != "read"
            or self.context.rules.decide(frame.path, "tool", tool=name, risk="read") == "ask"
        )
        begun = self.run.turns.get(f"{frame.key}#0") or Turn(n=0, proposal=proposal)
        output = await self.graph_for(None, waits).ainvoke({"frame": frame, "turns": [begun]})
        turn: Turn = output["turns"][-1]
        if turn.results and turn.results[0].status == "done":
            return self._done(turn.results[0]), [turn]
        if turn.results and turn.results[0].status == "failed":
            return await self._take_over(needed, turn.results[0].text)
        if turn.decision and turn.decision.verdict == "respond":
            return await self._take_over(needed, f"It was not called. The user answered: {turn.decision.text}")
        reason = turn.results[0].text if turn.results else f"rejected. {turn.decision.text if turn.decision else ''}"
        return self._ended("failed", error=reason.strip(), refused=True), [turn]

    async def _take_over(self, needed: list[StepResult], trouble: str) -> tuple[StepResult, list[Turn]]:
        """An agent with the tool, and those that only look, does what the direct call could not."""
        looking = [tool.name for tool in self.deps.shown_tools if tool.risk == "read"]
        description = f"Finishes steps whose tool call with {self.step.tool} failed, by looking at what is there."
        agent = Agent(
            name="stand_in",
            role="Stand-in",
            description=description,
            tools=tuple(dict.fromkeys((self.step.tool or "", *looking))),
        )
        return await self._agent(needed, agent, trouble)

    async def _agent(
        self, needed: list[StepResult], agent: Agent | None = None, trouble: str = ""
    ) -> tuple[StepResult, list[Turn]]:
        agent = agent or self.state["agent"]
        if agent is None:
            raise ResourceError(f"step {self.step.id!r} has no agent")
        frame = self._frame(self.step.id, agent.name)
        waits = can_ask(self.context.rules, agent, frame.path, risk_of(self.deps))
        message = fill("step.user", step=self.step, memory=self.state.get("memory", []), needed=needed, trouble=trouble)
        output = await self.graph_for(agent, waits).ainvoke({"message": message, "frame": frame})
        report: CallResult = output["reported"][frame.key]
        refused = bool(report.turns and report.turns[-1].decision and report.turns[-1].decision.verdict == "reject")
        ended = self._ended("failed", error=report.text, refused=refused)
        result = self._done(report) if report.status == "done" and not _gave_up(report) else ended
        return result.model_copy(update={"performer": f"agent {agent.name}"}), list(report.turns)

    def _frame(self, key: str, name: str, *, granted: bool = False) -> Frame:
        run_id, branch = self.state["run_id"], self.state["branch"]
        return Frame(
            run_id=run_id, branch=branch, step_id=self.step.id, key=key, path=("perform", name), granted=granted
        )

    def _done(self, result: CallResult) -> StepResult:
        return self._ended(
            "done", output=result.text, data=result.data, trusted=result.trusted, artifacts=result.artifacts
        )


def _gave_up(report: CallResult) -> bool:
    """Whether the reply says so in its first line; headings may stand above that."""
    for line in filter(None, map(str.strip, report.text.splitlines())):
        if line.lstrip("*_# ").lower().startswith(GAVE_UP.lower()):
            return True
        if not _HEADING.fullmatch(line):
            return False
    return False
