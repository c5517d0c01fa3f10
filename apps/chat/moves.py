"""What a person does beside answering: let it run, take over, leave a message, go back."""

from repertory.apps.chat.asking import Move
from repertory.apps.chat.back import Back
from repertory.apps.chat.beside import described
from repertory.apps.chat.desk import Desk
from repertory.apps.chat.talks import Talks
from repertory.nodes.decisions.policy import Policy, PolicyLike


class Moves:
    """Moves in one conversation after another: going back begins a new one.

    Args:
        talks: performs conversations.
        desk: asks.
        back: asks where to go back to.
        policy: what asks at first.
    """

    def __init__(self, talks: Talks, desk: Desk, back: Back, policy: PolicyLike) -> None:
        self._talks = talks
        self._desk = desk
        self._back = back
        self.policy = policy
        self.thread_id: str | None = None
        """The conversation; None before it has begun."""

    async def do(self, move: Move) -> bool:
        """Do one; returns whether there is something to go on with: another policy, or another conversation."""
        match move:
            case "g":
                return await self._decide_by("autonomous")
            case "t":
                chosen = self._desk.persona("beside which one?", everywhere=True)
                if chosen is None:
                    return False
                return await self._decide_by("interactive" if chosen == "*" else Policy.beside(chosen))
            case "m":
                await self._message()
            case "b":
                return await self._go_back()
            case "q":
                pass
        return False

    async def _decide_by(self, policy: PolicyLike) -> bool:
        if self.thread_id is not None:
            await self._talks.set_policy(self.thread_id, policy)
        self.policy = policy
        self._desk.sheet.pair("policy", described(policy))
        return True

    async def _message(self) -> None:
        sheet = self._desk.sheet
        if self.thread_id is None:
            sheet.line("nobody is there to read it before the first message")
            return
        path = self._desk.persona("a message for which one?")
        words = self._desk.words("your words: ") if path else ""
        if path and words:
            await self._talks.leave(self.thread_id, path, words)
            sheet.pair("left", f"for {path}, which reads it before its next proposal", "green")

    async def _go_back(self) -> bool:
        sheet = self._desk.sheet
        if self.thread_id is None:
            sheet.line("there is nothing to go back to yet")
            return False
        tweak = self._back.choose(await self._talks.transcript(self.thread_id))
        if tweak is None:
            return False
        before, self.thread_id = self.thread_id, await self._talks.replay(self.thread_id, tweak)
        sheet.pair("chat", f"{self.thread_id} goes on from there; {before} stays as it is", "green", wrap=False)
        return True
