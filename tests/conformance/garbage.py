"""Draws random invalid bodies: bytes, JSON words in any order, and corrupted requests."""

import json
from collections.abc import Callable
from random import Random

from .fields import FIELDS, put
from .target import body_of
from .values import HEAP

WORDS = [
    *'{}[]:,"',
    "null",
    "true",
    "-",
    ".",
    "e9",
    "\\u",
    "\\ud800",
    "\N{SNOWMAN}",
    " ",
    "\n",
    "0",
    "1",
    "kind",
    "head",
]
WORDS += [
    "data",
    '"kind":',
    '"head":',
    '"data":',
    '"corrId":"c"',
    '"version":"2026-04-01"',
    '"promise.create"',
    '"id":',
]
GOOD = [body_of(call.kind, call.data) for call, _ in FIELDS]
SPECIAL = [0, 9, 10, 34, 44, 58, 91, 92, 93, 123, 125, 127, 128, 255]


def draw_bytes(rng: Random) -> bytes:
    """Draw bytes of any value."""
    return rng.randbytes(rng.randrange(200))


def draw_words(rng: Random) -> bytes:
    """Draw JSON words in any order."""
    return "".join(rng.choices(WORDS, k=rng.randrange(60))).encode()


def corrupt_request(rng: Random) -> bytes:
    """Draw a valid request with a few bytes replaced, removed or repeated."""
    body = bytearray(rng.choice(GOOD))
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(body) + 1)
        until = min(len(body), at + rng.randrange(1, 9))
        match rng.randrange(4):
            case 0:
                body[at:until] = bytes(rng.choices(SPECIAL, k=until - at))
            case 1:
                del body[at:until]
            case 2:
                body[at:at] = body[at:until]
            case _:
                body[at:] = rng.choice(GOOD)[at:]
    return bytes(body)


def misplace_value(rng: Random) -> bytes:
    """Draw a valid request with another value in one field."""
    call, types = rng.choice(FIELDS)
    return put(call, rng.choice([*types]), rng.choice(HEAP))


def draw_tree(rng: Random) -> bytes:
    """Draw valid JSON in place of the request, its head or its data."""
    tree = _draw_tree(rng, 5)
    good = json.loads(rng.choice(GOOD))
    where = rng.choice(["", "kind", "head", "data"])
    return json.dumps(good | {where: tree} if where else tree).encode()


def _draw_tree(rng: Random, depth: int) -> object:
    match rng.randrange(8 if depth else 5):
        case 0:
            return None
        case 1:
            return rng.choice([True, -1, 0.5, 2**63, 2**70, -(2**63)])
        case 2 | 3 | 4:
            return rng.choice(["", "id", "promise.create", "poll://any@g", "\0", "\N{SNOWMAN}"])
        case 5:
            return [_draw_tree(rng, depth - 1) for _ in range(rng.randrange(4))]
        case _:
            names = rng.choices(["id", "kind", "data", "tags", "state", "action", "actions", "version", ""], k=3)
            return {name: _draw_tree(rng, depth - 1) for name in names}


KINDS: list[Callable[[Random], bytes]] = [
    draw_bytes,
    draw_words,
    corrupt_request,
    corrupt_request,
    corrupt_request,
    misplace_value,
    draw_tree,
]


def bodies(seed: int, count: int) -> list[bytes]:
    """Draw `count` bodies, the same ones for the same seed."""
    rng = Random(seed)
    return [rng.choice(KINDS)(rng) for _ in range(count)]
