"""`durable record JOB ...`: write jobs from a server to files, which `durable replay` compares with later code."""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from durable.replay.recording import Recording
from durable.wire.client import Client
from durable.wire.errors import WireError
from durable.wire.requests import PromiseSearch

_FAILURE_CODE: Final = 2
_PAGE_SIZE: Final = 1_000
_DESCRIPTION: Final = """Write jobs from a server to files, one promise a line.

`durable replay` compares them with later code. A file holds the arguments and results of its job: record jobs with test
data, and keep the files with the code. A token is read from RESONATE_TOKEN."""


def main(arguments: Sequence[str]) -> int:
    """Write a file for each job; return 2 if one cannot be read."""
    options = _parse(arguments)
    try:
        with Client(options.url, token=os.environ.get("RESONATE_TOKEN")) as client:
            for job in options.jobs:
                path = options.folder / f"{_make_file_name(job)}.jsonl"
                recording = record_job(client, job)
                recording.write(path)
                sys.stdout.write(f"{path}: {len(recording.promises)} promises, {recording.job.state}\n")
    except WireError as error:
        sys.stderr.write(f"durable record: {error}\n")
        return _FAILURE_CODE
    return 0


def record_job(client: Client, job: str) -> Recording:
    """Read all promises of a job."""
    root = client.get(job)
    made = client.search_all(PromiseSearch(tags={"resonate:origin": job}, limit=_PAGE_SIZE))
    return Recording.of([root, *(one for one in made if one.id != job)])


def _make_file_name(job: str) -> str:
    return re.sub(r"[^\w.-]+", "-", job).strip("-.") or "job"


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="durable record", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    url = os.environ.get("RESONATE_URL")
    parser.add_argument("jobs", nargs="+", metavar="JOB", help="the id of a job's promise, such as order/42")
    parser.add_argument(
        "--url", default=url, required=url is None, help="the server's URL (default: the variable RESONATE_URL)"
    )
    parser.add_argument("--folder", type=Path, default=Path("recorded"), help="for the files (default: recorded)")
    return parser.parse_args(arguments)
