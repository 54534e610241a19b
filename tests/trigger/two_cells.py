"""Two cells behind one API: names of jobs that are at home in one of them, and what the trigger reads about both."""

from collections.abc import Mapping
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Protocol

from contract.cells import CellLayout
from durable.wire.client import Client
from durable.wire.errors import NotFound
from local.server_process import ServerProcess

from .conftest import DECISION_KEY, Api

BOTH = CellLayout.make(2, anchors=["1", "2"])
NAMES = (f"job-{number}" for number in count())
type Servers = Mapping[str, ServerProcess]


class OpenApi(Protocol):
    """Opens the API as a process of its own would: it has seen no job."""

    def __call__(self, environ: Mapping[str, str]) -> Api:
        """Return the API of these variables."""


def variables(servers: Servers, folder: Path, keepers: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a trigger that knows both cells."""
    return {
        "STORE_URL": folder.as_uri(),
        "DECISION_KEY": DECISION_KEY,
        "RESONATE_URL": servers["1"].url,
        "KEEPER_URL": keepers.get("1", ""),
        "CELLS": "2",
        "ANCHOR_CELLS": "1,2",
        "RESONATE_URL_2": servers["2"].url,
        "KEEPER_URL_2": keepers.get("2", ""),
    }


def name_at(home: str) -> str:
    """Return the name of a new job that is at home in a cell."""
    return next(name for name in NAMES if BOTH.find_home(f"doc/{name}") == home)


def is_at(server: ServerProcess, promise: str) -> bool:
    """Whether a server has a promise."""
    with closing(Client(server.url)) as client:
        try:
            return bool(client.get(promise).id)
        except NotFound:
            return False
