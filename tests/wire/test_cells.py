"""Several servers as one: a record is found wherever it was created, and created once however the cells change."""

import random
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path

import pytest

from contract.cells import CellLayout
from durable.wire.answers import EmptyAnswer, OneSchedule, OneTask, SchedulePage
from durable.wire.cells import Cells, ServerAddress
from durable.wire.client import Client
from durable.wire.errors import NotFound, Unavailable
from durable.wire.records import Promise, Value
from durable.wire.requests import (
    PromiseCreate,
    PromiseSearch,
    PromiseSettle,
    ScheduleCreate,
    ScheduleDelete,
    ScheduleGet,
    ScheduleSearch,
    TaskGet,
)
from durable.wire.roots import CELL_TAG, root_promise
from local.server_process import EmbeddedProgram, ServerProcess
from tests import warm_start
from tests.conftest import SERVER_PROGRAMS, StartServer

ONE, BOTH, OWN_ANCHORS = CellLayout.make(1), CellLayout.make(2), CellLayout.make(2, anchors=["1", "2"])
CLOSED_FIRST, CLOSED_SECOND = CellLayout.make(2, closed=["1"]), CellLayout.make(2, closed=["2"])
FAR = 4_000_000_000_000
NAMES = (f"job-{number}" for number in count())
type Servers = Mapping[str, ServerProcess]


@pytest.fixture(scope="module", params=SERVER_PROGRAMS)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Two servers of each kind, for a file of tests that each have names of their own."""
    folder = tmp_path_factory.mktemp("cells")
    with ExitStack() as stack:
        yield {cell: stack.enter_context(warm_start.start_server(request.param, folder / cell)) for cell in "12"}


@pytest.fixture
def mortal(start_server: StartServer, tmp_path: Path) -> Servers:
    """Two servers that a test may kill."""
    return {cell: start_server(EmbeddedProgram(), folder=tmp_path / cell) for cell in "12"}


class Open:
    """Opens clients that end with the test."""

    def __init__(self, servers: Servers, stack: ExitStack) -> None:
        self.servers = servers
        self.stack = stack

    def cells(self, layout: CellLayout, known: str = "12") -> Cells:
        addresses = {cell: ServerAddress(url=self.servers[cell].url) for cell in known}
        return self.stack.enter_context(Cells(addresses, layout))

    def one(self, cell: str) -> Client:
        return self.stack.enter_context(Client(self.servers[cell].url))

    def find_cells(self, promise: str) -> str:
        """Return the cells that have the record itself."""
        return "".join(cell for cell in self.servers if not is_missing(self.one(cell), promise))


@pytest.fixture
def opened(running: Servers) -> Iterator[Open]:
    with ExitStack() as stack:
        yield Open(running, stack)


@pytest.fixture
def dying(mortal: Servers) -> Iterator[Open]:
    with ExitStack() as stack:
        yield Open(mortal, stack)


def job(name: str) -> PromiseCreate:
    return root_promise(f"doc/{name}", "work", target="poll://any@nowhere", timeout_at=FAR, tags={"who": name})


def is_missing(client: Client, promise: str) -> bool:
    with suppress(NotFound):
        return CELL_TAG in client.get(promise).tags
    return True


def name_at(layout: CellLayout, home: str) -> str:
    """Return a new name whose record gets this home."""
    return next(name for name in NAMES if layout.find_home(f"doc/{name}") == home)


@pytest.mark.parametrize("home", ["1", "2"])
@pytest.mark.parametrize("layout", [BOTH, OWN_ANCHORS], ids=["the first has all anchors", "each has its own"])
def test_a_record_and_all_that_belongs_to_it_are_in_its_home(opened: Open, layout: CellLayout, home: str) -> None:
    """Another process, which has not created it, finds it as well."""
    name = name_at(layout, home)
    root = f"doc/{name}"
    cells, other = opened.cells(layout), opened.cells(layout)
    created = cells.create(job(name))
    assert created == cells.create(job(name)) == other.get(root) == opened.one(home).get(root)
    assert opened.find_cells(root) == home
    tags = {"resonate:origin": root, "resonate:scope": "global"}
    part = PromiseCreate(id=f"{root}:1", timeout_at=FAR, tags=tags)
    assert opened.cells(layout).create(part) == opened.one(home).get(part.id) == opened.cells(layout).get(part.id)
    found = opened.cells(layout).search_all(PromiseSearch(tags={"resonate:origin": root}))
    assert [one.id for one in found] == [root, part.id]
    assert opened.cells(layout).ask(TaskGet(id=root), OneTask).task.id == root
    settled = opened.cells(layout).settle(PromiseSettle(id=root, state="resolved", value=Value.encode(1)))
    assert settled == opened.one(home).get(root)


def test_a_record_that_does_not_exist_is_in_no_cell(opened: Open) -> None:
    with pytest.raises(NotFound):
        opened.cells(BOTH).get("doc/none")


def test_a_record_from_before_a_cell_was_added_is_the_same_record_after(opened: Open) -> None:
    name = name_at(BOTH, "2")
    before = opened.one("1").create(job(name))
    assert opened.cells(BOTH).get(before.id) == before
    assert opened.cells(BOTH).create(job(name)) == before
    assert opened.find_cells(before.id) == "1"


def test_a_closed_cell_keeps_its_records_and_gets_no_new_one(opened: Open) -> None:
    name = name_at(BOTH, "2")
    old = opened.cells(BOTH).create(job(name))
    closed = opened.cells(CLOSED_SECOND)
    assert closed.get(old.id) == old == closed.create(job(name))
    assert closed.settle(PromiseSettle(id=old.id, state="rejected_canceled")).state == "rejected_canceled"
    new = closed.create(job(name_at(BOTH, "2")))
    assert opened.find_cells(new.id) == "1"
    assert opened.cells(BOTH).get(new.id) == new, "the cell is opened again"


def test_processes_that_know_different_cells_create_each_record_once(opened: Open) -> None:
    """As while a deployment adds or closes a cell: the first one counts, and the others find it or ask again."""
    layouts = [BOTH, CLOSED_FIRST, CLOSED_SECOND]
    names = [f"raced-{number}" for number in range(40)]

    def create_all(seed: int) -> list[Promise]:
        client = opened.one("1") if seed % 4 == 3 else opened.cells(layouts[seed % 4])
        order = random.Random(seed).sample(names, len(names))
        return sorted((client.create(job(name)) for name in order), key=lambda one: one.id)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(create_all, range(8)))
    assert {name: len(opened.find_cells(f"doc/{name}")) for name in names} == dict.fromkeys(names, 1)
    for answers in zip(*found, strict=True):  # a process without cells may have got the mark
        records = [one for one in answers if CELL_TAG not in one.tags]
        assert records.count(records[0]) == len(records) >= 6


def test_a_process_that_does_not_know_a_cell_yet_asks_the_client_to_repeat(opened: Open) -> None:
    name = name_at(BOTH, "2")
    opened.cells(BOTH).create(job(name))
    with pytest.raises(Unavailable, match="cell 2 is not known"):
        opened.cells(ONE, known="1").create(job(name))


def test_a_record_whose_mark_alone_was_written_is_created_by_the_next_request(opened: Open) -> None:
    name = name_at(BOTH, "2")
    opened.one("1").create(PromiseCreate(id=f"doc/{name}", timeout_at=FAR, tags={CELL_TAG: "2"}))
    with pytest.raises(NotFound):
        opened.cells(BOTH).get(f"doc/{name}")
    opened.cells(CLOSED_SECOND).create(job(name))
    assert opened.find_cells(f"doc/{name}") == "2"


def test_a_cell_that_is_down_fails_only_the_requests_that_need_it(dying: Open) -> None:
    old, there, here, new = name_at(BOTH, "2"), name_at(BOTH, "2"), name_at(BOTH, "1"), name_at(BOTH, "2")
    dying.one("1").create(job(old))  # before the second cell was added
    dying.cells(OWN_ANCHORS).create(job(there))
    dying.servers["2"].kill()
    cells = dying.cells(OWN_ANCHORS)
    assert cells.create(job(here)) == cells.get(f"doc/{here}")
    assert dying.cells(BOTH).get(f"doc/{old}").tags["who"] == old
    for lost in (there, new):
        with pytest.raises(Unavailable):
            cells.create(job(lost))
        with pytest.raises(Unavailable):
            cells.get(f"doc/{lost}")


def test_schedules_of_all_cells_are_one_list(opened: Open) -> None:
    """A schedule is read and deleted wherever it was made."""
    cells = opened.cells(BOTH)
    ids = [f"schedule/{number}" for number in range(7)]
    for name in ids:
        cells.ask(ScheduleCreate(id=name, cron="0 6 * * *", promise_id="tick/x", promise_timeout=1), OneSchedule)
    assert {BOTH.find_home(name) for name in ids} == {"1", "2"}
    pages, cursor = list[SchedulePage](), None
    while not pages or cursor:
        pages.append(cells.ask(ScheduleSearch(limit=3, cursor=cursor), SchedulePage))
        cursor = pages[-1].cursor
    assert [one.id for page in pages for one in page.schedules] == ids
    moved = opened.cells(CLOSED_SECOND)
    for name in ids:
        assert moved.ask(ScheduleGet(id=name), OneSchedule).schedule.id == name
        moved.ask(ScheduleDelete(id=name), EmptyAnswer)
    assert not cells.ask(ScheduleSearch(), SchedulePage).schedules


def test_a_record_at_its_home_takes_one_request(dying: Open) -> None:
    """The second cell is away: a second request would fail."""
    name = name_at(BOTH, "2")
    dying.cells(BOTH).create(job(name))
    dying.servers["1"].kill()
    assert dying.cells(BOTH).get(f"doc/{name}").id == f"doc/{name}"
