"""What a person is shown of a proposal: one payload that our own screens, Agent Chat UI and Agent Inbox all read."""

import json
import re

from repertory.memory.proposals import Call, Proposal
from repertory.memory.records import JsonObject

DECISIONS = ("approve", "edit", "respond", "reject")


def payload(proposal: Proposal, *, title: str, objection: str | None = None) -> JsonObject:
    """The value of the interrupt for a proposal.

    Args:
        proposal: what is proposed.
        title: one line that says what is asked.
        objection: why the last answer was refused, when this is asked again.
    """
    actions = _actions(proposal, title)
    return {
        "repertory": {
            "version": 1,
            "proposal": proposal.model_dump(mode="json"),
            "title": title,
            "objection": objection,
            "decisions": list(DECISIONS),
        },
        # LangChain's human-in-the-loop middleware, Agent Chat UI: one action for each call
        "action_requests": actions,
        "review_configs": [
            {"action_name": name, "allowed_decisions": list(DECISIONS)}
            for name in dict.fromkeys(action["name"] for action in actions)
        ],
        # Agent Inbox: one action
        "action_request": {"action": actions[0]["name"], "args": actions[0]["args"]},
        "config": {"allow_accept": True, "allow_edit": True, "allow_respond": True, "allow_ignore": True},
        "description": "\n".join(filter(None, [objection and f"Not accepted: {objection}", title])),
    }


def _actions(proposal: Proposal, title: str) -> list[JsonObject]:
    if proposal.calls:
        return [
            {
                "name": call.name,
                "args": call.arguments,
                "description": _description(proposal, call, title),
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
