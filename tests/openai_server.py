"""A loopback server that speaks OpenAI's wire format, and is as strict as the real one.

In tests, in a thread; answers in order, or from a function of the request where calls run in parallel:

    with OpenAIServer(["hello", Refused(429, retry_after="1"), {"steps": []}]) as server: ... server.environ()
    with OpenAIServer(lambda request: "north" if "draft" in str(request) else {"steps": []}) as server: ...

In benchmarks, in a process of its own, which prints its base URL; GET `/_stats` counts, POST `/_reset` begins anew:

    python -m tests.openai_server --latency 0.05 --responder module:function

An answer that the request did not ask for is the test's mistake: the call fails, and leaving the `with` raises.
"""

import argparse
import asyncio
import importlib
import json
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Self

from aiohttp import web

from tests.openai_answers import (
    Answer,
    Completion,
    Fault,
    Held,
    Json,
    NotAsked,
    Raw,
    Refused,
    Reset,
    Slow,
    complete,
    count,
    fill,
    filtered,
    refusal,
    truncated,
    vector,
)
from tests.openai_rules import Rejected, check_request

__all__ = ["Answer", "Fault", "OpenAIServer", "Raw", "Refused", "Reset", "Slow", "filtered", "refusal", "truncated"]

Responder = Callable[[Json], Answer]
MODELS = ("gpt-5.1", "gpt-5-mini", "gpt-4.1", "test-model")


class OpenAIServer:
    """See the module's docstring.

    Args:
        answers: in order (running out fails loudly), or a function of the request; None: the smallest that fits.
        latency: seconds before each answer.
        key: the API key that is accepted; None accepts none and needs none, as local servers do.
        models: the models it serves; others are 404.
        rejects: parameters that it refuses with 400, naming them, as older Ollama and vLLM do.
        ignores: parameters that it takes and does not honour.
        steady: further models that refuse a temperature, as reasoning models do under whatever name a gateway gives.
    """

    def __init__(
        self,
        answers: Sequence[Answer] | Responder | None = None,
        *,
        latency: float = 0.0,
        key: str | None = "sk-test-0123456789",
        models: Sequence[str] = MODELS,
        rejects: Sequence[str] = (),
        ignores: Sequence[str] = (),
        steady: Sequence[str] = (),
        port: int = 0,
    ) -> None:
        self._script = None if answers is None or callable(answers) else list(answers)
        self._responder = answers if callable(answers) else (fill if answers is None else self._next)
        self._latency, self._models, self._port = latency, models, port
        self._rejects, self._ignores, self._steady = rejects, ignores, steady
        self.key = key
        self.base_url = ""
        self.requests: list[Json] = []
        """Bodies of all chat requests, the refused ones included."""
        self.times: list[float] = []
        """When each came, in seconds of a monotonic clock."""
        self.refusals: list[str] = []
        """What was wrong with requests that were refused by rule."""
        self.mistakes: list[str] = []
        self.reset()

    def reset(self) -> None:
        """Begin counting anew."""
        self.requests.clear()
        self.times.clear()
        self.refusals.clear()
        self.stats = {"calls": 0, "prompt_tokens": 0, "completion_tokens": 0, "most_parallel": 0}
        self._under_way = 0

    def environ(self, model: str = "test-model") -> dict[str, str]:
        """Environment variables that point Repertory here."""
        key = {} if self.key is None else {"OPENAI_API_KEY": self.key}
        return {"OPENAI_BASE_URL": self.base_url, "REPERTORY_MODEL": f"openai:{model}", **key}

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, args=(ready,), daemon=True)
        self._thread.start()
        if not ready.wait(10) or not self.base_url:
            raise RuntimeError("the loopback server did not start")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        if self.mistakes and kind is None:
            raise AssertionError("; ".join(self.mistakes))

    def _serve(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        runner = web.AppRunner(self._app(), shutdown_timeout=0.1, handler_cancellation=True)
        try:
            self._loop.run_until_complete(self._start(runner))
            ready.set()
            self._loop.run_forever()
        finally:
            ready.set()
            self._loop.run_until_complete(runner.cleanup())
            self._loop.close()

    async def _start(self, runner: web.AppRunner) -> None:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self._port)
        await site.start()
        self.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"

    async def run(self) -> None:
        """Serve until cancelled, in this process's own event loop; prints the base URL."""
        runner = web.AppRunner(self._app(), handler_cancellation=True)
        await self._start(runner)
        print(self.base_url, flush=True)  # noqa: T201
        await asyncio.Event().wait()

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard], client_max_size=2**26)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/embeddings", self._embed)
        app.router.add_get("/v1/models", self._list)
        app.router.add_post("/page/chat/completions", self._page)
        app.router.add_get("/_stats", self._count)
        app.router.add_post("/_reset", self._count)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        try:
            if self.key is not None and request.path.startswith("/v1/"):
                given = request.headers.get("Authorization", "").removeprefix("Bearer ")
                if not given:
                    raise Rejected("You didn't provide an API key.", status=401)
                if given != self.key:
                    raise Rejected(f"Incorrect API key provided: {given}.", status=401, code="invalid_api_key")
            response: web.StreamResponse = await handler(request)
        except Rejected as refused:
            self.refusals.append(str(refused))
            return web.json_response(refused.body, status=refused.status)
        return response

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        try:
            body: Json = await request.json()
        except ValueError:
            raise Rejected("We could not parse the JSON body of your request.") from None
        self.requests.append(body)
        self.times.append(time.monotonic())
        check_request(body, steady=self._steady)
        if body["model"] not in self._models:
            message = f"The model `{body['model']}` does not exist or you do not have access to it."
            raise Rejected(message, status=404, param="model", code="model_not_found")
        for name in self._rejects:
            if name in body:
                raise Rejected(f"'{name}' is not supported by this server.", param=name)
        body = {name: value for name, value in body.items() if name not in self._ignores}
        self._under_way += 1
        self.stats["most_parallel"] = max(self.stats["most_parallel"], self._under_way)
        try:
            return await self._respond(request, body)
        finally:
            self._under_way -= 1

    async def _respond(self, request: web.Request, body: Json) -> web.StreamResponse:
        try:
            answer = self._responder(body)
            await asyncio.sleep(self._latency)
            while isinstance(answer, Slow | Held):
                if isinstance(answer, Held):
                    await asyncio.to_thread(answer.until.wait, 60)
                else:
                    await asyncio.sleep(answer.seconds)
                answer = answer.answer
            if isinstance(answer, Refused):
                return _refused(answer)
            after = answer.after if isinstance(answer, Reset) else None
            if isinstance(answer, Reset):
                if after is None:
                    return _reset(request)
                answer = "x" * 1000
            completion = complete(answer, body)
        except (NotAsked, LookupError, TypeError, ValueError, AssertionError) as error:
            self.mistakes.append(f"{type(error).__name__}: {error}")
            raise Rejected(f"mistake in the test: {error}", status=418) from error
        usage = count(body, completion)
        self.stats["calls"] += 1
        self.stats["prompt_tokens"] += usage["prompt_tokens"]
        self.stats["completion_tokens"] += usage["completion_tokens"]
        head = {"id": f"chatcmpl-{len(self.requests)}", "created": 1, "model": body["model"]}
        if body.get("stream"):
            return await _stream(request, body, completion, head, usage, after)
        choice = {"index": 0, "message": completion.message, "finish_reason": completion.finish, "logprobs": None}
        answered = {**head, "object": "chat.completion", "choices": [choice]}
        return web.json_response({**answered, "usage": usage} if completion.usage else answered)

    def _next(self, request: Json) -> Answer:
        if not self._script:
            raise NotAsked(f"the script ran out; asked was {json.dumps(request['messages'])[-500:]}")
        return self._script.pop(0)

    async def _embed(self, request: web.Request) -> web.Response:
        body = await request.json()
        if extra := set(body) - {"model", "input", "encoding_format", "dimensions", "user"}:
            raise Rejected(f"Unknown parameter: '{extra.pop()}'.", code="unknown_parameter")
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        if not texts or "" in texts:
            raise Rejected("'$.input' is invalid: no empty strings.", param="input")
        data = [
            {"object": "embedding", "index": i, "embedding": vector(str(text), body.get("dimensions") or 64)}
            for i, text in enumerate(texts)
        ]
        tokens = sum(len(str(text)) // 4 + 1 for text in texts)
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return web.json_response({"object": "list", "data": data, "model": body["model"], "usage": usage})

    async def _list(self, request: web.Request) -> web.Response:
        data = [{"id": name, "object": "model", "created": 1, "owned_by": "loopback"} for name in self._models]
        return web.json_response({"object": "list", "data": data})

    async def _page(self, request: web.Request) -> web.Response:
        return web.Response(text="<html>It works!</html>", content_type="text/html")

    async def _count(self, request: web.Request) -> web.Response:
        if request.path == "/_reset":
            self.reset()
        return web.json_response(self.stats)


def _refused(fault: Refused) -> web.Response:
    headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
    return web.json_response({"error": fault.error}, status=fault.status, headers=headers)


def _reset(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _stream(
    request: web.Request, body: Json, completion: Completion, head: Json, usage: Json, reset_after: int | None
) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    with_usage = bool((body.get("stream_options") or {}).get("include_usage")) and completion.usage

    async def send(choices: list[Json], **extra: Any) -> None:
        chunk = {**head, "object": "chat.completion.chunk", "choices": choices, **extra}
        await response.write(f"data: {json.dumps(chunk)}\n\n".encode())

    nothing: Json = {"usage": None} if with_usage else {}
    for n, delta in enumerate(completion.deltas()):
        if n == reset_after:
            return _reset(request)
        await send([{"index": 0, "delta": delta, "finish_reason": None, "logprobs": None}], **nothing)
    await send([{"index": 0, "delta": {}, "finish_reason": completion.finish, "logprobs": None}], **nothing)
    if with_usage:
        await send([], usage=usage)
    await response.write(b"data: [DONE]\n\n")
    return response


def main() -> None:
    """Serve in this process until it is ended."""
    parser = argparse.ArgumentParser(description="A loopback OpenAI server.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--responder", help="module:function of the request; default: the smallest answer that fits")
    options = parser.parse_args()
    responder = None
    if options.responder:
        module, _, name = options.responder.partition(":")
        responder = getattr(importlib.import_module(module), name)
    asyncio.run(OpenAIServer(responder, latency=options.latency, port=options.port).run())


if __name__ == "__main__":
    main()
