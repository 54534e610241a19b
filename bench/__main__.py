"""python -m bench [SUBJECT ...]: measures, and prints each table as soon as it is there."""

import argparse
from collections.abc import Sequence

from contract.engines import OcrEngine

from . import dossier, pages, pipeline, reading, server, trigger, worker_runtime
from .report import machine
from .scale import Scale

SUBJECTS = {
    "speed": server.speed,
    "growth": server.growth,
    "trigger": trigger.trigger,
    "recovery": worker_runtime.recovery,
    "backlog": worker_runtime.backlog,
    "pipeline": pipeline.pipeline,
    "reading": reading.reading,
    "pages": pages.pages,
    "dossier": dossier.dossier,
}


def main() -> None:
    """Measure the named subjects, or all."""
    subjects, scale = _asked()
    print(f"Measured on {machine()}\n")
    for name in subjects:
        print(f"## {name}: {SUBJECTS[name].__doc__}\n\n{SUBJECTS[name](scale)}\n", flush=True)


def _asked() -> tuple[Sequence[str], Scale]:
    about = "\n".join(f"  {name:8} {subject.__doc__}" for name, subject in SUBJECTS.items())
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=f"Measures the embedded server; beside the real server when RESONATE_BIN names it.\n\n{about}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    usual = Scale()
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help="what to measure (default: everything)")
    parser.add_argument(
        "--workflows",
        type=int,
        default=usual.workflows,
        help="how many for growth, and at most for the others (default %(default)s)",
    )
    parser.add_argument(
        "--pages",
        type=int,
        default=usual.pages,
        help="how many the dossier has; half are scanned: four seconds each for RapidOCR (default %(default)s)",
    )
    parser.add_argument(
        "--recognizer",
        type=OcrEngine,
        choices=usual.recognizers,
        help="who alone reads the pages and the dossier (default: each that works on a machine)",
    )
    parser.add_argument(
        "--workers",
        type=int,
        help="with how many alone the document of 500 pages and the dossier are read (default: 1, then 2)",
    )
    given = parser.parse_args()
    if unknown := set(given.subjects) - set(SUBJECTS):
        parser.error(f"unknown subject {', '.join(unknown)}: choose from {', '.join(SUBJECTS)}")
    scale = Scale(
        workflows=given.workflows,
        pages=given.pages,
        recognizers=(given.recognizer,) if given.recognizer else usual.recognizers,
        workers=(given.workers,) if given.workers else usual.workers,
    )
    return given.subjects or tuple(SUBJECTS), scale


if __name__ == "__main__":
    main()
