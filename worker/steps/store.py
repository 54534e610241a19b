"""Store: the result beside the original and the text, where a client may fetch it."""

import logging
from typing import Final

from contract.analysis import Analysis
from contract.job import DocumentJob
from contract.names import job_prefix
from contract.reading import Original, Text
from contract.result import Stored, StoredResult
from durable import log_event
from worker.adapters.object_store import Store
from worker.costs.metering import metered

_LOG: Final = logging.getLogger(__name__)


async def store_results(
    job: DocumentJob, original: Original, text: Text, analysis: Analysis, *, store: Store
) -> Stored:
    """Write the result once; the original and the text are there, because earlier steps wrote them to stay."""
    key = f"{job_prefix(job.job_id)}/result.json"
    result = StoredResult.of(job, text, analysis, store.url(key), download=original.use)
    is_told = await store.find(key)  # what is counted from the log must not be counted twice
    reference = await store.create(key, result.model_dump_json(indent=2).encode())
    if not is_told:
        log_event(_LOG, logging.INFO, "metered", metered(result))
    return Stored(stored_at=store.url(key), reference=reference)
