"""Files of a topic: what clients upload its agents can read, and what its agents make clients can read."""

from pathlib import Path

from tests.apps.company import Company, company
from tests.apps.protocol.agents.desk import Desk, desk
from tests.apps.protocol.conformance.entities import Body
from tests.openai_server import OpenAIServer
from tests.playing import agent_step, plan_of

READ = agent_step("r", "read it", tools=["read_file"])
WRITE = agent_step("w", "write it", tools=["write_file"])


def writer_and_reader(text: str) -> Company:
    """The first task writes a file, those after it read it."""
    write, read = [("write_file", {"path": "a.txt", "content": text})], [("read_file", {"path": "a.txt"})]
    return Company(plan_of(WRITE), plan_of(READ), acts={"write it": [write, "wrote"], "read it": [read, "read"]})


async def steps_of(at: Desk, task: Body) -> dict[str, Body]:
    """A task's steps by name."""
    return {str(step["name"]): step for step in await at.steps(task)}


async def test_what_is_uploaded_agents_read(tmp_path: Path) -> None:
    """Whether to the topic or to a task, and whether before or after the plan was made."""
    paths = ["data/topic.txt", "task.txt", "late.txt"]
    reads = [[("read_file", {"path": path})] for path in paths]
    players = company(READ, acts={"read it": [*reads, "read them"]})
    with OpenAIServer(players) as server:
        async with desk(tmp_path, server) as at:
            task = await at.task("do it")
            await at.upload(b"OF THE TOPIC", paths[0])
            await at.upload(b"OF THE TASK", paths[1], task)
            await at.approved(await at.step(task))
            await at.upload(b"COME LATE", paths[2], task)
            assert (await at.step(task))["output"] == "read them"
            assert all(words in players.texts[-1] for words in ("OF THE TOPIC", "OF THE TASK", "COME LATE"))
            assert [file["agent_created"] for file in await at.artifacts()] == [False] * 3


async def test_tasks_of_a_topic_share_files_and_topics_do_not(tmp_path: Path) -> None:
    """What one task wrote the next one reads; another topic has nothing of it."""
    players = writer_and_reader("ALPHA")
    with OpenAIServer(players) as server:
        async with desk(tmp_path, server) as at:
            first = await at.task("write the document", permission_mode="auto")
            await at.finish(first)
            [made] = await at.artifacts(first)
            assert made["step_id"] == (await steps_of(at, first))["w"]["step_id"]
            second = await at.task("read the file")
            await at.finish(second)
            assert "ALPHA" in players.texts[-1]
            assert await at.artifacts(second) == []
            assert await at.artifacts() == [made]
            other = await at.beside()
            await other.finish(await other.task("read the file"))
            assert "there is no 'a.txt'" in players.texts[-1]
            assert await other.artifacts() == []


async def test_the_latest_version_of_a_file_counts(tmp_path: Path) -> None:
    """Each version stays an artifact of its own; agents see the latest, after a restart, too, whoever made it."""
    players = writer_and_reader("MADE")
    with OpenAIServer(players) as server:
        async with desk(tmp_path, server) as at:
            await at.upload(b"FIRST", "a.txt")
            await at.finish(await at.task("write the document", permission_mode="auto"))
            await at.finish(await at.task("read the file"))
            assert "MADE" in players.texts[-1]
            await at.upload(b"LAST", "a.txt")
        async with desk(tmp_path, server) as new:
            at = Desk(new.service, at.topic)
            await at.finish(await at.task("read the file"))
            assert "LAST" in players.texts[-1]
            versions = [await at.content(file) for file in await at.artifacts()]
            assert versions == [b"FIRST", b"MADE", b"LAST"]


async def test_a_file_that_a_step_writes_twice_is_kept_as_it_ends(tmp_path: Path) -> None:
    """One artifact, with the last content."""
    writes = [[("write_file", {"path": "a.txt", "content": text})] for text in ("one", "two")]
    with OpenAIServer(company(WRITE, acts={"write it": [*writes, "wrote"]})) as server:
        async with desk(tmp_path, server) as at:
            await at.finish(await at.task("do it", permission_mode="auto"))
            assert [await at.content(file) for file in await at.artifacts()] == [b"two"]


async def test_uploads_with_odd_names_do_no_harm(tmp_path: Path) -> None:
    """What cannot be put into the folder stays an artifact, and the task goes on."""
    players = company(READ, acts={"read it": [[("read_file", {"path": "ä b.txt"})], "read"]})
    with OpenAIServer(players) as server:
        async with desk(tmp_path, server) as at:
            await at.upload(b"UMLAUT", "ä b.txt")
            await at.upload(b"folder", "a/b")
            await at.upload(b"and file", "a")
            await at.upload(b"x", "n" * 255)
            await at.upload(b"\x00\xff", "binary.bin")
            await at.upload(b"", "empty")
            task = await at.task("do it")
            assert (await at.finish(task))["status"] == "completed"
            assert "UMLAUT" in players.texts[-1]
            assert len(await at.artifacts()) == 6
