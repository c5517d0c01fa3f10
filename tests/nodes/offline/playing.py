"""Performs a task with the offline model, the real templates and the real tools, step after step, without a graph."""

from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from pydantic import BaseModel

from repertory.memory.errors import RepertoryError
from repertory.memory.plans import Step
from repertory.memory.records import StepResult
from repertory.memory.references import resolve
from repertory.nodes.offline import OfflineModel
from repertory.nodes.planner.drafts import PlanDraft, PlanDraftFromParts, StepDraft
from repertory.nodes.prompts import as_data, fill, render
from repertory.nodes.tools.builtin import builtin_toolbox
from repertory.nodes.tools.toolbox import Toolbox

MODEL = OfflineModel()


def structured(schema: type[BaseModel], messages: list[BaseMessage]) -> Any:
    answer = MODEL.with_structured_output(schema, include_raw=True).invoke(messages)
    assert answer["parsing_error"] is None
    return answer["parsed"]


def plan_for(task: str, tools: Toolbox | None = None, **values: Any) -> PlanDraft:
    given: dict[str, Any] = {"holders": [], "parts": {}, "memory": "", "previous": "", "done": [], "failed": []}
    tools = builtin_toolbox("unused") if tools is None else tools
    messages = render("plan", tools=list(tools), task=task, **{**given, "feedback": [], **values})
    return structured(PlanDraftFromParts if values.get("parts") else PlanDraft, messages)


def shape(draft: PlanDraft) -> list[tuple[Any, ...]]:
    """Each step as (id, needs, tool, arguments) or (id, needs, role, tools)."""
    return [
        (step.id, step.needs, step.tool, {argument.name: argument.value for argument in step.arguments})
        if step.tool
        else (step.id, step.needs, step.role.partition(":")[0], step.tools)
        for step in draft.steps
    ]


class Agent:
    """One step agent at work: its messages, and the calls it made."""

    def __init__(
        self,
        instruction: str,
        tools: Toolbox,
        *,
        data: dict[str, str] | None = None,
        trouble: str | None = None,
        planned: tuple[str, dict[str, Any]] = ("describe_table", {"path": "salse.csv"}),
    ) -> None:
        results = [StepResult(step_id=name, status="done", output=text) for name, text in (data or {}).items()]
        step = Step(id="s9", instruction=instruction)
        if trouble is not None:  # a direct call that this agent takes over
            step = step.model_copy(update={"tool": planned[0], "arguments": planned[1]})
        self.tools = tools
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.turns = 0
        self.messages: list[BaseMessage] = [
            SystemMessage(fill("persona.system", prompt="You are an agent.", delegates=[])),
            HumanMessage(fill("step.user", step=step, needed=results, trouble=trouble)),
        ]

    async def work(self, *, refuse: str | None = None) -> str:
        """Go on until it replies; calls of the tool named `refuse` are refused."""
        model = MODEL.bind_tools([tool.openai for tool in self.tools]) if len(self.tools) else MODEL
        for _ in range(10):
            self.turns += 1
            answer = await model.ainvoke(self.messages)
            assert isinstance(answer, AIMessage)
            self.messages.append(answer)
            if not answer.tool_calls:
                return str(answer.text)
            for call in answer.tool_calls:
                self.calls.append((call["name"], call["args"]))
                text = "Not done: the user said no" if call["name"] == refuse else await self._call(call)
                self.messages.append(ToolMessage(text, tool_call_id=call["id"]))
        raise AssertionError(f"no reply after ten turns; it called {self.calls}")

    async def _call(self, call: Any) -> str:
        tool = self.tools[call["name"]]
        try:
            outcome = await tool.run(call["args"])
        except RepertoryError as error:
            return f"Failed:\n<data>\n{as_data(str(error))}\n</data>"
        return outcome.text if tool.trusted else f"<data>\n{as_data(outcome.text)}\n</data>"

    async def hear(self, words: str) -> str:
        """Say something to its reply, and get the next."""
        self.messages.append(HumanMessage(f"<feedback>\n{words}\n</feedback>"))
        return await self.work()


async def perform(task: str, workspace: Path) -> tuple[dict[str, StepResult], str]:
    """All steps of a task, and the report."""
    tools = builtin_toolbox(workspace)
    results: dict[str, StepResult] = {}
    for draft in plan_for(task, tools).steps:
        results[draft.id] = await _step(draft, results, tools)
    report = await MODEL.ainvoke(render("report", task=task, results=list(results.values())))
    return results, str(report.text)


async def _step(draft: StepDraft, results: dict[str, StepResult], tools: Toolbox) -> StepResult:
    try:
        if draft.tool:
            arguments = {argument.name: argument.value for argument in draft.arguments}
            outcome = await tools[draft.tool].run(resolve(arguments, {key: item.data for key, item in results.items()}))
            return StepResult(step_id=draft.id, status="done", output=outcome.text, data=outcome.data)
        data = {need: results[need].output for need in draft.needs}
        text = await Agent(draft.instruction, tools.only(draft.tools), data=data).work()
    except RepertoryError as error:
        return StepResult(step_id=draft.id, status="failed", error=str(error))
    return StepResult(step_id=draft.id, status="done", output=text, data={"text": text})
