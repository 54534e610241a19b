"""botocore's descriptions of AWS' services, parsed once a process; importing this module makes it so.

botocore parses them again for each session: a tenth of a second for EC2's, and longer than any request of a test takes.
"""

from functools import cache
from typing import Any

from botocore.loaders import JSONFileLoader, Loader, create_loader  # type: ignore[import-untyped] # it has no types

_LOADER = JSONFileLoader()


class _SharedFiles(JSONFileLoader):  # type: ignore[misc] # as above
    """Reads each file once."""

    exists = staticmethod(cache(_LOADER.exists))
    load_file = staticmethod(cache(_LOADER.load_file))


def parse_models(*services: str) -> None:
    """Parse what clients of these services need, so that the processes that are forked from this one have it."""
    loader: Any = create_loader()
    for name in ("endpoints", "partitions", "sdk-default-configuration", "_retry"):
        loader.load_data(name)
    for service in services:
        for kind in ("service-2", "endpoint-rule-set-1"):
            loader.load_service_model(service, kind)


Loader.FILE_LOADER_CLASS = _SharedFiles
