"""The methods that both clients have: each is one of `calls`, made through the client that it is called on."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import wraps
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Self, TypeVar, overload

from repertory.apps.client import calls
from repertory.apps.client.calls import Call, Listing

if TYPE_CHECKING:
    from repertory.apps.client.asynchronous import AsyncClient
    from repertory.apps.client.sync import Client

P = ParamSpec("P")
T = TypeVar("T")


class _Operation(Generic[P, T]):
    """A method that makes one call: it returns the answer, or, of the asynchronous client, what is to be awaited."""

    def __init__(self, call: Callable[P, Call[T]]) -> None:
        self._call = call
        self.__doc__ = call.__doc__

    @overload
    def __get__(self, client: None, owner: Any = None) -> Self: ...
    @overload
    def __get__(self, client: "Client", owner: Any = None) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: "AsyncClient", owner: Any = None) -> Callable[P, Awaitable[T]]: ...
    def __get__(self, client: "Client | AsyncClient | None", owner: Any = None) -> Any:
        if client is None:
            return self

        @wraps(self._call)
        def method(*arguments: P.args, **options: P.kwargs) -> Any:
            return client.send(self._call(*arguments, **options))

        return method


class _Listed(Generic[P, T]):
    """A method that goes through a list to its end, page by page."""

    def __init__(self, listing: Callable[P, Listing[T]]) -> None:
        self._listing = listing
        self.__doc__ = listing.__doc__

    @overload
    def __get__(self, client: None, owner: Any = None) -> Self: ...
    @overload
    def __get__(self, client: "Client", owner: Any = None) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, client: "AsyncClient", owner: Any = None) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, client: "Client | AsyncClient | None", owner: Any = None) -> Any:
        if client is None:
            return self

        @wraps(self._listing)
        def method(*arguments: P.args, **options: P.kwargs) -> Any:
            return client.all_of(self._listing(*arguments, **options))

        return method


class Operations:
    """See the module's docstring; what each method takes and gives is said at the function of its name in `calls`."""

    get_versions = _Operation(calls.get_versions)
    get_agent_info = _Operation(calls.get_agent_info)

    create_topic = _Operation(calls.create_topic)
    list_topics = _Listed(calls.list_topics)
    get_topic = _Operation(calls.get_topic)

    create_interaction = _Operation(calls.create_interaction)
    list_interactions = _Listed(calls.list_interactions)
    get_interaction = _Operation(calls.get_interaction)

    create_task = _Operation(calls.create_task)
    list_tasks = _Listed(calls.list_tasks)
    get_task = _Operation(calls.get_task)
    update_task = _Operation(calls.update_task)
    cancel_task = _Operation(calls.cancel_task)

    execute_step = _Operation(calls.execute_step)
    list_steps = _Listed(calls.list_steps)
    get_step = _Operation(calls.get_step)

    list_actions = _Listed(calls.list_actions)
    get_action = _Operation(calls.get_action)
    decide = _Operation(calls.decide)
    report = _Operation(calls.report)

    list_artifacts = _Listed(calls.list_artifacts)
