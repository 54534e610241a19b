"""The cells of a deployment: each has a server with its own database and keys, and its own workers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from constructs import Construct

from contract.cells import FIRST_CELL

from .choices import Choices
from .data import Data
from .functions import Functions
from .network import Network
from .server import Server
from .worker import Worker


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The nested stacks of one cell. The first one has the shared resources: bucket, topic, cluster, keys of links."""

    name: str
    data: Data
    server: Server
    functions: Functions | None
    worker: Worker

    @property
    def suffix(self) -> str:
        """The end of the names of its nested stacks and outputs."""
        return name_suffix(self.name)


def name_suffix(cell: str) -> str:
    """Return an empty suffix for the first cell: its names do not change when cells are added."""
    return "" if cell == FIRST_CELL else cell


def add_cells(scope: Construct, *, choices: Choices, network: Network) -> list[Cell]:
    """Add the nested stacks in the order of their deployment: all servers, and then the workers, which use them all."""
    data = {FIRST_CELL: Data(scope, "Data", choices=choices, network=network)}
    servers: dict[str, Server] = {}
    functions: dict[str, Functions | None] = {}
    for name in choices.layout.cells:
        if name != FIRST_CELL:
            data[name] = Data(scope, f"Data{name}", choices=choices, network=network, shared=data[FIRST_CELL])
        servers[name] = Server(
            scope,
            f"Server{name_suffix(name)}",
            choices=choices,
            network=network,
            data=data[name],
            cell=name,
            first=servers.get(FIRST_CELL),
        )
        functions[name] = _add_functions(
            scope, name, choices=choices, network=network, data=data[name], server=servers[name]
        )
    adder: Final = _WorkerAdder(scope, choices=choices, network=network, data=data, servers=servers)
    return [adder.add(name, functions[name]) for name in choices.layout.cells]


def _add_functions(
    scope: Construct, name: str, *, choices: Choices, network: Network, data: Data, server: Server
) -> Functions | None:
    if not choices.has_functions:
        return None
    own = f"Functions{name_suffix(name)}"
    return Functions(scope, own, choices=choices, network=network, data=data, server=server)


class _WorkerAdder:
    """Adds the workers of each cell; the secret of webhooks is that of the first."""

    def __init__(
        self,
        scope: Construct,
        *,
        choices: Choices,
        network: Network,
        data: Mapping[str, Data],
        servers: Mapping[str, Server],
    ) -> None:
        self._scope: Final = scope
        self._choices: Final = choices
        self._network: Final = network
        self._data: Final = data
        self._servers: Final = servers
        self._first: Worker | None = None

    def add(self, name: str, functions: Functions | None) -> Cell:
        worker = Worker(
            self._scope,
            f"Worker{name_suffix(name)}",
            choices=self._choices,
            network=self._network,
            data=self._data[name],
            servers=self._servers,
            cell=name,
            functions=functions,
            first=self._first,
        )
        self._first = self._first or worker
        return Cell(name=name, data=self._data[name], server=self._servers[name], functions=functions, worker=worker)
