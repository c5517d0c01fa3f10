"""What an agent finds itself in, read from its messages: the instruction, data, calls made, and what was said since."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from repertory.nodes.offline.recollecting import MEMORY, facts_of, remembered, resolve
from repertory.nodes.offline.sections import Data, Tool, data_in, section, text_of, without_data

_FAILED = re.compile(r"^(?:failed|error|toolerror):\s*", re.I)
_REFUSED = re.compile(r"^not done\b[:.]?\s*", re.I)
_TROUBLE = re.compile(
    r"The tool (?P<tool>[\w-]+) was to be called with (?P<arguments>\{[^\n]*\})[^\n]*\s*"
    r"<data[^>]*>\n?(?P<error>.*?)\n?</data>",
    re.S,
)
_ANSWERED = re.compile(r"It was not called\. The user answered: (?P<words>.*)", re.S)


@dataclass(frozen=True)
class Done:
    """A call that was made, and what came of it."""

    name: str
    arguments: dict[str, Any]
    text: str
    status: str
    """done, failed or refused."""


@dataclass
class Situation:
    """Everything that an agent can see."""

    system: str = ""
    instruction: str = ""
    question: str | None = None
    data: list[Data] = field(default_factory=list)
    trouble: str | None = None
    """Why a direct call failed that this agent takes over."""
    planned: tuple[str, dict[str, Any]] | None = None
    """That call: its tool, and its arguments as planned, references included."""
    answered: str | None = None
    """What a person said instead of letting it be made."""
    calls: list[Done] = field(default_factory=list)
    reply: str | None = None
    """What it answered before."""
    remarks: list[str] = field(default_factory=list)
    """What was said to that, in words."""
    tools: list[Tool] = field(default_factory=list)
    memory: list[str] = field(default_factory=list)
    """What the topic knows, as lines."""

    def called(self, name: str, arguments: dict[str, Any]) -> bool:
        """Whether that very call was made already."""
        return any(call.name == name and call.arguments == arguments for call in self.calls)

    def tried(self, value: str) -> bool:
        """Whether any call was made about that file or address."""
        return any(value in call.arguments.values() for call in self.calls)

    def failures(self) -> list[Done]:
        """Calls that did not succeed."""
        return [call for call in self.calls if call.status != "done"]

    @property
    def wanted(self) -> str:
        """The instruction with what was asked for since."""
        return " ".join([self.instruction, *self.remarks])


def read_situation(messages: Sequence[BaseMessage], tools: Sequence[Tool]) -> Situation:
    """Read the messages of a step agent, of one that is asked, or of any persona."""
    found = Situation(tools=list(tools))
    asked: dict[str, tuple[str, dict[str, Any]]] = {}
    for message in messages:
        if isinstance(message, SystemMessage):
            found.system = text_of(message)
        elif isinstance(message, HumanMessage):
            _hear(found, text_of(message))
        elif isinstance(message, AIMessage):
            if message.tool_calls:
                asked |= {str(call["id"]): (call["name"], call["args"]) for call in message.tool_calls}
            elif text := text_of(message).strip():
                found.reply = text
        elif isinstance(message, ToolMessage) and message.tool_call_id in asked:
            name, arguments = asked[message.tool_call_id]
            found.calls.append(_done(name, arguments, message))
    return found


def _hear(found: Situation, text: str) -> None:
    if remark := section(text, "feedback"):
        found.remarks.append(re.sub(r"^- ", "", remark))
        return
    if trouble := _TROUBLE.search(text):
        found.trouble = trouble["error"].strip()
        found.planned = trouble["tool"], json.loads(trouble["arguments"])
        answered = _ANSWERED.match(found.trouble)
        found.answered = answered["words"].strip() if answered else None
        text = text.replace(trouble[0], "")
    found.data += [data for data in data_in(text) if data.source != MEMORY]
    found.memory += remembered(text)
    instruction, question = section(text, "instruction"), section(text, "question")
    if instruction is not None:
        found.instruction, found.question = resolve(instruction, facts_of(found.memory)), question
    elif question is not None:
        found.question = question
    elif words := without_data(text):
        if found.reply is not None:
            found.remarks.append(words)
        else:
            found.instruction = f"{found.instruction}\n{words}".strip()


def _done(name: str, arguments: dict[str, Any], message: ToolMessage) -> Done:
    told = text_of(message).strip()
    text = "\n".join(item.text for item in data_in(told)) or told
    if _REFUSED.match(told):
        return Done(name, arguments, _REFUSED.sub("", text).strip(), "refused")
    if _FAILED.match(told) or message.status == "error":
        return Done(name, arguments, _FAILED.sub("", text).strip(), "failed")
    return Done(name, arguments, text, "done")
