"""The ways in which an agent speaks to others, as tools that a model sees: `delegate`, `tell`, `ask`."""

from dataclasses import dataclass

from repertory.memory.errors import ToolArgumentsError
from repertory.memory.records import Agent, JsonObject
from repertory.nodes.decisions.policy import Risk

DELEGATE, TELL, ASK = "delegate", "tell", "ask"


@dataclass(frozen=True)
class Speech:
    """A tool with two texts: to whom, and what."""

    name: str
    description: str
    words: str
    """What the second argument is called."""
    to: tuple[str, ...] | None = None
    """Who can be spoken to, where that is known beforehand."""
    risk: Risk = "read"
    fields: tuple[str, ...] = ()

    @property
    def openai(self) -> JsonObject:
        """The tool as OpenAI's chat completions take it."""
        whom: JsonObject = {"type": "string", **({"enum": list(self.to)} if self.to else {})}
        parameters = {
            "type": "object",
            "properties": {"to": whom, self.words: {"type": "string"}},
            "required": ["to", self.words],
            "additionalProperties": False,
        }
        function = {"name": self.name, "description": self.description, "parameters": parameters}
        return {"type": "function", "function": function}

    @property
    def signature(self) -> str:
        """For a catalogue."""
        return f"{self.name}(to: string, {self.words}: string)"

    def check(self, arguments: JsonObject) -> JsonObject:
        """The arguments, if they fit.

        Raises:
            ToolArgumentsError: an argument is missing, unknown or no text, or nobody of that name is there.
        """
        if set(arguments) != {"to", self.words}:
            raise ToolArgumentsError(f"{self.name} takes 'to' and {self.words!r}, not {sorted(arguments)}")
        for key, value in arguments.items():
            if not isinstance(value, str) or not value.strip():
                raise ToolArgumentsError(f"{self.name}: {key!r} must be a text, not {value!r}")
        if self.to and arguments["to"] not in self.to:
            raise ToolArgumentsError(f"{self.name}: there is no {arguments['to']!r}; there is {list(self.to)}")
        return arguments


TELL_TOOL = Speech(TELL, "Leave a message for the agent of another step of the plan (by step id).", "message")
ASK_TOOL = Speech(ASK, "Ask the agent of another step of the plan (by step id) and get its answer.", "question")
SPEECH = {tool.name: tool for tool in (TELL_TOOL, ASK_TOOL)}


def delegate_tool(agent: Agent) -> Speech:
    """The tool by which a coordinator gives work to one of its delegates."""
    names = tuple(delegate.name for delegate in agent.delegates)
    return Speech(DELEGATE, "Give work to one of your delegates; it sees this message only.", "message", names)
