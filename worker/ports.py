"""What the steps need from outside, put together once: the worker's composition root. A test gives its own."""

import time
from dataclasses import dataclass
from typing import Self

from .analysis.analyzer import Analyzer
from .channels import open_channel
from .documents.pages import Reader
from .settings import Settings
from .sources.bucket import Buckets, Sources
from .sources.web import Web
from .steps.download import Read
from .steps.extract import ReadPages
from .steps.notify import Clock, Send
from .store import Store
from .telling import TellBatchOf, TellPagesOf, tell_nobody


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Everything that a step reaches beyond its arguments."""

    read: Read
    store: Store
    reader: ReadPages
    analyzer: Analyzer
    send: Send
    most_bytes: int
    most_seconds: float
    tell_pages: TellPagesOf = tell_nobody
    tell_batch: TellBatchOf = tell_nobody
    clock: Clock = time.time

    @classmethod
    def of(
        cls, settings: Settings, *, tell_pages: TellPagesOf = tell_nobody, tell_batch: TellBatchOf = tell_nobody
    ) -> Self:
        """Open what the settings name."""
        store = Store.open(settings.store_url)
        return cls(
            read=Sources(Web(settings.allowed_hosts).read, Buckets(settings.source_buckets).read),
            store=store,
            reader=Reader(most=settings.most_pages, choice=settings.recognition),
            analyzer=settings.analyzer.open(store),
            send=open_channel(settings.notify_url),
            most_bytes=settings.most_bytes,
            most_seconds=settings.most_seconds,
            tell_pages=tell_pages,
            tell_batch=tell_batch,
        )
