"""Opens the object store, for hints and single small requests, so it gives up early.

The store's library is imported here, and this module when the store is first needed: a container that only accepts jobs
starts faster.
"""

from datetime import timedelta
from functools import cache
from typing import Final

from obstore.store import ObjectStore, from_url

TIMEOUT: Final = timedelta(seconds=2)  # for S3, with one retry


@cache
def open_objects(url: str) -> ObjectStore:
    """Open a folder or a bucket."""
    if not url.startswith("s3:"):
        return from_url(url, mkdir=True)
    return from_url(
        url,
        # AWS's own addresses are https; a configured endpoint may be http.
        client_options={"connect_timeout": TIMEOUT / 2, "timeout": TIMEOUT, "allow_http": True},
        # By default the library retries for minutes; an answer must not wait that long.
        retry_config={"max_retries": 1, "retry_timeout": TIMEOUT},
    )
