"""python -m bench [SUBJECT ...]: measure the subjects, and print each table once it is complete."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from contract.engines import OcrEngine

from . import (
    api,
    deliveries,
    dossier,
    functions,
    hosted_backlog,
    hosted_pipeline,
    lists,
    pages,
    pipeline,
    reading,
    server,
    toolkit,
    trigger,
    worker_runtime,
)
from .report import describe_machine
from .scale import Scale

SUBJECTS = {
    "speed": server.measure_speed,
    "growth": server.measure_growth,
    "trigger": trigger.measure_trigger,
    "recovery": worker_runtime.measure_recovery,
    "backlog": worker_runtime.measure_backlog,
    "backlog-hosted": hosted_backlog.measure_hosted_backlog,
    "pipeline": pipeline.measure_pipeline,
    "pipeline-hosted": hosted_pipeline.measure_hosted_pipeline,
    "reading": reading.measure_reading,
    "pages": pages.measure_pages,
    "dossier": dossier.measure_dossier,
    "toolkit": toolkit.measure_toolkit,
    "functions": functions.measure_functions,
    "api": api.measure_api,
    "lists": lists.measure_lists,
    "deliveries": deliveries.measure_deliveries,
}


def main() -> None:
    """Measure the given subjects, or all. SIGTERM is an exception, so that every `with` block stops its processes."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    subjects, scale = _parse_arguments()
    print(f"Measured on {describe_machine()}\n")
    for name in subjects:
        print(f"## {name}: {SUBJECTS[name].__doc__}\n\n{SUBJECTS[name](scale)}\n", flush=True)


def _parse_arguments() -> tuple[Sequence[str], Scale]:
    about = "\n".join(f"  {name:14} {subject.__doc__}" for name, subject in SUBJECTS.items())
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=f"Measures with the embedded server, and with the real server if RESONATE_BIN names it.\n\n{about}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    defaults = Scale()
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help="what to measure (default: everything)")
    parser.add_argument(
        "--workflows",
        type=int,
        default=defaults.workflows,
        help="number of workflows for growth, and the maximum for the others (default %(default)s)",
    )
    parser.add_argument(
        "--pages",
        type=int,
        default=defaults.pages,
        help="pages of a dossier; half are scanned, at a second each (default %(default)s)",
    )
    parser.add_argument(
        "--ocr-engine",
        type=OcrEngine,
        choices=defaults.ocr_engines,
        help="the only OCR engine for the reading and the dossier (default: each local one)",
    )
    parser.add_argument(
        "--workers",
        type=int,
        help="the only number of workers for the pages and the dossier (default: 1, then 2)",
    )
    parser.add_argument(
        "--waiting",
        type=int,
        help="the only number of waiting jobs for the hosted backlog (default: 0, 1,000, 12,000 and 50,000)",
    )
    parser.add_argument(
        "--jobs", type=int, help="the larger number of jobs that are listed (default: 200,000, beside 1,000)"
    )
    parser.add_argument(
        "--every",
        type=int,
        default=defaults.sheet_step,
        help="read every how many of the twelve pages of each material (default %(default)s)",
    )
    parser.add_argument(
        "--photos",
        type=Path,
        metavar="FOLDER",
        help="documents for the reading beside the generated ones, each with a .json of known values beside it",
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.subjects) - set(SUBJECTS):
        parser.error(f"unknown subject {', '.join(unknown)}: choose from {', '.join(SUBJECTS)}")
    scale = Scale(
        workflows=arguments.workflows,
        pages=arguments.pages,
        ocr_engines=(arguments.ocr_engine,) if arguments.ocr_engine else defaults.ocr_engines,
        workers=(arguments.workers,) if arguments.workers else defaults.workers,
        jobs=(defaults.jobs[0], arguments.jobs) if arguments.jobs else defaults.jobs,
        waiting=defaults.waiting if arguments.waiting is None else (arguments.waiting,),
        sheet_step=arguments.every,
        photos=arguments.photos,
    )
    return arguments.subjects or tuple(SUBJECTS), scale


if __name__ == "__main__":
    main()
