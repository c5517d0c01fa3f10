"""Models that take no temperature: where a server refuses it, it is left out from then on."""

import logging
import re
from collections.abc import Callable

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage

from repertory.nodes.models.attempts import Ask
from repertory.nodes.models.errors import said, status_of
from repertory.nodes.models.per_model import PerModel

_log = logging.getLogger("repertory")
_CODES = frozenset({"unsupported_value", "unsupported_parameter"})
_UNSUPPORTED = re.compile(r"Unsupported (?:value|parameter): 'temperature'")
_IDENTITY = ("openai_api_base", "azure_endpoint", "deployment_name", "model_name")
"""Fields of langchain's OpenAI models that tell which model of which server it is."""
_steady: set[tuple[str, ...]] = set()
"""Models known to take none. What one server refuses is known for all temperatures, runs and agents of the process."""


def suited(model: BaseChatModel) -> BaseChatModel:
    """The model as its server takes it: without a temperature where that was refused before."""
    if not _steady or getattr(model, "temperature", None) is None or _identity(model) not in _steady:
        return model
    return _copies(model)


def refused(model: BaseChatModel, error: Exception) -> bool:
    """Whether an error is the server's refusal of the model's temperature; if so, that is known from now on.

    Told by the error object of OpenAI's API: 400, `param` is `temperature`, and `code`, or the message where the
    Responses API gives no code, says that the value or the parameter is not supported. A temperature out of range, or
    any other parameter, is no such refusal.
    """
    if status_of(error) != 400 or getattr(error, "param", None) != "temperature":
        return False
    code = getattr(error, "code", None)
    if code not in _CODES and not (code is None and _UNSUPPORTED.search(said(error))):
        return False
    if getattr(model, "temperature", None) is None or not speaks_openai(model):
        return False
    leave_out(model)
    return True


def leave_out(model: BaseChatModel) -> None:
    """Remember that a model takes no temperature, and say so once."""
    if (identity := _identity(model)) not in _steady:
        _steady.add(identity)
        name = getattr(model, "model_name", model.get_name())
        _log.warning("model %r takes no temperature: it is asked without one, whatever its agents say", name)


def tempered(model: BaseChatModel, asking: Callable[[BaseChatModel], Ask]) -> Ask:
    """A call of a model that is repeated without the temperature where the server refuses it.

    Args:
        model: as its agent's settings want it.
        asking: prepares the call for a model; what it raises is raised at once.
    """
    asking(suited(model))

    async def ask(history: list[BaseMessage]) -> AIMessage:
        served = suited(model)
        try:
            return await asking(served)(history)
        except Exception as error:
            if not refused(served, error):
                raise
        return await asking(suited(model))(history)

    return ask


def speaks_openai(model: BaseChatModel) -> bool:
    """Whether it is one of langchain's OpenAI models: told by name, since importing the class takes seconds."""
    return any(kind.__name__ == "BaseChatOpenAI" for kind in type(model).__mro__)


def _identity(model: BaseChatModel) -> tuple[str, ...]:
    return tuple(str(getattr(model, name, "")) for name in _IDENTITY)


_copies: PerModel[BaseChatModel] = PerModel(lambda model: model.model_copy(update={"temperature": None}))
