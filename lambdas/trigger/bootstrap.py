"""Opens the ports of the function's handlers, from its settings."""

from collections.abc import Iterator

from aws_lambda_powertools import Logger

from contract.environment import settings_errors
from durable.wire.client import Client

from .file_addresses import open_addresses
from .ports import KeeperAddress, Ports
from .progress import ProgressReader
from .progress_store import ProgressStore
from .settings import Settings


def open_ports(settings: Settings, log: Logger) -> Ports:
    """Return the ports. Nothing is connected before the first request."""
    with settings_errors("RESONATE_URL", ValueError):
        server = _open_server(settings)
    return Ports(
        server=server,
        progress=ProgressReader(ProgressStore(settings.store_url), log),
        log=log,
        files=open_addresses(settings.store_url),
        store_url=settings.store_url,
        uploads=settings.uploads,
        max_document_bytes=settings.max_document_bytes,
        types=settings.types,
        has_functions=settings.has_functions,
        max_open_jobs=settings.max_open_jobs,
        max_hourly_jobs=settings.max_hourly_jobs,
        max_wait_seconds=settings.max_wait_seconds,
        keeper=KeeperAddress(url=settings.keeper_url, token=settings.server_token) if settings.keeper_url else None,
        other_keepers=tuple(_list_other_keepers(settings)),
        decision_key=settings.decision_key,
        admin_group=settings.admin_group,
    )


def _open_server(settings: Settings) -> Client:
    """Return the client of the server, or of all cells as one."""
    if settings.cells is None:
        return Client(settings.server_url, token=settings.server_token)
    from durable.wire.cells import Cells, ServerAddress  # noqa: PLC0415 - a deployment with one server never needs it

    others = {
        name: ServerAddress(url=cell.server_url, token=cell.token) for name, cell in settings.cells.others.items()
    }
    own = ServerAddress(url=settings.server_url, token=settings.server_token)
    return Cells({settings.cells.own: own, **others}, settings.cells.layout)


def _list_other_keepers(settings: Settings) -> Iterator[KeeperAddress]:
    for cell in settings.cells.others.values() if settings.cells else ():
        if cell.keeper_url:
            yield KeeperAddress(url=cell.keeper_url, token=cell.token)
