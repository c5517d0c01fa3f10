"""How a proposal reads: everything that a person decides about, whole."""

import json
from collections.abc import Sequence
from typing import Any

from repertory.apps.runs.events import Pending
from repertory.apps.screens.page import Page, call_text
from repertory.memory.records import JsonObject


def print_proposal(page: Page, pending: Pending, *, full: bool = False) -> None:
    """The title, what is proposed, and the objection to the last answer: last, where a small screen still has it.

    Args:
        page: where to.
        pending: the decision.
        full: also the texts of several edits whose differences are shown.
    """
    page.line()
    page.pair("proposal", headline(pending), "bold")
    proposal = pending.proposal
    if pending.kind == "plan":
        print_company(page, proposal["content"])
    elif pending.kind == "rating":
        page.line(str(proposal["content"].get("answer", "")), indent=10)
    if proposal["text"]:
        page.line(proposal["text"], indent=10)
    short = not full and len(proposal["calls"]) > 1
    for call in proposal["calls"]:
        preview = proposal["content"].get("previews", {}).get(call["id"])
        print_call(page, call["name"], call["arguments"], brief_texts=short and bool(preview))
        if preview:
            print_diff(page, preview)
    if pending.objection:
        page.line()
        page.line(f"Not accepted: {pending.objection}", "red", indent=10)


def headline(pending: Pending) -> str:
    """What is asked, in a line: the calls' arguments are not in it."""
    calls = ", ".join(call["name"] for call in pending.proposal["calls"])
    if not calls:
        return pending.title
    who = "/".join(pending.proposal["path"])
    if pending.kind == "retry":
        return f"{who}: {calls} was running when the process died. Run it again?"
    if pending.awaited:
        others = [call["name"] for call in pending.proposal["calls"] if call["name"] not in pending.awaited]
        beside = f", and wants to call {', '.join(others)}" if others else ""
        return f"{who} waits for the result of {', '.join(pending.awaited)}{beside}"
    return f"{who} wants to call {calls}"


def print_call(page: Page, tool: str, arguments: JsonObject, indent: int = 10, *, brief_texts: bool = False) -> None:
    """A call; arguments of several lines below it, as they are.

    Args:
        page: where to.
        tool: what is called.
        arguments: with what.
        indent: columns before each line.
        brief_texts: long texts only by their beginning: the difference that the call would make stands below.
    """
    if brief_texts:
        page.line(call_text(tool, arguments, _BRIEF), indent=indent)
        return
    long = {name: value for name, value in arguments.items() if isinstance(value, str) and "\n" in value}
    page.line(call_text(tool, {k: v for k, v in arguments.items() if k not in long}), indent=indent)
    for name, value in long.items():
        page.line(f"{name}:", indent=indent + 2)
        page.line(value, indent=indent + 4)


_BRIEF = 40
"""Characters of a text whose effect is shown."""
_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def print_diff(page: Page, diff: str, indent: int = 12) -> None:
    """What a call would change; lines that come in green and those that go in red, where there are colours."""
    for line in diff.split("\n"):
        is_head = line.startswith(("--- ", "+++ "))
        page.line(line, "bold" if is_head else _COLOURS.get(line[:1], ""), indent=indent)


def print_company(page: Page, content: JsonObject) -> None:
    """A plan with all who perform it."""
    page.line(content["task"], indent=10)
    if content.get("known"):
        _print_known(page, content["source"], content["known"])
    for reason in content.get("passed_over", []):
        page.line(f"note: {reason}", "yellow", indent=10)
    page.pair("steps", "")
    for step in content["steps"]:
        print_step(page, step)
        _print_changes(page, [change for change in content.get("changes", []) if change["step"] == step["id"]])
    if content["agents"]:
        page.pair("agents", "")
    for agent in content["agents"]:
        print_agent(page, agent)


def _print_known(page: Page, source: str, known: JsonObject) -> None:
    """The cohort that a plan came from, and how it did."""
    page.pair("known", "this very task was done before" if source == "equal" else f"adapted from: {known['task']}")
    if "uses" in known:
        judge = "a person" if known["rated_by"] == "user" else "the policy"
        rated = f"a person liked {known['liked']} of {known['ratings']}" if known["ratings"] else f"judged by {judge}"
        page.line(f"did {known['successes']} of {known['uses']} such tasks well; {rated}", indent=10)
    page.line(f"cohort {known['cohort']}", indent=10)


def _print_changes(page: Page, changes: Sequence[JsonObject]) -> None:
    """What of a step was said anew, as it was before: what it is now stands above."""
    for change in changes:
        field = change["field"].removeprefix("arguments.")
        page.line(f"- {field}: {_value(change['before'])}", "red", indent=12)
        page.line(f"+ {field}: {_value(change['after'])}", "green", indent=12)


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def print_step(page: Page, step: JsonObject) -> None:
    """A step with its needs and its performer."""
    needs = f" (after {', '.join(step['needs'])})" if step["needs"] else ""
    page.pair(step["id"], step["instruction"] + needs, indent=2)
    if step["tool"]:
        print_call(page, step["tool"], step["arguments"], indent=12)
    else:
        tools = f", with {', '.join(step['tools'])}" if step["tools"] else ""
        page.line(f"agent {step['agent']}{tools}", indent=12)
    if step["expected"]:
        page.line(f"expected: {step['expected']}", indent=12)


def print_agent(page: Page, agent: JsonObject, indent: int = 2) -> None:
    """An agent with its origin, tools, model and prompt, and the delegates below it."""
    origin = agent.get("origin")
    came = f" [{origin}: {agent['reason']}]" if origin and agent.get("reason") else f" [{origin}]" if origin else ""
    page.pair(agent["name"], f"{agent['role']}: {agent['description']}{came}", indent=indent)
    managed = "" if agent["orchestration"] == "model" else f"; managed by {agent['orchestration']}"
    memory = "" if agent["memory"] == "none" else "; remembers its conversation"
    model = f"model: {_model(agent['model'])}{managed}{memory}"
    page.line(f"tools: {', '.join(agent['tools']) or 'none'}; {model}", indent=indent + 10)
    if agent["prompt"]:
        page.line("prompt:", indent=indent + 10)
        page.line(agent["prompt"], "dim", indent=indent + 12)
    for delegate in agent["delegates"]:
        print_agent(page, delegate, indent + 4)


def _model(spec: dict[str, Any]) -> str:
    name = spec.get("name") or "the run's"
    return name if spec.get("temperature") is None else f"{name} at temperature {spec['temperature']}"
