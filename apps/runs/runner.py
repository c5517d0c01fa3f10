"""Everything that can be done with the runs of a home."""

import uuid

from repertory.apps.runs.performer import BusyError as BusyError
from repertory.apps.runs.performer import NoSuchDecisionError as NoSuchDecisionError
from repertory.apps.runs.performer import Performer, config_of
from repertory.apps.runs.threads import Settings, fork_name, new_thread
from repertory.graphs import restore, transcript_of
from repertory.graphs.messages import check_persona, leave_message
from repertory.memory.errors import InputError
from repertory.memory.proposals import Message
from repertory.memory.registry import Registry
from repertory.memory.transcripts.checks import check_same_hierarchy
from repertory.memory.transcripts.cutting import cut
from repertory.memory.transcripts.records import Transcript, Tweak
from repertory.nodes.decisions.policy import PolicyLike


class Runner(Performer):
    """Performs runs, and takes them out, in, and up again from any proposal. Made as `Performer` is."""

    async def transcript(self, thread_id: str) -> Transcript:
        """The run of a thread as one document."""
        thread = await self.threads.get(thread_id)
        return await transcript_of(self.stage.graph(thread.settings), config_of(thread_id))

    async def replay(self, thread_id: str, tweak: Tweak, name: str | None = None) -> str:
        """Make a thread that leaves this one at a proposal; `go_on` with it performs the replay.

        Args:
            thread_id: the original, which stays as it is.
            tweak: where, and what is different.
            name: of the new thread; None: made from the original's.

        Returns:
            The name of the new thread.

        Raises:
            InputError: no such run, proposal or persona, or the name is taken.
        """
        thread = await self.threads.get(thread_id)
        fork = cut(await self.transcript(thread_id), tweak, uuid.uuid4().hex)
        settings = thread.settings.model_copy(update={"agent": fork.agent})
        return await self._put(name or fork_name(thread_id), settings, fork)

    async def adopt(self, transcript: Transcript, settings: Settings, name: str | None = None) -> str:
        """Take in a run that was performed elsewhere; `go_on` takes it up where it was.

        Args:
            transcript: the run.
            settings: what it may do here. Its agent, where it has one, must be the same hierarchy, and takes the place
                of the one in the transcript.
            name: of the thread; None: made from the task.

        Returns:
            The name of the thread.

        Raises:
            TranscriptError: the transcript does not hold together, or is of another hierarchy.
            InputError: the name is taken, or the run is here already.
        """
        if settings.agent is not None:
            check_same_hierarchy(transcript, settings.agent)
            transcript = transcript.model_copy(update={"agent": settings.agent})
        await self._check_functions(transcript, settings)
        said = [exchange.message for exchange in transcript.exchanges if exchange.message]
        task = transcript.task or "".join(said[:1])
        settings = self.served(settings).model_copy(update={"agent": transcript.agent, "task": task})
        return await self._put(name, settings, transcript)

    async def leave(self, thread_id: str, path: str, text: str) -> Message:
        """Leave a message for a persona, which reads it before its next proposal.

        Args:
            thread_id: a run, at work or waiting.
            path: the persona's, such as `lady/stylist` or `perform/editor/stylist`.
            text: the words.

        Raises:
            InputError: no words, or no such persona; the message names those there are.
        """
        thread = await self.threads.get(thread_id)
        return await leave_message(self.stage.graph(thread.settings), config_of(thread_id), path, text)

    async def set_policy(self, thread_id: str, policy: PolicyLike, *, beside: str | None = None) -> None:
        """Change what asks: from the next time on that somebody goes on with the run.

        Args:
            thread_id: its name.
            policy: what is to hold.
            beside: the path of a persona that the policy is about; it must be there.
        """
        thread = await self.threads.get(thread_id)
        if beside is not None:
            await check_persona(self.stage.graph(thread.settings), config_of(thread_id), beside)
        settings = thread.settings.model_copy(update={"policy": policy})
        await self.threads.put(thread.model_copy(update={"settings": settings}))

    async def _check_functions(self, transcript: Transcript, settings: Settings) -> None:
        """A document from elsewhere brings in no code: functions must be those of agents that are known here."""
        known = await Registry(self.home.store, self.home.index, settings.owner).agents()
        roots = [settings.agent, *known] if settings.agent else known
        here = {agent.orchestration for root in roots for agent in root.paths().values()}
        company = transcript.company.cast if transcript.company else ()
        there = [*([transcript.agent] if transcript.agent else []), *(casting.agent for casting in company)]
        for agent in (agent for root in there for agent in root.paths().values()):
            if agent.orchestration not in {"model", *here}:
                raise InputError(
                    f"agent {agent.name!r} of the transcript is managed by {agent.orchestration!r}, a function that "
                    "nobody has given here; name the file of the hierarchy with --persona, or add it with "
                    "`repertory agents add`"
                )

    async def _put(self, name: str | None, settings: Settings, transcript: Transcript) -> str:
        """Put a run on a new thread."""
        thread = new_thread(name, settings)
        async with self.alone(thread.id):
            if await self.threads.find(thread.id) is not None:
                raise InputError(f"there is a run {thread.id!r} already; give another name")
            await restore(self.stage.graph(settings), config_of(thread.id), transcript)
            await self.threads.put(thread.model_copy(update={"status": "interrupted", "process": None}))
        return thread.id
