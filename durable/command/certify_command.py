"""`durable certify MODULE:NAME`: kill the worker of a workflow at each of its requests, and compare how it ends."""

import argparse
import json
import logging
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

from durable.testing.certifier import Progress, Scenario, Trial, certify
from durable.testing.jobs import JobFailedError
from durable.testing.stage import StuckError
from durable.workflows import Workflow

_PROBLEMS_CODE: Final = 1
_UNKNOWN_CODE: Final = 2
_PROGRESS_SECONDS: Final = 2.0
_ABOUT: Final = """Run a workflow, then again for each of its requests: its worker is killed before the request, and
after it, and its answer is lost. Another worker goes on; the result and the effects must be the same."""
_TARGETS: Final = """MODULE:NAME is a workflow, whose steps are really run, or a scenario: a function that takes a
`durable.testing.Trial`, opens its test with `trial.test(...)`, and returns what must be the same."""
_SCENARIO_ADVICE: Final = """Check --args. If that is how it should end, or if the workflow needs other groups, replaced
steps or answers, certify a scenario."""
_CODES: Final = "Exit codes: 0 certified, 1 something is wrong, 2 the target could not be loaded."


class UnknownTargetError(Exception):
    """The target cannot be loaded; the text says why."""


class PlainRunError(Exception):
    """The workflow fails or stands still even if no worker dies, so there is nothing to compare with."""


def main(arguments: Sequence[str]) -> int:
    """Print the table; return 1 if something is wrong, or 2 if the target cannot be loaded."""
    options = _parse(arguments)
    sys.path.insert(0, "")  # as `python -m` does
    try:
        scenario = _load(options.target, options.args)
    except UnknownTargetError as error:
        sys.stderr.write(f"durable certify: {error}\n")
        return _UNKNOWN_CODE
    declared = {"once": options.once, "exactly": dict(options.exactly), "orders": options.orders}
    try:
        with _without_logs():
            certificate = certify(scenario, **declared, on_progress=_Reporter())
    except (PlainRunError, StuckError) as error:
        sys.stderr.write(f"durable certify: without any crash, {error}\n{_SCENARIO_ADVICE}\n")
        return _PROBLEMS_CODE
    sys.stdout.write(f"{certificate}\n")
    return 0 if certificate.is_good else _PROBLEMS_CODE


@contextmanager
def _without_logs() -> Iterator[None]:
    """Log nothing: the steps of a killed worker are reported hundreds of times."""
    logging.disable()
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


class _Reporter:
    """Writes a line now and then while the work is long."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._last > _PROGRESS_SECONDS:
            self._last = now
            sys.stderr.write(f"durable certify: {progress.done} of {progress.total} runs, {progress.seconds:.0f} s\n")


def _load(target: str, args: Sequence[Any]) -> Scenario:
    module_name, _, name = target.partition(":")
    try:
        module = import_module(module_name)
        found = getattr(module, name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UnknownTargetError(f"{target} cannot be loaded, use MODULE:NAME: {error}") from error
    if not isinstance(found, Workflow):
        if args or not callable(found):
            raise UnknownTargetError(f"{target} is no workflow: give a workflow, or a scenario without --args")
        scenario: Scenario = found
        return scenario
    workflows = [found, *(one for one in vars(module).values() if isinstance(one, Workflow) and one is not found)]

    def run(trial: Trial) -> object:
        with trial.test(*workflows) as test:
            try:
                return test.start(found, *args).result()
            except JobFailedError as error:
                if trial.log.fault is None:
                    raise PlainRunError(str(error)) from None
                raise

    return run


def _parse_count(text: str) -> tuple[str, int]:
    name, _, count = text.partition("=")
    if not count.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not EFFECT=COUNT")
    return name, int(count)


def _parse_arguments(text: str) -> list[Any]:
    try:
        args = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not JSON: {error}") from error
    if not isinstance(args, list):
        raise argparse.ArgumentTypeError(f"{text!r} is not a JSON list")
    return args


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="durable certify",
        description=f"{_ABOUT}\n\n{_TARGETS}",
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("target", metavar="MODULE:NAME", help="the workflow or scenario")
    add("--args", type=_parse_arguments, default=[], metavar="JSON", help="the workflow's arguments, a JSON list")
    add("--orders", type=int, default=0, help="make all cuts in so many further orders of parallel requests")
    add("--once", action="append", default=[], metavar="STEP", help="this step's body may begin only once")
    add(
        "--exactly", action="append", type=_parse_count, default=[], metavar="EFFECT=COUNT",
        help="this effect must have happened so often",
    )  # fmt: skip
    return parser.parse_args(arguments)
