"""What OpenAI's chat completions accept: the rules by which the loopback server rejects requests, as the real one does.

Sources: the API reference of chat completions, the guide to structured outputs ("supported schemas"), and the messages
of the real server's errors.
"""

import json
import re
from collections.abc import Collection
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from jsonschema.exceptions import SchemaError  # type: ignore[import-untyped]

from tests.openai_schemas import strict_faults

Json = dict[str, Any]

_PARAMETERS = """
audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens messages metadata
modalities model n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_retention
reasoning_effort response_format safety_identifier seed service_tier stop store stream stream_options temperature
tool_choice tools top_logprobs top_p user verbosity web_search_options
"""
PARAMETERS = frozenset(_PARAMETERS.split())
RANGES = {"temperature": (0, 2), "top_p": (0, 1), "presence_penalty": (-2, 2), "frequency_penalty": (-2, 2)}
FIELDS = {
    "system": {"role", "content", "name"},
    "developer": {"role", "content", "name"},
    "user": {"role", "content", "name"},
    "assistant": {"role", "content", "name", "tool_calls", "refusal", "audio", "function_call"},
    "tool": {"role", "content", "tool_call_id"},
}
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class Rejected(Exception):  # noqa: N818 - it is an answer, not an error of ours
    """The request is refused, with this status and OpenAI's error object."""

    def __init__(self, message: str, *, status: int = 400, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


def check_request(body: Json, *, steady: Collection[str] = ()) -> None:
    """Raise Rejected where the real server would refuse a chat completion.

    Args:
        body: the request.
        steady: models that take no temperature, besides those whose names begin as OpenAI's reasoning models do.
    """
    for name in body:
        if name not in PARAMETERS:
            raise Rejected(f"Unknown parameter: '{name}'.", param=name, code="unknown_parameter")
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise Rejected("you must provide a model parameter")
    _check_numbers(body)
    _check_reasoning(body, steady)
    _check_messages(body.get("messages"))
    _check_tools(body)
    _check_format(body)


def _check_numbers(body: Json) -> None:
    for name, (least, most) in RANGES.items():
        value = body.get(name)
        if value is not None and not (isinstance(value, int | float) and least <= value <= most):
            side = "above maximum" if isinstance(value, int | float) and value > most else "below minimum"
            raise Rejected(f"Invalid '{name}': decimal {side} value. Got {value}.", param=name)
    if body.get("max_tokens") is not None and body.get("max_completion_tokens") is not None:
        raise Rejected("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.")
    if body.get("stream_options") is not None and not body.get("stream"):
        raise Rejected("The 'stream_options' parameter is only allowed when 'stream' is enabled.")
    if body.get("n", 1) != 1:
        raise Rejected("this server gives one choice only", param="n")


def _check_reasoning(body: Json, steady: Collection[str]) -> None:
    """Models that reason take the default temperature only, or, the older small ones, not even that."""
    if body["model"] not in steady and not body["model"].startswith(("gpt-5", "o1", "o3", "o4")):
        return
    if body["model"].startswith(("o1-mini", "o3-mini")) and "temperature" in body:
        raise Rejected(
            "Unsupported parameter: 'temperature' is not supported with this model.",
            param="temperature",
            code="unsupported_parameter",
        )
    if body.get("temperature") not in (None, 1):
        raise Rejected(
            f"Unsupported value: 'temperature' does not support {body['temperature']} with this model. "
            "Only the default (1) value is supported.",
            param="temperature",
            code="unsupported_value",
        )
    if body.get("max_tokens") is not None:
        raise Rejected(
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            param="max_tokens",
            code="unsupported_parameter",
        )


def _check_messages(messages: Any) -> None:
    if not isinstance(messages, list) or not messages:
        raise Rejected("Invalid 'messages': empty array. Expected an array with minimum length 1.", param="messages")
    waiting: list[str] = []
    for i, message in enumerate(messages):
        where, role = f"messages[{i}]", message.get("role")
        if role not in FIELDS:
            raise Rejected(f"Invalid value: '{role}'. Supported values are: {sorted(FIELDS)}.", param=f"{where}.role")
        for name in message:
            if name not in FIELDS[role]:
                raise Rejected(f"Unknown parameter: '{where}.{name}'.", param=where, code="unknown_parameter")
        if role == "tool":
            if message.get("tool_call_id") not in waiting:
                raise Rejected(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceding message with "
                    f"'tool_calls'; {message.get('tool_call_id')!r} is none of {waiting}.",
                    param=f"{where}.role",
                )
            waiting.remove(message["tool_call_id"])
        else:
            _check_answered(waiting, i)
        _check_content(message, where)
        if "name" in message and not NAME.fullmatch(message["name"]):
            raise Rejected(f"Invalid '{where}.name': string does not match pattern.", param=f"{where}.name")
        if role == "assistant" and "tool_calls" in message:
            waiting = _check_calls(message["tool_calls"], where)
    _check_answered(waiting, len(messages))


def _check_answered(waiting: list[str], i: int) -> None:
    if waiting:
        raise Rejected(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(waiting)}",
            param=f"messages[{i}].role",
        )


def _check_content(message: Json, where: str) -> None:
    content = message.get("content")
    if content is None:
        if message["role"] == "assistant" and (message.get("tool_calls") or message.get("refusal")):
            return
        raise Rejected(f"Invalid value for 'content': expected a string, got null. ({where})", param=where)
    if isinstance(content, list):
        parts = [part.get("type") for part in content if isinstance(part, dict)]
        if len(parts) != len(content) or not content or any(part not in ("text", "image_url") for part in parts):
            raise Rejected(f"Invalid content parts {parts} in {where}.", param=f"{where}.content")
    elif not isinstance(content, str):
        raise Rejected(f"Invalid type for '{where}.content': expected a string.", param=f"{where}.content")


def _check_calls(calls: Any, where: str) -> list[str]:
    if not isinstance(calls, list) or not calls:
        raise Rejected(f"Invalid '{where}.tool_calls': empty array.", param=f"{where}.tool_calls")
    ids: list[str] = []
    for call in calls:
        function = call.get("function") or {}
        if set(call) != {"id", "type", "function"} or set(function) != {"name", "arguments"}:
            raise Rejected(f"Malformed call {call!r} in {where}.tool_calls.", param=f"{where}.tool_calls")
        if not isinstance(call["id"], str) or not call["id"] or call["id"] in ids or len(call["id"]) > 40:
            raise Rejected(f"Invalid or repeated id {call['id']!r} in {where}.tool_calls.", param=where)
        if not NAME.fullmatch(str(function["name"])):
            raise Rejected(f"Invalid '{where}.tool_calls.function.name': {function['name']!r}.", param=where)
        try:
            fine = isinstance(json.loads(function["arguments"]), dict)
        except (TypeError, ValueError):
            fine = False
        if not fine:
            raise Rejected(f"Arguments {function['arguments']!r} in {where} are no JSON object.", param=where)
        ids.append(call["id"])
    return ids


def _check_tools(body: Json) -> None:
    tools = body.get("tools")
    if tools is None:
        for name in ("tool_choice", "parallel_tool_calls"):
            if name in body:
                raise Rejected(f"'{name}' is only allowed when 'tools' are specified.", param=name)
        return
    if not isinstance(tools, list) or not 1 <= len(tools) <= 128:
        raise Rejected("Invalid 'tools': expected an array of 1 to 128 tools.", param="tools")
    names: list[str] = []
    for i, tool in enumerate(tools):
        names.append(_check_tool(tool, f"tools[{i}]", names))
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice.get("function", {}).get("name") not in names:
        raise Rejected(f"tool_choice {choice!r} is none of the tools {names}.", param="tool_choice")
    if choice is not None and not isinstance(choice, dict) and choice not in ("none", "auto", "required"):
        raise Rejected(f"Invalid value: {choice!r}. Supported: none, auto, required.", param="tool_choice")


def _check_tool(tool: Json, where: str, names: list[str]) -> str:
    function = tool.get("function")
    if tool.get("type") != "function" or not isinstance(function, dict) or set(tool) != {"type", "function"}:
        raise Rejected(f"Invalid tool {tool!r}.", param=where)
    where += ".function"
    if extra := set(function) - {"name", "description", "parameters", "strict"}:
        raise Rejected(f"Unknown parameter: '{where}.{extra.pop()}'.", param=where, code="unknown_parameter")
    name = function.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        message = f"Invalid '{where}.name': {name!r} does not match pattern '^[a-zA-Z0-9_-]+$'."
        raise Rejected(message, param=f"{where}.name")
    if name in names:
        raise Rejected(f"Tool names must be unique; {name!r} is there twice.", param="tools")
    if len(function.get("description") or "") > 1024:
        raise Rejected(f"Invalid '{where}.description': string too long.", param=f"{where}.description")
    parameters = function.get("parameters", {"type": "object", "properties": {}})
    _check_schema(parameters, f"function '{name}'", f"{where}.parameters", strict=bool(function.get("strict")))
    return name


def _check_format(body: Json) -> None:
    form = body.get("response_format")
    if form is None or form.get("type") == "text":
        return
    if form.get("type") == "json_object":
        if "json" not in json.dumps(body["messages"]).lower():
            raise Rejected("'messages' must contain the word 'json' in some form, to use 'response_format' json_object")
        return
    if form.get("type") != "json_schema":
        raise Rejected(f"Invalid value: {form.get('type')!r}.", param="response_format.type")
    spec = form.get("json_schema")
    if not isinstance(spec, dict) or set(spec) - {"name", "schema", "strict", "description"}:
        raise Rejected("Invalid 'response_format.json_schema'.", param="response_format.json_schema")
    if not NAME.fullmatch(str(spec.get("name"))):
        raise Rejected(f"Invalid 'response_format.json_schema.name': {spec.get('name')!r}.", param="response_format")
    _check_schema(spec.get("schema"), f"response_format '{spec['name']}'", "response_format", strict=spec.get("strict"))


def _check_schema(schema: Any, what: str, param: str, *, strict: bool | None) -> None:
    def reject(reason: str) -> Rejected:
        return Rejected(f"Invalid schema for {what}: {reason}", param=param, code="invalid_function_parameters")

    if not isinstance(schema, dict) or schema.get("type") != "object" or "anyOf" in schema:
        raise reject("schema must be a JSON Schema of 'type: \"object\"', without anyOf at its root.")
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise reject(error.message) from None
    if strict:
        for path, reason in strict_faults(schema, ()):
            raise reject(f"In context={path}, {reason}")
