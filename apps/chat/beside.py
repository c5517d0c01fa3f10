"""A person beside one persona of a hierarchy."""

from repertory.memory.definitions.problems import suggestion
from repertory.memory.errors import InputError
from repertory.memory.records import Agent
from repertory.nodes.decisions.policy import Policy, PolicyLike


def found_path(agent: Agent, given: str) -> str:
    """The whole path of a persona that is given by its path, or by the end of it where that fits one only.

    Raises:
        InputError: it fits none, or several.
    """
    paths = ["/".join(path) for path in agent.paths()]
    fitting = [path for path in paths if path == given] or [path for path in paths if path.endswith(f"/{given}")]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise InputError(f"{given!r} fits several personas: {', '.join(fitting)}; give the whole path of one")
    raise InputError(f"{agent.name!r} has no persona {given!r}; {suggestion(given, paths)}")


def described(policy: PolicyLike) -> str:
    """A policy in a few words."""
    if isinstance(policy, str):
        return policy
    first = policy.rules[0] if policy.rules else None
    if first and first.path and policy == Policy.beside(first.path):
        return f"a person beside {first.path}, the others by themselves"
    return f"{len(policy.rules)} rule{'s' * (len(policy.rules) != 1)}"
