"""Bodies that a client may send by mistake or on purpose, each with the status that the real server answers.

They are variants of one good request, a `promise.get` of the promise `a`, so that what is taken is answered with 200.
"""

import json

from durable.wire.envelope import VERSION

from .target import Json, body_of

GOOD = body_of("promise.get", {"id": "a"})
HEAD: dict[str, Json] = {"corrId": "c", "version": VERSION, "resonate:debug_time": 1_000_000}
MAX_BODY = 2_097_152
TOO_LARGE_TEXT = "Failed to buffer the request body: length limit exceeded"
DEEP = 126  # levels of lists inside the data are too many


def envelope(**fields: Json) -> bytes:
    """Write the good request with other fields."""
    good: dict[str, Json] = {"kind": "promise.get", "head": HEAD, "data": {"id": "a"}}
    return json.dumps(good | fields).encode()


def head(**fields: Json) -> bytes:
    """Write the good request with other fields in its head."""
    return envelope(head=HEAD | {name.replace("debug_time", "resonate:debug_time"): v for name, v in fields.items()})


def swap(old: str, new: str | bytes) -> bytes:
    """Write the good request with one piece replaced, so that it need not be JSON any more."""
    assert old.encode() in GOOD
    return GOOD.replace(old.encode(), new.encode() if isinstance(new, str) else new, 1)


def without(name: str, part: dict[str, Json]) -> dict[str, Json]:
    """Leave one field out."""
    return {key: value for key, value in part.items() if key != name}


def extra(value: str) -> bytes:
    """Write the good request with an unknown field in its data."""
    return swap('{"id"', f'{{"x": {value}, "id"')


NO_JSON = {
    "nothing": b"",
    "a blank": b" ",
    "a word": b"x",
    "a bare word for the id": swap('"a"', "a"),
    "one byte short": GOOD[:-1],
    "cut in a string": GOOD[:20],
    "cut after the kind": GOOD[:24],
    "something after it": GOOD + b" x",
    "twice": GOOD + GOOD,
    "a comma after it": GOOD + b",",
    "NUL after it": GOOD + b"\0",
    "a byte order mark": b"\xef\xbb\xbf" + GOOD,
    "UTF-16": GOOD.decode().encode("utf-16"),
    "UTF-16 without a mark": GOOD.decode().encode("utf-16-le"),
    "a comment": b"/* c */" + GOOD,
    "single quotes": swap('"a"', "'a'"),
    "a comma too many": swap("}}", ",}}"),
    "a comma too few": swap(', "data"', ' "data"'),
    "a bare key": swap('"id"', "id"),
    "a new line in a string": swap('"a"', '"a\n"'),
    "a control character in a string": swap('"a"', '"a\x1f"'),
    "NUL in a string": swap('"a"', '"a\0"'),
    "an unknown escape": swap('"a"', '"\\x61"'),
    "a short escape": swap('"a"', '"\\u61"'),
    "half a surrogate pair": swap('"a"', '"\\ud800"'),
    "the other half": swap('"a"', '"\\udc00"'),
    "two first halves": swap('"a"', '"\\ud800\\ud800"'),
    "half a pair in the corrId": swap('"c"', '"\\ud800"'),
    "half a pair in an unknown field": extra('"\\ud800"'),
    "no UTF-8 in a string": swap('"a"', b'"\xff"'),
    "a surrogate in UTF-8": swap('"a"', b'"\xed\xa0\x80"'),
    "an overlong NUL": swap('"a"', b'"\xc0\x80"'),
    "a cut character": swap('"a"', b'"\xe2\x82"'),
    "beyond Unicode": swap('"a"', b'"\xf4\x90\x80\x80"'),
    "no UTF-8 outside": b"\xff" + GOOD,
    "NaN": extra("NaN"),
    "Infinity": extra("Infinity"),
    "a leading zero": extra("01"),
    "a lone sign": extra("-"),
    "a plus": extra("+1"),
    "a point at the end": extra("1."),
    "a point at the start": extra(".5"),
    "an exponent without digits": extra("1e"),
    "hexadecimal": extra("0x1"),
    "True": extra("True"),
    "a number beyond all floats": extra("1e999"),
    "400 digits": extra("9" * 400),
    "only openings": b"[" * 100_000,
    "only objects": b"{" * 200,
    "too deep": extra("[" * DEEP + "]" * DEEP),
    "far too deep": extra("[" * 50_000 + "]" * 50_000),
    "too deep for the id": swap('"a"', "[" * 500 + "]" * 500),
}
NO_ENVELOPE = {
    "null": b"null",
    "a number": b"5",
    "a string": b'"promise.get"',
    "a list of nothing": b"[]",
    "an object of nothing": b"{}",
    "no kind": json.dumps({"head": HEAD, "data": {"id": "a"}}).encode(),
    "no head": json.dumps({"kind": "promise.get", "data": {"id": "a"}}).encode(),
    "no data": json.dumps({"kind": "promise.get", "head": HEAD}).encode(),
    "a kind that is no text": envelope(kind=5),
    "an empty kind": envelope(kind=""),
    "an unknown kind": envelope(kind="nope"),
    "an unknown kind with no object": envelope(kind="nope", data=[]),
    "a kind in capitals": envelope(kind="promise.GET"),
    "a blank before the kind": envelope(kind=" promise.get"),
    "a huge kind": envelope(kind="k" * 100_000),
    "the kind of a message": envelope(kind="execute"),
    "an unknown debug kind": envelope(kind="debug.nope"),
    "a field in capitals": swap('"kind"', '"Kind"'),
    "data that is null": envelope(data=None),
    "data that is a list": envelope(data=[]),
    "data that is a text": envelope(data="a"),
    "data that is a number": envelope(data=5),
    "a head that is null": envelope(head=None),
    "a head that is a text": envelope(head="c"),
    "a short list for a head": envelope(head=["c", VERSION]),
    "a long list for a head": envelope(head=["c", VERSION, None, None, 1]),
    "a short list for it all": json.dumps(["promise.get", HEAD]).encode(),
    "no corrId": envelope(head=without("corrId", HEAD)),
    "no version": envelope(head=without("version", HEAD)),
    "a corrId that is a number": head(corrId=5),
    "a corrId that is null": head(corrId=None),
    "a version that is a number": head(version=20260401),
    "an old version": head(version="2025-01-15"),
    "an empty version": head(version=""),
    "a version with a blank": head(version=VERSION + " "),
    "a token that is a number": head(auth=5),
    "a time that is a text": head(debug_time="5"),
    "a time that is a float": head(debug_time=5.0),
    "a time that is true": head(debug_time=True),
    "a time beyond 64 bit": head(debug_time=2**63),
    "the kind twice": swap('"kind"', '"kind": "promise.get", "kind"'),
    "the head twice": swap('"head"', f'"head": {json.dumps(HEAD)}, "head"'),
    "the data twice": swap('"data"', '"data": {"id": "a"}, "data"'),
    "the corrId twice": swap('"corrId"', '"corrId": "d", "corrId"'),
    "the version twice": swap('"version"', f'"version": "{VERSION}", "version"'),
}
FINE = {
    "as it should be": GOOD,
    "blanks around it": b" \r\n\t" + GOOD + b"\n\n ",
    "escaped keys": swap('"kind"', '"\\u006bind"'),
    "an escaped id": swap('"a"', '"\\u0061"'),
    "unknown fields everywhere": envelope(head=HEAD | {"x": 1}, data={"id": "a", "x": [None]}, x={}),
    "an unknown field twice": swap('"data"', '"x": 1, "x": 2, "data"'),
    "an id twice, of which the last counts": swap('"id"', '"id": "b", "id"'),
    "an id twice, of which the first is none": swap('"id"', '"id": 5, "id"'),
    "a token that is null": head(auth=None),
    "any token, where none is asked for": head(auth="x"),
    "a time that is null": head(debug_time=None),
    "an empty corrId": head(corrId=""),
    "a huge corrId": head(corrId="c" * 100_000),
    "a corrId of all kinds": head(corrId='é "\\\0\N{GRINNING FACE}\N{LINE SEPARATOR}'),
    "a surrogate pair": extra('"\\ud83d\\ude00"'),
    "a float": extra("-1.5e-3"),
    "a long fraction": extra("0." + "1" * 400),
    "as deep as may be": extra("[" * (DEEP - 1) + "]" * (DEEP - 1)),
}
# The real server's JSON library accepts these: records as lists of all their fields, and invalid values in skipped
# fields. No client sends them on purpose; the embedded server may refuse them.
TAKEN_BY_ACCIDENT = {
    "a list for it all": json.dumps(["promise.get", HEAD, {"id": "a"}]).encode(),
    "a list for the head": envelope(head=["c", VERSION, None, 1_000_000]),
    "half a pair in a skipped field": swap('"data"', '"x": "\\ud800", "data"'),
    "half a pair in a skipped field of the head": swap('"corrId"', '"x": "\\ud800", "corrId"'),
    "a skipped number beyond all floats": swap('"data"', '"x": 1e999, "data"'),
    "skipped depths": swap('"data"', '"x": ' + "[" * 50_000 + "]" * 50_000 + ', "data"'),
}
