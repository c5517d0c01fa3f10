"""Comparing sources, ranking them, and recommending from their figures."""

import re
from collections.abc import Sequence

from repertory.nodes.offline.prosework import bullets, salient
from repertory.nodes.offline.sources import Source
from repertory.nodes.offline.tableanswers import wants_least
from repertory.nodes.offline.tablework import Rows, main_measure, markdown, meant_group, tell
from repertory.nodes.offline.words import STOP, concept, words

_COST = re.compile(r"cost|expens|spend|amount", re.I)


def compare(text: str, sources: Sequence[Source]) -> str:
    """Figures side by side and by how much they differ; for texts, what they share and what each has alone."""
    tables = [source.rows for source in sources if source.rows]
    outlines = [source for source in sources if source.sums]
    if len(tables) >= 2:
        return _compare_rows(text, tables)
    if len(outlines) >= 2:
        return _compare_outlines(outlines)
    if len(sources) == 1:
        only = sources[0]
        return f"There is only {only.title} to compare with anything:\n\n{' '.join(salient(only.prose, 3))}"
    return _compare_prose(sources)


def rank(sources: Sequence[Source]) -> str:
    """Sources in the order of their main figure; unnumbered where they have none."""
    scored = sorted(((_main_sum(source), source.title) for source in sources), key=lambda pair: -pair[0][1])
    if not any(name for (name, _), _ in scored):
        return "No figures to rank by were found in " + ", ".join(source.title for source in sources) + "."
    return "\n".join(
        f"{place}. {title}: {name} {tell(value)}" for place, ((name, value), title) in enumerate(scored, 1)
    )


def recommend(text: str, sources: Sequence[Source]) -> tuple[str, str]:
    """One recommendation from the figures with those it rests on, and what it chooses; empty where there are none."""
    tables = [source.rows for source in sources if source.rows]
    if not tables:
        return "", ""
    key = next((found for table in tables if (found := meant_group(table, text))), None) or _shared_key(tables)
    if key is None:
        return "", ""
    results, what = _results(text, tables, key)
    if len(results) < 2:
        return "", ""
    ordered = sorted(results.items(), key=lambda pair: (pair[1], pair[0]), reverse=not wants_least(text))
    (first, value), (last, other) = ordered[0], ordered[-1]
    asked = re.search(
        r"\b(drop|cut|stop|remove|discontinue|promote|focus on|invest in|keep|expand|push|support)\b", text, re.I
    )
    verb = asked[1].lower() if asked else ("look into" if wants_least(text) else "build on")
    extreme, opposite = ("lowest", "highest") if wants_least(text) else ("highest", "lowest")
    lead = (
        f"**Recommendation: {verb} {first}.** Of all by {key} it has the {extreme} {what} ({tell(value)}); "
        f"the {opposite} has {last} ({tell(other)})."
    )
    rows = [[name, tell(amount)] for name, amount in ordered]
    return f"{lead}\n\n{markdown([key, what], rows)}", first


def _results(text: str, tables: Sequence[Rows], key: str) -> tuple[dict[str, float], str]:
    """A measure by group: earnings less costs where tables of both have the group, else the main one."""
    having = [table for table in tables if key in table.columns or (key == "month" and table.dates())]
    measured = [
        (table, measure) for table in having if (measure := main_measure(table, text if len(having) == 1 else ""))
    ]
    if not measured:
        return {}, ""
    costs = [(table, name) for table, name in measured if _COST.search(f"{table.title} {name}")]
    gains = [pair for pair in measured if pair not in costs]
    if len(costs) == 1 and len(gains) == 1:
        (gained, gain), (spent, cost) = gains[0], costs[0]
        plus, minus = gained.by(key, gain), spent.by(key, cost)
        return {
            name: plus[name] - minus[name] for name in plus if name in minus
        }, f"{gain} less {_cost_name(spent, cost)}"
    table, measure = measured[0]
    return table.by(key, measure), measure


def _cost_name(table: Rows, column: str) -> str:
    """`amount` of costs.csv is called `costs`."""
    named = re.match(r"\w*(?:cost|expens)\w*", table.title, re.I)
    return named[0] if named and not _COST.match(column.replace("amount", "")) else column


def _compare_rows(text: str, tables: Sequence[Rows]) -> str:
    """Totals of tables, and the same groups of both side by side."""
    measured = [(table, measure) for table in tables if (measure := main_measure(table))]
    if len(measured) < 2:
        return "\n".join(
            f"{table.title}: {len(table.rows)} rows, columns {', '.join(table.columns)}." for table in tables
        )
    totals = [(table, measure, sum(table.numbers(measure))) for table, measure in measured]
    (one, gain, high), (two, cost, low) = totals[0], totals[1]
    parts = [_headline(one.title, gain, high, two.title, cost, low)]
    rows = [[table.title, tell(len(table.rows)), measure, tell(total)] for table, measure, total in totals]
    parts.append(markdown(["", "rows", "measure", "total"], rows))
    key = meant_group(one, text) or _shared_key([one, two])
    if key:
        parts.append(_by_group(key, one, gain, two, cost))
    return "\n\n".join(filter(None, parts))


def _by_group(key: str, one: Rows, gain: str, two: Rows, cost: str) -> str:
    left, right = one.by(key, gain), two.by(key, cost)
    both = [name for name in left if name in right]
    if len(both) < 2:
        return ""
    gaps = {name: left[name] - right[name] for name in both}
    widest, closest = max(gaps, key=lambda name: abs(gaps[name])), min(gaps, key=lambda name: abs(gaps[name]))
    rows = [[name, tell(left[name]), tell(right[name]), tell(gaps[name])] for name in both]
    far, near = f"{widest} ({tell(gaps[widest])})", f"{closest} ({tell(gaps[closest])})"
    lead = f"By {key} they lie furthest apart for {far}, closest for {near}."
    alone = [f"{name} ({one.title} only)" for name in left if name not in right]
    alone += [f"{name} ({two.title} only)" for name in right if name not in left]
    titles = [key, f"{gain} ({one.title})", f"{cost} ({two.title})", "difference"]
    extra = f"\n\nIn one of them only: {', '.join(alone[:6])}." if alone else ""
    return f"{lead}\n\n{markdown(titles, rows)}{extra}"


def _compare_outlines(sources: Sequence[Source]) -> str:
    """Descriptions of tables: columns of the same name, and the main sum of each."""
    one, two = sources[0], sources[1]
    (gain, high), (cost, low) = _main_sum(one), _main_sum(two)
    parts = [_headline(one.title, gain, high, two.title, cost, low)]
    shared = [name for name in one.sums if name in two.sums]
    if shared:
        rows = [
            [
                f"{name}, {key}",
                tell(one.sums[name][key]),
                tell(two.sums[name][key]),
                tell(one.sums[name][key] - two.sums[name][key]),
            ]
            for name in shared
            for key in ("sum", "mean")
        ]
        parts.append(markdown(["measure", one.title, two.title, "difference"], rows))
    else:
        rows = [
            [source.title, name, tell(figures["sum"]), tell(figures["mean"])]
            for source in sources
            for name, figures in source.sums.items()
        ]
        parts.append(markdown(["", "column", "sum", "mean"], rows))
    return "\n\n".join(parts)


def _headline(one: str, gain: str, high: float, two: str, cost: str, low: float) -> str:
    gap = high - low
    share = f" ({abs(gap) / low:.0%})" if low else ""
    relation = "more than" if gap > 0 else "less than" if gap < 0 else "the same as"
    by = f"{tell(abs(gap))}{share} {relation}" if gap else relation
    return f"**The {gain} in {one} totals {tell(high)}: {by} the {cost} in {two} ({tell(low)}).**"


def _main_sum(source: Source) -> tuple[str, float]:
    if source.rows and (measure := main_measure(source.rows)):
        return measure, sum(source.rows.numbers(measure))
    money = [name for name in source.sums if re.search(r"revenue|sales|amount|cost|total|profit|price", name, re.I)]
    names = money or list(source.sums)
    return (names[0], source.sums[names[0]]["sum"]) if names else ("", 0.0)


def _shared_key(tables: Sequence[Rows]) -> str | None:
    """A column that all tables can be grouped by."""
    keys = [[*table.groups(), *(["month"] if table.dates() else [])] for table in tables]
    shared = [key for key in keys[0] if all(key in other for other in keys[1:])]
    named = [key for key in shared if not re.search(r"date|day", key, re.I)]
    return next(iter(named or shared), None)


def _compare_prose(sources: Sequence[Source]) -> str:
    """Words that all texts use, and for each the sentences that carry what it has alone."""
    vocabularies = [{concept(word): word for word in words(source.prose) if _tells(word)} for source in sources]
    common = set.intersection(*(set(vocabulary) for vocabulary in vocabularies))
    shared = sorted({vocabularies[0][key].lower() for key in common})
    parts = [f"In common: {', '.join(shared[:12])}." if shared else "They have no telling words in common."]
    for source, own in zip(sources, vocabularies, strict=True):
        others = set().union(*(other for other in vocabularies if other is not own))
        lines = [
            line
            for line in salient(source.prose, 8)
            if sum(concept(w) not in others for w in words(line) if _tells(w)) >= 2
        ]
        lines = lines[:3] or salient(source.prose, 2)
        parts.append(f"**{source.title}** ({len(words(source.prose))} words) alone says:\n{bullets(lines)}")
    return "\n\n".join(parts)


def _tells(word: str) -> bool:
    return word.lower() not in STOP and len(word) > 3
