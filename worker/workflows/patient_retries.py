"""The durable retries of workflows that must not fail: only their lifetimes end them."""

from typing import Final

from durable import Backoff, DurableRetry
from worker.durations import HOUR, MINUTE

# For the server, the object store and cells, which are back within minutes.
OUTAGE_RETRY: Final = DurableRetry(backoff=Backoff(first=5.0, factor=2.0, cap=10 * MINUTE), every_error=True)
# For what an operator may have to repair, such as a deleted topic.
PATIENT_RETRY: Final = DurableRetry(backoff=Backoff(first=MINUTE, factor=3.0, cap=6 * HOUR), every_error=True)
