"""ChatOpenAI, made light: half the processor time of a call, and one client for all event loops.

Imported only where a server is configured: importing openai and langchain_openai takes seconds.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.exceptions import ModelConnectionError, ModelTimeoutError
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_openai import ChatOpenAI
from openai import APIConnectionError, APITimeoutError, AsyncOpenAI, DefaultAsyncHttpxClient, OpenAI, Timeout

from repertory.memory.errors import ResourceError
from repertory.nodes.models.corrections import UNREADABLE
from repertory.nodes.models.errors import LostAnswerError

_REQUEST_OPTIONS = frozenset({"extra_headers", "extra_query", "timeout"})


class LightChatOpenAI(ChatOpenAI):
    """ChatOpenAI whose plain calls post the request as it is and read the JSON of the answer as it is.

    The openai client copies the request along its types and builds the answer's types, which langchain turns back into
    dictionaries in another thread: 1.0 of 2.0 ms a call. What langchain makes of requests and answers stays as it is,
    and so do the client's retries, timeouts and errors. Streams and the Responses API go langchain's way.
    """

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        body = self._get_request_payload(messages, stop=stop, **kwargs)
        if "messages" not in body or not _REQUEST_OPTIONS.isdisjoint(body) or self._wants_types(body):
            return await super()._agenerate(messages, stop, run_manager, **kwargs)
        body |= body.pop("extra_body", None) or {}
        with _neutral_errors():
            answer = await self.root_async_client.post("/chat/completions", cast_to=object, body=body)
        if not isinstance(answer, dict) or not answer.get("choices"):
            raise ResourceError(
                f"{self.openai_api_base} did not answer as an OpenAI-compatible server does: {str(answer)[:200]!r}; "
                "check OPENAI_BASE_URL, which usually ends in /v1"
            )
        message = answer["choices"][0]["message"]
        unreadable = _take_unreadable(message.get("tool_calls") or ())
        result = self._create_chat_result(answer)
        extra = {"refusal": message.get("refusal"), UNREADABLE: unreadable}
        result.generations[0].message.additional_kwargs |= {name: value for name, value in extra.items() if value}
        return result

    def _wants_types(self, body: dict[str, Any]) -> bool:
        """Whether the caller bound a class as response_format, or asked for headers: langchain knows how."""
        return isinstance(body.get("response_format"), type) or self.include_response_headers

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
        begun, written = False, defaultdict[Any, str](str)
        try:
            async for chunk in super()._astream(*args, **kwargs):
                begun = True
                for call in getattr(chunk.message, "tool_call_chunks", ()):
                    written[call["index"]] += call["args"] or ""
                yield chunk
        except (ModelConnectionError, ModelTimeoutError, TimeoutError) as error:
            if begun:  # the client tries again what never began, nobody what broke off
                raise LostAnswerError(f"the answer broke off in its middle ({error}); try again later") from error
            raise
        if unreadable := [text for text in written.values() if not _is_object(text)]:
            yield ChatGenerationChunk(message=AIMessageChunk(content="", additional_kwargs={UNREADABLE: unreadable}))

    def _convert_chunk_to_generation_chunk(
        self, chunk: dict[str, Any], default_chunk_class: type, base_generation_info: dict[str, Any] | None
    ) -> ChatGenerationChunk | None:
        made = super()._convert_chunk_to_generation_chunk(chunk, default_chunk_class, base_generation_info)
        choices = chunk.get("choices") or ()
        if made is not None and choices and (refusal := (choices[0].get("delta") or {}).get("refusal")):
            made.message.additional_kwargs["refusal"] = refusal  # langchain drops it from streams
        return made


def _take_unreadable(calls: Sequence[dict[str, Any]]) -> list[str]:
    """Take arguments that are no JSON object out of calls: langchain raises on some of them."""
    unreadable = []
    for call in calls:
        function = call.get("function") or {}
        if not _is_object(function.get("arguments") or ""):
            unreadable.append(function["arguments"])
            function["arguments"] = "{}"
    return unreadable


def _is_object(text: str) -> bool:
    """Whether arguments are a JSON object, or nothing, which a call without arguments may have."""
    if not text.strip():
        return True
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


@contextmanager
def _neutral_errors() -> Iterator[None]:
    """Errors without an HTTP status as langchain's classes, which other providers raise, too."""
    try:
        yield
    except APITimeoutError as error:
        raise ModelTimeoutError(str(error)) from error
    except APIConnectionError as error:
        raise ModelConnectionError(str(error)) from error


class LoopHttpClient(DefaultAsyncHttpxClient):
    """An HTTP client with a pool of connections for each event loop.

    A connection belongs to the loop that opened it: a plain client that is used under one `asyncio.run` and then
    another, or by loops in several threads, fails with "Event loop is closed".
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(verify=False, **options)  # this one opens no connections: spare it 17 ms for certificates
        self._options = options
        self._pools: WeakKeyDictionary[asyncio.AbstractEventLoop, DefaultAsyncHttpxClient] = WeakKeyDictionary()

    async def send(self, request: Any, **options: Any) -> Any:
        """Send through this loop's own pool."""
        loop = asyncio.get_running_loop()
        if loop not in self._pools:
            for old in [old for old in self._pools if old.is_closed()]:
                del self._pools[old]
            self._pools[loop] = DefaultAsyncHttpxClient(**self._options)
        return await self._pools[loop].send(request, **options)

    async def aclose(self) -> None:
        """Close this loop's pool, and this client."""
        pool = self._pools.pop(asyncio.get_running_loop(), None)
        if pool is not None:
            await pool.aclose()
        await super().aclose()


class OpenAIConnection:
    """An OpenAI-compatible server: its address, its key, and one client for all models that it serves."""

    def __init__(self, base_url: str, key: str, *, timeout: float, max_retries: int) -> None:
        self.base_url, self._key = base_url, key
        limits = Timeout(timeout, connect=min(timeout, 10.0))
        options: dict[str, Any] = {"base_url": base_url, "api_key": key, "timeout": limits, "max_retries": max_retries}
        self._sync = OpenAI(**options)
        self._async = AsyncOpenAI(http_client=LoopHttpClient(timeout=limits), **options)

    def model(self, name: str, **fields: Any) -> LightChatOpenAI:
        """A model of this server."""
        return LightChatOpenAI(
            model=name,
            base_url=self.base_url,
            api_key=self._key,
            root_client=self._sync,
            client=self._sync.chat.completions,
            root_async_client=self._async,
            async_client=self._async.chat.completions,
            stream_usage=True,  # tokens of streamed answers count too
            cache=False,  # a cache of langchain's, keyed on the text, could answer with another run's words
            **fields,
        )
