"""The app within another one, as an embedding program has it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, HTTPException

from repertory.apps.protocol.app import create_app
from tests.apps.protocol.serving import Openings, client_of, never, scripted


def test_just_mounted_it_works_and_is_closed_with_the_loop(tmp_path: Path) -> None:
    """Nothing else has to be done: the first call opens it."""
    openings = Openings(lambda: scripted(tmp_path))
    app = FastAPI()
    app.mount("/agents", create_app(openings))

    async def walk() -> None:
        async with client_of(app) as client:
            topic = (await client.post("/agents/ap/v2/topics", json={})).json()["topic_id"]
            tasks = f"/agents/ap/v2/topics/{topic}/tasks"
            task = (await client.post(tasks, json={"input": "hello"})).json()["task_id"]
            assert (await client.post(f"{tasks}/{task}/steps")).json()["output"] == "hello"
            v1 = (await client.post("/agents/ap/v1/agent/tasks", json={})).json()["task_id"]
            assert (await client.get(f"/agents/ap/v1/agent/tasks/{v1}")).status_code == 200
            answer = await client.delete("/agents/ap/v2/topics")
            assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")

    asyncio.run(walk())
    assert (openings.opened, openings.closed) == (1, 1)


async def test_the_document_names_the_prefix() -> None:
    """So that clients made from it call the right paths."""
    app = FastAPI()
    app.mount("/a/b", create_app(never))
    async with client_of(app) as client:
        document = (await client.get("/a/b/openapi.json")).json()
        assert document["servers"] == [{"url": "/a/b"}]
        assert "/ap/v2/topics" in document["paths"]
    async with client_of(create_app(never)) as client:
        assert (await client.get("/openapi.json")).json()["servers"] == [{"url": "/"}]


async def test_with_its_lifespan_in_that_of_the_other_it_is_opened_and_closed_with_it(tmp_path: Path) -> None:
    """As the documentation of `create_app` says."""
    openings = Openings(lambda: scripted(tmp_path))
    agents = create_app(openings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with agents.router.lifespan_context(agents):
            yield

    app = FastAPI(lifespan=lifespan)
    app.mount("/agents", agents)
    async with app.router.lifespan_context(app):
        assert (openings.opened, openings.closed) == (1, 0)
        async with client_of(app) as client:
            assert (await client.get("/agents/ap/v2/agent/info")).json()["protocol"] == 2
    assert (openings.opened, openings.closed) == (1, 1)


async def test_each_answers_its_own_errors() -> None:
    """The other app's errors stay as they were, and ours are ours; a token guards only what is ours."""
    app = FastAPI()

    @app.get("/other")
    async def other() -> None:
        raise HTTPException(418, "a teapot")

    app.mount("/agents", create_app(never, token="s3cret"))
    async with client_of(app) as client:
        assert (await client.get("/other")).json() == {"detail": "a teapot"}
        assert (await client.get("/nowhere")).json() == {"detail": "Not Found"}
        assert (await client.get("/agents/nowhere")).json()["code"] == "unauthorized"
        client.headers["Authorization"] = "Bearer s3cret"
        assert (await client.get("/agents/nowhere")).json()["code"] == "no_path"


async def test_two_in_one_program_do_not_know_each_other(tmp_path: Path) -> None:
    """Each has its own home and token."""
    app = FastAPI()
    for name in ("one", "two"):
        app.mount(f"/{name}", create_app(lambda name=name: scripted(tmp_path / name), token=name))
    async with client_of(app) as client:
        one, two = ({"Authorization": f"Bearer {name}"} for name in ("one", "two"))
        await client.post("/one/ap/v2/topics", json={"name": "mine"}, headers=one)
        assert (await client.get("/one/ap/v2/topics", headers=two)).status_code == 401
        assert (await client.get("/two/ap/v2/topics", headers=two)).json()["topics"] == []
        topics = (await client.get("/one/ap/v2/topics", headers=one)).json()["topics"]
        assert [topic["name"] for topic in topics] == ["mine"]


async def test_websockets_are_turned_away() -> None:
    """Nobody is connected, and nothing fails."""
    sent = []

    async def send(message: object) -> None:
        sent.append(message)

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    scope = {"type": "websocket", "path": "/ap/v2/topics", "headers": [], "query_string": b"", "subprotocols": []}
    await create_app(never)(scope, receive, send)  # type: ignore[arg-type]
    assert sent == [{"type": "websocket.close", "code": 1000, "reason": ""}]
