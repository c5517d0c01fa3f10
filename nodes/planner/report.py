"""Report: answer the task from the results."""

from langgraph.runtime import Runtime

from repertory.memory.errors import LimitError, ModelError
from repertory.memory.records import StepResult
from repertory.nodes.context import Context
from repertory.nodes.deps import Deps, Node
from repertory.nodes.planner.metered import Metered, metered
from repertory.nodes.planner.state import PlannerState, PlannerUpdate, Status
from repertory.nodes.prompts import render


def reporter(deps: Deps) -> Node:
    """Make the node that answers the task. The result of a plan of one step is the answer, without a model call."""

    @metered("report", deps)
    async def report(state: PlannerState, _: Runtime[Context], meter: Metered) -> PlannerUpdate:
        results = _results(state)
        if state["status"] == "rejected":  # a plan for the rest: what was done before it stays done
            return {"answer": listing(results)}
        stopped = next((result for result in results if result.status == "stopped"), None)
        if state["status"] == "stopped" or stopped:
            reason = stopped.error if stopped else state["error"]
            return {"status": "stopped", "error": reason, "answer": listing(results)}
        status: Status = "completed" if all(result.status == "done" for result in results) else "failed"
        error = next((f"step {r.step_id!r}: {r.error}" for r in results if r.status == "failed"), None)
        if len(results) == 1:
            return {"status": status, "error": error, "answer": results[0].output or results[0].error or ""}
        try:
            answer = await meter.answer(render("report", task=state["task"], results=results))
        except LimitError as limit:
            return {"status": "stopped", "error": str(limit), "answer": listing(results)}
        except ModelError as fault:  # the steps are done all the same
            return {"status": status, "error": f"no report could be written: {fault}", "answer": listing(results)}
        return {"status": status, "error": error, "answer": answer}

    return report


def listing(results: list[StepResult]) -> str:
    """What is done so far, in plain lines; needs no model."""
    done = [f"- {result.step_id}: {result.output}" for result in results if result.status == "done"]
    return "\n".join(["What is done so far:", *done]) if done else "Nothing was finished."


def _results(state: PlannerState) -> list[StepResult]:
    company = state.get("company")
    if company is None:
        return []
    return [state["results"][step.id] for step in company.plan.steps if step.id in state["results"]]
