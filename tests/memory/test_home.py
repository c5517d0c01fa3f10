"""A home: what is kept outlives processes, and several of them may share it."""

import asyncio
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from repertory.memory.errors import InputError, ResourceError
from repertory.memory.home import open_home
from repertory.memory.records import Agent, Usage
from repertory.memory.registry import Registry
from repertory.memory.retrieval.lexical import LexicalIndex
from tests.openai_server import OpenAIServer

MINILM = {"REPERTORY_EMBEDDINGS": "minilm"}
LEXICAL = {"REPERTORY_EMBEDDINGS": "lexical"}
PRELUDE = """
import asyncio, os, signal, sys
from repertory.memory.home import open_home
from repertory.memory.plans import *
from repertory.memory.records import *
from repertory.memory.registry import Lesson, Registry
path, *arguments = sys.argv[1:]
def agent(name, **fields):
    return Agent(**{"name": name, "role": f"clerk {name}", "description": f"keeps ledger {name}", **fields})
def say(text):
    print(text, flush=True)
"""


def agent(name: str, **fields: object) -> Agent:
    return Agent(**{"name": name, "role": f"clerk {name}", "description": f"keeps ledger {name}", **fields})


def child(script: str, *arguments: object, **environ: str) -> "subprocess.Popen[str]":
    """Another process that runs a script with the prelude; its output is read line by line."""
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(script), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environ},
    )


def entries(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern))


def output_of(process: "subprocess.Popen[str]") -> str:
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    return output


async def test_what_is_kept_is_there_the_next_time(tmp_path: Path):
    """Agents are found, by meaning, after closing and opening again."""
    async with open_home(tmp_path / "new" / "home", environ=MINILM) as home:
        kept = await Registry(home.store, home.index).save_agent(agent("a", description="computes sums of columns"))
        assert home.notices == ()
    async with open_home(tmp_path / "new" / "home", environ=MINILM) as home:
        found = await Registry(home.store, home.index).find_agents(["adding up numbers in a table"])
        assert [match.record for match in found[0]] == [kept]


def test_nothing_heavy_is_imported_before_it_is_needed(tmp_path: Path):
    """Opening a home and searching where nothing was kept imports neither chromadb nor openai nor tokenizers."""
    script = """
        async def main():
            async with open_home(path, environ={**os.environ}) as home:
                assert await Registry(home.store, home.index).find_agents(["anyone"]) == [[]]
                assert await Registry(home.store, home.index).equal_cohorts("anything") == []
        asyncio.run(main())
        say(sorted({"chromadb", "openai", "onnxruntime", "tokenizers"} & set(sys.modules)))
    """
    assert output_of(child(script, tmp_path, REPERTORY_EMBEDDINGS="auto", OPENAI_API_KEY="none")) == "[]\n"


@pytest.mark.parametrize("strict", ["true", "false"])
def test_records_in_run_state_come_back_as_themselves(tmp_path: Path, strict: str):
    """Through a checkpoint in SQLite: our records are equal, typed and nested as before; a strange class is refused."""
    script = """
        import dataclasses
        from typing import Any, TypedDict
        from langgraph.graph import END, START, StateGraph
        from repertory.memory.proposals import *
        class State(TypedDict):
            records: Any
            strange: Any
        @dataclasses.dataclass
        class Strange:
            x: int = 1
        class OfAnotherLayer(Record):
            steps: tuple[Step, ...]
        step = Step(id="one", instruction="add", agent="a")
        casting = Casting(agent=agent("a", delegates=(agent("b"),), model=ModelSpec(temperature=0.5)))
        company = Company(plan=Plan(steps=(step,)), cast=(casting,))
        proposal = Proposal(id="p", path=("perform", "a"), kind="tool", calls=(Call(id="0.0", name="t"),))
        artifact = Artifact(path="x", size=1, sha256="0")
        result = CallResult(call_id="0.0", status="done", text="", data={"n": [1, {"m": None}]}, artifacts=(artifact,))
        heard, decision = (Message(sender="b", text="hi"),), Decision(verdict="approve")
        usage = Usage(model_calls=1)
        turn = Turn(n=0, proposal=proposal, heard=heard, decision=decision, results=(result,), usage=usage)
        records = {"company": company, "turns": [turn], "cohort": Cohort(id="c", task="t", company=company),
                   "results": {"one": StepResult(step_id="one", status="done")}, "more": OfAnotherLayer(steps=(step,))}
        def node(state): return {"records": records}
        async def main():
            config = {"configurable": {"thread_id": "1"}}
            async with open_home(path, environ={}) as home:
                graph = StateGraph(State).add_node(node).add_edge(START, "node").compile(checkpointer=home.checkpointer)
                await graph.ainvoke({"strange": Strange()}, config)
            async with open_home(path, environ={}) as home:
                graph = StateGraph(State).add_node(node).add_edge(START, "node").compile(checkpointer=home.checkpointer)
                values = (await graph.aget_state(config)).values
            assert values["records"] == records
            assert type(values["records"]["company"].cast[0].agent.delegates) is tuple
            say(type(values["strange"]).__name__)
        asyncio.run(main())
    """
    assert output_of(child(script, tmp_path, LANGGRAPH_STRICT_MSGPACK=strict)) == "dict\n"


def test_a_kill_between_store_and_index_is_repaired(tmp_path: Path):
    """A process that dies after the store was written and before the index was: the next search finds the agent."""
    script = """
        from repertory.memory.retrieval.chroma import ChromaIndex
        from repertory.memory.retrieval.embeddings import MiniLMEmbedder
        from repertory.memory.retrieval.minilm import find_weights
        class Doomed(MiniLMEmbedder):
            async def embed(self, texts):
                if "doom" in texts[0]:
                    os.kill(os.getpid(), signal.SIGKILL)
                return await super().embed(texts)
        async def main():
            async with open_home(path, environ={}) as home:
                registry = Registry(home.store, ChromaIndex(home.path / "chroma", Doomed(find_weights())))
                await registry.save_agent(agent("a"))
                await registry.save_agent(agent("b"))
                await registry.save_agent(agent("a", description="knows doom"))
        asyncio.run(main())
    """
    process = child(script, tmp_path)
    assert process.wait(60) == -signal.SIGKILL

    async def repair() -> None:
        async with open_home(tmp_path, environ=MINILM) as home:
            registry = Registry(home.store, home.index)
            assert len(await home.index.keys("agents", "local")) == 2
            (found,) = await registry.find_agents(["who knows doom?"], 1)
            assert found[0].record.version == 2
            assert len(await home.index.keys("agents", "local")) == 2
            assert await registry.reconcile() == 0

    asyncio.run(repair())


def test_a_kill_before_the_index_was_changed_is_repaired(tmp_path: Path):
    """A process that dies as soon as its agents are saved, its index still empty: the next one finds them."""
    script = """
        async def main():
            async with open_home(path, environ={"REPERTORY_EMBEDDINGS": "minilm"}) as home:
                await Registry(home.store, home.index).save_agents([agent("a"), agent("b")])
                os.kill(os.getpid(), signal.SIGKILL)
        asyncio.run(main())
    """
    assert child(script, tmp_path).wait(60) == -signal.SIGKILL

    async def look() -> None:
        async with open_home(tmp_path, environ=MINILM) as home:
            assert await home.index.keys("agents", "local") == set()
            (found,) = await Registry(home.store, home.index).find_agents(["clerk b: keeps ledger b"], 1)
            assert found[0].record.name == "b"
            assert len(await home.index.keys("agents", "local")) == 2

    asyncio.run(look())


async def test_saving_does_not_wait_for_the_index_and_closing_does(tmp_path: Path):
    """The index is not even opened when saving returns; after closing, nothing is to be repaired."""
    async with open_home(tmp_path, environ=MINILM) as home:
        await Registry(home.store, home.index).save_agents([agent(f"a{n}") for n in range(5)])
        assert not (tmp_path / "chroma").exists()
    async with open_home(tmp_path, environ=MINILM) as home:
        assert await Registry(home.store, home.index).reconcile() == 0
        assert len(await home.index.keys("agents", "local")) == 5


async def test_a_search_finds_what_was_saved_just_before(tmp_path: Path):
    """It waits for changes of the index that are under way, of every registry of that owner, and repairs nothing."""
    async with open_home(tmp_path, environ=MINILM) as home:
        await Registry(home.store, home.index).save_agent(agent("first"))
        await Registry(home.store, home.index).find_agents(["clerk"])
        memo = await home.index.memo("agents", "local")
        for n in range(3):
            await Registry(home.store, home.index).save_agent(agent(f"a{n}"))
        assert await home.index.memo("agents", "local") == memo
        registry = Registry(home.store, home.index)
        assert len((await registry.find_agents(["clerk"]))[0]) == 4
        assert await registry.reconcile() == 0


async def test_an_unreachable_server_is_told_of_by_a_search_not_by_saving(tmp_path: Path):
    """What is saved is safe in the store; the search names the server, and closing is quiet."""
    environ = {**MINILM, "REPERTORY_CHROMA": "http://127.0.0.1:9"}
    async with open_home(tmp_path, environ=environ) as home:
        registry = Registry(home.store, home.index)
        kept = await registry.save_agent(agent("a"))
        with pytest.raises(ResourceError, match=r"http://127\.0\.0\.1:9"):
            await registry.find_agents(["clerk"])
        await registry.save_agent(agent("b"))
    async with open_home(tmp_path, environ=MINILM) as home:
        assert (await Registry(home.store, home.index).find_agents(["clerk a: keeps ledger a"]))[0][0].record == kept


@pytest.mark.parametrize("seed", range(3))
def test_a_kill_at_any_moment_loses_no_acknowledged_agent(tmp_path: Path, seed: int):
    """SIGKILL while agents are saved: all whose saving returned are there, and index and store agree after a search."""
    script = """
        async def main():
            async with open_home(path, environ={"REPERTORY_EMBEDDINGS": "minilm"}) as home:
                registry = Registry(home.store, home.index)
                for n in range(1000):
                    await registry.save_agent(agent(f"a{n}"))
                    say(f"a{n}")
        asyncio.run(main())
    """
    process = child(script, tmp_path)
    assert process.stdout is not None
    acknowledged = [process.stdout.readline().strip() for _ in range(random.Random(seed).randrange(5, 40))]
    process.kill()
    rest = process.communicate()[0].split("\n")[:-1]  # what is not a whole line was not acknowledged
    acknowledged += rest

    async def look() -> None:
        async with open_home(tmp_path, environ=MINILM) as home:
            registry = Registry(home.store, home.index)
            await registry.find_agents(["clerk"])
            names = {agent.name for agent in await registry.agents()}
            assert set(acknowledged) <= names
            assert {key.rpartition(":")[0] for key in await home.index.keys("agents", "local")} == names
            assert home.notices == ()

    asyncio.run(look())


HOLDER = """
    async def main():
        async with open_home(path, environ={"REPERTORY_EMBEDDINGS": "minilm"}) as home:
            registry = Registry(home.store, home.index)
            await registry.save_agent(agent("first"))
            await registry.find_agents(["waits until it has the index"])
            async with home.lock_thread("../my thread"):
                say("ready")
                await asyncio.to_thread(sys.stdin.readline)
            (found,) = await registry.find_agents(["clerk second: keeps ledger second"], 1)
            say([match.record.name for match in found])
    asyncio.run(main())
"""


async def test_a_second_process_shares_a_home_without_damage(tmp_path: Path):
    """It ranks by words, says who has the index and what to do, and what it keeps is found by the first one."""
    holder = child(HOLDER, tmp_path)
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline() == "ready\n"
    async with open_home(tmp_path, environ=MINILM) as home:
        registry = Registry(home.store, home.index)
        assert (await registry.find_agents(["clerk"]))[0][0].record.name == "first"
        (notice,) = home.notices
        assert f"process {holder.pid} " in notice
        assert "REPERTORY_CHROMA" in notice
        await registry.save_agent(agent("second"))
        holder.stdin.write("\n")
        assert output_of(holder) == "['second']\n"
    async with open_home(tmp_path, environ=MINILM) as home:
        assert await Registry(home.store, home.index).reconcile() == 0
        assert home.notices == ()


async def test_a_thread_runs_once_at_a_time(tmp_path: Path):
    """A busy thread is refused with its name and the process, in another process and in this one; then it is free."""
    holder = child(HOLDER, tmp_path)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "ready\n"
    async with open_home(tmp_path, environ=LEXICAL) as home:
        with pytest.raises(ResourceError, match=rf"'\.\./my thread'.*process {holder.pid}"):
            async with home.lock_thread("../my thread"):
                pass
        async with home.lock_thread("../my-thread"), home.lock_thread(""), home.lock_thread("x" * 5000):
            with pytest.raises(ResourceError, match=f"process {os.getpid()}"):
                async with home.lock_thread(""):
                    pass
        holder.kill()  # the lock goes with its holder
        holder.communicate()
        async with home.lock_thread("../my thread"):
            pass
    assert {path.parent for path in entries(tmp_path, "**/*.lock")} == {tmp_path / "locks"}


async def test_two_processes_count_into_one_record(tmp_path: Path):
    """Two processes that count and read at once: no run is lost, and no write fails for the other's sake."""
    script = """
        async def main():
            async with open_home(path, environ={}) as home:
                registry = Registry(home.store, home.index)
                say("ready")
                sys.stdin.readline()
                async def one(n):
                    lessons = {"a": Lesson(True, Usage(model_calls=1))}
                    await asyncio.gather(registry.learn(f"{arguments[0]}.{n}", agents=lessons),
                                         registry.agents(), home.store.aput(("x", arguments[0]), str(n), {"n": n}))
                for start in range(0, 60, 6):
                    await asyncio.gather(*(one(n) for n in range(start, start + 6)))
        asyncio.run(main())
    """
    async with open_home(tmp_path, environ=LEXICAL) as home:
        await Registry(home.store, home.index).save_agent(agent("a"))
    processes = [child(script, tmp_path, n) for n in range(2)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        output_of(process)
    async with open_home(tmp_path, environ=LEXICAL) as home:
        kept = await Registry(home.store, home.index).agent("a")
        assert kept.track.uses == 120
        assert kept.track.usage == Usage(model_calls=120)


def test_processes_may_open_a_new_home_at_once(tmp_path: Path):
    """Four processes that make the same home at the same time all succeed."""
    script = """
        async def main():
            async with open_home(path, environ={}) as home:
                await Registry(home.store, home.index).agents()
        asyncio.run(main())
    """
    for process in [child(script, tmp_path / "home") for _ in range(4)]:
        output_of(process)


@pytest.mark.parametrize("file", ["store.sqlite", "checkpoints.sqlite"])
async def test_a_damaged_file_is_named(tmp_path: Path, file: str):
    """A file that is no database is an error with its path and what to do; the file is left as it is."""
    (tmp_path / file).write_bytes(b"no database" * 1000)
    with pytest.raises(ResourceError, match=f"{file}.*not a database.*another home"):
        async with open_home(tmp_path, environ=LEXICAL):
            pass
    assert (tmp_path / file).read_bytes() == b"no database" * 1000


async def test_a_home_that_cannot_be_is_named(tmp_path: Path):
    """Where a file is in the way, the error names the folder."""
    (tmp_path / "file").touch()
    with pytest.raises(ResourceError, match=r"home '.*file/home' cannot be written"):
        async with open_home(tmp_path / "file" / "home", environ=LEXICAL):
            pass


async def test_a_wrong_choice_of_embeddings_is_refused_at_once(tmp_path: Path):
    """Not at the first search, when a run is under way."""
    with pytest.raises(InputError, match="REPERTORY_EMBEDDINGS='word2vec'"):
        async with open_home(tmp_path, environ={"REPERTORY_EMBEDDINGS": "word2vec"}):
            pass


@pytest.mark.parametrize("damage", ["removed", "no database", "a file"])
async def test_a_lost_index_is_rebuilt_from_the_store(tmp_path: Path, damage: str):
    """A folder that is gone is filled again; one that is damaged is moved aside first, and the user is told."""
    async with open_home(tmp_path, environ=MINILM) as home:
        for n in range(30):
            await Registry(home.store, home.index).save_agent(agent(f"a{n}"))
    (tmp_path / "chroma").rename(tmp_path / "away")
    if damage == "no database":
        (tmp_path / "chroma").mkdir()
        (tmp_path / "chroma" / "chroma.sqlite3").write_bytes(b"no database" * 1000)
    elif damage == "a file":
        (tmp_path / "chroma").write_text("in the way")
    async with open_home(tmp_path, environ=MINILM) as home:
        registry = Registry(home.store, home.index)
        found = await registry.find_agents(["clerk a7: keeps ledger a7"], 1)
        assert found[0][0].record.name == "a7"
        assert len(await home.index.keys("agents", "local")) == 30
        aside = entries(tmp_path, "chroma.damaged-*")
        if damage == "removed":
            assert (aside, home.notices) == ([], ())
        else:
            assert str(aside[0]) in home.notices[0]
        assert await registry.reindex() == 30
    async with open_home(tmp_path, environ=MINILM) as home:
        assert await Registry(home.store, home.index).reconcile() == 0
        assert home.notices == ()


@pytest.mark.parametrize("damage", ["vectors", "collection"])
async def test_what_is_lost_within_the_index_is_noticed(tmp_path: Path, damage: str):
    """Vectors that are gone without an error of Chroma's, and a collection that is gone: all is found again."""
    async with open_home(tmp_path, environ=MINILM) as home:
        registry = Registry(home.store, home.index)
        await registry.save_agents([agent(f"a{n}") for n in range(150)])
        await registry.find_agents(["clerk"])
    if damage == "vectors":
        lost = [path for path in entries(tmp_path / "chroma", "*") if path.is_dir()]
        for folder in lost:
            shutil.rmtree(folder)
        assert lost
    else:
        script = """
            import chromadb
            client = chromadb.PersistentClient(path=path)
            for collection in client.list_collections():
                client.delete_collection(collection.name)
        """
        output_of(child(script, tmp_path / "chroma"))
    async with open_home(tmp_path, environ=MINILM) as home:
        registry = Registry(home.store, home.index)
        found = await registry.find_agents([f"clerk a{n}: keeps ledger a{n}" for n in (0, 77, 149)], 1)
        assert [matches[0].record.name for matches in found] == ["a0", "a77", "a149"]
        assert len(await home.index.keys("agents", "local")) == 150
        assert bool(home.notices) is (damage == "vectors")
        assert await registry.reconcile() == 0


async def test_an_index_that_breaks_while_it_is_in_use_is_replaced(tmp_path: Path):
    """When embeddings fail in the middle of a run, ranking goes on by words, complete, and the user is told.

    The thresholds are those of words then.
    """
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(OpenAIServer())
        async with open_home(tmp_path, environ=server.environ()) as home:
            registry = Registry(home.store, home.index)
            for n in range(3):
                await registry.save_agent(agent(f"a{n}"))
            assert len((await registry.find_agents(["clerk a1"]))[0]) == 3
            assert home.notices == ()
            by_words = (await LexicalIndex().usual()).task
            assert await registry.thresholds() != by_words
            stack.close()
            found = await registry.find_agents(["clerk a1: keeps ledger a1"], 1)
            assert found[0][0].record.name == "a1"
            assert "ranking by words only: no embeddings from" in home.notices[0]
            assert await registry.thresholds() == by_words
            await registry.save_agent(agent("a3"))
            assert len((await registry.find_agents(["clerk"]))[0]) == 4


async def test_words_alone_need_no_chroma(tmp_path: Path):
    """With `lexical`, agents are found after opening again, and no Chroma folder is made."""
    async with open_home(tmp_path, environ=LEXICAL) as home:
        await Registry(home.store, home.index).save_agent(agent("a"))
    async with open_home(tmp_path, environ=LEXICAL) as home:
        assert (await Registry(home.store, home.index).find_agents(["ledger a"]))[0][0].record.name == "a"
    assert not (tmp_path / "chroma").exists()
