"""What the steps need from outside, put together once: the worker's composition root. A test gives its own."""

import time
from dataclasses import dataclass, replace
from typing import Self

from worker.adapters.channels import open_channel
from worker.adapters.object_store import Store
from worker.analysis.analyzer import Analyzer, Chunkwise
from worker.costs.metering import METER, Meter
from worker.costs.prices import Rates, rates_of
from worker.documents.pages import Reader
from worker.documents.recognition import open_recognition
from worker.settings import Settings
from worker.sources.bucket import Buckets, Sources
from worker.sources.web import Web

from .download import Read
from .extract import ReadPages
from .notify import Clock, Send
from .telling import TellBatchOf, TellPagesOf, TellWait, tell_nobody, tell_nobody_of_waits


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
    tell_wait: TellWait = tell_nobody_of_waits
    meter: Meter = METER
    most_waiting: float = 7 * 86_400.0  # seconds that a person has for a decision: they may be away for some days
    clock: Clock = time.time

    @classmethod
    def of(
        cls,
        settings: Settings,
        *,
        tell_pages: TellPagesOf = tell_nobody,
        tell_batch: TellBatchOf = tell_nobody,
        tell_wait: TellWait = tell_nobody_of_waits,
    ) -> Self:
        """Open what the settings name."""
        store = Store.open(settings.store_url)
        analyzer = settings.analyzer.open(store)
        return cls(
            read=Sources(Web(settings.allowed_hosts).read, Buckets(settings.source_buckets).read),
            store=store,
            reader=Reader(
                most=settings.most_pages, choice=settings.recognition, see=open_recognition(settings.recognition, store)
            ),
            analyzer=analyzer,
            send=open_channel(settings.notify_url),
            most_bytes=settings.most_bytes,
            most_seconds=settings.most_seconds,
            tell_pages=tell_pages,
            tell_batch=tell_batch,
            tell_wait=tell_wait,
            meter=Meter(rates=_rates(settings, analyzer)),
        )


def _rates(settings: Settings, analyzer: Analyzer) -> Rates:
    chosen = settings.analyzer
    rates = rates_of(
        settings.recognition.recognizer,
        chosen.name,
        given=settings.token_price,
        is_own_server=chosen.base_url is not None,
    )
    return replace(rates, told=analyzer.told()) if isinstance(analyzer, Chunkwise) else rates
