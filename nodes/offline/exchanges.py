"""What was said to a persona line by line, and what came of it: read from its messages."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from repertory.nodes.offline.sections import data_in, section, text_of, without_data

_ANSWERED = re.compile(r"Not done\. The user answered: (.*)", re.S)
_DIRECTION = re.compile(r"<direction>.*?</direction>", re.S)


@dataclass
class Exchange:
    """One line said to a persona, and what it did about it."""

    line: str
    remarks: list[str] = field(default_factory=list)
    """Directions that came with the line, and words of a person since."""
    called: list[tuple[str, str]] = field(default_factory=list)
    """Delegates that got work since the line or the last remark on a reply, each with what it answered."""
    failed: bool = False
    """Whether one of them did not do it."""
    reply: str = ""


@dataclass
class Dialogue:
    """All exchanges of a persona that its messages show; the last one is to be answered."""

    system: str = ""
    exchanges: list[Exchange] = field(default_factory=list)

    @property
    def now(self) -> Exchange:
        """The exchange to answer; one without words where nothing was said."""
        return self.exchanges[-1] if self.exchanges else Exchange("")

    @property
    def earlier(self) -> list[Exchange]:
        """Those before."""
        return self.exchanges[:-1]


def read_dialogue(messages: Sequence[BaseMessage]) -> Dialogue:
    """Read a persona's messages as a dialogue."""
    found = Dialogue()
    asked: dict[str, str] = {}
    for message in messages:
        text = text_of(message).strip()
        if isinstance(message, SystemMessage):
            found.system = text
        elif isinstance(message, HumanMessage):
            _hear(found, text)
        elif isinstance(message, AIMessage) and found.exchanges:
            asked |= {str(call["id"]): str(call["args"].get("to", call["name"])) for call in message.tool_calls}
            if not message.tool_calls:
                found.now.reply = text
        elif isinstance(message, ToolMessage) and message.tool_call_id in asked:
            _take(found.now, asked[message.tool_call_id], text)
    return found


def _take(now: Exchange, delegate: str, text: str) -> None:
    """What a call brought back; where a person answered in words instead, it is to be made again with these."""
    if answered := _ANSWERED.match(text):
        now.remarks.append(answered[1].strip())
        return
    now.failed |= text.startswith(("Failed", "Not done"))
    now.called.append((delegate, "\n".join(item.text for item in data_in(text)) or text))


def _hear(found: Dialogue, text: str) -> None:
    remark = section(text, "feedback")
    if remark is not None and found.exchanges:
        if found.now.reply:  # about a reply: the work begins again
            found.now.called, found.now.failed = [], False
        found.now.remarks.append(remark)
    elif line := without_data(_DIRECTION.sub("", text)).strip():
        direction = section(text, "direction")
        found.exchanges.append(Exchange(line, [direction] if direction else []))
