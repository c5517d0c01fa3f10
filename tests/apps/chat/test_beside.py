"""A person beside one persona."""

import pytest

from repertory.apps.chat.beside import described, found_path
from repertory.memory.errors import InputError
from repertory.nodes.decisions.policy import Policy
from tests.apps.chat.told import LADY, persona


def test_only_that_one_asks() -> None:
    """About everything it proposes; the others go on by themselves and repeat no call whose outcome is unknown."""
    policy = Policy.beside("lady/stylist")
    assert policy.decide(("lady", "stylist"), "reply") == "ask"
    assert policy.decide(("lady", "stylist"), "delegate", tool="rhymer") == "ask"
    assert policy.decide(("lady", "stylist"), "retry") == "ask"
    assert policy.decide(("lady",), "reply") == "auto"
    assert policy.decide(("lady", "stylist", "rhymer"), "tool", tool="write_file", risk="write") == "auto"
    assert policy.decide(("lady",), "retry") == "deny"


def test_a_persona_is_found_by_the_end_of_its_path() -> None:
    """As long as it fits one only; else the ways to write it are named."""
    assert found_path(LADY, "lady") == "lady"
    assert found_path(LADY, "rhymer") == "lady/stylist/rhymer"
    assert found_path(LADY, "stylist/rhymer") == "lady/stylist/rhymer"
    with pytest.raises(InputError, match="'lady/stylist'"):
        found_path(LADY, "lady/stilist")
    twice = persona("a", persona("b", persona("c")), persona("d", persona("c")))
    with pytest.raises(InputError, match="several personas: a/b/c, a/d/c"):
        found_path(twice, "c")


def test_policies_in_words() -> None:
    """A preset by its name."""
    assert described("autonomous") == "autonomous"
    assert described(Policy.beside("lady/stylist")) == "a person beside lady/stylist, the others by themselves"
    assert described(Policy(rules=())) == "0 rules"
