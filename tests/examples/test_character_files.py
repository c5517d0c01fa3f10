"""Characters by file, by the builder, side by side in a table, and over the wire."""

import json
from typing import Any

import pytest
from examples.characters import ORCHESTRATIONS, Sheet, cast, character
from examples.characters.characters import HERE
from examples.characters.files import FOLDERS, as_yaml, versions
from examples.characters.table import OPENINGS, WIDTH, converse, main
from langchain_core.messages.utils import convert_to_messages

from repertory.graphs import Deps, configured_models
from repertory.memory.definitions.load import load_agent
from repertory.memory.errors import InputError
from repertory.nodes.offline.model import answer
from repertory.nodes.persona.functions import Functions
from tests.openai_server import Answer, OpenAIServer, Raw

SHEETS = cast()


@pytest.mark.parametrize("version", FOLDERS)
@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_the_files_are_what_the_builder_makes(sheet: Sheet, version: str) -> None:
    """Each YAML file is up to date, and loads to the agent that Python builds."""
    agent = versions(sheet)[version]
    path = HERE / version / f"{agent.name}.yaml"
    assert path.read_text(encoding="utf-8") == as_yaml(agent)
    loaded = load_agent(path)
    assert loaded.model_copy(update={"orchestration": agent.orchestration}) == agent
    assert loaded.orchestration.endswith("characters.py:dialogue") == (version == "code")


async def test_a_file_with_a_function_of_its_own_speaks() -> None:
    """The code-managed hierarchy needs nothing registered: its file names the function."""
    agent = load_agent(HERE / "code" / "kez_dupree.yaml")
    deps = Deps(models=configured_models("offline", environ={}), orchestrations=Functions())
    [reply] = await converse(agent, ["Who are you?"], deps)
    assert "Kez Dupree" in reply


def test_a_character_of_ones_own() -> None:
    """Five arguments make one, and its name becomes an identifier."""
    agent = character("Søren Å.", "glad", goals=["sing"], samples=["La la."], managed="code")
    assert agent.name == "sren_a"
    assert [delegate.model.temperature for delegate in agent.delegates] == [0.8, 0.3, 0.0]
    assert "- La la." in agent.delegates[1].prompt
    assert "La la." not in agent.delegates[0].prompt
    assert "- sing" not in agent.delegates[1].prompt


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"goals": []}, "goals"), ({"samples": [""]}, "samples"), ({"mood": " "}, "mood"), ({"name": "7"}, "name")],
)
def test_a_character_that_lacks_something_is_refused(wrong: dict[str, Any], field: str) -> None:
    """The message names the field."""
    given: dict[str, Any] = {"name": "Ann", "mood": "glad", "goals": ["sing"], "samples": ["La."], **wrong}
    with pytest.raises(InputError, match=field):
        character(**given)


def test_the_table_fits_eighty_columns(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Both versions side by side, for each of the five lines, and a word on what the offline model can show."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert main(["--model", "offline", "--character", "kez"]) == 0
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) == WIDTH
    assert "real model" in printed
    assert printed.count("Kez Dupree, market trader") == 1
    assert "Hanne Voss" not in printed
    for words in ("I am Joe.", "ambition?", "AI first", "fool.", "football"):
        assert words in printed


def rules_of_the_offline_model(request: Any) -> Answer:
    """What the offline model says to a request over the wire."""
    message = answer(convert_to_messages(request["messages"]), {"tools": request.get("tools")})
    calls = [(call["name"], json.dumps(call["args"])) for call in message.tool_calls]
    return Raw(calls=calls) if calls else str(message.text)


@pytest.mark.parametrize("version", FOLDERS)
async def test_over_the_wire_a_character_says_the_same(version: str) -> None:
    """A strict server takes the whole conversation; each persona asks with the temperature of its own."""
    agent = versions(SHEETS[0])[version]
    temperatures = {"single": {0.8}, "model": {None, 0.8, 0.3}, "code": {0.8, 0.3, 0.0}}
    with OpenAIServer(rules_of_the_offline_model) as server:
        deps = Deps(models=configured_models("openai:gpt-4.1", environ=server.environ()), orchestrations=ORCHESTRATIONS)
        over_the_wire = await converse(agent, OPENINGS, deps)
        asked = {request.get("temperature") for request in server.requests}
    deps = Deps(models=configured_models("offline", environ={}), orchestrations=ORCHESTRATIONS)
    assert over_the_wire == await converse(agent, OPENINGS, deps)
    assert asked == temperatures[version]
