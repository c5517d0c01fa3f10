"""Policy: ordered rules that say which proposals ask a person. First match wins; what no rule matches asks."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Literal

from repertory.memory.proposals import Kind
from repertory.memory.records import Record

Risk = Literal["read", "write", "outside"]
Verdict = Literal["ask", "auto", "deny"]
Preset = Literal["supervised", "interactive", "autonomous"]


class Rule(Record):
    """One rule. What is None matches everything, but for this: `auto` speaks about retries only where `kind` says so.

    What may run unasked may not, by that alone, run twice.
    """

    then: Verdict
    path: str | None = None
    """Glob over the names from the root, joined by `/`: `perform/editor/*`. `*` crosses levels."""
    kind: Kind | None = None
    tool: str | None = None
    """Glob over the name of the tool or delegate that is called."""
    risk: Risk | None = None

    def matches(self, path: str, kind: Kind, tool: str | None, risk: Risk | None) -> bool:
        """Whether this rule speaks about that."""
        return (
            (self.path is None or fnmatchcase(path, self.path))
            and (self.kind == kind or (self.kind is None and not (kind == "retry" and self.then == "auto")))
            and (self.tool is None or (tool is not None and fnmatchcase(tool, self.tool)))
            and (self.risk is None or self.risk == risk)
        )


class Policy(Record):
    """Ordered rules."""

    rules: tuple[Rule, ...]

    @classmethod
    def preset(cls, name: Preset) -> "Policy":
        """`supervised`: the plan asks, and tools that write or reach outside. `interactive`: everything asks.

        `autonomous`: nothing asks, and a call whose outcome is unknown is not repeated.
        """
        return _PRESETS[name]

    @classmethod
    def beside(cls, path: str) -> "Policy":
        """A person beside one persona: all that it proposes asks, the others go on as under `autonomous`.

        Args:
            path: glob over its names from the root, joined by `/`.
        """
        return cls.preset("autonomous").preceded_by([Rule(then="ask", path=path)])

    def preceded_by(self, rules: Iterable[Rule]) -> "Policy":
        """This policy with rules before its own: they win."""
        return Policy(rules=(*rules, *self.rules))

    def decide(
        self, path: tuple[str, ...], kind: Kind, *, tool: str | None = None, risk: Risk | None = None
    ) -> Verdict:
        """What is to be done about a proposal of `path`; `tool` and `risk` where it is a call."""
        joined = "/".join(path)
        for rule in self.rules:
            if rule.matches(joined, kind, tool, risk):
                return rule.then
        return "ask"


PolicyLike = Preset | Policy

_PRESETS: dict[Preset, Policy] = {
    "supervised": Policy(
        rules=(
            Rule(then="ask", kind="plan"),
            Rule(then="ask", kind="retry"),
            Rule(then="ask", risk="write"),
            Rule(then="ask", risk="outside"),
            Rule(then="auto"),
        )
    ),
    "interactive": Policy(rules=(Rule(then="ask"),)),
    "autonomous": Policy(rules=(Rule(then="deny", kind="retry"), Rule(then="auto"))),
}
