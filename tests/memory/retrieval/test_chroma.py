"""Chroma: folders, servers, and what is damaged or missing."""

import shutil
import socket
from pathlib import Path

import pytest

from repertory.memory.errors import ResourceError
from repertory.memory.retrieval.chroma import ChromaIndex
from repertory.memory.retrieval.chroma_collections import DamagedIndexError
from repertory.memory.retrieval.embeddings import Embedder, MiniLMEmbedder
from repertory.memory.retrieval.index import ByForm, Thresholds
from repertory.memory.retrieval.minilm import find_weights
from tests.memory.retrieval.rows import documents


class Spelling:
    """An embedder for tests: how often each letter occurs. Counts what it was asked."""

    thresholds = ByForm(Thresholds(0.5, 0.3), Thresholds(0.5, 0.3))
    dimension = 26

    def __init__(self, name: str = "spelling") -> None:
        self.name = name
        self.asked = 0

    async def embed(self, texts):
        self.asked += len(texts)
        return [[float(text.lower().count(letter)) + 0.01 for letter in map(chr, range(97, 123))] for text in texts]


def minilm() -> Embedder:
    weights = find_weights()
    assert weights is not None
    return MiniLMEmbedder(weights)


async def test_rows_outlive_the_process_that_wrote_them(tmp_path: Path):
    """What is put and closed is found by the next index at the same folder."""
    first = ChromaIndex(tmp_path / "c", minilm())
    await first.put("agents", "ann", documents({"chef:1": "Chef: cooks soup"}))
    await first.close()
    second = ChromaIndex(tmp_path / "c", minilm())
    assert [match.key for match in (await second.search("agents", "ann", ["cook a soup"]))[0]] == ["chef:1"]
    await second.close()


async def test_an_empty_collection_embeds_nothing(tmp_path: Path):
    """Searching before anything was put costs no embedding."""
    embedder = Spelling()
    index = ChromaIndex(tmp_path / "c", embedder)
    assert await index.search("agents", "ann", ["anything"]) == [[]]
    assert embedder.asked == 0
    await index.close()


async def test_vectors_of_different_embedders_are_not_mixed(tmp_path: Path):
    """A folder may hold rows of several embedders; each sees its own."""
    one, other = ChromaIndex(tmp_path / "c", Spelling("one")), ChromaIndex(tmp_path / "c", Spelling("other"))
    await one.put("agents", "ann", documents({"a:1": "first"}))
    assert await other.keys("agents", "ann") == set()
    await one.close()
    await other.close()


async def test_the_space_is_cosine(tmp_path: Path):
    """A document's length does not matter: the same words ten times over are the same direction."""
    index = ChromaIndex(tmp_path / "c", Spelling())
    await index.put("agents", "ann", documents({"long:1": "abc " * 200, "near:1": "abd"}))
    (found,) = await index.search("agents", "ann", ["abc abc"])
    assert found[0].key == "long:1"
    assert found[0].score > 0.99
    await index.close()


async def test_shared_words_break_ties(tmp_path: Path):
    """Of two documents with the same vector, the one that shares the query's words comes first, higher by 0.3/1.3."""
    index = ChromaIndex(tmp_path / "c", Spelling())
    await index.put("agents", "ann", documents({"anagram:1": "silent", "word:1": "listen"}))
    (found,) = await index.search("agents", "ann", ["listen"])
    assert [match.key for match in found] == ["word:1", "anagram:1"]
    assert found[0].score - found[1].score == pytest.approx(0.3 / 1.3)
    await index.close()


@pytest.mark.parametrize("damage", ["not a database", "cut in half"])
async def test_a_damaged_folder_is_told_apart_and_can_be_begun_anew(tmp_path: Path, damage: str):
    """Damage is an error of its own at every use, and once the folder is away the same path works in this process."""
    folder = tmp_path / "c"
    index = ChromaIndex(folder, Spelling())
    await index.put("agents", "ann", documents({"a:1": "first"}))
    await index.close()
    file = folder / "chroma.sqlite3"
    file.write_bytes(b"no" * 5000 if damage == "not a database" else file.read_bytes()[: file.stat().st_size // 2])
    again = ChromaIndex(folder, Spelling())
    for _ in range(2):
        with pytest.raises(DamagedIndexError, match="is damaged"):
            await again.keys("agents", "ann")
    await again.close()
    shutil.move(folder, tmp_path / "aside")
    fresh = ChromaIndex(folder, Spelling())
    await fresh.put("agents", "ann", documents({"b:1": "second"}))
    assert await fresh.keys("agents", "ann") == {"b:1"}
    await fresh.close()


async def test_lost_vectors_are_noticed(tmp_path: Path):
    """Vectors that Chroma lost, without an error of its own, are damage and not an answer."""
    folder = tmp_path / "c"
    index = ChromaIndex(folder, Spelling())
    rows = {f"k{n}:1": f"{n:b}".translate({48: "a", 49: "b"}) + chr(97 + n % 26) * (n % 7) for n in range(1100)}
    await index.put("agents", "ann", documents(rows))
    await index.close()
    for vectors in folder.iterdir():
        if vectors.is_dir():
            shutil.rmtree(vectors)
    again = ChromaIndex(folder, Spelling())
    with pytest.raises(DamagedIndexError):
        await again.search("agents", "ann", ["ab"], 1000)
    await again.close()


async def test_a_server_is_shared_by_clients(server: str):
    """Two clients of one Chroma server see each other's rows."""
    one, other = ChromaIndex(server, Spelling()), ChromaIndex(server, Spelling())
    await one.put("agents", "ann", documents({"a:1": "first"}))
    assert await other.keys("agents", "ann") == {"a:1"}
    await one.close()
    await other.close()


async def test_a_server_that_is_not_there_is_named():
    """The error names the address and the remedy."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        where = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(ResourceError, match=f"{where}.*chroma run"):
        await ChromaIndex(where, Spelling()).keys("agents", "ann")
