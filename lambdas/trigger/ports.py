"""What the routes need from outside. `handler` opens it; tests replace it."""

from collections.abc import Collection
from dataclasses import dataclass, field

from aws_lambda_powertools import Logger

from contract.job import DOCUMENT_MEGABYTES, MEGABYTE, DocumentType
from durable.wire.client import Client
from durable.wire.clock import Clock

from .file_addresses import FileAddresses, FolderAddresses
from .progress import ProgressReader
from .settings import UploadAccess


@dataclass(frozen=True, kw_only=True)
class KeeperAddress:
    """Where the keeper answers queries, and the token that it asks for, which is that of the server."""

    url: str
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class Ports:
    """`types` are the document types that the workers know; without functions, an invocation is refused.

    `store_url` is the object store's address for this program, `uploads` the one for clients.
    """

    server: Client
    progress: ProgressReader
    log: Logger
    files: FileAddresses = field(default_factory=FolderAddresses)
    store_url: str
    uploads: UploadAccess | None = None
    max_document_bytes: int = DOCUMENT_MEGABYTES * MEGABYTE
    clock: Clock = field(default_factory=Clock)
    types: Collection[str] = tuple(DocumentType)
    has_functions: bool = True
    max_open_jobs: int | None = None  # open jobs that each requester may have; None is no quota
    max_hourly_jobs: int | None = None
    max_wait_seconds: int = 0  # how long a request with `Prefer: wait` is held; 0 holds none
    keeper: KeeperAddress | None = None  # opened when a list is first asked for
    other_keepers: tuple[KeeperAddress, ...] = ()  # the keepers of the cells beside the first
    decision_key: str | None = field(default=None, repr=False)  # the key of links and webhooks; read at the first one
    admin_group: str | None = None  # the group of users who reach all jobs
