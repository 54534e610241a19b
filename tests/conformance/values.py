"""JSON values to put where they do not belong, as texts, because Python treats 1, 1.0 and true as equal.

The type of a field is the list of those values of the heap that it takes; it refuses the rest.
"""

LEFT_OUT = ""  # no value: the field is not there
NULL = "null"

TEXTS = ['"x"', '"1"', r'"\u0000"', '"\N{GRINNING FACE}"', f'"{"x" * 3_000}"']
NATURALS = ["1", "2147483648", "9223372036854775807"]
NEGATIVES = ["-1", "-9223372036854775808"]
RECORDS = ["{}", '{"a": 1}', '{"a": "b"}', '{"a": null}', '{"headers": {}, "a": []}']
BAD_RECORDS = ['{"headers": []}', '{"headers": {"a": 1}}', '{"headers": {"a": null}}', '{"data": 1}', '{"data": {}}']
FLOATS = ["-0.0", "0.0", "1.0", "1.5", "1e3", "1e300"]
TOO_BIG_NUMBERS = ["9223372036854775808", "18446744073709551616", "-9223372036854775809", "9" * 300]
LISTS = ["[1]", '["x"]', '["x", "y"]', "[{}]", "[[]]"]

HEAP = [
    *(
        LEFT_OUT,
        NULL,
        "true",
        "false",
        '""',
        *TEXTS,
        "0",
        *NATURALS,
        *NEGATIVES,
        *FLOATS,
        *TOO_BIG_NUMBERS,
        "[]",
        *LISTS,
    ),
    *(*RECORDS, *BAD_RECORDS),
]

TEXT = TEXTS
ANY_TEXT = ['""', *TEXTS]
NEW_ID = [text for text in TEXTS if text != r'"\u0000"']
NATURAL = ["0", *NATURALS]
POSITIVE = NATURALS
INTEGER = [*NEGATIVES, "0", *NATURALS]
VALUE = [LEFT_OUT, *RECORDS]  # a payload; what is unknown in it is skipped
TAGS = [LEFT_OUT, "{}", '{"a": "b"}']
ANYTHING = [value for value in HEAP if value != LEFT_OUT]
NOTHING: list[str] = []
OPTIONAL = [LEFT_OUT, NULL]
