"""python -m keeper: the process beside the server. Its settings are environment variables; see settings.py.

Beside the hosted server it has the server's Postgres; with SQLITE_FILE, on a laptop, that file, and answers only
queries. `python -m keeper prove` judges the hosted server beside it, and ends with 0 or 1.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Final

from contract.environment import SettingsError

from .logs import LOG, configure_logging
from .settings import SQLITE_FILE, LaptopSettings, Settings

_PROVE: Final = "prove"


async def _run_and_log(work: Coroutine[object, object, None], *, min_lifetime: float) -> None:
    """Run, and log an unexpected error at once. Then stay alive: ECS does not restart a task that ends too soon."""
    began = time.monotonic()
    try:
        await work
    except Exception:
        LOG.exception("the keeper ends after an unexpected error")
        await asyncio.sleep(min_lifetime - (time.monotonic() - began))
        raise


async def _run_until_signal(settings: Settings | LaptopSettings) -> None:
    # Late imports: a laptop has no Postgres.
    if isinstance(settings, LaptopSettings):
        from .laptop import run_on_laptop  # noqa: PLC0415

        work = asyncio.ensure_future(_run_and_log(run_on_laptop(settings), min_lifetime=0))
    else:
        from .hosted import run_keeper  # noqa: PLC0415

        work = asyncio.ensure_future(_run_and_log(run_keeper(settings), min_lifetime=settings.min_lifetime))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    with suppress(asyncio.CancelledError):
        await work


def _prove(settings: Settings) -> int:
    from .hosted import open_probe  # noqa: PLC0415
    from .proof import prove_server  # noqa: PLC0415

    return 0 if asyncio.run(prove_server(open_probe(settings))) else 1


def _read_settings(variables: Mapping[str, str]) -> Settings | LaptopSettings:
    is_laptop = bool(variables.get(SQLITE_FILE))
    return LaptopSettings.from_env(variables) if is_laptop else Settings.from_env(variables)


def main(arguments: Sequence[str]) -> None:
    """Run until a signal, or prove the server. A wrong setting is one sentence and exit code 2."""
    try:
        settings = _read_settings(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"keeper: {error}\n")
        raise SystemExit(2) from None
    configure_logging()
    if arguments == [_PROVE] and isinstance(settings, Settings):
        raise SystemExit(_prove(settings))
    try:
        asyncio.run(_run_until_signal(settings))
    except Exception:  # noqa: BLE001 the root of the program: the error is logged
        raise SystemExit(1) from None


if __name__ == "__main__":
    main(sys.argv[1:])
