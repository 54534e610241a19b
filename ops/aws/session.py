"""The AWS session of a command: credentials, region, and clients with limited timeouts and retries."""

from typing import Final

import boto3  # type: ignore[import-untyped] # it has no types
from botocore.config import Config  # type: ignore[import-untyped] # as above

from ops.target_options import AccountOptions

from .client import Client
from .errors import NO_CREDENTIALS, NO_REGION, aws_errors

# A user waits: five attempts with backoff outlast brief throttling, and a dead network shows within half a minute.
CLIENT_CONFIG: Final = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 5},
    user_agent_extra="longhand",
)


class Session:
    """Makes clients by the name of their service."""

    def __init__(self, session: Client, config: Config = CLIENT_CONFIG) -> None:
        self._session: Final = session
        self._config: Final = config
        self._clients: Final[dict[tuple[str, str | None], Client]] = {}

    @property
    def region_name(self) -> str:
        """The region of every client for which no other is named."""
        return str(self._session.region_name)

    def client(self, service: str, region: str | None = None) -> Client:
        """Return a client, in the session's region unless another is named; to make one takes longer than a request."""
        if (service, region) not in self._clients:
            with aws_errors():
                client = self._session.client(service, region_name=region, config=self._config)
            self._clients[service, region] = client
        return self._clients[service, region]

    def get_credentials(self) -> Client:
        """Return the credentials, which refresh themselves."""
        return self._session.get_credentials()


def open_session(account: AccountOptions) -> Session:
    """Return a session; without a region or credentials, raise."""
    with aws_errors():
        session = boto3.Session(profile_name=account.aws_profile, region_name=account.region)
        if session.region_name is None:
            raise NO_REGION
        if session.get_credentials() is None:
            raise NO_CREDENTIALS
    return Session(session)
