"""How a run stands, a list of runs, and a whole run, for a person."""

from collections.abc import Sequence

from repertory.apps.runs.events import Outcome, Pending, StepOutcome, UsageReport
from repertory.apps.runs.threads import Thread
from repertory.apps.screens.page import Page, brief
from repertory.apps.screens.proposals import headline, print_agent, print_proposal

_COLOURS = {"completed": "green", "done": "green", "failed": "red", "error": "red", "needs_decision": "yellow"}


def print_outcome(page: Page, outcome: Outcome, home: str) -> None:
    """The answer, the files, what was kept, and the cost; or what is to be decided, and how."""
    if outcome.pending:
        print_how_to_answer(page, outcome, home)
        return
    page.line()
    if outcome.answer:
        page.line(outcome.answer, wrap=page.is_terminal)
        page.line()
    for file in outcome.artifacts:
        page.pair("file", f"{file.path} ({file.size:,} bytes)")
    if outcome.kept:
        agents = f"; new agents: {', '.join(outcome.kept.agents)}" if outcome.kept.agents else ""
        known = "the company is known, and one success richer" if outcome.kept.known else "the company, for next time"
        page.pair("kept", known + agents)
    page.pair("usage", usage_text(outcome.usage))
    page.pair("status", outcome.status + (f": {outcome.error}" if outcome.error else ""), _colour(outcome.status))
    if outcome.status in ("unfinished", "error", "interrupted"):
        page.pair("go on", f"repertory resume {outcome.thread_id}{home}", wrap=False)


def print_how_to_answer(page: Page, outcome: Outcome, home: str) -> None:
    """Each decision that is needed, with the command that makes it."""
    for pending in outcome.pending:
        page.pair("needed", f"your decision: {headline(pending)}", "yellow")
        answer = f"repertory answer {outcome.thread_id}{home} --id {short_id(pending.id, outcome)}"
        page.line(f"{answer} {_first_choice(pending)}", indent=10, wrap=False)
    if len(outcome.pending) > 1:
        page.line("--all instead of --id answers all of them at once", indent=10)
    waits = all(pending.awaited for pending in outcome.pending)
    page.line(f"or, instead of {'the result' if waits else '--approve'}:", indent=10)
    page.line("--reject [REASON]", indent=12, wrap=False)
    if not all(pending.kind == "retry" for pending in outcome.pending):
        page.line("--respond TEXT", indent=12, wrap=False)
        if not waits:
            page.line("--edit JSON", indent=12, wrap=False)


def _first_choice(pending: Pending) -> str:
    """What most people will answer: yes, or the result that is waited for."""
    if not pending.awaited:
        return "--approve"
    result = '{"type": "result", "status": "completed", "output": "…"}'
    calls = pending.proposal["calls"]
    if len(calls) == 1:
        return f"'{result}'"
    each = ", ".join(result if call["name"] in pending.awaited else '{"type": "approve"}' for call in calls)
    return f"'{{\"decisions\": [{each}]}}'"


def short_id(interrupt_id: str, outcome: Outcome) -> str:
    """The start of an id, long enough to tell it from the others."""
    others = [pending.id for pending in outcome.pending if pending.id != interrupt_id]
    length = 8
    while any(other.startswith(interrupt_id[:length]) for other in others):
        length += 1
    return interrupt_id[:length]


def print_run(page: Page, outcome: Outcome, home: str) -> None:
    """All of a run: plan, agents, steps, decisions, answer, cost."""
    page.pair("run", outcome.thread_id)
    page.pair("task", outcome.task)
    if outcome.source is not None:  # else there is no plan: a conversation, or one that is not planned yet
        known = {"equal": "as it was done before", "similar": "adapted from a similar task"}
        page.pair("plan", known.get(outcome.source, "new"))
    if not any(pending.kind == "plan" for pending in outcome.pending):  # else the proposal says it
        for step in outcome.steps:
            _print_step(page, step)
        if outcome.agents:
            page.pair("agents", "")
        for agent in outcome.agents:
            print_agent(page, agent)
    for pending in outcome.pending:
        print_proposal(page, pending, full=True)
        page.line()
    print_outcome(page, outcome, home)
    if outcome.pending:
        page.pair("usage", usage_text(outcome.usage))
        page.pair("status", outcome.status, _colour(outcome.status))


def print_runs(page: Page, threads: Sequence[Thread]) -> None:
    """Runs, the newest first, a line each."""
    if not threads:
        page.line("no runs yet")
        return
    width = max(len(thread.id) for thread in threads)
    for thread in threads:
        head = f"{thread.created[:16].replace('T', ' ')}  {thread.standing:14}  {thread.id:{width}}"
        page.line(f"{head}  {brief(thread.settings.task, max(20, 78 - len(head)))}", wrap=False)


def usage_text(usage: UsageReport) -> str:
    """Model calls and tokens, and which nodes made the calls."""
    total = usage.total
    calls = f"{total.model_calls:,} model call{'s' * (total.model_calls != 1)}"
    nodes = ", ".join(f"{node} {part.model_calls}" for node, part in usage.by_node.items() if part.model_calls)
    tokens = f"{total.input_tokens:,} tokens in, {total.output_tokens:,} out"
    return f"{calls}, {tokens}" + (f" ({nodes})" if nodes else "")


def _print_step(page: Page, step: StepOutcome) -> None:
    needs = f" (after {', '.join(step.needs)})" if step.needs else ""
    page.pair(step.id, step.instruction + needs, indent=2)
    seconds = "" if step.seconds is None else f" ({step.seconds:.1f} s)"
    page.line(f"{step.performer}: {step.status}{seconds}", _colour(step.status), indent=12)
    if text := step.error or step.output:
        page.line(text, indent=12)


def _colour(status: str) -> str:
    return _COLOURS.get(status, "")
