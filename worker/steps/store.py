"""Store: the result beside the original and the text, where a client may fetch it."""

from contract.job import DocumentJob
from contract.names import job_prefix
from contract.result import Analysis, Stored, StoredResult, Text
from worker.store import Store


async def store_results(job: DocumentJob, text: Text, analysis: Analysis, *, store: Store) -> Stored:
    """Write the result once; the original and the text are there, because earlier steps wrote them to stay."""
    key = f"{job_prefix(job.job_id)}/result.json"
    result = StoredResult.of(job, text, analysis, store.url(key))
    reference = await store.create(key, result.model_dump_json(indent=2).encode())
    return Stored(stored_at=store.url(key), reference=reference)
