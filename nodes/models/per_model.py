"""What is derived from a chat model, made once: binding tools and schemas costs more than the call around them."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from langchain_core.language_models import BaseChatModel

T = TypeVar("T")

_KEPT = 64
"""Models that are remembered; the one not used for longest is forgotten."""


class PerModel(Generic[T]):
    """Gives the same value for the same model. Models are not hashable, so they are told apart by identity."""

    def __init__(self, make: Callable[[BaseChatModel], T]) -> None:
        self._make = make
        self._values: OrderedDict[int, tuple[BaseChatModel, T]] = OrderedDict()

    def __call__(self, model: BaseChatModel) -> T:
        """The model's value, made when first asked for."""
        key = id(model)  # no other model has it, as this one is held below
        if key not in self._values:
            if len(self._values) >= _KEPT:
                self._values.popitem(last=False)
            self._values[key] = (model, self._make(model))
        self._values.move_to_end(key)
        return self._values[key][1]
