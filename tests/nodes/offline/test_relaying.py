"""The offline model as a coordinator whose prompt numbers its delegates."""

from collections.abc import Sequence

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from repertory.memory.records import Agent
from repertory.nodes.offline import OfflineModel
from repertory.nodes.persona.speech import delegate_tool
from repertory.nodes.prompts import fill

DELEGATES = tuple(Agent(name=name, role=name, description=f"is {name}") for name in ("beta", "alpha", "gamma"))
RELAY = Agent(name="relay", role="r", description="d", delegates=DELEGATES)


class Coordinator:
    """Its model, its messages so far, and what its delegates answer."""

    def __init__(self, prompt: str) -> None:
        self.messages: list[BaseMessage] = [SystemMessage(fill("persona.system", prompt=prompt, delegates=DELEGATES))]
        self.model = OfflineModel().bind_tools([delegate_tool(RELAY).openai])

    def say(self, text: str) -> AIMessage:
        return self._next(HumanMessage(text))

    def result(self, text: str) -> AIMessage:
        [call] = self.messages[-1].tool_calls  # type: ignore[attr-defined]  # it is an AIMessage
        return self._next(ToolMessage(text, tool_call_id=call["id"]))

    def _next(self, message: BaseMessage) -> AIMessage:
        answer = self.model.invoke([*self.messages, message])
        self.messages += [message, answer]
        return answer


def calls(message: AIMessage) -> Sequence[dict[str, str]]:
    return [call["args"] for call in message.tool_calls]


PROMPT = "You are r.\n1. Give it to alpha.\n2. Give what alpha said to beta.\n3. Reply with what beta said."


def test_a_message_goes_through_the_delegates_in_the_order_of_the_prompt() -> None:
    """Each gets what the one before answered; who is not named gets nothing; the last answer is the reply."""
    coordinator = Coordinator(PROMPT)
    assert calls(coordinator.say("hello")) == [{"to": "alpha", "message": "hello"}]
    assert calls(coordinator.result("<data>\nfrom alpha\n</data>")) == [{"to": "beta", "message": "from alpha"}]
    reply = coordinator.result("<data>\nfrom beta\n</data>")
    assert (reply.text, reply.tool_calls) == ("from beta", [])
    assert calls(coordinator.say("again")) == [{"to": "alpha", "message": "again"}]


def test_words_of_a_person_begin_the_relay_again_with_a_direction() -> None:
    """After feedback to its reply the message goes round once more, and everyone is told what was asked for."""
    coordinator = Coordinator(PROMPT)
    coordinator.say("hello")
    coordinator.result("<data>\none\n</data>")
    coordinator.result("<data>\ntwo\n</data>")
    [call] = calls(coordinator.say("<feedback>\nbe kinder\n</feedback>"))
    assert call == {"to": "alpha", "message": "hello\n\n<direction>\nbe kinder\n</direction>"}
    [call] = calls(coordinator.result("<data>\nkind one\n</data>"))
    assert call == {"to": "beta", "message": "kind one\n\n<direction>\nbe kinder\n</direction>"}


def test_words_in_the_place_of_a_call_make_it_again_with_a_direction() -> None:
    """A person who answers a delegation in words is heard by the delegate."""
    coordinator = Coordinator(PROMPT)
    coordinator.say("hello")
    [call] = calls(coordinator.result("Not done. The user answered: in French"))
    assert call == {"to": "alpha", "message": "hello\n\n<direction>\nin French\n</direction>"}


def test_a_relay_that_breaks_off_says_so() -> None:
    """A delegate that failed is not followed by the next, and its failure is no reply."""
    coordinator = Coordinator(PROMPT)
    coordinator.say("hello")
    reply = coordinator.result("Failed:\n<data>\nno result after 25 turns\n</data>")
    assert not reply.tool_calls
    assert reply.text.startswith("Could not be done:")
    assert "no result after 25 turns" in reply.text


def test_a_prompt_without_numbers_is_no_relay() -> None:
    """Then work goes to whom it fits, as ever."""
    coordinator = Coordinator("You are r. Ask alpha or beta, as you see fit.")
    [call] = calls(coordinator.say("Describe gamma"))
    assert call["to"] == "gamma"
