"""Names for agents of public collections: each its own, and the same whenever the collection is read again."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from repertory.memory.definitions.markdown import Described
from repertory.memory.definitions.naming import apart
from repertory.memory.library.reading import Found
from repertory.memory.records import Agent


class Named(NamedTuple):
    """An agent under the name that it gets here."""

    agent: Agent
    found: Found


def named(found: Iterable[Found], kept: Mapping[str, Agent]) -> list[Named]:
    """Give each agent its name; of files that say the same, the first counts.

    One whose name is a name here keeps it. Another whose name leads to the same, or to that of an agent that is kept
    and came under another name or was never imported, gets a few letters more, which follow from its own name, or,
    where names are equal, from its file. So they stay what they are however often, and beside what else, they are
    imported.

    Args:
        found: the agents.
        kept: agents by name that are kept already.
    """
    originals: dict[str, str] = {}
    agents: dict[Described, Named] = {}
    for each in sorted(found, key=lambda each: (each.described.agent.name != each.described.original, each.file)):
        if each.described in agents:
            continue
        base, original = each.described.agent.name, each.described.original
        name = base
        if (base in kept and _is_another(kept[base], original)) or originals.get(base, original) != original:
            name = apart(base, original)
        if name in originals:
            name = apart(base, each.file)
        originals[name] = original
        agents[each.described] = Named(_renamed(each.described, name), each)
    return sorted(agents.values(), key=lambda each: each.found.file)


def _is_another(kept: Agent, original: str) -> bool:
    """Whether an agent that is kept only happens to have the name: what comes is no version of it."""
    return (kept.imported_as or kept.name) != original or not kept.created_by.startswith("import ")


def _renamed(described: Described, name: str) -> Agent:
    came_as = "" if name == described.original else described.original
    return described.agent.model_copy(update={"name": name, "imported_as": came_as})
