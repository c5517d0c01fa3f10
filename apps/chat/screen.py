"""A conversation on the screen, or in a pipe, as it happens."""

from collections.abc import Collection, Iterable

from repertory.apps.chat.beside import described
from repertory.apps.chat.sheet import Sheet, Stream
from repertory.apps.chat.tree import LINES, PLAIN, Path, tree
from repertory.apps.runs.events import (
    Asked,
    Called,
    Event,
    Noticed,
    Outcome,
    Proposed,
    Settled,
    Speaking,
    Started,
    Written,
)
from repertory.apps.screens.page import brief, call_text
from repertory.apps.screens.proposals import print_call, print_diff
from repertory.memory.proposals import Proposal, Turn
from repertory.memory.records import Agent
from repertory.memory.transcripts.records import Transcript
from repertory.nodes.decisions.policy import PolicyLike

INDENT = 4
_VERBS = {"approve": "approved", "edit": "edited", "respond": "answered", "reject": "rejected"}


class ChatScreen:
    """Events as lines for a person. On a terminal a proposal appears as it is written.

    One persona's words are never mixed with another's: while one is written, what happens elsewhere waits.

    Args:
        sheet: where to.
        agent: the hierarchy.
    """

    def __init__(self, sheet: Sheet, agent: Agent) -> None:
        self.sheet = sheet
        self.agent = agent
        self.signs = LINES if sheet.draws else PLAIN
        self._speaking: dict[str, Path] = {}
        self._drawn = False
        """The tree stands above since the message."""
        self._open: tuple[str, Stream] | None = None
        self._held: list[Event] = []
        self._told: dict[str, str] = {}
        self._printed: dict[str, Proposal] = {}
        self._noticed: set[str] = set()
        self._last = ""

    def introduce(self, policy: PolicyLike) -> None:
        """Who is there, and what asks."""
        self.sheet.pair("policy", described(policy))
        for number, line in enumerate(tree(self.agent, self.signs)):
            self.sheet.pair("personas" if number == 0 else " ", line, wrap=False)

    def named(self, thread_id: str) -> None:
        """Which conversation it is."""
        self.sheet.pair("chat", thread_id, wrap=False)

    def know(self, transcript: Transcript) -> None:
        """Take up what was told to whom before this process, so that questions can say it."""
        for exchange in transcript.exchanges:
            self._told[exchange.key] = exchange.message
            for turn in exchange.turns:
                self._know(turn)

    def show(self, event: Event) -> None:
        """One event."""
        if self._open and _returns(event, self._open[0]):
            self._speaking.pop(self._open[0], None)
            self._release()
        if self._open and self._elsewhere(event, self._open[0]):
            self._held.append(event)
            return
        match event:
            case Started():
                self._notices(event.notices)
            case Speaking():
                self._speaks(event)
            case Written() if self.sheet.is_terminal:
                if self._open is None:
                    self._opened(event.frame, event.path)
                if self._open:
                    self._open[1].add(event.text)
            case Proposed():
                self._proposed(event.proposal)
            case Settled():
                self._settled(event)
            case Called():
                call = call_text(event.tool, event.arguments, 30)
                done = "" if event.status == "done" else f" {event.status}"
                words = f"{event.path[-1]} called {call}{done}: {brief(event.text, 100)}"
                self.sheet.line(words, "dim", indent=INDENT)
            case Noticed():
                self.sheet.pair("notice", event.text, "yellow")
            case _:
                pass

    def rest(self) -> None:
        """Nobody is at work any more: everything that was held back appears."""
        self._release()
        while self._open or self._held:
            self._release()
        self._speaking.clear()

    def begin_message(self) -> None:
        """A message begins: the tree is drawn with whoever speaks first, after that a line names the speaker."""
        self._drawn = False

    def draw(self, speaking: Collection[Path] = ()) -> None:
        """The tree, with those who speak marked."""
        for line in tree(self.agent, self.signs, speaking):
            style = "bold" if self.signs.speaks in line else "dim"
            self.sheet.line(line, style, indent=INDENT, wrap=False)

    def asked(self, proposal: Proposal, objection: str | None, title: str = "", *, whole: bool = False) -> None:
        """A question: who asks, and the whole of what is proposed, unless it stands right above and one is enough."""
        if whole or self._last != proposal.id or proposal.kind == "retry":
            self.whole(proposal)
        if proposal.kind == "retry" or "executors" in proposal.content:
            self.sheet.line(title, "bold")
        if objection:
            self.sheet.line(f"Not accepted: {objection}", "red", indent=INDENT)

    def whole(self, proposal: Proposal, *, full: bool = False) -> None:
        """A proposal with who makes it, and what that persona was told.

        Args:
            proposal: what to show.
            full: also the texts of edits whose differences are shown.
        """
        self._heading(proposal.path, frame_of(proposal.id))
        if told := self._told.get(frame_of(proposal.id)):
            self.sheet.line(f"was told: {brief(told, 200)}", "dim", indent=INDENT)
        self._content(proposal, full=full)
        self._last = proposal.id

    def reply(self, outcome: Outcome) -> None:
        """How an exchange ended; the reply only where it does not stand above."""
        above = self._printed.get(self._last)
        if outcome.answer and not (above and len(above.path) == 1 and above.text.strip() == outcome.answer.strip()):
            self._heading((self.agent.name,), "")
            self.sheet.line(outcome.answer, indent=INDENT)
        for file in outcome.artifacts:
            self.sheet.pair("file", f"{file.path} ({file.size:,} bytes)")
        if outcome.status not in ("completed", "needs_decision"):
            self.sheet.pair("status", outcome.status + (f": {outcome.error}" if outcome.error else ""), "red")

    def _notices(self, notices: Iterable[str]) -> None:
        """Each once, however often the work is taken up."""
        for notice in notices:
            if notice not in self._noticed:
                self._noticed.add(notice)
                self.sheet.line(notice, "yellow")

    def _speaks(self, event: Speaking) -> None:
        self._speaking[event.frame] = event.path
        if self._open and self._open[0] == event.frame:  # it begins again
            self._close()
        if self.sheet.is_terminal and self._open is None:
            self._opened(event.frame, event.path)

    def _opened(self, frame: str, path: Path) -> None:
        self._speaking[frame] = path
        if not self._drawn and self.agent.delegates:
            self._drawn = True
            self.sheet.line()
            self.draw(set(self._speaking.values()))
        self._heading(path, frame)
        self._open = (frame, Stream(self.sheet, INDENT))

    def _proposed(self, proposal: Proposal) -> None:
        frame = frame_of(proposal.id)
        written = ""
        if self._open:
            self._open[1].end()
            written = self._open[1].text.strip()
        elif not self.sheet.is_terminal or frame not in self._speaking:
            self._heading(proposal.path, frame)
        if written and written != proposal.text.strip():  # what counts is the proposal
            self.sheet.line("that was not it; proposed is:", "yellow", indent=INDENT)
            written = ""
        self._content(proposal, said=bool(written))
        self._last = proposal.id
        self._speaking.pop(frame, None)
        self._release()

    def _content(self, proposal: Proposal, *, said: bool = False, full: bool = False) -> None:
        if proposal.text and not said:
            self.sheet.line(proposal.text, indent=INDENT)
        for call in proposal.calls:
            preview = proposal.content.get("previews", {}).get(call.id)
            short = not full and bool(preview) and len(proposal.calls) > 1
            print_call(self.sheet, call.name, call.arguments, indent=INDENT, brief_texts=short)
            if preview:
                print_diff(self.sheet, preview, indent=INDENT + 2)
            self._told[f"{frame_of(proposal.id)}/{call.id}"] = str(call.arguments.get("message", ""))
        if not proposal.text and not proposal.calls:
            self.sheet.line("(nothing)", "dim", indent=INDENT)
        self._printed[proposal.id] = proposal

    def _settled(self, event: Settled) -> None:
        decision = event.decision
        if decision.by == "policy" and decision.verdict == "approve" and not decision.refused:
            return
        by = "you" if decision.by == "user" else "the policy"
        words = f": {brief(decision.text, 100)}" if decision.text else ""
        refused = f", but not {', '.join(sorted(decision.refused))}" if decision.refused else ""
        style = "green" if decision.verdict != "reject" and not refused else "yellow"
        self.sheet.pair(_VERBS[decision.verdict], f"{'/'.join(event.path)}, by {by}{refused}{words}", style)

    def _heading(self, path: Path, frame: str) -> None:
        """The path, and the key of the frame where it is a delegate's: two calls of one persona differ in that."""
        where = f"  [{frame}]" if "/" in frame else ""
        self.sheet.line(f"{'/'.join(path)}{where}", "bold cyan", wrap=False)

    def _elsewhere(self, event: Event, frame: str) -> bool:
        """Whether something happened that is not of the frame whose words are being written."""
        match event:
            case Speaking() | Written():
                return event.frame != frame
            case Proposed():
                return frame_of(event.proposal.id) != frame
            case Asked() | Started() | Outcome():
                return False
            case _:
                return True

    def _release(self) -> None:
        """Nobody's words are being written: what was held back meanwhile appears."""
        self._close()
        held, self._held = self._held, []
        for event in held:
            self.show(event)

    def _close(self) -> None:
        if self._open:
            self._open[1].end()
            self._open = None

    def _know(self, turn: Turn) -> None:
        frame = frame_of(turn.proposal.id)
        for call in turn.proposal.calls:
            self._told[f"{frame}/{call.id}"] = str(call.arguments.get("message", ""))
        for inner in (*(result.turns for result in turn.results), *turn.at_work.values()):
            for each in inner:
                self._know(each)


def _returns(event: Event, frame: str) -> bool:
    """Whether a frame has ended without a proposal: its coordinator speaks again."""
    return isinstance(event, Speaking) and frame.startswith(f"{event.frame}/")


def frame_of(proposal_id: str) -> str:
    """Key of the frame that a proposal was made in: its id is `run/frame#turn`."""
    return proposal_id.partition("/")[2].rpartition("#")[0]
