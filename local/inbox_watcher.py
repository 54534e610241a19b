"""The inbox on a laptop: looks into the folder of the object store, and submits each new file as a job.

A file is complete once two looks in a row find it unchanged. After a restart all files are announced again, which has
no effect: a version of a file is one job.
"""

import logging
from pathlib import Path
from typing import Final

import obstore
from aws_lambda_powertools import Logger
from obstore.exceptions import BaseError
from obstore.store import LocalStore

from contract.inbox import InboxFile
from contract.object_keys import INBOX
from durable.wire.errors import WireError
from lambdas.trigger.bootstrap import open_ports
from lambdas.trigger.inbox import accept_file
from lambdas.trigger.settings import Settings

_LOG: Final = logging.getLogger(__name__)


class InboxWatcher:
    """Announces the files below `inbox/` in a store's folder."""

    def __init__(self, settings: Settings, store: Path, log: Logger) -> None:
        """The settings are those of the trigger; each of their types gets a folder."""
        folder = store / INBOX
        folder.mkdir(parents=True, exist_ok=True)
        for name in settings.types:
            (folder / name).mkdir(exist_ok=True)
        self._ports: Final = open_ports(settings, log)
        self._objects: Final = LocalStore(store)
        self._before: set[tuple[str, str]] = set()
        self._announced: set[tuple[str, str]] = set()

    def close(self) -> None:
        """Close the connections to the server."""
        self._ports.server.close()

    def look(self) -> None:
        """Look once."""
        try:
            pages = obstore.list(self._objects, INBOX)
            found = {(item["path"], item["e_tag"] or "") for page in pages for item in page}
        except (BaseError, OSError) as error:  # a file was moved meanwhile
            _LOG.info("the inbox could not be listed: %s", type(error).__name__)
            return
        for key, version in sorted((found & self._before) - self._announced):
            try:
                accept_file(self._ports, InboxFile(key=key, version=version))
            except WireError:
                break  # until the next look
            self._announced.add((key, version))
        self._announced &= found
        self._before = found
