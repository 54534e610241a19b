"""The server itself, without a network: a request's bytes in, its answer's bytes out, one transaction each.

It knows no seats and no sockets; what it leaves in the outbox is delivery.py's to send.
"""

import logging
import sqlite3
import time
from collections.abc import Callable
from typing import NamedTuple

from msgspec import ValidationError, convert

from wire.answers import EmptyAnswer, Outgoing
from wire.envelope import VERSION, Envelope, encode_answer
from wire.messages import MessageHead

from .kinds import DEBUG_KINDS, DEBUG_SWITCHES, KINDS
from .metrics import Metrics
from .outbox import Outbox
from .rules.due import PARTS, fire_schedules
from .store import Store
from .strict import MalformedError, keys_twice, read
from .turn import Answer, Turn, bad

log = logging.getLogger(__name__)

BROKEN = Answer(500, "Internal error")


class Reply(NamedTuple):
    """An answer on its way out; the status is the HTTP status."""

    status: int
    body: bytes


class EmbeddedServer:
    """The rules over one store. `is_paused` while debug mode has stopped the clock and the messages."""

    def __init__(
        self,
        store: Store,
        *,
        retry_timeout: int,
        debug: bool = False,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """Serve what the store holds; times in milliseconds."""
        self.store = store
        self.outbox = Outbox(store.connection)
        self.metrics = Metrics()
        self.retry_timeout = retry_timeout
        self.debug = debug
        self.is_paused = False
        self.kinds = KINDS | DEBUG_KINDS if debug else KINDS
        self._wall_clock = wall_clock
        self._latest = 0

    def now(self) -> int:
        """The time in milliseconds; it never goes back, whatever is done to the machine's clock."""
        self._latest = max(self._latest, int(self._wall_clock() * 1000))
        return self._latest

    def reply(self, body: bytes) -> Reply:
        """Answer one request."""
        begun = time.perf_counter()
        try:
            value = read(body)
        except MalformedError as error:
            return _refusal(None, f"Invalid request envelope: {error}")
        try:
            envelope = _envelope(value)
        except ValidationError as error:
            return _refusal(value, f"Invalid request envelope: {error}")
        answer = self._answer(envelope)
        # An unknown kind is any text that a client likes; counted by name, it would grow without end.
        known = envelope.kind if envelope.kind in self.kinds else "unknown"
        self.metrics.count_request(known, answer.status, time.perf_counter() - begun)
        return Reply(answer.status, encode_answer(envelope.kind, envelope.head.corr_id, answer.status, answer.data))

    def _answer(self, envelope: Envelope) -> Answer:
        if envelope.kind in DEBUG_SWITCHES or envelope.kind in DEBUG_KINDS:
            if not self.debug:
                return Answer(403, "Debug operations are disabled: start the server with --debug")
            if envelope.kind in DEBUG_SWITCHES:
                self.is_paused = DEBUG_SWITCHES[envelope.kind]
                return Answer(200, EmptyAnswer())
        kind = self.kinds.get(envelope.kind)
        if kind is None:
            return bad(f"Unknown operation: {envelope.kind}")
        try:
            request = convert(envelope.data, kind.shape)
        except ValidationError as error:
            return bad(f"Invalid request: {error}")
        turn = self._turn(envelope)
        try:
            with self.store.transaction():
                return kind.rule(turn, request)
        except Exception:
            # The transaction is undone; the client may send the request again.
            log.exception("%s failed", envelope.kind)
            return BROKEN

    def _turn(self, envelope: Envelope) -> Turn:
        named = envelope.head.debug_time if self.debug else None
        now = self.now() if named is None else named
        return Turn(self.store.sql, self.outbox, now, self.retry_timeout, envelope.head.corr_id)

    def tick(self, limit: int) -> bool:
        """Do what is due by now, up to `limit` of each sort; True when there may be more.

        Each sort has its own transaction: what cannot be done in one must not hold up the others.
        """
        done = {part: self._do(part, limit) for part in PARTS}
        self.metrics.schedules.inc(done[fire_schedules])
        return limit in done.values()

    def _do(self, part: Callable[[Turn, int], int], limit: int) -> int:
        turn = Turn(self.store.sql, self.outbox, self.now(), self.retry_timeout)
        try:
            with self.store.transaction():
                return part(turn, limit)
        except Exception:
            # What is due stays due: the next look finds it.
            log.exception("%s failed", part.__name__)
            return 0

    def take_messages(self, count: int, head: MessageHead) -> list[Outgoing]:
        """Claim waiting messages: they are the caller's to deliver now."""
        with self.store.transaction():
            taken = self.outbox.take(count, head)
        for outgoing in taken:
            self.metrics.messages.labels(outgoing.message.__struct_config__.tag).inc()
        return taken

    def is_ready(self) -> bool:
        """The database answers."""
        try:
            self.store.sql("SELECT 1 FROM promises LIMIT 1")
        except sqlite3.Error:
            return False
        return True


def _envelope(value: object) -> Envelope:
    """Check what is around a request. Each of its fields may be there once; in its data the last one counts."""
    envelope = convert(value, Envelope)
    twice = [*keys_twice(value, "kind", "head", "data"), *keys_twice(_part(value, "head"), "corrId", "version")]
    if twice:
        raise ValidationError(f"duplicate field '{twice[0]}'")
    if not envelope.kind:
        raise ValidationError("Missing or invalid 'kind' field: must be a non-empty string")
    if envelope.head.version != VERSION:
        raise ValidationError(f"Unsupported protocol version '{envelope.head.version}', this server speaks {VERSION}")
    return envelope


def _part(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def _refusal(value: object, sentence: str) -> Reply:
    """Refuse what cannot be read as a whole, with the kind and the id as far as they can be told."""
    kind, corr_id = _part(value, "kind"), _part(_part(value, "head"), "corrId")
    known_kind, known_id = kind if isinstance(kind, str) else "unknown", corr_id if isinstance(corr_id, str) else "0"
    return Reply(400, encode_answer(known_kind, known_id, 400, sentence))
