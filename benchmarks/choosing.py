"""Does a model choose the right skill more often in a hierarchy? Only a real model can say.

    OPENAI_API_KEY=… python -m benchmarks.choosing --model openai:gpt-5.1
    OPENAI_BASE_URL=http://localhost:11434/v1 python -m benchmarks.choosing --model openai:llama3.1 --skills 200

Every query goes to one agent that has all the skills as tools, and to a hierarchy in which a coordinator chooses among
teams that have them. Right is a run whose first skill is one that the query's author holds to be right.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.chosen import Run, ask, format_report
from benchmarks.hierarchies import MOST_TOOLS, flat_agent, hierarchy_of
from benchmarks.queries import Query, choose, read_queries
from benchmarks.skills import DATA, Skill
from repertory.memory.errors import RepertoryError
from repertory.nodes.models.configured import OPENAI_URL, ConfiguredModels, configured_models


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Ask, and print the report. 2: it would mean nothing, or cannot be done; 1: the model could not be reached."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.choosing",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--model", help="openai:NAME; key and base URL come from the environment; default: as the CLI")
    parser.add_argument("--skills", type=int, default=100, help="how many there are to choose from")
    parser.add_argument("--queries", type=int, default=100, help="the most queries to ask")
    parser.add_argument("--fan", type=int, default=16, help="most skills of a team, and teams of a coordinator")
    parser.add_argument("--parallel", type=int, default=4, help="queries at once")
    parser.add_argument("--data", type=Path, default=DATA, help="folder with agent_library.json and queries_in.tsv")
    parser.add_argument("--anyway", action="store_true", help="run with the offline model, too")
    options = parser.parse_args(arguments)
    try:
        models = configured_models(options.model, environ=environ)
        skills, queries = choose(options.skills, read_queries(options.data)[: options.queries], options.data)
    except FileNotFoundError as error:
        return _fail(f"{error.filename} is not there: the queries are no part of the project; name them with --data")
    except (RepertoryError, ValueError) as error:
        return _fail(str(error))
    if not queries:
        return _fail(f"there is no query to ask; give --queries 1 or more, not {options.queries}")
    offline = models.notice.startswith("offline")
    if offline and not options.anyway:
        return _fail(
            f"{models.notice}. It compares words and cannot be distracted, so that its choices say nothing about "
            "models; name a model and give OPENAI_API_KEY or OPENAI_BASE_URL, or try the script with --anyway"
        )
    if not offline and models.base_url == OPENAI_URL and len(skills) > MOST_TOOLS:
        return _fail(f"OpenAI takes at most {MOST_TOOLS} tools in a request, not {len(skills)}; give --skills 128")
    print(f"{models.notice}\n{len(skills)} skills, {len(queries)} queries, each asked twice\n", flush=True)
    try:
        pairs = asyncio.run(_ask_all(queries, skills, models, fan=options.fan, parallel=options.parallel))
    except RepertoryError as error:
        print(f"stopped: {error}", file=sys.stderr)
        return 1
    print(format_report(pairs, offline=offline))
    return 0


async def _ask_all(
    queries: Sequence[Query], skills: Sequence[Skill], models: ConfiguredModels, *, fan: int, parallel: int
) -> list[tuple[Run, Run]]:
    """Each query flat and in the hierarchy. The first pair alone: a wrong key or name then costs one call."""
    flat, nested = flat_agent(skills), hierarchy_of(skills, fan)
    slots = asyncio.Semaphore(parallel)
    counted = 0

    async def both(query: Query, *, first: bool = False) -> tuple[Run, Run]:
        nonlocal counted
        async with slots:
            one = await ask(query, flat, skills, models, must=first)
            pair = one, await ask(query, nested, skills, models, must=first)
        counted += 1
        if sys.stderr.isatty():
            print(f"\r{counted} of {len(queries)}", end="\n" * (counted == len(queries)), file=sys.stderr, flush=True)
        return pair

    pairs = [await both(queries[0], first=True)]
    pairs += await asyncio.gather(*map(both, queries[1:]))
    return pairs


def _fail(reason: str) -> int:
    print(reason, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
