"""The toolbox: every tool that plans and agents may call, whatever it was made from."""

import asyncio
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, get_args

from langchain_core.tools import BaseTool
from langgraph.errors import GraphBubbleUp

from repertory.memory.errors import InputError, ToolArgumentsError, ToolError
from repertory.memory.proposals import Executor
from repertory.memory.records import JsonObject
from repertory.nodes.decisions.policy import Risk
from repertory.nodes.tools.outcomes import ToolOutcome, shorten, to_outcome
from repertory.nodes.tools.signatures import Callee, describe_parameters, from_function, from_langchain

__all__ = ["MAX_DESCRIPTION", "RESERVED", "Risk", "Tool", "ToolOutcome", "Toolbox"]

RESERVED = frozenset({"tell", "ask", "delegate"})
"""Names that agents use to speak to each other; no tool may have them."""

MAX_DESCRIPTION = 1024
"""Characters of a description, which goes into prompts; OpenAI takes no more."""

Previewer = Callable[[JsonObject], str]
"""Tells what a call with these arguments would change. It changes nothing itself."""

MAX_ERROR = 2_000
"""Characters of what a failing function's exception says."""

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
"""What models take as the name of a tool."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Tool:
    """Something that a step or an agent may call. Made by `Toolbox.add`."""

    name: str
    description: str
    """One line; it goes into prompts."""
    risk: Risk
    """`read`: looks at the workspace only. `write`: changes it. `outside`: reaches beyond it."""
    trusted: bool
    """Whether its output is of our own making; what is not is shown to models as data, never as instruction."""
    callee: Callee
    """What is called."""
    previewer: Previewer | None = None
    """Tells beforehand what a call would change, where the tool can."""
    executor: Executor = "server"
    """Who executes it. What the client or the user executes is never called here: its call goes out as a question, and
    the answer is its result. It reaches outside, whatever it does."""

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the structured result, for later steps to refer to; `text` is always among them."""
        return self.callee.fields

    @property
    def parameters(self) -> JsonObject:
        """JSON schema of the arguments."""
        return self.callee.parameters

    @cached_property
    def signature(self) -> str:
        """Name and arguments in short, for a catalogue: `read_file(path: string, limit?: integer)`."""
        return f"{self.name}({describe_parameters(self.parameters)})"

    @cached_property
    def openai(self) -> JsonObject:
        """The tool as OpenAI's chat completions take it."""
        function = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return {"type": "function", "function": function}

    def check(self, arguments: JsonObject) -> JsonObject:
        """The arguments, validated and coerced, as JSON; those not given stay absent.

        Raises:
            ToolArgumentsError: naming the field and the value that is unknown, missing or of a wrong type.
        """
        return self.callee.dump(self.callee.validate(self.name, arguments))

    async def run(self, arguments: JsonObject) -> ToolOutcome:
        """Check the arguments and call. A function that is not async runs in a thread.

        Raises:
            ToolArgumentsError: the arguments do not fit; nothing ran, or the tool refused the values.
            ToolError: it ran and failed, with the message of whatever it raised; or it is executed elsewhere.
        """
        if self.executor != "server":
            raise ToolError(f"{self.name} is executed by the {self.executor}, who has not given its result")
        valid = self.callee.validate(self.name, arguments)
        try:
            return to_outcome(await self.callee.call(valid))
        except (ToolError, ToolArgumentsError, GraphBubbleUp):
            raise
        except TimeoutError as error:
            raise ToolError(f"{self.name}: timed out") from error
        except Exception as error:  # the boundary to foreign code, which may raise anything
            raise ToolError(shorten(f"{self.name}: {type(error).__name__}: {error}", MAX_ERROR)) from error

    async def preview(self, arguments: JsonObject) -> str | None:
        """What a call would change, for a person who decides about it; None for a tool that cannot tell.

        A call that cannot work is no error here: then the text says why it would fail.
        """
        if self.previewer is None:
            return None
        try:
            return await asyncio.to_thread(self.previewer, self.check(arguments))
        except (ToolArgumentsError, ToolError) as error:
            return f"This would fail: {error}"
        except Exception as error:  # noqa: BLE001 - foreign code; what cannot be shown can still be decided
            return shorten(f"There is no preview: {type(error).__name__}: {error}", MAX_ERROR)


class Toolbox:
    """Tools by name. A user adds any langchain tool or plain function in one line.

    Example:
        >>> def add(a: int, b: int) -> int:
        ...     "Add two numbers."
        ...     return a + b
        >>> Toolbox([add]).names
        ('add',)
    """

    def __init__(self, tools: Iterable[BaseTool | Callable[..., Any] | Tool] = ()) -> None:
        self._tools: dict[str, Tool] = {}
        for tool in tools:
            self.add(tool)

    def add(
        self,
        tool: BaseTool | Callable[..., Any] | Tool,
        *,
        risk: Risk | None = None,
        trusted: bool | None = None,
        name: str | None = None,
        preview: Previewer | None = None,
        executor: Executor | None = None,
    ) -> Tool:
        """Add a langchain tool, a function (sync or async) or a tool of another toolbox, and return it as a Tool.

        Args:
            tool: a function's parameters come from its signature, its description from its docstring. What it
                returns may be text, or a structure (dict, TypedDict, dataclass, pydantic model) whose fields later
                steps refer to; a field `artifacts` holding Artifact records names files it left in the workspace.
            risk: what it may do. Default: what a langchain tool's metadata says (`{"risk": …, "trusted": …}`),
                else the cautious `outside`.
            trusted: whether its output may be taken for our own words. Default: the metadata's, else False.
            name: another name than its own.
            preview: tells what a call would change, from its arguments; run in a thread. Default: a Tool's own.
            executor: who executes it. Of a function that the server does not execute, only the signature counts.
                Default: a Tool's own, else the server.

        Raises:
            InputError: a name that is taken, reserved or not one that models accept; an unknown risk; parameters
                that cannot be filled by a model.
        """
        made = _make(tool, name)
        made = replace(
            made,
            name=name or made.name,
            risk=made.risk if risk is None else risk,
            trusted=made.trusted if trusted is None else trusted,
            previewer=preview or made.previewer,
            executor=executor or made.executor,
        )
        self._check_new(made)
        self._tools[made.name] = made
        return made

    def _check_new(self, tool: Tool) -> None:
        if not NAME.fullmatch(tool.name):
            raise InputError(
                f"a tool cannot be named {tool.name!r}: letters, digits, _ and - only, a letter first, 64 at most; "
                "give another with `name=`"
            )
        if tool.name in RESERVED:
            raise InputError(f"the name {tool.name!r} is reserved (of {sorted(RESERVED)}); give another with `name=`")
        if tool.name in self._tools:
            raise InputError(f"there is a tool {tool.name!r} already; give another name with `name=`")
        if tool.risk not in get_args(Risk):
            raise InputError(f"tool {tool.name!r}: unknown risk {tool.risk!r}; it is one of {get_args(Risk)}")
        if tool.executor not in get_args(Executor):
            raise InputError(
                f"tool {tool.name!r}: unknown executor {tool.executor!r}; it is one of {get_args(Executor)}"
            )
        if tool.executor != "server" and tool.risk != "outside":
            raise InputError(
                f"tool {tool.name!r} is executed by the {tool.executor}, so its risk is 'outside', not {tool.risk!r}"
            )

    def __getitem__(self, name: str) -> Tool:
        try:
            return self._tools[name]
        except KeyError:
            raise InputError(f"there is no tool {name!r}; there is {list(self.names)}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._tools

    def __iter__(self) -> Iterator[Tool]:
        return iter([self._tools[name] for name in self.names])

    def __len__(self) -> int:
        return len(self._tools)

    @property
    def names(self) -> tuple[str, ...]:
        """The names, sorted."""
        return tuple(sorted(self._tools))

    def only(self, names: Iterable[str]) -> "Toolbox":
        """A toolbox of these tools.

        Raises:
            InputError: naming one that is not here.
        """
        return Toolbox([self[name] for name in dict.fromkeys(names)])


def _make(tool: BaseTool | Callable[..., Any] | Tool, name: str | None) -> Tool:
    if isinstance(tool, Tool):
        return tool
    if isinstance(tool, BaseTool):
        own_name, description, callee = tool.name, tool.description, from_langchain(tool)
        metadata = tool.metadata or {}
    elif callable(tool):
        own_name = getattr(tool, "__name__", "")
        description, callee = from_function(tool, name or own_name)
        metadata = {}
    else:
        raise InputError(f"{tool!r} is no tool: give a langchain tool or a function")
    return Tool(
        name=own_name,
        description=" ".join(description.split())[:MAX_DESCRIPTION] or own_name.replace("_", " "),
        risk=metadata.get("risk", "outside"),
        trusted=metadata.get("trusted") is True,
        callee=callee,
    )
