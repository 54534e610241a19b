"""The address of an API, and what makes its requests complete."""

import re
from dataclasses import dataclass, field
from typing import Final, Self

from .auth import RequestAuth
from .errors import AddressError, UnreachableError
from .exchange import Request

CONNECT_SECONDS: Final = 5
READ_SECONDS: Final = 31  # API Gateway answers within 30
_ADDRESS: Final = re.compile("https?://[^/]")


@dataclass(frozen=True)
class Endpoint:
    """An API, and how its requests authenticate."""

    url: str
    auth: RequestAuth = field(repr=False)

    @classmethod
    def of(cls, url: str, auth: RequestAuth) -> Self:
        """Return the endpoint at an address."""
        return cls(url.rstrip("/"), auth)

    def complete(self, request: Request) -> tuple[str, dict[str, str]]:
        """Return the URL and the headers of a request. Raises AddressError."""
        if request.is_elsewhere:
            return request.path, dict(request.headers)
        if not _ADDRESS.match(self.url):
            raise self.invalid()
        url = self.url + request.path
        content_type = {"content-type": "application/json"} if request.body else {}
        return url, {**content_type, **request.headers, **self.auth(request.method, url, request.body)}

    def invalid(self) -> AddressError:
        """Return the error for an address that no request can be sent to."""
        return AddressError(f"{self.url} is not a valid API address: use the form https://host")

    def unreachable(self, *, is_timeout: bool) -> UnreachableError:
        """Return the error for a request that got no response."""
        reason = "timed out" if is_timeout else "connection failed"
        return UnreachableError(f"{self.url} does not respond ({reason})", is_timeout=is_timeout)
