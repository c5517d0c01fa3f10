"""Hierarchies in files beside the shell, and terminals."""

import shutil
from pathlib import Path

import pytest

from tests.apps.conftest import Serve as Serve
from tests.apps.conftest import Shell
from tests.apps.conftest import serve as serve
from tests.apps.conftest import shell as shell
from tests.apps.terminal import terminal as terminal

EXAMPLES = Path(__file__).parents[3] / "examples" / "characters"

PAIR = """\
name: pair
role: Speaker for two
description: Asks two at once.
orchestration: ./pair.py:both
memory: thread
delegates:
  - name: one
    role: One of two
    description: Answers.
    orchestration: ./pair.py:answer
"""
FUNCTIONS = '''\
"""Asks the same persona twice at once."""

from repertory.nodes.persona.orchestration import Delegate


def both(told):
    answers = yield [Delegate("one", f"{told.message} from the {side}") for side in ("left", "right")]
    return " and ".join(answer.text for answer in answers)


def answer(told):
    return f"I heard {told.message}" + "".join(f", and {words}" for words in told.feedback)
'''


@pytest.fixture
def hanne(shell: Shell) -> str:
    """A character of the examples, managed by a model: an answerer and a stylist below her."""
    shutil.copytree(EXAMPLES, shell.folder / "characters")
    return "characters/model/hanne_voss.yaml"


@pytest.fixture
def pair(shell: Shell) -> str:
    """A persona managed by code, which asks a delegate twice at once."""
    (shell.folder / "pair.yaml").write_text(PAIR)
    (shell.folder / "pair.py").write_text(FUNCTIONS)
    return "pair.yaml"
