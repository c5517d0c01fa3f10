"""Model calls and prompt tokens: what the server received, counted."""

import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from benchmarks.answers import responder
from benchmarks.bare import Bare
from benchmarks.cases import chain, five_steps, lookup
from benchmarks.ours import Ours, catalogue, open_ours
from benchmarks.react import React
from benchmarks.server import KEY, MODEL
from benchmarks.table import Row
from benchmarks.tokens import prompt_tokens
from tests.openai_server import OpenAIServer

Requests = list[dict[str, Any]]


async def measure() -> list[Row]:
    """Calls against what is promised and against ReAct; tokens against the bare client."""
    with (
        OpenAIServer(responder(0.0), key=KEY, models=(MODEL,)) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        async with open_ours(server.base_url, Path(folder)) as ours:
            return [*await _calls(server, ours), *await _tokens(server, ours)]


async def _calls(server: OpenAIServer, ours: Ours) -> list[Row]:
    case, direct = five_steps(), lookup()
    fresh = len(await _received(server, lambda: ours.run(case.task, owner="again"))) - len(case.steps)
    again = len(await _received(server, lambda: ours.run(case.task, owner="again"))) - len(case.steps)
    looked = await _received(server, lambda: ours.run(direct.task))
    reacted = await _received(server, lambda: React(server.base_url, ours.toolbox).run(direct.task))
    tokens = prompt_tokens(looked) / prompt_tokens(reacted)
    versus = f"ReAct {prompt_tokens(reacted)} tokens"
    return [
        Row("calls outside the steps: fresh five-step task", fresh, 4, f"{fresh} calls", "3 + report"),
        Row("calls outside the steps: equal task again", again, 1, f"{again} calls", "report"),
        Row(
            "calls: five direct tool steps", len(looked), len(reacted), f"{len(looked)} calls", f"ReAct {len(reacted)}"
        ),
        Row("prompt tokens: five direct tool steps", tokens, None, f"{prompt_tokens(looked)} tokens", versus),
    ]


async def _tokens(server: OpenAIServer, ours: Ours) -> list[Row]:
    bare, rows = Bare(server.base_url, catalogue(ours.toolbox)), []
    for case, target in ((five_steps(), 2.0), (chain(50), 1.3)):
        # mypy cannot infer the type of a lambda with a default, which binds this round's case.
        other = prompt_tokens(await _received(server, lambda case=case: bare.run(case.task)))  # type: ignore[misc]
        own = prompt_tokens(await _received(server, lambda case=case: ours.run(case.task)))  # type: ignore[misc]
        rows.append(Row(f"prompt tokens: {case.name}", own / other, target, f"{own} tokens", f"{other} tokens"))
    return rows


async def _received(server: OpenAIServer, run: Callable[[], Awaitable[Any]]) -> Requests:
    """The chat requests that a run sends."""
    server.reset()
    await run()
    return list(server.requests)
