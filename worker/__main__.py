"""python -m worker: the process that ECS runs. Its settings are environment variables; see worker/settings.py."""

import logging
import os
import sys
from typing import NoReturn

from contract.environment import SettingsError
from durable import JsonFormatter

from .bootstrap import build_worker
from .settings import Settings


def main() -> NoReturn:
    """Work until told to stop; what stands in the way is one sentence and exit code 2."""
    lines = logging.StreamHandler()
    lines.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[lines])
    try:
        process = build_worker(Settings.from_env(os.environ))
    except SettingsError as error:
        sys.stderr.write(f"worker: {error}\n")
        raise SystemExit(2) from None
    process.run()


if __name__ == "__main__":
    main()
