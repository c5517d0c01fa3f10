"""What the planner's topics remember, and what comes of what is said in them."""

from pathlib import Path
from typing import Any

from tests.apps.company import Company, company
from tests.apps.protocol.agents.desk import desk
from tests.openai_answers import Answer
from tests.openai_server import OpenAIServer
from tests.playing import agent_step

SECRET = "the colour of the gate is VERMILION"


class Talker:
    """A company that also converses: it answers `answer`, and makes those tasks."""

    def __init__(self, players: Company, answer: str = "", *tasks: str, parallel: bool = False) -> None:
        self.players, self.turn = players, {"answer": answer, "tasks": list(tasks), "parallel": parallel}
        self.heard: list[str] = []

    def __call__(self, request: dict[str, Any]) -> Answer:
        schema = (request.get("response_format") or {}).get("json_schema", {}).get("name", "")
        if schema != "TopicTurn":
            return self.players(request)
        self.heard.append(str(request["messages"]))
        return self.turn


def knower() -> Company:
    """One agent that finds out something, and remembers it."""
    step = agent_step("a", "find out", tools=["remember"])
    turns: list[Any] = [[("remember", {"key": "gate", "value": SECRET})], f"I found that {SECRET}"]
    return company(step, acts={"find out": turns})


async def test_a_task_knows_what_the_one_before_it_learned(tmp_path: Path) -> None:
    """It is in what its planner is asked; tasks of other topics know nothing of it, nor does one of its own."""
    players = knower()
    with OpenAIServer(players) as server:
        async with desk(tmp_path, server) as at:
            await at.finish(await at.task("look at the gate"))
            count = len(players.texts)
            await at.finish(await at.task("tell me about the gate"))
            assert "VERMILION" in players.texts[count]
            other = await at.beside()
            count = len(players.texts)
            task = await other.task("what colour is the gate")
            await other.step(task)
            assert not any("VERMILION" in text for text in players.texts[count:])


async def test_the_opening_words_are_remembered(tmp_path: Path) -> None:
    """And what is uploaded."""
    players = company(agent_step("a", "do a"))
    with OpenAIServer(players) as server:
        async with desk(tmp_path, server) as first:
            at = await first.beside(input="We are painting the gate OCHRE")
            await at.upload(b"x", "sketch.txt")
            task = await at.task("which colour has the gate on the sketch?")
            await at.step(task)
            assert "OCHRE" in players.texts[0]
            assert "sketch.txt" in players.texts[0]


async def test_metadata_comes_from_the_server_where_nobody_gave_any(tmp_path: Path) -> None:
    """A title at once, and what the plan tells; a title of the user's stays."""
    with OpenAIServer(company(agent_step("a", "do a"), agent_step("b", "do b"))) as server:
        async with desk(tmp_path, server) as at:
            task = await at.task("paint\n the  gate")
            assert (task["metadata"], task["metadata_source"]) == ({"title": "paint the gate"}, "server")
            await at.finish(task)
            told = (await at.read(task))["metadata"]
            assert (told["title"], told["steps"], len(told["agents"])) == ("paint the gate", 2, 2)
            mine = await at.task("paint", metadata={"title": "mine", "steps": "many"}, metadata_source="user")
            await at.finish(mine)
            now = await at.read(mine)
            assert (now["metadata"]["title"], now["metadata"]["steps"]) == ("mine", "many")
            assert now["metadata_provenance"]["title"] == "user"
            assert now["metadata_provenance"]["agents"] == "server"


async def test_a_question_is_answered_from_memory_and_makes_no_task(tmp_path: Path) -> None:
    """Where a task is not wanted there is none."""
    talker = Talker(knower(), "It is vermilion.")
    with OpenAIServer(talker) as server:
        async with desk(tmp_path, server) as at:
            await at.finish(await at.task("look at the gate"))
            for create_task in (None, False):
                said = await at.say("which colour has the gate?", create_task=create_task)
                assert (said["status"], said["output"], said["task_ids"]) == ("completed", "It is vermilion.", [])
                assert "VERMILION" in talker.heard[-1]


async def test_an_order_becomes_a_task_that_reports_back_once(tmp_path: Path) -> None:
    """With the words as its input, in the user's mode, and its end told in the topic."""
    with OpenAIServer(Talker(company(agent_step("a", "do a")), "never asked")) as server:
        async with desk(tmp_path, server) as at:
            said = await at.say("paint the gate", create_task=True)
            [task_id] = said["task_ids"]
            assert isinstance(said["output"], str)
            task = await at.read({"task_id": task_id})
            assert (task["input"], task["created_by"], task["permission_mode"]) == ("paint the gate", "server", "ask")
            assert task["interaction_id"] == said["interaction_id"]
            assert await at.said() == [said]
            await at.finish(task)
            _, feedback = await at.said()
            assert (feedback["created_by"], feedback["input"], feedback["task_ids"]) == ("server", None, [task_id])
            assert "paint the gate" in feedback["output"]
            assert "did: do a" in feedback["output"]


async def test_tasks_that_build_on_one_another_say_so(tmp_path: Path) -> None:
    """Which comes after which is in the interaction's additional output; such that can go at once say nothing."""
    tasks = ("paint the gate", "varnish the gate")
    for parallel, told in ((False, {"after": [None, 0]}), (True, None)):
        talker = Talker(company(agent_step("a", "do a")), "On it.", *tasks, parallel=parallel)
        with OpenAIServer(talker) as server:
            async with desk(tmp_path, server) as at:
                said = await at.say("paint and varnish the gate")
                assert said["additional_output"] == told
                inputs = [(await at.read({"task_id": task_id}))["input"] for task_id in said["task_ids"]]
                assert inputs == list(tasks)


async def test_a_derived_task_that_is_called_off_reports_back(tmp_path: Path) -> None:
    """Once, as any that ended."""
    with OpenAIServer(Talker(company(agent_step("a", "do a")))) as server:
        async with desk(tmp_path, server) as at:
            said = await at.say("paint the gate", create_task=True)
            task = await at.read({"task_id": said["task_ids"][0]})
            await at.step(task)
            await at.cancel(task)
            feedback = (await at.said())[1:]
            assert [each["task_ids"] for each in feedback] == [said["task_ids"]]
            assert "Cancelled" in feedback[0]["output"]


async def test_what_a_derived_task_inherits(tmp_path: Path) -> None:
    """The interaction's additional input: its tools and its policy; one that is wrong fails the interaction."""
    door = {"name": "open_door", "parameters": {"type": "object", "properties": {}}}
    players = company(agent_step("a", "do a", tools=["open_door"]), acts={"do a": [[("open_door", {})], "opened"]})
    with OpenAIServer(Talker(players)) as server:
        async with desk(tmp_path, server) as at:
            said = await at.say("open it", create_task=True, additional_input={"tools": [door]})
            task = await at.read({"task_id": said["task_ids"][0]})
            await at.approved(await at.step(task))
            [action] = (await at.step(task))["actions"]
            assert (action["name"], action["executor"]) == ("open_door", "client")
            wrong = await at.say("open it", create_task=True, additional_input={"tools": 7})
            assert (wrong["status"], wrong["task_ids"]) == ("failed", [])
            assert "tools" in wrong["error"]
