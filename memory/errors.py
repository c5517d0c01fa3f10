"""The error tree, split by who is at fault: the caller, a model, or something that is missing."""


class RepertoryError(Exception):
    """Root of every error that Repertory raises on purpose."""


class InputError(RepertoryError):
    """The caller's mistake: the message names the value and the remedy."""


class PlanError(InputError):
    """A plan that cannot be performed: a cycle, an unknown step or tool, no steps or too many."""


class AnswerError(InputError):
    """An answer to a proposal that cannot be understood or applied."""


class TranscriptError(InputError):
    """A transcript that cannot be read, does not hold together, or is of another hierarchy."""


class ToolArgumentsError(InputError):
    """Arguments that do not fit a tool's schema; the tool did not run."""


class ToolError(RepertoryError):
    """A tool ran and could not do what was asked; the message is meant for whoever called it."""


class ModelError(RepertoryError):
    """A model misbehaved, and feeding the reason back a bounded number of times did not help."""


class FunctionError(RepertoryError):
    """The Python function of a code-managed agent raised, or did what it cannot; mend it, and go on with the run."""


class LimitError(RepertoryError):
    """A limit of the run was reached; the run ends in an orderly way with what is done so far."""


class ResourceError(RepertoryError):
    """Something outside is missing or busy: a server, a key, a lock, a folder."""
