"""Which chat model serves which agent: OpenAI-compatible servers, the offline model, or the caller's own."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel

from repertory.memory.errors import InputError
from repertory.memory.records import ModelSpec
from repertory.nodes.models.temperature import leave_out

if TYPE_CHECKING:
    from repertory.nodes.models.openai_chat import OpenAIConnection

Models = Callable[[ModelSpec], BaseChatModel]
"""Gives the model for an agent's settings; what is None there comes from the run's default."""

DEFAULT_MODEL = "openai:gpt-5.1"
OPENAI_URL = "https://api.openai.com/v1"
TIMEOUT = 300.0
"""Seconds that a server may stay silent before a call counts as lost; models that reason answer late."""
MAX_RETRIES = 4
"""How often 429, 5xx, timeouts and broken connections are tried again: 0.5 to 8 s apart, or as Retry-After says."""


def configured_models(
    default: str | None,
    *,
    environ: Mapping[str, str],
    timeout: float = TIMEOUT,
    max_retries: int = MAX_RETRIES,
) -> "ConfiguredModels":
    """Models by name, with the keys and addresses that the environment gives.

    Args:
        default: the model of agents that name none: `openai:gpt-5.1`, `offline`; None: what REPERTORY_MODEL says.
        environ: REPERTORY_MODEL, OPENAI_API_KEY, OPENAI_BASE_URL are read. With neither key nor base URL the offline
            model serves whatever was asked of OpenAI; `notice` says so.
        timeout: seconds of silence after which a call is tried again.
        max_retries: how often a call is tried again after a timeout, a broken connection, 429 or 5xx.

    Raises:
        InputError: a name that is not of the form `provider:model`, a provider that is not known, or a base URL
            without the name of a model.
    """
    name = default or environ.get("REPERTORY_MODEL") or None
    key, url = environ.get("OPENAI_API_KEY") or None, environ.get("OPENAI_BASE_URL") or None
    if name is None and url is not None:
        raise InputError(f"OPENAI_BASE_URL is {url!r}, but no model is named; set REPERTORY_MODEL=openai:<model>")
    if name is None:
        name = DEFAULT_MODEL if key else "offline"
    return ConfiguredModels(name, key=key, url=url, timeout=timeout, max_retries=max_retries)


class ConfiguredModels:
    """Made by `configured_models`. One model for each setting, one client for all of them, built when first needed."""

    def __init__(self, default: str, *, key: str | None, url: str | None, timeout: float, max_retries: int) -> None:
        self.default = default
        self._provider, self._name = parse_name(default)
        self._online = key is not None or url is not None
        self.base_url, self._key = url or OPENAI_URL, key or "none"
        self._patience: Any = {"timeout": timeout, "max_retries": max_retries}
        self._connection: OpenAIConnection | None = None
        self._models: dict[ModelSpec, BaseChatModel] = {}

    @property
    def notice(self) -> str:
        """Which model serves, in words for a screen."""
        if self._provider == "offline":
            return "offline model: rule-based, for trying the product"
        if not self._online:
            return f"offline model: {self.default!r} needs OPENAI_API_KEY or OPENAI_BASE_URL, and neither is set"
        return f"model: {self.default} at {self.base_url}"

    def prepare(self) -> "ConfiguredModels":
        """Build the default model now. The first one imports for seconds: do it before an event loop runs."""
        self(ModelSpec())
        return self

    def __call__(self, spec: ModelSpec) -> BaseChatModel:
        """The model for these settings.

        Raises:
            InputError: a name that is not of the form `provider:model`, or an unknown provider.
        """
        if spec not in self._models:
            provider, name = parse_name(spec.name) if spec.name else (self._provider, self._name)
            if provider == "offline" or not self._online:
                self._models[spec] = _offline()
            else:
                self._models[spec] = self._openai(name, spec.temperature)
        return self._models[spec]

    def _openai(self, name: str, temperature: float | None) -> BaseChatModel:
        from repertory.nodes.models.openai_chat import OpenAIConnection

        if self._connection is None:
            self._connection = OpenAIConnection(self.base_url, self._key, **self._patience)
        fields: dict[str, Any] = {} if temperature is None else {"temperature": temperature}
        if self.base_url != OPENAI_URL:
            fields["use_responses_api"] = False  # only OpenAI itself is known to have it
        model = self._connection.model(name, **fields)
        if temperature is not None and model.temperature is None:  # langchain drops it where it knows of a refusal
            leave_out(model)
        return model


class GivenModel:
    """Made by `given_model`."""

    def __init__(self, model: BaseChatModel) -> None:
        self._model = model
        self._warmer: dict[float, BaseChatModel] = {}

    @property
    def notice(self) -> str:
        """Which model serves, in words for a screen."""
        return f"model: {self._model.get_name()}, given by the caller"

    def __call__(self, spec: ModelSpec) -> BaseChatModel:
        """The caller's model, at the temperature asked for where it has one."""
        temperature = spec.temperature
        if temperature is None or "temperature" not in type(self._model).model_fields:
            return self._model
        if temperature not in self._warmer:
            self._warmer[temperature] = self._model.model_copy(update={"temperature": temperature})
        return self._warmer[temperature]


def given_model(model: BaseChatModel) -> GivenModel:
    """The caller's own model serves every agent, whatever model its settings name."""
    return GivenModel(model)


def parse_name(name: str) -> tuple[str, str]:
    """Provider and model of `provider:model`.

    Raises:
        InputError: another form, or a provider that is not known.
    """
    provider, _, model = name.partition(":")
    if provider == "offline" and not model:
        return provider, ""
    if not model:
        raise InputError(
            f"model {name!r} has no provider; write openai:{name} (any OpenAI-compatible server), or offline"
        )
    if provider != "openai":
        raise InputError(
            f"model {name!r}: provider {provider!r} is not known; write openai:<model> (any OpenAI-compatible server, "
            "through OPENAI_BASE_URL) or offline, or embed the graph with `given_model(your_model)`"
        )
    return provider, model


def _offline() -> BaseChatModel:
    from repertory.nodes.offline import OfflineModel

    return OfflineModel()
