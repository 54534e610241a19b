"""Cells: several servers behind one API, each with its own database and workers. Every record is in one cell.

A record is found by its id alone.
- Its **home** is the cell in which a new record with its id is created.
- Its **anchor** is the cell that decides where the record with its id is.
- A **mark** is a promise in the anchor, with the record's id, that names the record's cell if this is another one.

The home is one of the open cells, by rendezvous hashing: an added cell takes only the ids that it wins, and no id moves
between other cells. The anchor is one of the first cells. So a repeated id finds the first record even if the open
cells have changed. The reasons are in docs/decisions, on cells.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Self

from .environment import Environment, SettingsError
from .names import (
    BATCH_CANCEL_PREFIX,
    BATCH_PREFIX,
    DELIVERY_PREFIX,
    ENDING_PREFIX,
    ERASURE_PREFIX,
    PAGE_PREFIX,
    PROMISE_PREFIX,
    REVOCATION_PREFIX,
    WAITING_PREFIX,
    Tag,
)

MAX_CELLS: Final = 5  # their tokens must fit into the 4 kB of a function's environment
FIRST_CELL: Final = "1"
CELLS: Final = "CELLS"  # the variable with their number; without it there is one server
# Records about a job or a batch are in its cell.
_ROOT_PREFIXES: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (ENDING_PREFIX, PAGE_PREFIX, DELIVERY_PREFIX, REVOCATION_PREFIX, ERASURE_PREFIX, WAITING_PREFIX),
        PROMISE_PREFIX,
    ),
    BATCH_CANCEL_PREFIX: BATCH_PREFIX,
}
_ID: Final = re.compile(r"([a-z-]+/)([A-Za-z0-9_-]+)")
_ORIGIN: Final = "resonate:origin"


def choose_cell(key: str, cells: Sequence[str]) -> str:
    """Return the cell of a key: the one with the highest score."""
    return max(cells, key=lambda cell: sha256(f"{cell}\n{key}".encode()).digest())


@dataclass(frozen=True, kw_only=True)
class CellLayout:
    """The cells: which of them take new jobs, and which have the anchors."""

    cells: tuple[str, ...]
    open_cells: tuple[str, ...]
    anchor_cells: tuple[str, ...]

    @classmethod
    def make(cls, count: int, closed: Sequence[str] = (), anchors: Sequence[str] = ()) -> Self:
        """Return the layout of `count` cells.

        Raises ValueError if it names a cell that does not exist, or if none is open.
        """
        cells = tuple(str(number) for number in range(1, count + 1))
        if unknown := sorted({*closed, *anchors} - set(cells)):
            raise ValueError(f"there is no cell {unknown[0]}: the cells are {', '.join(cells)}")
        open_cells = tuple(cell for cell in cells if cell not in closed)
        if not open_cells:
            raise ValueError("all cells are closed: leave one open")
        anchor_cells = tuple(cell for cell in cells if cell in anchors) or (FIRST_CELL,)
        return cls(cells=cells, open_cells=open_cells, anchor_cells=anchor_cells)

    def to_environ(self) -> dict[str, str]:
        """Return the variables from which `read_cells` reads it."""
        closed = [cell for cell in self.cells if cell not in self.open_cells]
        lists = {"CLOSED_CELLS": ",".join(closed), "ANCHOR_CELLS": ",".join(self.anchor_cells)}
        return {CELLS: str(len(self.cells)), **{name: value for name, value in lists.items() if value}}

    def find_home(self, root: str) -> str:
        """Return the home: the cell in which a new record with this id is created."""
        return choose_cell(root, self.open_cells)

    def find_anchor(self, root: str) -> str:
        """Return the anchor: the cell that decides where the record with this id is."""
        return choose_cell(root, self.anchor_cells)

    def find_root(self, promise_id: str) -> str:
        """Return the record that decides a promise's cell: its job, its batch, or its own root."""
        match = _ID.match(promise_id)
        if match is None:
            return promise_id
        prefix, name = match.groups()
        return f"{_ROOT_PREFIXES.get(prefix, prefix)}{name}"

    def find_searched_root(self, tags: Mapping[str, str]) -> str | None:
        """Return the record that decides the cell of promises with these tags. None if they may be in any cell."""
        if job := tags.get(Tag.JOB):
            return f"{PROMISE_PREFIX}{job}"
        return self.find_root(tags[_ORIGIN]) if _ORIGIN in tags else None


@dataclass(frozen=True, kw_only=True)
class CellAddress:
    """The server and the keeper of a cell, and the token for both."""

    server_url: str
    keeper_url: str | None = None
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class CellSettings:
    """The layout, the cell that a program belongs to, and where the other cells are."""

    layout: CellLayout
    own: str
    others: Mapping[str, CellAddress]


def read_cells(env: Environment) -> CellSettings:
    """Read CELLS, the number of cells, and what belongs to them.

    RESONATE_URL, RESONATE_TOKEN and KEEPER_URL belong to the program's own cell, which CELL names. RESONATE_URL_2,
    RESONATE_TOKEN_2 and KEEPER_URL_2 belong to the second cell.
    """
    layout = _read_layout(env)
    own = env.optional(env.one_of, "CELL", layout.cells) or FIRST_CELL
    others = {cell: _read_address(env, cell) for cell in layout.cells if cell != own}
    return CellSettings(layout=layout, own=own, others=others)


def _read_address(env: Environment, cell: str) -> CellAddress:
    return CellAddress(
        server_url=env.url(f"RESONATE_URL_{cell}"),
        keeper_url=env.optional(env.url, f"KEEPER_URL_{cell}"),
        token=env.optional(env.token, f"RESONATE_TOKEN_{cell}"),
    )


def _read_layout(env: Environment) -> CellLayout:
    count = env.number(CELLS, MAX_CELLS)
    closed, anchors = (env.list(name, r"[1-9]", "numbers of cells") for name in ("CLOSED_CELLS", "ANCHOR_CELLS"))
    try:
        return CellLayout.make(count, closed, anchors)
    except ValueError as error:
        raise SettingsError(f"CLOSED_CELLS or ANCHOR_CELLS: {error}") from error
