"""The loopback server is as strict as the real one, and tells a test's mistakes from a request's."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.openai_server import OpenAIServer, Slow

USER = {"role": "user", "content": "hi"}
STRING = {"type": "string"}
OBJECT = {"type": "object", "properties": {"a": STRING}, "required": ["a"], "additionalProperties": False}


def call(arguments: str = "{}", call_id: str = "c1", name: str = "t") -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def tool(name: str = "t", **function: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": OBJECT, **function}}


def form(schema: dict[str, Any], *, strict: bool = True) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "N", "schema": schema, "strict": strict}}


def asked(*calls: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": None, "tool_calls": list(calls)}


def told(call_id: str = "c1") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": "x"}


BAD: dict[str, dict[str, Any]] = {
    "unknown parameter": {"thinking": True},
    "no model": {"model": None},
    "no messages": {"messages": []},
    "unknown role": {"messages": [{"role": "human", "content": "x"}]},
    "unknown field of a message": {"messages": [{**USER, "id": "1"}]},
    "user without content": {"messages": [{"role": "user", "content": None}]},
    "assistant without content": {"messages": [USER, {"role": "assistant", "content": None}]},
    "tool message first": {"messages": [told()]},
    "tool message after words": {"messages": [USER, {"role": "assistant", "content": "x"}, told()]},
    "call not answered": {"messages": [USER, asked(call())]},
    "call answered too late": {"messages": [USER, asked(call()), USER, told()]},
    "one of two answered": {"messages": [USER, asked(call(), call(call_id="c2")), told("c2"), USER]},
    "wrong id": {"messages": [USER, asked(call()), told("c9")]},
    "answered twice": {"messages": [USER, asked(call()), told(), told()]},
    "no calls": {"messages": [USER, asked()]},
    "arguments no JSON": {"messages": [USER, asked(call("{")), told()]},
    "arguments no object": {"messages": [USER, asked(call("[1]")), told()]},
    "bad name in history": {"messages": [USER, asked(call(name="a b")), told()]},
    "bad tool name": {"tools": [tool("read file")]},
    "long tool name": {"tools": [tool("x" * 65)]},
    "tool twice": {"tools": [tool(), tool()]},
    "no tools": {"tools": []},
    "long description": {"tools": [tool(description="x" * 1025)]},
    "choice without tools": {"tool_choice": "auto"},
    "choice of no tool": {"tools": [tool()], "tool_choice": {"type": "function", "function": {"name": "u"}}},
    "choice any": {"tools": [tool()], "tool_choice": "any"},
    "parallel without tools": {"parallel_tool_calls": False},
    "parameters no object": {"tools": [tool(parameters=STRING)]},
    "strict tool, optional field": {"tools": [tool(strict=True, parameters={**OBJECT, "required": []})]},
    "root anyOf": {"response_format": form({"anyOf": [OBJECT]})},
    "open object": {"response_format": form({**OBJECT, "additionalProperties": True})},
    "optional field": {"response_format": form({**OBJECT, "required": []})},
    "inner object open": {
        "response_format": form({**OBJECT, "properties": {"a": {"type": "array", "items": {"type": "object"}}}})
    },
    "default": {"response_format": form({**OBJECT, "properties": {"a": {**STRING, "default": "x"}}})},
    "untyped": {"response_format": form({**OBJECT, "properties": {"a": {"description": "x"}}})},
    "json mode unsaid": {"response_format": {"type": "json_object"}},
    "too hot": {"temperature": 2.5},
    "temperature of a reasoning model": {"model": "gpt-5.1", "temperature": 0.2},
    "max_tokens of a reasoning model": {"model": "gpt-5.1", "max_tokens": 10},
    "two limits": {"max_tokens": 10, "max_completion_tokens": 10},
    "stream options without stream": {"stream_options": {"include_usage": True}},
}


@pytest.mark.parametrize("name", BAD)
def test_bad_requests(name: str) -> None:
    """What the real server refuses is refused with 400, in OpenAI's form of an error."""
    with OpenAIServer() as server:
        answer = post(server, {"model": "test-model", "messages": [USER], **BAD[name]})
        assert server.refusals
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


GOOD: dict[str, dict[str, Any]] = {
    "words": {},
    "history of calls": {"messages": [USER, asked(call(), call(call_id="c2")), told("c2"), told(), USER]},
    "tools": {"tools": [tool(strict=True), tool("u")], "parallel_tool_calls": False, "tool_choice": "none"},
    "strict schema": {"response_format": form(OBJECT)},
    "schema not strict": {"response_format": form({"type": "object"}, strict=False)},
    "stream": {"stream": True, "stream_options": {"include_usage": True}},
}


@pytest.mark.parametrize("name", GOOD)
def test_good_requests(name: str) -> None:
    """What the real server takes is taken."""
    with OpenAIServer() as server:
        answer = post(server, {"model": "test-model", "messages": [USER], **GOOD[name]})
    assert answer.status_code == 200, answer.text


def test_key_and_model() -> None:
    """No key and a wrong key are 401, an unknown model 404."""
    body = {"model": "test-model", "messages": [USER]}
    with OpenAIServer() as server:
        assert post(server, body, key=None).status_code == 401
        assert post(server, body, key="other").json()["error"]["code"] == "invalid_api_key"
        assert post(server, {**body, "model": "gpt-0"}).status_code == 404


@pytest.mark.parametrize(
    ("answer", "request_"),
    [
        ({"b": "x"}, {"response_format": form(OBJECT)}),
        ("words", {"response_format": form(OBJECT)}),
        ([("u", {"a": "x"})], {"tools": [tool()]}),
        ([("t", {"a": 1})], {"tools": [tool()]}),
        ("words", {"tools": [tool()], "tool_choice": {"type": "function", "function": {"name": "t"}}}),
    ],
)
def test_answers_are_checked(answer: Any, request_: dict[str, Any]) -> None:
    """An answer that the real server could not have given is the test's mistake: leaving the server raises."""
    with pytest.raises(AssertionError, match="NotAsked"), OpenAIServer([answer]) as server:
        post(server, {"model": "test-model", "messages": [USER], **request_})


def test_script_runs_out() -> None:
    """A request that is one too many fails loudly."""
    with pytest.raises(AssertionError, match="ran out"), OpenAIServer([]) as server:
        post(server, {"model": "test-model", "messages": [USER]})


def test_embeddings() -> None:
    """The same text has the same vector, and texts that share words are nearer than others."""
    with OpenAIServer() as server:
        body = {"model": "text-embedding-3-small", "input": ["red fox", "red dog", "blue sea", "red fox"]}
        data = httpx.post(f"{server.base_url}/embeddings", json=body, headers=auth(server)).json()["data"]
    fox, dog, sea, again = (item["embedding"] for item in data)
    assert fox == again
    assert sum(a * b for a, b in zip(fox, dog, strict=True)) > sum(a * b for a, b in zip(fox, sea, strict=True))


def test_process_of_its_own() -> None:
    """As a program it prints its address, waits as long as it is told, and counts what it served."""
    command = [sys.executable, "-m", "tests.openai_server", "--latency", "0.2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            headers = {"Authorization": f"Bearer {OpenAIServer().key}"}
            body = {"model": "test-model", "messages": [USER]}
            answer = httpx.post(f"{url}/chat/completions", json=body, headers=headers)
            assert answer.elapsed.total_seconds() >= 0.2
            stats = httpx.get(url.removesuffix("/v1") + "/_stats").json()
            assert (stats["calls"], stats["most_parallel"]) == (1, 1)
        finally:
            process.terminate()


def test_leaving_does_not_wait() -> None:
    """Leaving the server ends answers that are still on their way."""
    with OpenAIServer([Slow(60, "late")]) as server:
        with pytest.raises(httpx.ReadTimeout):
            post(server, {"model": "test-model", "messages": [USER]}, timeout=0.2)
        assert len(server.requests) == 1


def auth(server: OpenAIServer) -> dict[str, str]:
    return {"Authorization": f"Bearer {server.key}"}


def post(
    server: OpenAIServer, body: dict[str, Any], *, key: str | None = "right", timeout: float = 10.0
) -> httpx.Response:
    headers = auth(server) if key == "right" else {} if key is None else {"Authorization": f"Bearer {key}"}
    return httpx.post(f"{server.base_url}/chat/completions", json=body, headers=headers, timeout=timeout)
