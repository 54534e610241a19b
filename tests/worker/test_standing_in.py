"""A worker without a model looks for chunks that nobody reads, and stands in for those that wait for long."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest

from durable.server import PromiseSummary, RootPromise, State
from worker.standing_in import StandIn

ADDRESS = {"resonate:target": "poll://any@chunks"}


class Books:
    """A server's promises: what each look is to find."""

    def __init__(self, *looks: tuple[str, ...]) -> None:
        self.left = list(looks)

    async def find(self, tags: Mapping[str, str], *, state: State | None = None) -> AsyncIterator[PromiseSummary]:
        assert (tags, state) == (ADDRESS, "pending")
        for name in self.left.pop(0):
            yield PromiseSummary(id=name, tags=tags)

    async def start(self, root: RootPromise) -> None:
        raise AssertionError(f"{root} is to begin nothing")


@pytest.mark.parametrize(
    ("looks", "calls"),
    [
        ([(), (), ()], 0),
        ([("a",), ("b",), ()], 0),  # each was read before the next look
        ([("a",), (), ("a",)], 0),
        ([("a", "b"), ("b", "c")], 1),
        ([(), ("a",), ("a",)], 1),
    ],
)
def test_what_waits_at_two_looks_in_a_row_is_taken(looks: list[tuple[str, ...]], calls: int) -> None:
    """Once, and from then on nobody looks any more."""
    books, called = Books(*looks), list[None]()
    stand_in = StandIn("chunks", lambda: called.append(None))
    for _ in looks:
        asyncio.run(stand_in(books))
    assert len(called) == calls
    if calls:
        asyncio.run(stand_in(books))
