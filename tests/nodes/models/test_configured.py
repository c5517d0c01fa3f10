"""Which model serves which agent."""

import asyncio
import subprocess
import sys
import threading

import pytest
from blockbuster import blockbuster_ctx
from langchain_core.messages import HumanMessage

from repertory.memory.errors import InputError
from repertory.memory.records import ModelSpec
from repertory.nodes.models.configured import configured_models, given_model
from repertory.nodes.models.responses import respond, structured
from repertory.nodes.planner.drafts import PromptDraft
from tests.budgets import CountingBudget
from tests.openai_server import OpenAIServer
from tests.scripted import ScriptedModel

DEFAULT = ModelSpec()


@pytest.mark.parametrize("name", ["gpt-5.1", "openai:", "anthropic:claude", ":x", "offline:x"])
def test_wrong_name(name: str) -> None:
    """A name without a provider, or with one that is not known, is refused, and the error says the form."""
    with pytest.raises(InputError, match="openai:"):
        configured_models(name, environ={"OPENAI_API_KEY": "k"})
    models = configured_models("offline", environ={"OPENAI_API_KEY": "k"})
    with pytest.raises(InputError, match="openai:"):
        models(ModelSpec(name=name))


def test_base_url_without_model() -> None:
    """With an address and no model named there is nothing to guess: the error names the variable to set."""
    with pytest.raises(InputError, match="REPERTORY_MODEL"):
        configured_models(None, environ={"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"})


@pytest.mark.parametrize("default", [None, "offline", "openai:gpt-5.1"])
def test_without_key_offline_serves(default: str | None) -> None:
    """With neither key nor base URL the offline model serves, also agents that name another, and the notice says so."""
    models = configured_models(default, environ={})
    assert models.notice.startswith("offline model")
    assert models(DEFAULT) is models(DEFAULT)
    assert type(models(ModelSpec(name="openai:gpt-5.1"))) is type(models(DEFAULT))
    assert ("OPENAI_API_KEY" in models.notice) == (default == "openai:gpt-5.1")


def test_environment_and_argument() -> None:
    """The argument wins over REPERTORY_MODEL, and with a key alone there is a default; the notice names what serves."""
    environ = {"OPENAI_API_KEY": "sk-secret", "REPERTORY_MODEL": "openai:gpt-4.1"}
    assert "openai:gpt-4.1" in configured_models(None, environ=environ).notice
    assert "openai:gpt-5-mini" in configured_models("openai:gpt-5-mini", environ=environ).notice
    assert "openai:gpt-5.1 at" in configured_models(None, environ={"OPENAI_API_KEY": "sk-secret"}).notice
    assert "secret" not in configured_models(None, environ=environ).notice


async def test_settings_reach_the_server() -> None:
    """An agent's model and temperature are what is asked for; a temperature is sent only where it is given."""
    with OpenAIServer() as server:
        models = configured_models(None, environ=server.environ("gpt-4.1"))
        for spec in (DEFAULT, ModelSpec(name="openai:gpt-5-mini"), ModelSpec(temperature=0.0)):
            await models(spec).ainvoke("hello")
    assert [request["model"] for request in server.requests] == ["gpt-4.1", "gpt-5-mini", "gpt-4.1"]
    assert [request.get("temperature") for request in server.requests] == [None, None, 0.0]


async def test_temperature_of_reasoning_models() -> None:
    """A temperature that a reasoning model would refuse is not sent to it."""
    with OpenAIServer() as server:
        await configured_models("openai:gpt-5.1", environ=server.environ())(ModelSpec(temperature=0.2)).ainvoke("hello")
    assert "temperature" not in server.requests[0]


async def test_server_without_key() -> None:
    """A local server needs an address and no key."""
    with OpenAIServer(key=None) as server:
        answer = await configured_models(None, environ=server.environ())(DEFAULT).ainvoke("hello")
    assert answer.text == "done"


def test_one_client_for_all() -> None:
    """One model for each setting, one client for all: building a client costs more than ten calls."""
    models = configured_models(None, environ={"OPENAI_API_KEY": "k"})
    one, other = models(DEFAULT), models(ModelSpec(temperature=0.5))
    assert models(DEFAULT) is one
    assert one is not other
    assert one.root_async_client is other.root_async_client  # type: ignore[attr-defined]


def test_event_loops() -> None:
    """The same models serve one event loop after another, and several at once: each has its connections."""
    with OpenAIServer() as server:
        model = configured_models(None, environ=server.environ(), max_retries=0)(DEFAULT)

        async def ask() -> None:
            await asyncio.gather(*[model.ainvoke("hello") for _ in range(4)])

        asyncio.run(ask())
        asyncio.run(ask())
        threads = [threading.Thread(target=asyncio.run, args=(ask(),)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert server.stats["calls"] == 20


def test_prepared_models_do_not_block() -> None:
    """After `prepare`, building further models and calling them blocks no event loop; a server would refuse to."""
    with OpenAIServer() as server:
        models = configured_models(None, environ=server.environ()).prepare()

        async def ask() -> None:
            for spec in (DEFAULT, ModelSpec(temperature=0.5), ModelSpec(name="openai:gpt-4.1")):
                await respond(models(spec), [HumanMessage("hello")], budget=CountingBudget())
            await structured(models(DEFAULT), [HumanMessage("hello")], PromptDraft, str, budget=CountingBudget())

        with blockbuster_ctx():
            asyncio.run(ask())
    assert server.stats["calls"] == 4


def test_sync_call() -> None:
    """A configured model also serves those who do not use asyncio."""
    with OpenAIServer() as server:
        assert configured_models(None, environ=server.environ())(DEFAULT).invoke("hello").text == "done"


def test_given_model() -> None:
    """The caller's model serves every agent; a copy of it, always the same one, at a temperature that is asked for."""
    own = ScriptedModel("a", "b", "c")
    models = given_model(own)
    assert models(DEFAULT) is own
    assert models(ModelSpec(name="openai:gpt-5.1")) is own
    cold = models(ModelSpec(temperature=0.0))
    assert cold is models(ModelSpec(name="x:y", temperature=0.0))
    assert cold.temperature == 0.0  # type: ignore[attr-defined]
    assert own.temperature is None
    assert "ScriptedModel" in models.notice


def test_import_is_light() -> None:
    """Importing the module loads neither openai nor langchain_openai: that takes seconds."""
    modules = "repertory.nodes.models.configured, repertory.nodes.models.responses"
    code = f"import sys, {modules}; print('openai' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"
