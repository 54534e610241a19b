"""Opens what the function's handlers need, from its settings."""

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
        server = Client(settings.server_url, token=settings.server_token)
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
        keeper=KeeperAddress(url=settings.keeper_url, token=settings.server_token) if settings.keeper_url else None,
        decision_key=settings.decision_key,
    )
