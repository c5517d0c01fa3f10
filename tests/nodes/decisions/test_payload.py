"""The payload: one value that Agent Chat UI, Agent Inbox and our own screens read."""

import json

from repertory.memory.proposals import Call, Proposal
from repertory.nodes.decisions.payload import payload

CALLS = (Call(id="0.0", name="w", arguments={"p": "ä"}), Call(id="0.1", name="w", arguments={"p": "b"}))


def test_calls_in_all_three_shapes() -> None:
    """One action for each call, one config for each name, allowed decisions, and who asks."""
    proposal = Proposal(id="x", path=("perform", "me"), kind="tool", calls=CALLS, step_id="s")
    shown = payload(proposal, title="T", objection="O")
    assert [(a["name"], a["args"]) for a in shown["action_requests"]] == [("w", {"p": "ä"}), ("w", {"p": "b"})]
    assert [config["action_name"] for config in shown["review_configs"]] == ["w"]
    assert set(shown["review_configs"][0]["allowed_decisions"]) == {"approve", "edit", "respond", "reject"}
    assert set(shown["config"]) == {"allow_ignore", "allow_respond", "allow_edit", "allow_accept"}
    assert shown["action_request"]["action"] == "w"
    assert "O" in shown["description"]
    assert shown["repertory"]["proposal"]["path"] == ["perform", "me"]
    assert shown["repertory"]["proposal"]["step_id"] == "s"
    assert Proposal.model_validate(shown["repertory"]["proposal"]) == proposal
    assert json.loads(json.dumps(shown)) == shown


def test_a_reply_and_a_plan_are_one_action() -> None:
    """A reply shows its text, a plan its content."""
    reply = payload(Proposal(id="x", path=("a",), kind="reply", text="hello"), title="T")
    assert reply["action_requests"] == [{"name": "reply", "args": {"text": "hello"}, "description": "T"}]
    plan = payload(Proposal(id="x", path=("a",), kind="plan", content={"steps": []}), title="T")
    assert plan["action_request"] == {"action": "plan", "args": {"steps": []}}
    assert plan["repertory"]["objection"] is None


def test_a_preview_stands_in_the_description_of_its_call() -> None:
    """As a fenced diff, which nothing in it can end; calls without one have none."""
    content = {"previews": {"0.1": "--- a/x\n+++ b/x\n+```\n+rm"}}
    shown = payload(Proposal(id="x", path=("me",), kind="tool", calls=CALLS, content=content), title="T")
    first, second = (action["description"] for action in shown["action_requests"])
    assert first == 'T\nw({"p": "ä"})'
    assert second == 'T\nw({"p": "b"})\n````diff\n--- a/x\n+++ b/x\n+```\n+rm\n````'


def test_who_executes_a_call_is_said_only_where_it_is_not_the_server() -> None:
    """Else the payload is as it always was, to the byte."""
    proposal = Proposal(id="x", path=("me",), kind="tool", calls=CALLS)
    before = payload(proposal, title="T")
    assert "executor" not in json.dumps(before)
    assert payload(proposal, title="T", verdicts={"0.0": "auto", "0.1": "ask"}) == before
    assert before["repertory"]["decisions"] == ["approve", "edit", "respond", "reject"]
    content = {"executors": {"0.0": "server", "0.1": "user"}}
    shown = payload(proposal.model_copy(update={"content": content}), title="T", verdicts={"0.0": "auto", "0.1": "ask"})
    assert [action["executor"] for action in shown["action_requests"]] == ["server", "user"]
    assert shown["repertory"]["executors"] == {"0.0": "server", "0.1": "user"}
    assert shown["repertory"]["verdicts"] == {"0.0": "auto", "0.1": "ask"}
    assert "result" in shown["repertory"]["decisions"]
    assert not shown["config"]["allow_accept"]
