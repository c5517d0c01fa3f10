"""One task under any sequence of moves: every answer and every transition is one of the tables of section 5."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.apps.protocol.conformance.api import V1, Api, acts, at
from tests.apps.protocol.conformance.entities import SETTLED, TERMINAL, Body, waits

EXECUTORS = ("server", "client", "user")
ACTORS = st.sampled_from(["user", "user", "user", "client", "server"])
ACTION = st.builds(
    lambda name, executor: {"name": name, "args": {"text": "t", "message": "m"}, "executor": executor},
    st.sampled_from(["echo", "fail", "other"]),
    st.sampled_from(EXECUTORS),
)
STEP = st.lists(ACTION, min_size=1, max_size=4).map(lambda actions: acts(*actions)) | st.just(acts())
SCRIPT = st.lists(STEP, min_size=2, max_size=4)
MODE = st.sampled_from(["ask", "ask", "ask", "auto"])
WHICH = st.tuples(st.integers(0, 3), st.sampled_from([False, False, False, False, True]))


class Moves(RuleBasedStateMachine):
    """Makes any move at any time, and keeps what could be read before it."""

    api: Api

    @initialize(script=SCRIPT, mode=MODE)
    def begin(self, script: list[Body], mode: str) -> None:
        """A new task."""
        self.script = script
        self.task = self.api.task(None, script, permission_mode=mode)
        assert self.task["status"] == "created"
        self.steps: list[Body] = []

    @precondition(lambda self: self.ended)
    @rule(script=SCRIPT, mode=MODE)
    def begin_another(self, script: list[Body], mode: str) -> None:
        """The former is as it was to its end."""
        before = self.task, self.steps
        self.look()
        assert (self.task, self.steps) == before
        self.begin(script, mode)

    @property
    def open(self) -> Body | None:
        """The open step."""
        return next((step for step in self.steps if step["status"] not in TERMINAL), None)

    @property
    def ended(self) -> bool:
        """Whether the task has ended."""
        return self.task["status"] in TERMINAL

    def call(self, path: str, body: Any, refusals: set[int], success: int = 200) -> bool:
        """POST; it is refused with one of these codes, or where there is none, taken."""
        answer = self.api.http.post(path, json=body)
        assert answer.status_code in (refusals or {success}), (path, body, refusals, answer.text)
        return not refusals

    def look(self) -> tuple[Body, list[Body], list[Body]]:
        """The task, with the steps before and now, each at rest."""
        before = self.steps
        self.steps = [self.api.rested(s) for s in self.api.all(f"{at(self.task)}/steps", "steps")]
        old, self.task = self.task, self.api.read(self.task)
        return old, before, self.steps

    @property
    def actions(self) -> list[Body]:
        """All there have been."""
        return [action for step in self.steps for action in step["actions"]]

    def pick(self, which: tuple[int, bool]) -> Body:
        """One of the actions: of those that wait for somebody, or of all."""
        n, any_of_them = which
        waiting = [action for action in self.actions if waits(action)]
        actions = self.actions if any_of_them or not waiting else waiting
        return actions[-1 - n % len(actions)]

    @rule(n=st.integers(0, 3), said=st.sampled_from(["approve", "approve", "approve", "reject", "feedback"]))
    def go_on(self, n: int, said: str) -> None:
        """A move that will be taken, if there is one."""
        waiting = [action for action in self.actions if waits(action)]
        if not waiting:
            self.execute(None, False)
        elif (action := waiting[-1 - n % len(waiting)])["status"] == "approved":
            self.report((n, False), "completed", "client")
        elif said == "approve" and action["executor"] == "user":
            self.report((n, False), "failed", "user")
        else:
            self.decide((n, False), said, "user")

    @rule(text=st.sampled_from([None, "", "words"]), sure=st.sampled_from([False, False, True]))
    def execute(self, text: str | None, sure: bool) -> None:
        """POST steps: 409 where a step is open or the task has ended."""
        if not sure and (self.ended or self.open):
            return
        refusals = {409} if self.ended or self.open else set[int]()
        taken = self.call(f"{at(self.task)}/steps", {"input": text}, refusals, 201)
        auto = self.task["permission_mode"] == "auto"
        _, before, now = self.look()
        assert now[: len(before)] == before
        assert len(now) == len(before) + taken
        if taken:
            asked = self.script[len(before)]["actions"]
            assert [(a["name"], a["executor"]) for a in now[-1]["actions"]] == [
                (a["name"], a["executor"]) for a in asked
            ]
            for action in now[-1]["actions"]:
                permitted = auto and action["executor"] == "server"
                assert action["decided_by"] == ("server" if permitted else None)
                assert (action["status"] == "proposed") is not permitted

    @precondition(lambda self: self.actions)
    @rule(which=WHICH, said=st.sampled_from(["approve", "approve", "reject", "feedback", "empty"]), actor=ACTORS)
    def decide(self, which: tuple[int, bool], said: str, actor: str) -> None:
        """POST decision."""
        action = self.pick(which)
        decision = "feedback" if said == "empty" else said
        body = {"decision": decision, "feedback": "f" if said == "feedback" else None, "actor": actor}
        refusals = {
            *({403} if actor != "user" else ()),
            *({422} if said == "empty" else ()),
            *({409} if action["status"] != "proposed" else ()),
            *({409} if said == "approve" and action["executor"] == "user" else ()),
        }
        taken = self.call(f"{at(action)}/decision", body, refusals)
        became = {"approve": {"server": {"completed", "failed"}, "client": {"approved"}}.get(action["executor"], set())}
        became |= {"reject": {"rejected"}, "feedback": {"superseded"}}
        self.settled(action, became[decision] if taken else {action["status"]}, taken)
        if taken:
            now = self.api.read(action)
            assert (now["decision"], now["decided_by"], now["feedback"]) == (decision, "user", body["feedback"])

    @precondition(lambda self: self.actions)
    @rule(which=WHICH, status=st.sampled_from(["completed", "failed"]), actor=st.sampled_from(EXECUTORS))
    def report(self, which: tuple[int, bool], status: str, actor: str) -> None:
        """POST result."""
        action = self.pick(which)
        wanted = "proposed" if action["executor"] == "user" else "approved"
        refusals = {
            *({403} if actor != action["executor"] or actor == "server" else ()),
            *({409} if action["status"] != wanted else ()),
        }
        taken = self.call(f"{at(action)}/result", {"status": status, "output": "o", "actor": actor}, refusals)
        self.settled(action, {status if taken else action["status"]}, taken)
        assert not taken or self.api.read(action)["output"] == "o"

    def settled(self, action: Body, became: set[str], taken: bool) -> None:
        """Only that action has changed, to one of these states; feedback alone has brought one more."""
        _, before, now = self.look()
        assert len(now) == len(before)
        for old, new in zip(before, now, strict=True):
            if old["step_id"] != action["step_id"]:
                assert old == new
                continue
            for was, is_now in zip(old["actions"], new["actions"], strict=False):
                if was["action_id"] != action["action_id"]:
                    assert was == is_now
                else:
                    assert is_now["status"] in became
                    assert (is_now["args"], is_now["name"]) == (was["args"], was["name"])
            more = new["actions"][len(old["actions"]) :]
            assert [a["supersedes"] for a in more] == (
                [action["action_id"]] if became == {"superseded"} and taken else []
            )
            assert all(a["args"]["feedback"] == "f" for a in more)
            assert taken or old == new

    @precondition(lambda self: self.steps)
    @rule(sure=st.sampled_from([False, False, False, True]))
    def cancel(self, sure: bool) -> None:
        """POST cancel."""
        if not sure:
            return
        taken = self.call(f"{at(self.task)}/cancel", None, {409} if self.ended else set())
        _, before, now = self.look()
        assert not taken or self.task["status"] == "cancelled"
        for old, new in zip(before, now, strict=True):
            if old["status"] in TERMINAL:
                assert old == new
                continue
            assert new["status"] == "cancelled"
            for was, is_now in zip(old["actions"], new["actions"], strict=True):
                assert is_now == was or (was["status"] not in SETTLED and is_now["status"] == "cancelled")

    @rule(mode=st.sampled_from(["ask", "auto"]))
    def permit(self, mode: str) -> None:
        """PATCH permission_mode: nothing that is proposed is approved by it."""
        answer = self.api.http.patch(at(self.task), json={"permission_mode": mode})
        assert answer.status_code in ((200, 409) if self.ended else (200,))
        old, before, now = self.look()
        assert before == now
        assert old["status"] == self.task["status"]

    @rule(text=st.sampled_from(["", "y", "words"]))
    def step_in_v1(self, text: str) -> None:
        """The other face never refuses, and makes no more than one step."""
        was_open, ended = self.open, self.ended
        answer = self.api.http.post(f"{V1}/tasks/{self.task['task_id']}/steps", json={"input": text})
        assert answer.status_code == 200, answer.text
        _, before, now = self.look()
        assert answer.json()["step_id"] in [step["step_id"] for step in now]
        assert len(now) - len(before) == (0 if was_open or (ended and before) else 1)
        if ended and before:
            assert now == before

    @invariant()
    def holds_together(self) -> None:
        """The states of a task, its steps and their actions fit each other, and what has ended stays."""
        seen = getattr(self, "seen", {})
        for entity in [self.task, *self.steps, *(action for step in self.steps for action in step["actions"])]:
            key = entity.get("action_id") or entity.get("step_id") or entity["task_id"]
            old = seen.get(key)
            final = SETTLED if "action_id" in entity else TERMINAL
            if old and old["status"] in final:
                names = ("status", "output", "error") if "metadata" in entity else entity
                assert {name: old[name] for name in names} == {name: entity[name] for name in names}
            seen[key] = entity
        self.seen = seen
        opened = [step for step in self.steps if step["status"] not in TERMINAL]
        assert len(opened) <= 1
        assert [step["is_last"] for step in self.steps[:-1]] == [False] * len(self.steps[:-1])
        last = self.steps[-1] if self.steps else None
        status = self.task["status"]
        if opened:
            assert opened == [last]
            assert status == "awaiting_input"
            assert any(map(waits, opened[0]["actions"]))
        elif status == "completed":
            assert last
            assert (last["is_last"], last["status"], last["output"]) == (True, "completed", self.task["output"])
        else:
            assert status in ("created", "cancelled")
            assert self.task["output"] is None
            assert not last or status == "cancelled" or not last["is_last"]


def test_any_sequence_of_moves_obeys_the_tables(api: Api) -> None:
    """Refused with the code that applies, or taken and changing what it may change, and nothing else."""

    class Here(Moves):
        pass

    Here.api = api
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=30, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
