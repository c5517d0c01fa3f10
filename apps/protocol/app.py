"""The Agent Protocol as a FastAPI app: on its own, mounted in another app, or as the `http.app` of `langgraph dev`."""

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from starlette.routing import Route

from repertory.apps.protocol import about, v1, v2, v2_events, v2_files
from repertory.apps.protocol.answers import Nowhere
from repertory.apps.protocol.document import document
from repertory.apps.protocol.guard import Guard
from repertory.apps.protocol.opening import Face, Opener, Opening
from repertory.apps.protocol.service import Service

_ROUTES = [
    route for part in (v2.router, v2_files.router, v2_events.router, v1.router, about.router) for route in part.routes
]


def create_app(source: Service | Opener, *, token: str | None = None, loopback: bool = False) -> FastAPI:
    """An app that serves the Agent Protocol.

    It can be mounted under any prefix: `app.mount("/agents", create_app(...))`. Then its lifespan is not run, and the
    first call opens the service, which is closed when the event loop ends. To open and close it together with the
    other app, enter `agents.router.lifespan_context(agents)` in the lifespan of that one.

    Args:
        source: a service, which its owner closes; or how to open one, such as
            `lambda: open_service(Serving(Path(".repertory")), environ=os.environ)`.
        token: every call needs it, as `Authorization: Bearer TOKEN`. None: whoever serves the app says who may call.
        loopback: without a token, take only calls that were made to this machine, by programs or pages of this
            machine; see `Guard`.
    """
    opening = Opening(source)
    ours = Route("/ap/{path:path}", Nowhere())  # beside routes of somebody else's, too
    app = FastAPI(routes=[*_ROUTES, ours], lifespan=opening.lifespan, openapi_url=None, redirect_slashes=False)
    app.state.face = Face(opening, Guard(token, loopback), version("repertory"))
    made: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not made:
            made.update(document(_ROUTES, version=app.state.face.version, secured=token is not None))
        return made

    app.openapi = openapi  # type: ignore[method-assign]  # the way to another document that FastAPI documents
    app.router.default = Nowhere()
    return app
