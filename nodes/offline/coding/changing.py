"""Making a change in one source: the text after it, which is the same text where the change is made already."""

import ast
import builtins

from repertory.nodes.offline.coding.requests import Change, Constant, Default, Guard, Rename, Rounded
from repertory.nodes.offline.coding.source import CannotError, Function, Patch, Source, own_statements, top_level


def changed(change: Change, source: Source) -> str:
    """The text of a source with a change other than a renaming made.

    Raises:
        CannotError: the source does not have what is to be changed, or the result would not work.
    """
    match change:
        case Default():
            return source.patched(_default(change, source))
        case Guard():
            return source.patched(_guard(change, source))
        case Constant():
            return source.patched(_constant(change, source))
        case Rounded():
            return source.patched(_rounded(change, source))
        case Rename():
            raise AssertionError("renaming goes over several files: see renaming.py")


def _default(change: Default, source: Source) -> list[Patch]:
    function = source.function(change.function)
    if isinstance(ast.parse(change.value, mode="eval").body, ast.List | ast.Dict | ast.Set):
        raise CannotError(f"the default {change.value} would be shared between calls; ask for None, or for a tuple")
    spec = function.args
    positional = [*spec.posonlyargs, *spec.args]
    given: list[ast.expr | None] = [*[None] * (len(positional) - len(spec.defaults)), *spec.defaults]
    pairs = [*zip(positional, given, strict=True), *zip(spec.kwonlyargs, spec.kw_defaults, strict=True)]
    at = next((n for n, (argument, _) in enumerate(pairs) if argument.arg == change.parameter), None)
    if at is None:
        raise CannotError(f"{change.function} has no parameter {change.parameter}; it has {_parameters(function)}")
    argument, default = pairs[at]
    if default is not None:
        return [] if source.code(default) == change.value else [Patch(*source.span(default), change.value)]
    if bare := [after.arg for after, value in pairs[at + 1 : len(positional)] if value is None]:
        raise CannotError(f"after {change.parameter} comes {bare[0]}, which has no default: Python does not allow that")
    annotation, end = argument.annotation, source.span(argument)[1]
    equals = " = " if annotation else "="
    if annotation and change.value == "None" and "None" not in source.code(annotation):
        equals = f" | None{equals}"
    return [Patch(end, end, f"{equals}{change.value}")]


def _guard(change: Guard, source: Source) -> list[Patch]:
    function = source.function(change.function)
    known = _names(function) | {name for name, _ in top_level(source.tree)} | set(dir(builtins))
    used = {node.id for node in ast.walk(ast.parse(change.condition)) if isinstance(node, ast.Name)}
    if strange := sorted(used - known):
        raise CannotError(f"{change.function} has no parameter {strange[0]}; it has {_parameters(function)}")
    if there := guard_in(function, change):
        return _renewed(change, there, source) if change.renew else []
    if function.body[0].lineno == function.lineno:
        raise CannotError(f"{change.function} is written in one line")
    has_words = ast.get_docstring(function, clean=False) is not None
    body = function.body[1:] if has_words else function.body
    if not body:
        line, indent = (function.body[0].end_lineno or 0) + 1, _indent(source, function.body[0])
    else:
        first, above = body[0], function.body[0].end_lineno or 0 if has_words else function.lineno
        decorators = getattr(first, "decorator_list", [])
        line, indent = min([first.lineno, *(one.lineno for one in decorators)]), _indent(source, first)
        while line - 1 > above and source.line(line - 1).strip().startswith("#"):  # a comment stays with its statement
            line -= 1
    text = f"{indent}if {change.condition}:\n{indent}    {action(change)}\n"
    return [Patch(source.at(line, 0), source.at(line, 0), text)]


def guard_in(function: Function, change: Guard) -> ast.If | None:
    """The guard in a function that has the condition of a change, and does the same about it."""
    kind = ast.Raise if change.does == "raise" else ast.Return
    wanted = ast.unparse(ast.parse(change.condition, mode="eval"))
    guards = [node for node in function.body if isinstance(node, ast.If) and isinstance(node.body[0], kind)]
    return next((guard for guard in guards if ast.unparse(guard.test) == wanted), None)


def _renewed(change: Guard, there: ast.If, source: Source) -> list[Patch]:
    """What a guard does, said anew."""
    start, end = source.span(there.body[0])
    return [] if source.code(there.body[0]) == action(change) else [Patch(start, end, action(change))]


def action(change: Guard) -> str:
    """The statement of a guard."""
    if change.does == "return":
        return f"return {change.what}"
    if not change.message:
        return f"raise {change.what}"
    quote = "'" if '"' in change.message else '"'
    if change.subject:
        text = change.message.replace("{", "{{").replace("}", "}}")
        return f"raise {change.what}(f{quote}{text}, got {{{change.subject}!r}}{quote})"
    return f"raise {change.what}({quote}{change.message}{quote})"


def _constant(change: Constant, source: Source) -> list[Patch]:
    there = [node for name, node in top_level(source.tree) if name == change.name]
    if len(there) != 1 or not isinstance(there[0], ast.Assign | ast.AnnAssign) or there[0].value is None:
        raise CannotError(f"{source.path} does not set {change.name} once, at its top level")
    value = there[0].value
    return [] if source.code(value) == change.value else [Patch(*source.span(value), change.value)]


def _rounded(change: Rounded, source: Source) -> list[Patch]:
    function = source.function(change.function)
    nodes = list(own_statements(function))
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in nodes):
        raise CannotError(f"{change.function} is a generator: it returns no number")
    values = [node.value for node in nodes if isinstance(node, ast.Return) and node.value is not None]
    values = [value for value in values if not isinstance(value, ast.Constant)]
    if not values:
        raise CannotError(f"{change.function} returns nothing that is worked out")
    return [patch for value in values for patch in _round(value, change.digits, source)]


def _round(value: ast.expr, digits: int, source: Source) -> list[Patch]:
    is_rounded = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "round"
    if is_rounded and isinstance(value, ast.Call) and len(value.args) == 2:
        is_so = source.code(value.args[1]) == str(digits)
        return [] if is_so else [Patch(*source.span(value.args[1]), str(digits))]
    return [Patch(*source.span(value), f"round({source.code(value)}, {digits})")]


def _names(function: Function) -> set[str]:
    spec = function.args
    every = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, *filter(None, [spec.vararg, spec.kwarg])]
    return {argument.arg for argument in every}


def _parameters(function: Function) -> str:
    return ", ".join(sorted(_names(function) - {"self", "cls"})) or "none"


def _indent(source: Source, node: ast.stmt) -> str:
    line = source.line(node.lineno)
    return line[: len(line) - len(line.lstrip())]
