"""A run as JSON lines: one event a line, the last one its result."""

import json
from typing import TextIO

from repertory.apps.runs.events import Event, Outcome, Speaking, Written
from repertory.memory.records import JsonObject


class JsonLines:
    """Events as lines for a program.

    Args:
        file: the stream; nothing else is written to it.
        stream: whether pieces of proposals are wanted as they are written.
    """

    def __init__(self, file: TextIO, *, stream: bool = False) -> None:
        self._file = file
        self._stream = stream

    def show(self, event: Event) -> None:
        """One event; what is being written shows when it is proposed, if not before."""
        if self._stream or not isinstance(event, Speaking | Written):
            self.write(event.model_dump(mode="json"))

    def finish(self, outcome: Outcome, home: str) -> None:
        """The last line: the result. Each decision that is needed comes with the command that approves it."""
        data = outcome.model_dump(mode="json")
        for pending in data["pending"]:
            pending["command"] = f"repertory answer {outcome.thread_id}{home} --id {pending['id']} --approve"
        self.write(data)

    def write(self, data: JsonObject) -> None:
        """One line, at once."""
        print(json.dumps(data), file=self._file, flush=True)
