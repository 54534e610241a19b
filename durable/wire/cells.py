"""Several servers as one: each request goes to the server, or cell, that has the record.

Three words say where a record is:
- Its **home** is the cell in which a new record with its id is created.
- Its **anchor** is the cell that decides where the record with its id is.
- A **mark** is a promise in the anchor, with the record's id, that names the record's cell if this is another one.

If home and anchor differ, the mark is created before the record. Creating a promise is atomic on a server, and returns
the first one with its id. So the anchor has the record or its one mark, and all clients find the same cell for an id.
Clients must agree on the anchor only. They may differ about which cells are open.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, Protocol, cast

from .answers import OnePromise, SchedulePage
from .client import Client
from .errors import NotFound, Unavailable, WireError
from .records import Promise
from .requests import (
    PromiseCreate,
    PromiseGet,
    PromiseSearch,
    PromiseSettle,
    Request,
    ScheduleCreate,
    ScheduleDelete,
    ScheduleGet,
    ScheduleSearch,
    TaskGet,
)
from .roots import CELL_TAG

_MAX_RECORDS: Final = 10_000  # records whose cell is remembered, in 200 bytes each; a record never moves


@dataclass(frozen=True, kw_only=True)
class ServerAddress:
    """The server of a cell, and the token that it asks for."""

    url: str
    token: str | None = field(default=None, repr=False)


class Layout(Protocol):
    """Where records are."""

    def find_root(self, promise_id: str) -> str:
        """Return the record that decides a promise's cell."""

    def find_searched_root(self, tags: Mapping[str, str]) -> str | None:
        """Return the record that decides the cell of promises with these tags."""

    def find_home(self, root: str) -> str:
        """Return the home of a record: the cell in which it is created."""

    def find_anchor(self, root: str) -> str:
        """Return the anchor of a record: the cell that decides where it is."""


class Cells(Client):
    """A client of all servers. One that is down fails only the requests that need it."""

    def __init__(self, addresses: Mapping[str, ServerAddress], layout: Layout) -> None:
        """Take the server of each cell by the cell's name. A cell without a server counts as one that is down."""
        first = next(iter(addresses.values()))
        super().__init__(first.url, token=first.token)  # every request goes through a client of a cell
        self._servers: Final = {name: Client(one.url, token=one.token) for name, one in addresses.items()}
        self._layout: Final = layout
        self._known: Final[dict[str, str]] = {}

    def close(self) -> None:
        """Close the idle connections."""
        for server in self._servers.values():
            server.close()

    def create(self, request: PromiseCreate) -> Promise:
        """Create a promise in the cell of its record, or return the first one with this id."""
        root = self._layout.find_root(request.id)
        if root != request.id:
            return self._find_server(root).create(request)
        home, anchor = self._layout.find_home(root), self._layout.find_anchor(root)
        first = self._get_server(anchor).create(request if home == anchor else _mark(request, home))
        cell = first.tags.get(CELL_TAG)
        self._note(root, cell or anchor)
        return first if cell is None else self._get_server(cell).create(request)

    def get(self, promise_id: str) -> Promise:
        """Read a promise."""
        root = self._layout.find_root(promise_id)
        return self._read_root(root) if root == promise_id else self._find_server(root).get(promise_id)

    def ask[A](self, request: Request, answer: type[A]) -> A:
        """Send a request to the cell that it is for."""
        found: Any
        match request:
            case PromiseCreate():
                found = OnePromise(promise=self.create(request))
            case PromiseGet(id=promise_id):
                found = OnePromise(promise=self.get(promise_id))
            case PromiseSettle(id=promise_id) | TaskGet(id=promise_id):
                found = self._find_server(self._layout.find_root(promise_id)).ask(request, answer)
            case PromiseSearch(tags=tags) if tags and (root := self._layout.find_searched_root(tags)):
                found = self._find_server(root).ask(request, answer)
            case ScheduleCreate(id=name):
                found = self._get_server(self._layout.find_home(name)).ask(request, answer)
            case ScheduleGet(id=name) | ScheduleDelete(id=name):
                cells = (self._layout.find_home(name), *self._servers)  # any cell may have it: schedules have no marks
                found = _ask_in_turn(cells, lambda cell: self._get_server(cell).ask(request, answer))
            case ScheduleSearch():
                found = self._merge_schedules(request)
            case _:
                raise TypeError(f"{request.kind} names no record, so it is for no cell")
        return cast("A", found)

    def _read_root(self, root: str) -> Promise:
        """Read a record: first at its home, where most records are, then where its anchor says.

        If the home does not answer, the anchor is asked, too. If the anchor has no record, only the home can have it.
        """
        known = self._known.get(root)
        cells = (self._layout.find_home(root), self._layout.find_anchor(root)) if known is None else (known,)
        return _ask_in_turn(cells, lambda cell: self._follow(root, cell, self._get_server(cell).get(root)))

    def _follow(self, root: str, cell: str, found: Promise) -> Promise:
        """Return the record itself, if a mark was found in a cell."""
        tagged = found.tags.get(CELL_TAG)
        promise = found if tagged is None else self._get_server(tagged).get(root)
        self._note(root, tagged or cell)
        return promise

    def _find_server(self, root: str) -> Client:
        """Return the server that has a record, or else the server of its home."""
        if root not in self._known:
            with suppress(NotFound):
                self._read_root(root)
        return self._get_server(self._known.get(root) or self._layout.find_home(root))

    def _get_server(self, cell: str) -> Client:
        """Return the client of a cell. A process that was started before the cell was added has none yet."""
        if cell not in self._servers:
            raise Unavailable(f"cell {cell} is not known to this process yet")
        return self._servers[cell]

    def _note(self, root: str, cell: str) -> None:
        if len(self._known) >= _MAX_RECORDS:
            self._known.clear()
        self._known[root] = cell

    def _merge_schedules(self, request: ScheduleSearch) -> SchedulePage:
        """Return a page of the schedules of all cells in the order of their ids."""
        pages = [server.ask(request, SchedulePage) for server in self._servers.values()]
        end = min((page.cursor for page in pages if page.cursor), default=None)  # after it a page may lack some
        found = sorted((one for page in pages for one in page.schedules), key=lambda one: one.id)
        whole = [one for one in found if end is None or one.id <= end]
        cut = whole[: request.limit]
        return SchedulePage(schedules=cut, cursor=cut[-1].id if len(cut) < len(whole) else end)


def _ask_in_turn[A](cells: Iterable[str], ask: Callable[[str], A]) -> A:
    """Return the first answer of a cell that has the record. A cell that is down may have it, if no other has."""
    missing: WireError = NotFound(HTTPStatus.NOT_FOUND, "no cell has it")
    for cell in dict.fromkeys(cells):
        try:
            return ask(cell)
        except NotFound:
            pass
        except Unavailable as error:
            missing = error
    raise missing


def _mark(request: PromiseCreate, cell: str) -> PromiseCreate:
    """Return the mark of a record in a cell: a promise that no worker runs, and that ends with the record's time."""
    return PromiseCreate(id=request.id, timeout_at=request.timeout_at, tags={CELL_TAG: cell})
