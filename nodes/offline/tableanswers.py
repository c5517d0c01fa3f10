"""Answers from one table: a total, a ranking by group, an overview."""

import re

from repertory.nodes.offline.tablework import Rows, main_measure, markdown, meant_group, tell

_LOW = re.compile(r"\b(?:lowest|least|worst|smallest|fewest|weakest|cheapest|drop|cut|stop|remove|discontinue)\b", re.I)
_HIGH = re.compile(
    r"\b(?:highest|most|best|top|largest|biggest|strongest|expensive|rank\w*|which|who|focus|promote)\b", re.I
)
_MEAN = re.compile(r"\b(?:average|mean|typical)\b", re.I)
_SHOWN = 10


def wants_least(text: str) -> bool:
    """Whether a text asks for the lowest rather than the highest."""
    return bool(_LOW.search(text))


def answer(text: str, table: Rows) -> str:
    """The answer to a question about a table, with the figures it rests on; empty where the table has no figures."""
    measure = main_measure(table, text)
    mean = bool(_MEAN.search(text))
    group = meant_group(table, text)
    if measure is None:
        return _counted(table, group)
    if group is None and re.search(r"\b(?:which|who|rank|best|worst|per|each)\b", text, re.I):
        group = next(iter(table.groups()), None)
    if group is None:
        return _total(table, measure, mean=mean)
    return _ranked(table, group, measure, mean=mean, least=wants_least(text))


def overview(table: Rows) -> str:
    """A table in a few sentences: size, totals, and the groups that stand out."""
    parts = [f"{len(table.rows)} rows"]
    dated = table.dates()
    if dated:
        days = sorted(filter(None, table.cells(dated)))
        parts[0] += f" from {days[0]} to {days[-1]}"
    parts += [f"total {name} {tell(sum(table.numbers(name)))}" for name in table.numeric()[:4]]
    text = "; ".join(parts) + "."
    measure = main_measure(table)
    for group in [name for name in table.groups() if name != dated][:2]:
        totals = list(table.by(group, measure).items()) if measure else []
        if len(totals) > 1:
            (first, high), (last, low) = totals[0], totals[-1]
            text += f" By {group}, {first} has the highest {measure} ({tell(high)}), {last} the lowest ({tell(low)})."
    return text


def _counted(table: Rows, group: str | None) -> str:
    if group is None:
        return f"{table.title} has {len(table.rows)} rows with the columns {', '.join(table.columns)}."
    counts = table.by(group, None)
    return "\n".join(
        [f"Rows of {table.title} by {group}:", *(f"- {name}: {tell(count)}" for name, count in counts.items())]
    )


def _total(table: Rows, measure: str, *, mean: bool) -> str:
    values = table.numbers(measure)
    total, average = sum(values), sum(values) / len(values) if values else 0.0
    first = f"The average {measure} is {tell(average)}" if mean else f"The total {measure} is {tell(total)}"
    second = f"total {tell(total)}" if mean else f"average {tell(average)}"
    return f"{first} ({table.title}: {len(values)} rows, {second}, from {tell(min(values))} to {tell(max(values))})."


def _ranked(table: Rows, group: str, measure: str, *, mean: bool, least: bool) -> str:
    ranked = list(table.by(group, measure, mean=mean).items())
    if not ranked:
        return _total(table, measure, mean=mean)
    shown = ranked[::-1] if least else ranked
    name, value = shown[0]
    total = sum(value for _, value in ranked)
    what = f"average {measure}" if mean else measure
    share = "" if mean or not total else f", {value / total:.0%} of {tell(total)} in all"
    lead = f"**{name}** has the {'lowest' if least else 'highest'} {what} in {table.title}: {tell(value)}{share}."
    rows = [
        [str(place), key, tell(amount), *([] if mean else [f"{amount / total:.0%}" if total else ""])]
        for place, (key, amount) in enumerate(shown[:_SHOWN], start=1)
    ]
    return f"{lead}\n\n{markdown(['#', group, what, *([] if mean else ['share'])], rows)}"
