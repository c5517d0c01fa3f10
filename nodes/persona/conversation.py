"""A persona's conversation as messages for its model: rendered from its turns, never kept beside them."""

import json
from collections.abc import Iterable, Sequence

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolCall, ToolMessage

from repertory.memory.proposals import Call, CallResult, Message, Turn
from repertory.memory.proposals import decided_calls as decided_calls
from repertory.memory.proposals import decided_text as decided_text
from repertory.memory.records import Agent
from repertory.nodes.persona.past import EarlierFrame
from repertory.nodes.persona.speech import DELEGATE
from repertory.nodes.prompts import as_data, fill


def conversation(
    agent: Agent,
    message: str,
    turns: Sequence[Turn],
    heard: Iterable[Message] = (),
    earlier: Sequence[EarlierFrame] = (),
) -> list[BaseMessage]:
    """The messages for the next model call.

    Args:
        agent: who speaks; its prompt and its delegates' descriptions make the system message.
        message: what it was told.
        turns: its turns so far, each decided and done.
        heard: messages for it that came since.
        earlier: what it was told and did before, oldest first.
    """
    delegates = {delegate.name for delegate in agent.delegates}
    messages: list[BaseMessage] = [instructions(agent)]
    for index, frame in enumerate(earlier):
        messages += [HumanMessage(frame.message), *_turns(frame.turns, delegates, f"{index}_")]
    return [*messages, HumanMessage(message), *_turns(turns, delegates), *_heard(heard)]


def instructions(agent: Agent) -> SystemMessage:
    """Who the agent is: its prompt, or one made of its role where it has none, and its delegates."""
    prompt = agent.prompt or fill("default_prompt", role=agent.role, description=agent.description)
    return SystemMessage(fill("persona.system", prompt=prompt, delegates=agent.delegates))


def _turns(turns: Iterable[Turn], delegates: set[str], frame: str = "") -> list[BaseMessage]:
    """The messages of one frame; `frame` makes the ids of its calls differ from those of other frames."""
    return [message for turn in turns for message in (*_heard(turn.heard), *_turn(turn, delegates, frame))]


def _heard(messages: Iterable[Message]) -> list[BaseMessage]:
    return [HumanMessage(_feedback(left.text) if left.by == "user" else _foreign(left)) for left in messages]


def _foreign(message: Message) -> str:
    return f'<data from="{message.sender}">\n{as_data(message.text)}\n</data>'


def _feedback(words: str) -> str:
    return f"<feedback>\n{words}\n</feedback>"


def _turn(turn: Turn, delegates: set[str], frame: str) -> list[BaseMessage]:
    calls = decided_calls(turn)
    words = turn.decision.text if turn.decision and turn.decision.verdict in ("respond", "reject") else ""
    if not calls:
        spoken: list[BaseMessage] = [AIMessage(decided_text(turn))]
        if turn.decision is None or turn.decision.verdict == "reject":
            words = f"This was not taken as the reply. {words}".strip()
        return [*spoken, HumanMessage(_feedback(words))] if words else spoken
    results = {result.call_id: result for result in turn.results}
    missing = _not_done(turn, words)
    texts = [
        _result_text(results.get(call.id), missing.get(call.id, ""), foreign=call.name in delegates) for call in calls
    ]
    answers = [ToolMessage(text, tool_call_id=_wire_id(call, frame)) for call, text in zip(calls, texts, strict=True)]
    return [AIMessage(turn.proposal.text, tool_calls=[_asked(call, delegates, frame) for call in calls]), *answers]


def _asked(call: Call, delegates: set[str], frame: str) -> ToolCall:
    """The call as the model made it: work for a delegate went through the tool `delegate`."""
    if call.name in delegates:
        return ToolCall(name=DELEGATE, args={"to": call.name, **call.arguments}, id=_wire_id(call, frame))
    return ToolCall(name=call.name, args=call.arguments, id=_wire_id(call, frame))


def _wire_id(call: Call, frame: str) -> str:
    return f"call_{frame}{call.id.replace('.', '_')}"


def _not_done(turn: Turn, words: str) -> dict[str, str]:
    """Why calls brought nothing back, by id: a person refused them, or the conversation went on before they ended."""
    if turn.decision is not None and turn.decision.verdict in ("respond", "reject"):
        why = f"Not done. The user answered: {words}" if words else "Not done: the user rejected it."
        return {call.id: why for call in decided_calls(turn)}
    unknown = "It was broken off while it ran: whether it took effect is unknown."
    return {
        call.id: unknown if call.id in turn.begun else "Not done: it was broken off." for call in decided_calls(turn)
    }


def _result_text(result: CallResult | None, missing: str, *, foreign: bool) -> str:
    """What a call brought back; words of tools that are not trusted, of errors and of other agents are data."""
    if result is None:
        return missing
    if result.status == "refused":
        return f"Not done: {result.text}"
    if result.trusted and not foreign and result.status == "done":
        return result.text
    text = f"<data>\n{as_data(result.text)}\n</data>"
    return text if result.status == "done" else f"Failed:\n{text}"


def call_summary(calls: Iterable[Call]) -> str:
    """Calls in one line, for titles."""
    return ", ".join(f"{call.name}({json.dumps(call.arguments, ensure_ascii=False)})" for call in calls)
