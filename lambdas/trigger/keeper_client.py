"""Asks the keeper, which has the server's database beside it. It answers within its own limit of two seconds."""

import socket
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from http import HTTPStatus
from time import monotonic
from typing import Final

from contract.api_value import read_json
from contract.keeper import KeeperQuery
from durable.wire.errors import Unavailable
from durable.wire.limits import Limits
from durable.wire.reply import Reply
from durable.wire.transport import Transport

from .errors import RETRY_AFTER_SECONDS, keeper_unavailable
from .ports import KeeperAddress, Ports

_LIMITS: Final = Limits(total_timeout=4.5, response_timeout=3.0, max_bytes=2**20)  # a page of 200 jobs has 60 kB


class Keeper:
    """The keeper at one address. It keeps its connections open."""

    def __init__(self, address: KeeperAddress) -> None:
        self._transport: Final = Transport(
            address.url, _LIMITS, monotonic, socket.create_connection, token=address.token
        )

    def close(self) -> None:
        """Close the connections; a later query opens new ones."""
        self._transport.close()

    def ask[A](self, query: KeeperQuery, answer: type[A]) -> A:
        """Return the answer to a query. Raises Unavailable."""
        reply = self._send(query.to_json())
        if reply.status == HTTPStatus.BAD_REQUEST:
            raise ValueError(f"the keeper refused a query: {reply.body[:500]!r}")  # a bug: the query was checked before
        if reply.status != HTTPStatus.OK:
            raise Unavailable(f"the keeper answered with HTTP {reply.status}")
        try:
            found: A = read_json(reply.body, answer)
        except ValueError as error:
            raise Unavailable("the keeper's answer was not one") from error
        return found

    def _send(self, body: bytes) -> Reply:
        """Send a query; if that fails, once more on a new connection."""
        end = monotonic() + _LIMITS.total_timeout
        try:
            return self._transport.post(body, end, fresh=False)
        except Unavailable:
            return self._transport.post(body, end, fresh=True)


@cache
def open_keeper(address: KeeperAddress) -> Keeper:
    """Return the one client of this process for a keeper."""
    return Keeper(address)


def ask_keepers[A](ports: Ports, query: KeeperQuery, answer: type[A]) -> list[A]:
    """Ask the keeper of each cell; if one does not answer, the client should ask again."""
    if ports.keeper is None:
        ports.log.error("no list can be answered: KEEPER_URL is not set")
        raise keeper_unavailable(RETRY_AFTER_SECONDS)
    if not ports.other_keepers:
        return [_ask(ports, ports.keeper, query, answer)]
    keepers = (ports.keeper, *ports.other_keepers)
    with ThreadPoolExecutor(len(keepers)) as pool:  # the slowest one decides how long a page takes
        return list(pool.map(lambda keeper: _ask(ports, keeper, query, answer), keepers))


def _ask[A](ports: Ports, keeper: KeeperAddress, query: KeeperQuery, answer: type[A]) -> A:
    try:
        return open_keeper(keeper).ask(query, answer)
    except Unavailable as error:
        ports.log.error("the keeper did not answer", reason=str(error))  # noqa: TRY400 its traceback says no more
        raise keeper_unavailable(RETRY_AFTER_SECONDS) from error
