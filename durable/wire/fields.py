"""The constrained types of the protocol's fields: decoding refuses values out of range.

Integers are 64 bit, as the server stores them; times are milliseconds since 1970.
"""

from typing import Annotated, Literal

from msgspec import Meta

MAX_I64 = 2**63 - 1

Integer = Annotated[int, Meta(ge=-(2**63), le=MAX_I64)]
Natural = Annotated[int, Meta(ge=0, le=MAX_I64)]
Positive = Annotated[int, Meta(ge=1, le=MAX_I64)]
Text = Annotated[str, Meta(min_length=1)]
Limit = Annotated[int, Meta(ge=1, le=1000)]

PromiseState = Literal["pending", "resolved", "rejected", "rejected_canceled", "rejected_timedout"]
SettledBy = Literal["resolved", "rejected", "rejected_canceled"]
TaskState = Literal["pending", "acquired", "suspended", "halted", "fulfilled"]
