"""Topics and what is in them, for a person or, as JSON lines, for a program."""

import sys

from repertory.apps.client import Action, Artifact, Event, Interaction, Step, Task, Topic
from repertory.apps.client.records import Answer
from repertory.apps.screens.jsonl import JsonLines
from repertory.apps.screens.page import Page, brief
from repertory.apps.screens.proposals import print_call, print_company

_COLOURS = {"completed": "green", "failed": "red", "cancelled": "red", "rejected": "red", "awaiting_input": "yellow"}
_WORDS = {"awaiting_input": "waits"}
_OF_PLANS = frozenset({"task", "source", "steps", "agents"})
"""What the plans of Repertory's own planner have, whatever else a server proposes."""


class Shown:
    """Where entities are shown.

    Args:
        as_json: a line of JSON each.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.page = Page(sys.stdout)
        self.lines = JsonLines(sys.stdout) if as_json else None
        self._told: set[tuple[str, str]] = set()

    def topic(self, topic: Topic) -> None:
        """A topic in a line."""
        if not self._line("topic", topic):
            self.page.line(_row(topic.created_at, "", topic.topic_id, topic.name or topic.input or ""), wrap=False)

    def interaction(self, interaction: Interaction) -> None:
        """What was said, and what came of it."""
        if self._line("interaction", interaction):
            return
        if interaction.input is not None:
            self.page.pair("user", interaction.input)
        if interaction.error is not None:
            self.page.pair("failed", interaction.error, "red")
        elif interaction.output:
            self.page.pair("agent", interaction.output)
        elif not interaction.ended:
            self.page.pair("agent", interaction.status, "dim")
        for task_id in interaction.task_ids:
            self.page.pair("task", task_id)

    def task(self, task: Task) -> None:
        """A task in a line."""
        if not self._line("task", task):
            self.page.line(_row(task.created_at, _word(task.status), task.task_id, task.input or ""), wrap=False)

    def artifact(self, artifact: Artifact) -> None:
        """A file in a line."""
        if not self._line("artifact", artifact):
            size = "" if artifact.size is None else f" ({artifact.size:,} bytes)"
            self.page.pair(
                "file", f"{artifact.artifact_id}  {artifact.relative_path or artifact.file_name}{size}", wrap=False
            )

    def step(self, step: Step) -> None:
        """A step that came to rest: what was decided and done since it was shown last, and whether it ended."""
        if self._line("step", step):
            return
        for action in step.actions:
            if action.settled and self._first(action.action_id, action.status):
                by = " by the server" if action.decided_by == "server" else ""
                said = action.error or action.output or ""
                self.page.pair(
                    action.name, f"{_word(action.status)}{by}: {brief(said, 120)}".rstrip(": "), _colour(action.status)
                )
        if step.ended and self._first(step.step_id, step.status):
            said = step.error or step.output or ""
            self.page.pair(step.name or "step", f"{_word(step.status)}: {brief(said, 200)}", _colour(step.status))

    def action(self, action: Action) -> None:
        """All of an action that waits."""
        if self._line("action", action):
            return
        who = {"server": "wants to do", "client": "wants its client to do", "user": "asks you"}[action.executor]
        self.page.pair("action", f"{action.action_id}: the agent {who}: {action.name}", "yellow")
        if action.args.keys() >= _OF_PLANS:
            print_company(self.page, action.args)
        else:
            print_call(self.page, action.name, action.args)

    def event(self, event: Event) -> None:
        """An event in a line."""
        if self.lines:
            self.lines.write({"event": event.event, "id": event.id, "data": event.data})
            return
        self.page.pair(event.event, brief(_told(event), 160))

    def result(self, task: Task) -> None:
        """How a task stands, at last."""
        if self.lines:
            self.lines.write({"event": "result", **task.model_dump(mode="json")})
            return
        if task.output:
            self.page.line()
            self.page.line(task.output, wrap=self.page.is_terminal)
            self.page.line()
        for artifact in task.artifacts:
            self.artifact(artifact)
        failed = f": {task.error}" if task.error else ""
        self.page.pair("status", _word(task.status) + failed, _colour(task.status))

    def _line(self, kind: str, entity: Answer) -> bool:
        if self.lines is not None:
            self.lines.write({"event": kind, **entity.model_dump(mode="json")})
        return self.lines is not None

    def _first(self, entity_id: str, status: str) -> bool:
        """Whether this is new."""
        known = (entity_id, status) in self._told
        self._told.add((entity_id, status))
        return not known


def _told(event: Event) -> str:
    """What an event is about: the state and the words of an entity, or whatever else it says."""
    data = event.data if isinstance(event.data, dict) else {"": event.data}
    entity = data.get(event.event)
    if isinstance(entity, dict):
        fields = [entity.get("name"), entity.get("input"), entity.get("file_name"), entity.get("error")]
        said = [data.get("status"), *fields, entity.get("output")]
    else:
        said = list(data.values())
    return ": ".join(str(words) for words in said if words is not None)


def _row(created: str, status: str, entity_id: str, text: str) -> str:
    head = f"{created[:16].replace('T', ' ')}  {status:10}  {entity_id}".replace("  " + " " * 10, "")
    return f"{head}  {brief(text)}"


def _word(status: str) -> str:
    return _WORDS.get(status, status)


def _colour(status: str) -> str:
    return _COLOURS.get(status, "")
