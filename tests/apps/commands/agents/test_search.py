"""`repertory agents search`: the ranking, its parts, and the decision, for people and for programs."""

import asyncio
import signal
import subprocess
from collections.abc import Sequence

import pytest

from repertory.memory.home import open_home
from repertory.memory.records import Agent, Track
from repertory.memory.registry import Registry
from repertory.memory.retrieval.minilm import find_weights
from tests.apps.conftest import COMMAND, Shell

AGENTS = (
    Agent(
        name="csv",
        role="CSV analyst",
        description="computes sums from tables",
        track=Track(uses=7, successes=7),
    ),
    Agent(
        name="poet",
        role="Poet",
        description="writes sonnets",
        prompt="You rhyme about roses.",
        status="draft",
        imported_as="Poet (sonnets)",
    ),
    Agent(name="baker", role="Baker", description="bakes bread", status="inactive"),
)


@pytest.fixture
def stocked(shell: Shell) -> Shell:
    """A home with an analyst with a good record, a poet who is a draft, and a baker at rest."""

    async def fill(owner: str, agents: Sequence[Agent]) -> None:
        async with open_home(shell.folder / "home", environ=shell.environ) as home:
            await Registry(home.store, home.index, owner).save_agents(agents)

    asyncio.run(fill("local", AGENTS))
    asyncio.run(fill("ann", [Agent(name="smith", role="Smith", description="computes sums and writes sonnets")]))
    return shell


def test_a_person_sees_each_part_and_why_the_best_is_reused(stocked: Shell) -> None:
    """With its track record; that words rank is said beside it."""
    ran = stocked("agents", "search", "sums from a CSV table")
    assert (ran.status, ran.err) == (0, "repertory: ranking by words only\n")
    head, csv, *reason = ran.out.splitlines()
    assert head.split() == ["name", "score", "dense", "words", "track", "role"]
    name, score, dense, words, track, *role = csv.split()
    assert (name, dense, role, track) == ("csv", "-", ["CSV", "analyst"], "x1.07")
    assert float(score) == pytest.approx(min(1.0, float(words) * 1.07), abs=0.011)
    assert " ".join(reason) == f"reuse: {score} against a threshold of 0.40; did 7 of 7 such steps well"


def test_a_draft_is_found_and_shown_as_one(stocked: Shell) -> None:
    """The decision says what that means."""
    ran = stocked("agents", "search", "sonnets about roses")
    assert ran.out.splitlines()[1].split()[-2:] == ["draft", "Poet"]
    assert "not tried yet; it is a draft: it is cast only where you are asked" in " ".join(ran.out.split())


def test_a_best_below_the_threshold_means_creating(stocked: Shell) -> None:
    """In doubt, that a model would be asked is said; agents at rest are not found."""
    ran = stocked("agents", "search", "sums of galaxies, quasars and distant cosmic nebulas")
    assert "create: the best, csv, scores" in ran.out
    assert "a planner with a model" not in ran.out
    doubted = stocked("agents", "search", "sums of galaxies, quasars")
    assert "a planner with a model would ask it" in " ".join(doubted.out.split())
    assert stocked("agents", "search", "bread").out == "create: there is no agent like that\n"


def test_a_program_gets_one_line(stocked: Shell) -> None:
    """With ids as the collection that an agent came from has them, and names as they are here."""
    ran = stocked("agents", "search", "Sonnets about roses", "-k", "1", "--json")
    [answer] = ran.events
    [hit] = answer.pop("hits")
    assert answer == {"query": "Sonnets about roses", "decision": "reuse", "threshold": 0.4, "doubtful": 0.2}
    assert hit.pop("score") == hit["parts"]["words"]
    assert hit == {
        "id": "Poet (sonnets)",
        "name": "poet",
        "role": "Poet",
        "status": "draft",
        "parts": {"dense": None, "words": hit["parts"]["words"], "track": 1.0},
        "track": {"uses": 0, "successes": 0},
    }


@pytest.mark.skipif(find_weights() is None, reason="the weights of MiniLM are not installed")
def test_vectors_are_part_of_the_score(stocked: Shell) -> None:
    """Where there is a model: the formula holds of what is shown, and there is nothing to be said of the ranking."""
    ran = stocked("agents", "search", "add up the columns of a table", "--json", REPERTORY_EMBEDDINGS="minilm")
    assert ran.err == ""
    best = ran.result["hits"][0]
    parts = best["parts"]
    assert best["name"] == "csv"
    assert best["score"] == pytest.approx((parts["dense"] + 0.3 * parts["words"]) / 1.3 * parts["track"])


def test_an_empty_registry_creates(shell: Shell) -> None:
    """Whatever is asked."""
    assert shell("agents", "search", "anybody").out == "create: there is no agent like that\n"
    answer = shell("agents", "search", "anybody", "--json").result
    assert (answer["hits"], answer["decision"]) == ([], "create")


def test_owners_do_not_see_each_others_agents(stocked: Shell) -> None:
    """Each searches what is its own."""
    names = {
        owner: [hit["name"] for hit in stocked("agents", "search", "sums", "--json", "--owner", owner).result["hits"]]
        for owner in ("local", "ann", "bob")
    }
    assert names == {"local": ["csv"], "ann": ["smith"], "bob": []}


def test_queries_of_standard_input_are_answered_line_by_line_in_order(stocked: Shell) -> None:
    """Empty lines are not counted; more than are asked at once are answered; the last needs no line end."""
    queries = [f"sums of table {n}" if n % 3 else f"sonnet {n}" for n in range(150)]
    ran = stocked("agents", "search", "-", stdin="\n\n  \r\n".join(queries))
    assert ran.status == 0
    assert [answer["query"] for answer in ran.events] == queries
    assert {(answer["query"].split()[0], answer["hits"][0]["name"]) for answer in ran.events} == {
        ("sums", "csv"),
        ("sonnet", "poet"),
    }


def test_a_query_is_answered_before_the_next_one_comes(stocked: Shell) -> None:
    """And Ctrl-C ends the wait for it."""
    process = _asking(stocked)
    for query in ("sums", "sonnets"):
        _say(process, f"{query}\n".encode())
        assert f'"query": "{query}"'.encode() in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert (process.returncode, said.splitlines()[-1]) == (130, b"repertory: interrupted")
    assert b"Traceback" not in said


def test_whoever_reads_may_have_enough(stocked: Shell) -> None:
    """A pipe that is closed ends the command without a word of its own."""
    process = _asking(stocked)
    _say(process, b"sums\n")
    assert process.stdout.readline()
    process.stdout.close()
    _say(process, b"sums\n")
    assert process.wait(20) == 1
    assert process.stderr.read() == b"repertory: ranking by words only\n"


def test_a_line_that_is_no_text_is_told_by_its_number(stocked: Shell) -> None:
    """After the answers to those before it; those after it are not answered."""
    process = _asking(stocked)
    out, said = process.communicate(b"sums\n\nson\xffnets\nsums\n", timeout=60)
    assert (process.returncode, out.count(b'"query"')) == (2, 1)
    assert b"repertory: standard input, line 3: b'son\\xffnets' is no UTF-8" in said


def test_wrong_usage_ends_with_status_2(shell: Shell) -> None:
    """Before a home is made."""
    for arguments, words in (
        ([], "usage: repertory agents search"),
        ([" "], "the query ' ' is empty"),
        (["sums", "-k", "0"], "'0' is no number from 1 to 100"),
        (["sums", "-k", "many"], "'many' is no number from 1 to 100"),
    ):
        ran = shell("agents", "search", *arguments)
        assert (ran.status, ran.out) == (2, "")
        assert words in ran.err
    assert not (shell.folder / "home").exists()


def _asking(shell: Shell) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        [COMMAND, "agents", "search", "-"],
        cwd=shell.folder,
        env=shell.environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    shell.processes.append(process)
    return process


def _say(process: "subprocess.Popen[bytes]", line: bytes) -> None:
    process.stdin.write(line)
    process.stdin.flush()


def test_who_is_wanted_is_judged_by_a_threshold_of_its_own(stocked: Shell) -> None:
    """Descriptions are more alike than tasks and descriptions: the same score is worth less."""
    ran = stocked("agents", "search", "--role", "CSV analyst: computes sums", "--json")
    [answer] = ran.events
    [task] = stocked("agents", "search", "CSV analyst: computes sums", "--json").events
    assert (answer["threshold"], task["threshold"]) == (0.6, 0.4)
    assert answer["hits"] == task["hits"]
