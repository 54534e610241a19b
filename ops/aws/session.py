"""The AWS session of a command: whose credentials, which region; and its clients, bounded in time and attempts."""

from typing import Final

import boto3  # type: ignore[import-untyped] # it has no types
from botocore.config import Config  # type: ignore[import-untyped] # as above

from ops.target_options import AccountOptions

from .client import Client
from .errors import NO_CREDENTIALS, NO_REGION, aws_errors

# A person waits: five attempts with back-off outlast a moment's throttling, and a dead network shows in half a minute.
BOUNDS: Final = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 5},
    user_agent_extra="longhand",
)


class Session:
    """Clients by the name of their service."""

    def __init__(self, session: Client, bounds: Config = BOUNDS) -> None:
        self._session: Final = session
        self._bounds: Final = bounds

    @property
    def region_name(self) -> str:
        """The region that everything is in."""
        return str(self._session.region_name)

    def client(self, service: str) -> Client:
        """Return a client."""
        with aws_errors():
            return self._session.client(service, config=self._bounds)

    def get_credentials(self) -> Client:
        """Return whatever signs; it renews itself."""
        return self._session.get_credentials()


def open_session(account: AccountOptions) -> Session:
    """Find region and credentials, or say which is missing."""
    with aws_errors():
        session = boto3.Session(profile_name=account.aws_profile, region_name=account.region)
        if session.region_name is None:
            raise NO_REGION
        if session.get_credentials() is None:
            raise NO_CREDENTIALS
    return Session(session)
