"""Writes the characters of `cast.yaml` as YAML hierarchies: `python -m examples.characters.files`."""

from pathlib import Path
from typing import Any

import yaml
from examples.characters.characters import HERE, Sheet, cast, character, single_prompt

from repertory.memory.records import Agent

FOLDERS = ("model", "code", "single")
"""One for each way in which a character is managed."""
_FIELDS = ("name", "role", "description", "model", "memory", "orchestration", "prompt", "delegates")


def versions(sheet: Sheet) -> dict[str, Agent]:
    """A character in all three versions, by the folder of their files."""
    given: dict[str, Any] = sheet.model_dump()
    return {
        "model": character(**given, managed="model"),
        "code": character(**given, managed="code"),
        "single": single_prompt(**given),
    }


def as_yaml(agent: Agent) -> str:
    """The file that defines an agent, to be kept in a folder beside `characters.py`."""
    return yaml.dump(_plain(agent), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)


def write(folder: Path = HERE) -> None:
    """Write the files of all characters into the folders of their versions."""
    for sheet in cast():
        for version, agent in versions(sheet).items():
            (folder / version).mkdir(exist_ok=True)
            (folder / version / f"{agent.name}.yaml").write_text(as_yaml(agent), encoding="utf-8")


def _plain(agent: Agent) -> dict[str, Any]:
    """What differs from an agent's defaults, in the order in which it is read."""
    given = agent.model_dump(mode="json", exclude_defaults=True)
    given["delegates"] = [_plain(delegate) for delegate in agent.delegates]
    if given.get("orchestration"):
        given["orchestration"] = f"../characters.py:{agent.orchestration}"
    return {field: given[field] for field in _FIELDS if given.get(field)}


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)

if __name__ == "__main__":
    write()
