"""The errors of parsers on unexpected bytes.

Parsers written in Python fail with any of these on a damaged document. The errors that are missing here (`ImportError`,
`MemoryError`, `NameError`) are the fault of this program or its machine.
"""

import struct
import zlib
from typing import Final

PARSER_ERRORS: Final = (
    *(ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError),
    *(SyntaxError, TypeError, ValueError, struct.error, zlib.error),
)
