"""From what LangGraph streams to what happened."""

import time
from collections.abc import Iterator
from typing import Any

from langchain_core.messages import AIMessageChunk
from langgraph.types import StreamMode

from repertory.apps.runs.events import (
    Asked,
    Called,
    Decided,
    Event,
    NodeBegan,
    NodeEnded,
    Pending,
    Proposed,
    Settled,
    Speaking,
    StepChanged,
    Written,
)
from repertory.memory.plans import Company
from repertory.memory.records import JsonObject

MODES: list[StreamMode] = ["updates", "custom", "tasks"]
"""What the graph is asked to stream, subgraphs included."""
STREAMED: list[StreamMode] = ["messages"]
"""What else, for proposals piece by piece."""
_TOLD: dict[str, type[Called | Proposed | Settled | Speaking | StepChanged]] = {
    "call": Called,
    "proposal": Proposed,
    "settled": Settled,
    "speaking": Speaking,
    "step": StepChanged,
}
_QUIET = {"perform", "step"}
"""Nodes that are told of by their steps."""


class Watcher:
    """Follows one run through one process."""

    def __init__(self) -> None:
        self._began: dict[str, float] = {}
        self._seen: set[str] = set()
        self._speaking: dict[tuple[str, ...], Speaking] = {}
        """Who writes a proposal, by namespace of its graph."""
        self._prompts: dict[str, str] = {}

    def events(self, namespace: tuple[str, ...], mode: str, data: Any) -> Iterator[Event]:
        """What a streamed item tells."""
        if mode == "custom":
            yield from self._told(namespace, data)
        elif mode == "messages":
            yield from self._written(namespace, data[0])
        elif mode == "tasks" and not namespace and "triggers" in data and data["name"] not in _QUIET:
            self._began[data["name"]] = time.monotonic()
            yield NodeBegan(node=data["name"])
        elif mode == "updates" and not namespace:
            for node, update in data.items():
                if node == "__interrupt__":
                    yield from self.proposals(Pending.of(interrupt) for interrupt in update)
                elif node not in _QUIET:
                    yield from self._ended(node, update or {})

    def proposals(self, pending: Any) -> Iterator[Event]:
        """Those of the decisions that have not been told of."""
        for decision in pending:
            if decision.id not in self._seen:
                self._seen.add(decision.id)
                yield Asked(pending=decision)

    def _written(self, namespace: tuple[str, ...], chunk: Any) -> Iterator[Event]:
        speaking = self._speaking.get(namespace)
        if speaking and isinstance(chunk, AIMessageChunk) and (text := str(chunk.text)):
            yield Written(path=speaking.path, frame=speaking.frame, text=text)

    def _told(self, namespace: tuple[str, ...], data: JsonObject) -> Iterator[Event]:
        """What nodes tell themselves. What is taken from a transcript is not told again."""
        record = _TOLD.get(data.get("event", ""))
        if record is None:
            return
        event = record.model_validate({key: value for key, value in data.items() if key in record.model_fields})
        if isinstance(event, Speaking):
            self._speaking[namespace] = event
        elif isinstance(event, Proposed):
            self._speaking.pop(namespace, None)
        yield event

    def _ended(self, node: str, update: JsonObject) -> Iterator[Event]:
        seconds = time.monotonic() - self._began.pop(node, time.monotonic())
        yield NodeEnded(node=node, seconds=round(seconds, 3), detail=self._detail(node, update))
        if update.get("approved_by") == "policy":
            yield Decided(id=None, title="the plan", verdict="approve", by="policy")

    def _detail(self, node: str, update: JsonObject) -> JsonObject:
        known = ("source", "known_task", "passed_over", "status", "error", "rating", "rated_by", "objection")
        detail: JsonObject = {key: update[key] for key in known if update.get(key) is not None}
        company: Company | None = update.get("company")
        if node in ("plan", "adapt", "replan") and company:
            detail["steps"] = [
                {"id": step.id, "instruction": step.instruction, "needs": list(step.needs), "tool": step.tool}
                for step in company.plan.steps
            ]
        if node == "adapt":
            detail["changes"] = len(update.get("changes", []))
        if node == "cast" and company:
            detail["agents"] = [
                {"name": c.agent.name, "role": c.agent.role, "origin": c.origin, "reason": c.reason}
                for c in company.cast
            ]
        if node in ("create_prompts", "reflect") and company:
            prompts = {c.agent.name: c.agent.prompt for c in company.cast}
            detail["agents"] = [name for name, prompt in prompts.items() if prompt != self._prompts.get(name, "")]
        if company:
            self._prompts = {c.agent.name: c.agent.prompt for c in company.cast}
        return detail
