"""The offline model: a deterministic, rule-based chat model that speaks the interface of a real one."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from repertory.nodes.offline.acting import next_calls
from repertory.nodes.offline.characters import speak
from repertory.nodes.offline.coding.turns import code_turn
from repertory.nodes.offline.composing import compose
from repertory.nodes.offline.relaying import next_delegate, relayed
from repertory.nodes.offline.reporting import report
from repertory.nodes.offline.schemas import fill_schema
from repertory.nodes.offline.sections import bound_tools, data_in, section, text_of
from repertory.nodes.offline.situation import read_situation

CHARACTERS_PER_TOKEN = 4
"""What English text comes to with OpenAI's tokenizers; the usage reported is this estimate."""


class OfflineModel(BaseChatModel):
    """Plans, writes prompts, performs steps and reports by rules, from nothing but the messages, tools and schema.

    It needs no network and no key, and gives the same answer to the same messages. It splits a task into clauses,
    picks tools by meaning, fills their arguments from the text, and answers extractively and with figures that it
    works out of the data. It invents nothing: what has no material gets a statement that says so.
    """

    @property
    def _llm_type(self) -> str:
        return "repertory-offline"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": "offline"}

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Bind tools, as OpenAI's models take them; a `tool_choice` that forces one tool has its arguments filled."""
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], tool_choice=tool_choice, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - the interface
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 - the interface
        **kwargs: Any,
    ) -> ChatResult:
        message = answer(messages, kwargs)
        return ChatResult(generations=[ChatGeneration(message=message)], llm_output={"model_name": "offline"})

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - the interface
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        message = answer(messages, kwargs)
        for word in re.findall(r"\s*\S+|\s+$", str(message.text)):
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=word, id=message.id))
            if run_manager:
                run_manager.on_llm_new_token(word, chunk=chunk)
            yield chunk
        calls = [
            tool_call_chunk(name=call["name"], args=json.dumps(call["args"]), id=call["id"], index=index)
            for index, call in enumerate(message.tool_calls)
        ]
        last = AIMessageChunk(content="", tool_call_chunks=calls, usage_metadata=message.usage_metadata, id=message.id)
        last.response_metadata = message.response_metadata
        yield ChatGenerationChunk(message=last)


def answer(messages: Sequence[BaseMessage], bound: dict[str, Any]) -> AIMessage:
    """The model's answer to messages, with what is bound: `tools`, `tool_choice`, `response_format`."""
    tools = [convert_to_openai_tool(tool) for tool in bound.get("tools") or []]
    forced = _forced(tools, bound.get("tool_choice"))
    calls: list[tuple[str, dict[str, Any]]] = []
    text = ""
    if forced:
        calls = [(forced["name"], fill_schema(forced["name"], forced["parameters"], messages, _say(messages)))]
    elif schema := _schema(bound.get("response_format")):
        text = json.dumps(fill_schema(*schema, messages, _say(messages)), ensure_ascii=False)
    else:
        situation = read_situation(messages, bound_tools(tools))
        if (turn := None if _is_report(messages) else code_turn(messages, situation)) is not None:
            calls, text = (turn, "") if isinstance(turn, list) else ([], turn)
        else:
            calls = [] if _is_report(messages) else next_delegate(messages) or next_calls(situation)
            text = "" if calls else _say(messages)
    made = [
        {"name": name, "args": arguments, "id": f"call_{len(messages)}_{index}", "type": "tool_call"}
        for index, (name, arguments) in enumerate(calls)
    ]
    said = text + "".join(json.dumps(call["args"]) for call in made)
    return AIMessage(
        content=text,
        tool_calls=made,
        usage_metadata=_usage(messages, tools, said),
        response_metadata={"model_name": "offline", "finish_reason": "tool_calls" if made else "stop"},
    )


def _say(messages: Sequence[BaseMessage]) -> str:
    """The answer in words."""
    if _is_report(messages):
        user = text_of(messages[-1])
        return report(section(user, "task") or "", data_in(user))
    if line := speak(messages) or relayed(messages):
        return line
    return compose(read_situation(messages, []))


def _is_report(messages: Sequence[BaseMessage]) -> bool:
    """A report is asked for with the task and the results with their status."""
    last = text_of(messages[-1]) if messages else ""
    return "<task>" in last and bool(re.search(r"<data from=\"[^\"]*\" status=", last))


def _forced(tools: Sequence[dict[str, Any]], choice: Any) -> dict[str, Any] | None:
    """The function that must be called, where there is no choice."""
    if not tools or choice in (None, "auto", "none"):
        return None
    name = choice.get("function", {}).get("name") if isinstance(choice, dict) else choice
    named = [tool["function"] for tool in tools if tool["function"]["name"] == name]
    if named:
        return dict(named[0])
    return dict(tools[0]["function"]) if len(tools) == 1 else None


def _schema(response_format: Any) -> tuple[str, dict[str, Any]] | None:
    """Name and schema of a `response_format` of the kind `json_schema`."""
    if not isinstance(response_format, dict) or response_format.get("type") != "json_schema":
        return None
    wanted = response_format["json_schema"]
    return wanted.get("name", ""), wanted.get("schema", {})


def _usage(messages: Sequence[BaseMessage], tools: Sequence[dict[str, Any]], said: str) -> UsageMetadata:
    heard = sum(len(text_of(message)) for message in messages) + (len(json.dumps(tools)) if tools else 0)
    heard += sum(len(json.dumps(m.tool_calls)) for m in messages if isinstance(m, AIMessage) and m.tool_calls)
    given, taken = -(-len(said) // CHARACTERS_PER_TOKEN), -(-heard // CHARACTERS_PER_TOKEN)
    return UsageMetadata(input_tokens=taken, output_tokens=given, total_tokens=taken + given)
