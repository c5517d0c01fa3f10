"""Characters as hierarchies of personas: one answers in character, one rewrites the answer in the character's style.

Managed by a model, a coordinator passes the line on. Managed by code, `dialogue` does, and it keeps count of whether
the last lines served the character's goals: when too few did, the answerer is told to steer back to them.
"""

import re
import unicodedata
from collections.abc import Generator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import Field

from repertory.memory.errors import ModelError
from repertory.memory.records import Agent, ModelSpec, Record, Text
from repertory.nodes.persona.orchestration import Action, Answer, Delegate, Orchestration, Told

Managed = Literal["model", "code"]
RECENT = 5
"""Lines that the goals check looks back on."""
ENOUGH = 3
"""How many of them are to serve the goals; of fewer lines, the same share."""
STATE = "kept_to_goals"
"""Where the function keeps, for each recent line, whether it served the goals."""
ANSWERING, STYLING, JUDGING = 0.8, 0.3, 0.0
"""Temperatures: an answer may surprise, a rewriting is to keep the sense, a judgement is to be the same each time."""
HERE = Path(__file__).parent


class Sheet(Record):
    """What makes a character."""

    name: Text
    role: Text = "character"
    """Who this is, in a few words: `harbour pilot`."""
    mood: Text
    """What is said after "I am": `short of patience`."""
    goals: tuple[Text, ...] = Field(min_length=1)
    """Each what is said after "I want to"."""
    samples: tuple[Text, ...] = Field(min_length=1)
    """Lines that show how it speaks; five to ten will do."""


def cast() -> tuple[Sheet, ...]:
    """The characters of `cast.yaml`."""
    sheets = yaml.safe_load((HERE / "cast.yaml").read_text(encoding="utf-8"))
    return tuple(Sheet.parse(sheet) for sheet in sheets)


def character(
    name: str,
    mood: str,
    *,
    goals: Sequence[str],
    samples: Sequence[str],
    role: str = "character",
    managed: Managed = "model",
) -> Agent:
    """A character as a hierarchy of personas.

    Args:
        name: the character's; the agent has it in small letters.
        mood: what is said after "I am".
        goals: each what is said after "I want to".
        samples: lines that show how it speaks.
        role: who this is, in a few words.
        managed: `model`: a coordinator passes the line on. `code`: the function `dialogue` does and checks the goals;
            build the graph with `Deps(orchestrations=ORCHESTRATIONS)`.

    Returns:
        The coordinator. `answerer` remembers the conversation, `stylist` and `goals_judge` start anew each time.

    Raises:
        InputError: something is empty, or the name has no letter to begin with.
    """
    sheet = Sheet.parse({"name": name, "role": role, "mood": mood, "goals": goals, "samples": samples})
    plainly = _persona("answerer", "Actor", "Says what the character answers, plainly.", ANSWERING, sheet)
    answerer = plainly.model_copy(update={"memory": "thread"})
    stylist = _persona("stylist", "Stylist", "Rewrites a line in the character's own style.", STYLING, sheet)
    judge = _persona("goals_judge", "Judge", "Says whether a line serves the character's goals.", JUDGING, sheet)
    common = {
        "name": _identifier(name),
        "role": role,
        "description": f"Speaks as {name}, {role}, in conversations and scenes.",
    }
    if managed == "code":
        code = {"orchestration": "dialogue", "memory": "thread", "delegates": (answerer, stylist, judge)}
        return Agent.parse({**common, **code})
    return Agent.parse({**common, "prompt": _fill("coordinator", sheet), "delegates": (answerer, stylist)})


def single_prompt(
    name: str, mood: str, *, goals: Sequence[str], samples: Sequence[str], role: str = "character"
) -> Agent:
    """The same character as one persona that answers and keeps its style in one go; arguments as for `character`."""
    sheet = Sheet.parse({"name": name, "role": role, "mood": mood, "goals": goals, "samples": samples})
    description = f"Speaks as {name}, {role}, with a single prompt."
    agent = _persona("single", role, description, ANSWERING, sheet)
    return Agent.parse({**agent.model_dump(), "name": _identifier(name), "memory": "thread"})


def dialogue(told: Told) -> Generator[Action, Any, str]:
    """Manage a character by code: answer, then style and judgement side by side, then the styled line.

    Raises:
        ModelError: nothing was answered.
    """
    kept: list[bool] = told.state.get(STATE, [])
    plain = _line((yield Delegate("answerer", _told(told.message, told.feedback, steer=is_adrift(kept)))))
    styled, verdict = yield [Delegate("stylist", _told(plain, told.feedback)), Delegate("goals_judge", plain)]
    if verdict.ok:  # a judgement that was refused says nothing about the line
        told.state[STATE] = [*kept, verdict.text.strip(" `*").lower().startswith("yes")][-RECENT:]
    return str(styled.text if styled.ok else plain)


ORCHESTRATIONS: dict[str, Orchestration] = {"dialogue": dialogue}
"""For `Deps`: the functions that code-managed characters name."""


def is_adrift(kept: Sequence[bool]) -> bool:
    """Whether too few of the recent lines served the goals; one line alone does not tell."""
    return len(kept) > 1 and sum(kept) * RECENT < ENOUGH * len(kept)


def _line(answer: Answer) -> str:
    if not answer.ok:
        raise ModelError(f"the answerer gave no line: {answer.text}")
    return answer.text


def _persona(template: str, role: str, description: str, temperature: float, sheet: Sheet) -> Agent:
    return Agent(
        name=template,
        role=role,
        description=description,
        prompt=_fill(template, sheet),
        model=ModelSpec(temperature=temperature),
    )


def _identifier(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"\W+", "_", plain.lower()).strip("_")


def _fill(template: str, sheet: Sheet) -> str:
    lists = {key: [" ".join(text.split()) for text in getattr(sheet, key)] for key in ("goals", "samples")}
    return _templates().get_template(f"{template}.j2").render(name=sheet.name, mood=sheet.mood, **lists).strip()


def _told(text: str, feedback: Sequence[str], *, steer: bool = False) -> str:
    return _templates().get_template("told.j2").render(text=text, feedback=feedback, steer=steer).strip()


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - prompts, not HTML
    )
