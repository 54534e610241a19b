"""`python -m durable`: what the console script `durable` runs."""

import sys

from durable.command.durable_command import main

sys.exit(main())
