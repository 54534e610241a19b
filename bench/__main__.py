"""python -m bench [SUBJECT ...]: measures, and prints each table as soon as it is there."""

import argparse

from . import dossier, engine, pages, pipeline, reading, trigger, worker_runtime
from .report import machine

SUBJECTS = {
    "speed": engine.speed,
    "growth": engine.growth,
    "trigger": trigger.trigger,
    "recovery": worker_runtime.recovery,
    "backlog": worker_runtime.backlog,
    "pipeline": pipeline.pipeline,
    "reading": reading.reading,
    "pages": pages.pages,
}
BY_PAGES = {"dossier": dossier.dossier}
WORKFLOWS = 30_000
PAGES = 48


def main() -> None:
    """Measure the named subjects, or all."""
    every = {**SUBJECTS, **BY_PAGES}
    about = "\n".join(f"  {name:8} {subject.__doc__}" for name, subject in every.items())
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=f"Measures the embedded engine; beside the real server when RESONATE_BIN names it.\n\n{about}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help="what to measure (default: everything)")
    parser.add_argument(
        "--workflows",
        type=int,
        default=WORKFLOWS,
        help="how many for growth, and at most for the others (default %(default)s)",
    )
    parser.add_argument(
        "--pages",
        type=int,
        default=PAGES,
        help="how many the dossier has; half are scanned: four seconds each for RapidOCR (default %(default)s)",
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.subjects) - set(every):
        parser.error(f"unknown subject {', '.join(unknown)}: choose from {', '.join(every)}")
    print(f"Measured on {machine()}\n")
    for name in arguments.subjects or every:
        size = arguments.pages if name in BY_PAGES else arguments.workflows
        print(f"## {name}: {every[name].__doc__}\n\n{every[name](size)}\n", flush=True)


if __name__ == "__main__":
    main()
