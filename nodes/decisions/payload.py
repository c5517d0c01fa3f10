"""What a person is shown of a proposal: one payload that our own screens, Agent Chat UI and Agent Inbox all read."""

import json
import re
from collections.abc import Mapping

from repertory.memory.proposals import Call, Proposal
from repertory.memory.records import JsonObject
from repertory.nodes.decisions.executors import executors
from repertory.nodes.decisions.policy import Verdict

DECISIONS = ("approve", "edit", "respond", "reject")
ELSEWHERE = ("result", "respond", "reject")
"""What may be decided about a call that is not executed by this server."""


def payload(
    proposal: Proposal,
    *,
    title: str,
    objection: str | None = None,
    verdicts: Mapping[str, Verdict] | None = None,
) -> JsonObject:
    """The value of the interrupt for a proposal.

    Where calls are executed elsewhere, `repertory` also has `executors` and `verdicts`, both by call id, and
    each action has its `executor`.

    Args:
        proposal: what is proposed.
        title: one line that says what is asked.
        objection: why the last answer was refused, when this is asked again.
        verdicts: what the policy says about each call: a call that waits for its result is shown with those beside it
            that nobody would be asked about, or that are denied.
    """
    where = executors(proposal)
    names = {call.name for call in proposal.calls if where.get(call.id, "server") != "server"}
    elsewhere: JsonObject = {"executors": where, "verdicts": dict(verdicts or {})} if where else {}
    actions = _actions(proposal, title)
    return {
        "repertory": {
            "version": 1,
            "proposal": proposal.model_dump(mode="json"),
            "title": title,
            "objection": objection,
            "decisions": [*DECISIONS, *(["result"] if where else [])],
            **elsewhere,
        },
        # LangChain's human-in-the-loop middleware, Agent Chat UI: one action for each call
        "action_requests": actions,
        "review_configs": [
            {"action_name": name, "allowed_decisions": list(ELSEWHERE if name in names else DECISIONS)}
            for name in dict.fromkeys(action["name"] for action in actions)
        ],
        # Agent Inbox: one action
        "action_request": {"action": actions[0]["name"], "args": actions[0]["args"]},
        "config": {"allow_accept": not where, "allow_edit": not where, "allow_respond": True, "allow_ignore": True},
        "description": "\n".join(filter(None, [objection and f"Not accepted: {objection}", title])),
    }


def _actions(proposal: Proposal, title: str) -> list[JsonObject]:
    where = executors(proposal)
    if proposal.calls:
        return [
            {
                "name": call.name,
                "args": call.arguments,
                "description": _description(proposal, call, title),
                **({"executor": where[call.id]} if where else {}),
            }
            for call in proposal.calls
        ]
    content = {"text": proposal.text} if proposal.kind == "reply" else proposal.content
    return [{"name": proposal.kind, "args": content, "description": title}]


def _description(proposal: Proposal, call: Call, title: str) -> str:
    """The call, and what it would change where that is known: a diff, as screens that read Markdown show it."""
    preview = proposal.content.get("previews", {}).get(call.id)
    lines = [title, f"{call.name}({json.dumps(call.arguments, ensure_ascii=False)})"]
    if preview:
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", preview)), default=0))
        lines.append(f"{fence}diff\n{preview}\n{fence}")
    return "\n".join(lines)
