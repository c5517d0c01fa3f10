"""What a provider's errors mean for the user, told apart by langchain's neutral classes or by HTTP status."""

from langchain_core import exceptions as provider
from pydantic import ValidationError

from repertory.memory.errors import ModelError, RepertoryError, ResourceError


class LostAnswerError(ResourceError):
    """An answer broke off in its middle, or cannot be read at all; asking again may help."""


def status_of(error: BaseException) -> int | None:
    """The HTTP status behind an error; None where there is none."""
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else None


def said(error: BaseException) -> str:
    """The server's own words, shortened."""
    return " ".join(str(error).split())[:300]


def explain(error: Exception) -> RepertoryError | None:
    """Our error for a provider's, with a remedy; None for an error that is none of theirs.

    Retries are over by then: the client has tried again what trying again may cure. The server's words about a
    refused key are left out, since they may repeat the key.
    """
    status, words = status_of(error), said(error)
    if isinstance(error, RepertoryError):
        return None
    if isinstance(error, ValidationError):  # langchain could not make a message of it
        return LostAnswerError(f"the model's answer cannot be read ({words}); try again, or take another model")
    if isinstance(error, provider.ContextOverflowError) or "context_length_exceeded" in words:
        return ModelError(f"the request is too long for the model ({words}); split the task, or take another model")
    if isinstance(error, provider.ModelAuthenticationError | provider.ModelPermissionDeniedError):
        status = status or 401
    if status in (401, 403):
        return ResourceError(f"the model's server refuses the key ({status}); check OPENAI_API_KEY and OPENAI_BASE_URL")
    if isinstance(error, provider.ModelNotFoundError) or status == 404:
        return ResourceError(f"no such model or address ({words}); check REPERTORY_MODEL and OPENAI_BASE_URL")
    if isinstance(error, provider.ModelRateLimitError) or status == 429:
        return ResourceError(f"the model's server refuses more requests, retries included ({words}); try again later")
    if isinstance(error, provider.ModelTimeoutError | TimeoutError):
        return ResourceError(f"the model's server did not answer in time, retries included ({words}); try again later")
    if isinstance(error, provider.ModelConnectionError):
        return ResourceError(f"the model's server cannot be reached ({words}); check OPENAI_BASE_URL and the network")
    if isinstance(error, provider.ModelAPIError) or (status is not None and status >= 500):
        return ResourceError(f"the model's server fails, retries included ({words}); try again later")
    if isinstance(error, provider.ModelError) or status is not None:
        return ModelError(f"the model's server rejects the request ({words}); take another model, or report this")
    return None
