"""`python -m tests.warm_program local.serve ...`: the program with its parts forked from a copy of this process.

For tests of what the system does; those of its processes and of their starts run `python -m local.serve` itself.
"""

import sys
from importlib import import_module

from tests import warm_start


def main() -> None:
    """Run the program that the first argument names."""
    program = import_module(sys.argv.pop(1))
    warm_start.fork_from_this_process()
    program.main(warm_start.start)


if __name__ == "__main__":
    main()
