"""Reads an object of a job at the address that the API names, without credentials: only the API may get them."""

from http import HTTPStatus
from typing import Final
from urllib.parse import urljoin

from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from contract.jobs import FileLink

from .api import Api
from .errors import UserError
from .exit_codes import ExitCode

_TIMEOUT: Final = Timeout(connect=5, read=60)
_RETRIES: Final = Retry(2, backoff_factor=0.5, redirect=False)


def download(api: Api, link: FileLink) -> bytes:
    """Return the content. Raises UserError."""
    url = urljoin(f"{api.url}/", link.url)
    try:
        response = PoolManager(timeout=_TIMEOUT, retries=_RETRIES).request("GET", url)
    except (HTTPError, OSError) as error:
        sentence = f"the object store did not answer ({type(error).__name__})"
        raise UserError(ExitCode.UNAVAILABLE, sentence, "check the network, and run it again") from None
    if response.status == HTTPStatus.NOT_FOUND:
        raise UserError(ExitCode.REFUSED, "the object was deleted from the store", "its days are over: see the profile")
    if response.status != HTTPStatus.OK:
        raise UserError(ExitCode.UNAVAILABLE, f"the object store answered with HTTP {response.status}", "run it again")
    return response.data
