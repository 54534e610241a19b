"""The server without the network: takes the bytes of requests and returns the bytes of their answers.

It knows no streams or sockets; turns.py sends the messages that it takes from the outbox.
"""

import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from msgspec import ValidationError, convert
from msgspec.json import Decoder

from durable.wire.answers import EmptyAnswer, Outgoing
from durable.wire.envelope import VERSION, Envelope, encode_answer
from durable.wire.messages import MessageHead

from .kinds import DEBUG_KINDS, DEBUG_SWITCHES, KINDS
from .memory.memory import Memory
from .metrics import Metrics
from .rules.due import PARTS, fire_schedules
from .store import BusyError, Store
from .strict_json import MalformedError, find_repeated_keys, parse_json, parse_plain
from .transaction import Answer, Transaction, bad_request

log = logging.getLogger(__name__)

_ENVELOPE_DECODER = Decoder(Envelope)
UNKNOWN_KIND = "unknown"
INTERNAL_ERROR = Answer(500, "Internal error")


class Reply(NamedTuple):
    """An encoded answer with its HTTP status."""

    status: int
    body: bytes


class Turn(NamedTuple):
    """The replies to a turn's requests, and the messages that the caller must deliver."""

    replies: list[Reply]
    messages: list[Outgoing]


class EmbeddedServer:
    """Applies the rules to one store. While `is_paused`, debug mode stops the clock and the messages."""

    def __init__(
        self,
        store: Store,
        *,
        retry_timeout: int,
        url: str | None = None,
        debug: bool = False,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """Serve the data of the store; times in milliseconds, and `url` is this server's address in messages."""
        self.store = store
        self.memory = Memory(store.connection)
        self.metrics = Metrics()
        self.retry_timeout = retry_timeout
        self.debug = debug
        self.is_paused = False
        self.kinds = KINDS | DEBUG_KINDS if debug else KINDS
        self._head = MessageHead(server_url=url)
        self._wall_clock = wall_clock
        self._latest = 0

    def now(self) -> int:
        """Return the time in milliseconds; it never goes back, even if the machine's clock does."""
        self._latest = max(self._latest, int(self._wall_clock() * 1000))
        return self._latest

    def reply(self, body: bytes) -> Reply:
        """Answer one request."""
        [reply] = self.take_turn([body]).replies
        return reply

    def take_turn(self, bodies: Sequence[bytes], max_messages: int = 0) -> Turn:
        """Answer requests in their order and take messages from the outbox, all in one transaction.

        The caller must deliver the messages.
        """
        start = time.perf_counter()
        requests = [_parse(body) for body in bodies]
        try:
            with self.store.transaction():
                replies = [self._reply(request) if isinstance(request, Envelope) else request for request in requests]
                messages = self._take_messages(max_messages)
        except Exception as error:
            self.memory.forget()
            is_busy = isinstance(error, BusyError)  # then each request would wait and fail as all of them did
            if len(bodies) > 1 and not is_busy:
                return _join([self.take_turn([body], max_messages) for body in bodies])
            kinds = [request.kind for request in requests if isinstance(request, Envelope)]
            log.error("%s failed: %s", kinds, error, exc_info=None if is_busy else error)  # noqa: TRY400 a traceback for some
            replies = [
                _encode(request, INTERNAL_ERROR) if isinstance(request, Envelope) else request for request in requests
            ]
            messages = []
        self._count(requests, replies, messages, time.perf_counter() - start)
        return Turn(replies, messages)

    def _take_messages(self, count: int) -> list[Outgoing]:
        messages = self.memory.outbox.take(count, self._head) if count and not self.is_paused else []
        self.memory.write()
        return messages

    def _reply(self, request: Envelope) -> Reply:
        return _encode(request, self._answer(request))

    def _answer(self, envelope: Envelope) -> Answer:
        kind = self.kinds.get(envelope.kind)
        if kind is None:
            return self._answer_other(envelope.kind)
        try:
            request = convert(envelope.data, kind.shape)
        except ValidationError as error:
            return bad_request(f"Invalid request: {error}")
        return kind.rule(self._make_transaction(envelope), request)

    def _answer_other(self, kind: str) -> Answer:
        """Answer a request that has no rule here."""
        if kind not in DEBUG_SWITCHES and kind not in DEBUG_KINDS:
            return bad_request(f"Unknown operation: {kind}")
        if not self.debug:
            return Answer(403, "Debug operations are disabled: start the server with --debug")
        self.is_paused = DEBUG_SWITCHES[kind]
        return Answer(200, EmptyAnswer())

    def _count(
        self,
        requests: Sequence[Envelope | Reply],
        replies: Sequence[Reply],
        messages: Sequence[Outgoing],
        seconds: float,
    ) -> None:
        for request, reply in zip(requests, replies, strict=True):
            if isinstance(request, Envelope):
                # Unknown kinds share one label: a client could send any number of them.
                known = request.kind if request.kind in self.kinds else UNKNOWN_KIND
                self.metrics.count_request(known, reply.status, seconds)
        for outgoing in messages:
            self.metrics.messages[str(outgoing.message.__struct_config__.tag)] += 1

    def _make_transaction(self, envelope: Envelope) -> Transaction:
        named = envelope.head.debug_time if self.debug else None
        now = self.now() if named is None else named
        return self._begin(now, envelope.head.corr_id)

    def _begin(self, now: int, corr_id: str = "") -> Transaction:
        return Transaction(self.store.sql, self.memory, now, self.retry_timeout, corr_id)

    def tick(self, limit: int) -> bool:
        """Do what is due, up to `limit` per part; return whether more may be due.

        Each part has its own transaction, so that an error in one does not block the others.
        """
        try:
            done = {part: self._run_part(part, limit) for part in PARTS}
        except BusyError as error:
            log.error("nothing that is due was done: %s", error)  # noqa: TRY400 its traceback says no more
            return False
        self.metrics.schedule_promises += done[fire_schedules]
        return limit in done.values()

    def _run_part(self, part: Callable[[Transaction, int], int], limit: int) -> int:
        tx = self._begin(self.now())
        try:
            with self.store.transaction():
                count = part(tx, limit)
                self.memory.write()
                return count
        except BusyError:
            raise
        except Exception:
            # The next tick tries again.
            self.memory.forget()
            log.exception("%s failed", part.__name__)
            return 0

    @property
    def has_messages(self) -> bool:
        """Whether messages may wait that a turn can take."""
        return self.memory.outbox.may_hold_some and not self.is_paused

    def is_ready(self) -> bool:
        """Return whether the database answers."""
        try:
            self.store.sql("SELECT 1 FROM promises LIMIT 1")
        except sqlite3.Error:
            return False
        return True


def _join(turns: Sequence[Turn]) -> Turn:
    """Return the replies and messages of turns of one request each."""
    return Turn([turn.replies[0] for turn in turns], [message for turn in turns for message in turn.messages])


def _encode(request: Envelope, answer: Answer) -> Reply:
    return Reply(answer.status, encode_answer(request.kind, request.head.corr_id, answer.status, answer.data))


def _parse(body: bytes) -> Envelope | Reply:
    """Return the envelope of a request, or the refusal."""
    plain = parse_plain(body, _ENVELOPE_DECODER)
    if plain and plain.kind and plain.head.version == VERSION:
        return plain
    try:
        value = parse_json(body)
    except MalformedError as error:
        return _refuse(None, f"Invalid request envelope: {error}")
    try:
        return _parse_envelope(value)
    except ValidationError as error:
        return _refuse(value, f"Invalid request envelope: {error}")


def _parse_envelope(value: object) -> Envelope:
    """Parse the envelope of a request. A repeated field is an error here; in the data, the last one counts."""
    envelope = convert(value, Envelope)
    twice = [
        *find_repeated_keys(value, "kind", "head", "data"),
        *find_repeated_keys(_get_field(value, "head"), "corrId", "version"),
    ]
    if twice:
        raise ValidationError(f"duplicate field '{twice[0]}'")
    if not envelope.kind:
        raise ValidationError("Missing or invalid 'kind' field: must be a non-empty string")
    if envelope.head.version != VERSION:
        raise ValidationError(f"Unsupported protocol version '{envelope.head.version}', this server speaks {VERSION}")
    return envelope


def _get_field(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def _refuse(value: object, sentence: str) -> Reply:
    """Refuse an invalid envelope; the answer has the kind and the id if they are readable."""
    kind, corr_id = _get_field(value, "kind"), _get_field(_get_field(value, "head"), "corrId")
    known_kind, known_id = kind if isinstance(kind, str) else UNKNOWN_KIND, corr_id if isinstance(corr_id, str) else "0"
    return Reply(400, encode_answer(known_kind, known_id, 400, sentence))
