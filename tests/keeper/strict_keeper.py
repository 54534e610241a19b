"""The keeper with each warning as an error, and with asyncio's own checks: `python -m keeper` in development mode.

That mode belongs to the start of an interpreter, and a keeper of tests is forked from one that has started.
"""

import os
import sys
import warnings

from keeper.__main__ import main

if __name__ == "__main__":
    os.environ["PYTHONASYNCIODEBUG"] = "1"
    warnings.simplefilter("error")
    main(sys.argv[1:])
