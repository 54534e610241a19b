"""The errors of parsers that met bytes which they did not expect.

Parsers written in Python fail with any of these on a damaged document: none foresees every damage. What is missing here
(`ImportError`, `MemoryError`, `NameError`) is the fault of this program or its machine.
"""

import struct
import zlib
from typing import Final

PARSER_ERRORS: Final = (
    *(ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError),
    *(SyntaxError, TypeError, ValueError, struct.error, zlib.error),
)
