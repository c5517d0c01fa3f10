"""A client of the contract that believes nothing: every answer is checked before it is used."""

from typing import Any

import httpx

from tests.apps.protocol.conformance.entities import Body, checked, waits
from tests.apps.protocol.conformance.server import until

V2 = "/ap/v2"
V1 = "/ap/v1/agent"


class Api:
    """Calls one server.

    Args:
        url: of the server.
        token: sent with every call.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        limits = httpx.Limits(max_connections=64)
        self.http = httpx.Client(base_url=url, headers=headers, timeout=120, limits=limits, trust_env=False)

    def call(self, method: str, path: str, code: int, **options: Any) -> Any:
        """Call, expect that status, and return the JSON; of errors, that they are said as the contract has it."""
        answer = self.http.request(method, path, **options)
        assert answer.status_code == code, f"{method} {path} {options}: {answer.status_code} {answer.text[:500]}"
        assert answer.headers["content-type"].split(";")[0] == "application/json", answer.headers
        body = answer.json()
        if code >= 400 and path.startswith(V2):
            assert isinstance(body, dict), body
            assert isinstance(body["message"], str), body
            assert body["message"], body
            assert isinstance(body["code"], str), body
            assert body["code"], body
        return body

    def get(self, path: str, code: int = 200, **query: Any) -> Any:
        """GET."""
        return self.call("GET", path, code, params=query)

    def post(self, path: str, body: Any = None, code: int = 201) -> Any:
        """POST JSON; no body at all for None."""
        return self.call("POST", path, code, **({} if body is None else {"json": body}))

    def patch(self, path: str, body: Any, code: int = 200) -> Any:
        """PATCH JSON."""
        return self.call("PATCH", path, code, json=body)

    def topic(self, **fields: Any) -> Body:
        """A new topic."""
        return checked("topic", self.post(f"{V2}/topics", fields))

    def interaction(self, topic: Body, **fields: Any) -> Body:
        """A new interaction."""
        return checked("interaction", self.post(f"{at(topic)}/interactions", fields))

    def talked(self, topic: Body, **fields: Any) -> Body:
        """A new interaction, once it is answered."""
        said = self.interaction(topic, **fields)
        return until(lambda: (now := self.read(said))["status"] in ("completed", "failed") and now)  # type: ignore[no-any-return]

    def task(self, topic: Body | None = None, script: Any = None, **fields: Any) -> Body:
        """A new task, of a new topic where none is given."""
        if script is not None:
            fields["additional_input"] = {"script": script, **(fields.get("additional_input") or {})}
        return checked("task", self.post(f"{at(topic or self.topic())}/tasks", fields))

    def step(self, task: Body, code: int = 201, **fields: Any) -> Body:
        """Execute a step, and wait until it rests."""
        answer = self.post(f"{at(task)}/steps", fields or None, code)
        return self.rested(checked("step", answer)) if code == 201 else answer  # type: ignore[no-any-return]

    def read(self, entity: Body) -> Body:
        """The entity as it is now."""
        return checked(kind_of(entity), self.get(at(entity)))

    def rested(self, step: Body) -> Body:
        """The step, once nothing happens any more without somebody's word."""
        now: Body = {}

        def rests() -> Body | None:
            nonlocal now
            now = self.read(step)
            busy = now["status"] == "running" or any(
                action["status"] in ("approved", "running") and not waits(action) for action in now["actions"]
            )
            return None if busy else now

        return until(rests, what=lambda: f"rest of {now}")  # type: ignore[no-any-return]

    def decide(self, action: Body, decision: str, code: int = 200, **fields: Any) -> Body:
        """Decide an action."""
        answer = self.post(f"{at(action)}/decision", {"decision": decision, **fields}, code)
        return checked("action", answer) if code == 200 else answer  # type: ignore[no-any-return]

    def report(self, action: Body, status: str = "completed", code: int = 200, **fields: Any) -> Body:
        """Report what came of an action."""
        answer = self.post(f"{at(action)}/result", {"status": status, **fields}, code)
        return checked("action", answer) if code == 200 else answer  # type: ignore[no-any-return]

    def step_of(self, action: Body) -> Body:
        """The step of an action, once it rests."""
        return self.rested({name: action[name] for name in ("topic_id", "task_id", "step_id")})

    def cancel(self, task: Body, code: int = 200) -> Body:
        """Cancel a task."""
        answer = self.post(f"{at(task)}/cancel", None, code)
        return checked("task", answer) if code == 200 else answer  # type: ignore[no-any-return]

    def upload(self, parent: Body, content: bytes, name: str = "a.txt", code: int = 201, **form: str) -> Body:
        """Upload a file to a topic or task."""
        files = {"file": (name, content, "application/octet-stream")}
        answer = self.call("POST", f"{at(parent)}/artifacts", code, files=files, data=form)
        return checked("artifact", answer) if code == 201 else answer  # type: ignore[no-any-return]

    def download(self, parent: Body, artifact: Body) -> httpx.Response:
        """The bytes of a file, from a topic or task."""
        answer = self.http.get(f"{at(parent)}/artifacts/{artifact['artifact_id']}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/octet-stream"
        return answer

    def listed(self, path: str, plural: str, **query: Any) -> list[Body]:
        """A page of a list, each entity of it checked."""
        body = self.get(path, **query)
        pagination = body["pagination"]
        assert set(pagination) == {"total_items", "total_pages", "current_page", "page_size"}
        assert all(type(value) is int for value in pagination.values()), pagination
        assert pagination["total_pages"] == -(-pagination["total_items"] // pagination["page_size"])
        assert len(body[plural]) <= pagination["page_size"]
        return [checked(plural.removesuffix("s"), entity) for entity in body[plural]]

    def all(self, path: str, plural: str) -> list[Body]:
        """A whole list, page by page."""
        found: list[Body] = []
        page = 1
        while some := self.listed(path, plural, current_page=page, page_size=100):
            found += some
            page += 1
        return found


def kind_of(entity: Body) -> str:
    """What an entity is, by the ids it has."""
    for kind in ("artifact", "action", "step", "task", "interaction", "topic"):
        if entity.get(f"{kind}_id") is not None:
            return kind
    raise AssertionError(entity)


def at(entity: Body) -> str:
    """The path of an entity in v2."""
    path = f"{V2}/topics/{entity['topic_id']}"
    kind = kind_of(entity)
    if kind == "topic":
        return path
    if kind == "interaction":
        return f"{path}/interactions/{entity['interaction_id']}"
    path = f"{path}/tasks/{entity['task_id']}"
    if kind == "task":
        return path
    path = f"{path}/steps/{entity['step_id']}"
    return path if kind == "step" else f"{path}/actions/{entity['action_id']}"


def action(name: str = "echo", executor: str = "server", **args: Any) -> Body:
    """An action of a script."""
    return {"name": name, "args": args or {"text": "hello"}, "executor": executor}


def acts(*actions: Body, **fields: Any) -> Body:
    """A step of a script with those actions."""
    return {"actions": list(actions), **fields}
