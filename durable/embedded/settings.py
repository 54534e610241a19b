"""The server's settings, from its command line; the defaults suit a laptop."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ABOUT = """A durable Resonate server in one process: POST / and GET /poll/{group}/{pid} speak the protocol of the
Resonate server v0.9.8, everything acknowledged is kept in SQLite in the data folder."""
EXAMPLES = """examples:
  python -m durable.embedded --port 8001 --data .state/server
  python -m durable.embedded --port 0 --data try --debug     a free port; the clock can be driven by debug.* requests
"""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings; times in milliseconds."""

    host: str
    port: int
    data: Path
    url: str | None
    debug: bool
    retry_timeout: int
    timeouts_interval: int


def _parse_milliseconds(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 2**40:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of milliseconds above 0")
    return int(text)


def _parse_port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:  # noqa: PLR2004 - a port is 16 bit
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: 1 to 65535, or 0 for a free one")
    return int(text)


def parse(arguments: Sequence[str] | None = None) -> Settings:
    """Parse the command line; an invalid option ends the program with a sentence and exit code 2."""
    parser = argparse.ArgumentParser(
        prog="python -m durable.embedded",
        description=ABOUT,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--data", type=Path, required=True, help="folder of the database; created if missing")
    add("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    add("--port", type=_parse_port, default=8001, help="port to listen on, 0 for a free one (default %(default)s)")
    add("--url", help="this server's address in messages (default: the address it listens on)")
    add("--debug", action="store_true", help="answer debug.* requests and let requests name their time")
    # The real server's default; clients are tuned to it.
    add(
        "--retry-timeout",
        type=_parse_milliseconds,
        default=30_000,
        metavar="MS",
        help="when the message of a pending task is sent again (default %(default)s)",
    )
    # The real server's is 1 s; ticks are cheap here, so that a sleep of 100 ms takes 100 ms.
    add(
        "--timeouts-interval",
        type=_parse_milliseconds,
        default=100,
        metavar="MS",
        help="how often to check timeouts and schedules (default %(default)s)",
    )
    return Settings(**vars(parser.parse_args(arguments)))
