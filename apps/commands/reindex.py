"""`repertory reindex`: the index of an owner's agents and cohorts, embedded anew from the store."""

import argparse
import asyncio
import os
import sys

from repertory.apps.commands.options import home_of
from repertory.apps.screens.jsonl import JsonLines
from repertory.apps.screens.page import Page
from repertory.apps.screens.progress import progress_bar
from repertory.apps.status import OK
from repertory.memory.errors import ResourceError
from repertory.memory.home import open_home
from repertory.memory.registry import Registry


def perform(options: argparse.Namespace) -> int:
    """Run the command; broken off, it is taken up by the next one where it stopped.

    Raises:
        ResourceError: another process uses the index, or ranking is by words, for which none is kept.
    """
    try:
        return asyncio.run(_reindex(options))
    except KeyboardInterrupt:
        print("repertory: the next `repertory reindex` goes on from here; nothing is lost", file=sys.stderr)
        raise


async def _reindex(options: argparse.Namespace) -> int:
    async with open_home(home_of(options), environ=os.environ) as home:
        registry = Registry(home.store, home.index, options.owner)
        with progress_bar("embedding") as progress:
            rows = await registry.reindex(progress)
        notice = "; ".join(home.notices)
        if not home.index.kept:
            raise ResourceError(f"there is no index to rebuild: {notice or 'ranking is by words, and needs none'}")
    if options.json:
        JsonLines(sys.stdout).write({"event": "reindexed", "owner": options.owner, "rows": rows, "notice": notice})
        return OK
    page = Page(sys.stdout)
    page.pair("reindexed", f"{rows} row{'s' * (rows != 1)} of agents and cohorts, from the store")
    if notice:
        page.pair("note", notice)
    return OK
