"""Metadata: who may say what, key by key."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repertory.memory.records import JsonObject
from repertory.memory.topics.entities import Party
from repertory.memory.topics.errors import ForbiddenError, RefusedError
from repertory.memory.topics.metadata import added, merged, source_of, supplied
from repertory.memory.topics.records import Task, now

RANK: dict[Party, int] = {"server": 0, "client": 1, "user": 2}
keys = st.sampled_from("abc")
values = st.none() | st.integers(0, 3)
metadata = st.dictionaries(keys, values)
moves = st.lists(st.tuples(st.sampled_from(["server", "client", "user"]), metadata), max_size=8)


def task(given: JsonObject | None, source: Party) -> Task:
    return Task(task_id="k", topic_id="t", created_at=now(), modified_at=now(), **supplied(given, source))


@given(metadata, st.sampled_from(["client", "user"]), moves)
def test_a_key_is_changed_by_its_rank_or_above(
    first: JsonObject, source: Literal["client", "user"], moves: list[tuple[Party, JsonObject]]
) -> None:
    """After any moves: provenance names exactly the keys, and nobody was overruled by a lower rank."""
    now_ = task(first, source)
    assert now_.metadata == first
    for party, said in moves:
        before = now_
        outranked = any(RANK[before.metadata_provenance.get(key, "server")] > RANK[party] for key in said)
        if party == "server":
            now_ = added(before, said)
            for key, owner in before.metadata_provenance.items():
                assert owner == "server" or now_.metadata[key] == before.metadata[key]
        elif outranked:
            with pytest.raises(ForbiddenError):
                merged(before, said, party)
        else:
            now_ = merged(before, said, party)
            assert {key: now_.metadata[key] for key in said if key in now_.metadata} == {
                key: value for key, value in said.items() if value is not None
            }
            assert {now_.metadata_provenance[key] for key in said if key in now_.metadata} <= {party}
        assert set(now_.metadata) == set(now_.metadata_provenance)


def test_the_server_is_no_source_of_a_request() -> None:
    """It speaks for itself: 403; somebody unknown is 400; nobody is the client."""
    with pytest.raises(ForbiddenError):
        source_of("server")
    with pytest.raises(RefusedError) as refused:
        source_of("robot")
    assert refused.value.status == 400
    assert (source_of(None), source_of("user")) == ("client", "user")


def test_without_metadata_all_is_the_servers() -> None:
    """An empty object counts as given, none does not."""
    assert task(None, "client").metadata_source == "server"
    assert task({}, "user").metadata_source == "user"
